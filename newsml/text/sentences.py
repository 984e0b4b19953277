"""Sentences of a text, with exact character offsets.

Owns where sentences and paragraphs begin and end. Knows nothing of files, tokens or models.

Layout comes first: blank lines, bullets and deliberate line breaks end a sentence. Inside such a block the Punkt
algorithm of ``nupunkt`` decides, with the vocabulary of ``news_words`` in place of the one it learned from court
opinions. It was chosen over pysbd, syntok and sentencex by boundary F1 on ``tests/data/news_sentences.jsonl``
(``scripts/compare_splitters.py`` prints the table), and because its time grows linearly with the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from newsml.article import Field, Sentence
from newsml.text.news_words import ABBREVIATIONS, AFTER_CLOCK, STARTERS

if TYPE_CHECKING:
    from nupunkt import PunktSentenceTokenizer

_BULLET = re.compile(r"(?:[-*•‣▪◦·–—]|\(?\d{1,3}[.)])\s")
_ENDS_SENTENCE = re.compile(r"[.!?…:;][\"'”’)\]]*$")
_CLOCK_END = re.compile(r"\b[ap]\.m\.$", re.IGNORECASE)
_CLOCK_GOES_ON = re.compile(rf"(?:{'|'.join(AFTER_CLOCK)})\b|\w+ time\b")
# “Why now?” Ms. Tran asked.  /  "Never!" Obama said, and left.
_QUOTE_END = re.compile(r"[!?…][\"”’']$")
_ATTRIBUTION = re.compile(
    r"(?:[A-Z][\w.’'-]*\s+){1,4}(?:said|asked|says|added|wrote|told|replied|shouted|tweeted)\b(?! (?:he|she|it|they)\b)"
)
_DATELINE = re.compile(r"\([A-Z][\w /]+\) ?[—–-]")
_CLOSERS = "\"'”’)] "

_NARROWEST_WRAP = 40  # Columns; nobody wraps prose narrower, so in such a text every line break is deliberate.
_LONGEST_WORD = 1000  # Characters without white space; the library's time is quadratic in it, and it is no language.


def split(text: str, *, field: Field = "text") -> tuple[Sentence, ...]:
    """Split a text into sentences.

    Blank lines, bullets and line breaks that were made on purpose (not by wrapping at a fixed width) always end a
    sentence. White space around sentences belongs to none; every other character belongs to exactly one.

    Args:
        text: Any text, in any script; an empty one has no sentences.
        field: Which field of the article the text is; copied into the sentences.

    Returns:
        The sentences in order. For each, ``text[sentence.start:sentence.end] == sentence.text``.
    """
    sentences: list[Sentence] = []
    for start, end, paragraph in _blocks(text):
        for low, high in _sentences_of(text[start:end]):
            span = start + low, start + high
            sentences.append(Sentence(*span, text[slice(*span)], len(sentences), field, paragraph))
    return tuple(sentences)


def _blocks(text: str) -> Iterator[tuple[int, int, int]]:
    """Stretches that no sentence crosses: start, end, number of the paragraph."""
    lines, position = [], 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        start = position + line.find(stripped)
        lines.append((start, start + len(stripped)))
        position += len(line)
    width = max((end - start for start, end in lines if " " in text[start:end]), default=0)
    paragraph = 0
    block: tuple[int, int] | None = None
    previous = ""
    for start, end in lines:
        line = text[start:end]
        if block and (not line or _deliberate(previous, line, width)):
            yield *block, paragraph
            block = None
            paragraph += not line
        if line:
            block = (block[0] if block else start), end
        previous = line
    if block:
        yield *block, paragraph


def _deliberate(line: str, following: str, width: int) -> bool:
    """Whether the break between two lines was made on purpose: the next word would have fitted, or a bullet follows."""
    if _BULLET.match(following):
        return True
    if following[0].islower() and not _ENDS_SENTENCE.search(line[-8:]):
        return False
    return width < _NARROWEST_WRAP or len(line) + 1 + len(following.split(maxsplit=1)[0]) <= width


def _sentences_of(block: str) -> Iterator[tuple[int, int]]:
    """Sentences of one block: those of the library, joined where news style says that a sentence goes on."""
    first = next((character for character in block if character.isalpha()), "")
    pending: tuple[int, int] | None = None
    for start, end in _raw(block):
        if pending is None:
            pending = start, end
        elif _goes_on(
            block[max(0, start - 12) : pending[1]], block[start : min(end, start + 80)], cased=first.isupper()
        ):
            pending = pending[0], end
        else:
            yield pending
            pending = start, end
    if pending:
        yield pending


def _raw(block: str) -> Iterator[tuple[int, int]]:
    """The library's sentences; an endless "word" (encoded data, a row of dots) is one by itself."""
    position = 0
    if len(block) > _LONGEST_WORD:
        for word in re.finditer(r"\S+", block):
            if word.end() - word.start() > _LONGEST_WORD:
                yield from _shifted(block, position, word.start())
                yield word.span()
                position = word.end()
    yield from _shifted(block, position, len(block))


def _shifted(block: str, low: int, high: int) -> Iterator[tuple[int, int]]:
    for start, end in _tokenizer().spans(block[low:high], paragraph_breaks=False):
        yield low + start, low + end


def _goes_on(before: str, after: str, *, cased: bool) -> bool:
    """Whether what the library took for two sentences is one."""
    word = after.lstrip(_CLOSERS)
    if (
        not word
        or word[0] in ",;:—–-"
        or _DATELINE.match(after)
        or (cased and word[0].islower() and not word[1:2].isupper())
    ):
        return True
    if _CLOCK_END.search(before):
        return bool(_CLOCK_GOES_ON.match(after))
    return bool(_QUOTE_END.search(before) and _ATTRIBUTION.match(after))


@lru_cache(maxsize=1)
def _tokenizer() -> PunktSentenceTokenizer:
    """Punkt with the library's dotted abbreviations ("u.s", "ph.d") and the words of news style for the rest."""
    from nupunkt.core.parameters import PunktParameters
    from nupunkt.models import load_default_model
    from nupunkt.tokenizers.sentence_tokenizer import PunktSentenceTokenizer

    dotted = {word for word in load_default_model().abbreviations if "." in word.strip(".") or len(word) == 1}
    always_break = 100, 100  # (seen before a capital, of these sentence ends): ``_goes_on`` knows the exceptions
    return PunktSentenceTokenizer(
        PunktParameters(
            abbrev_types=dotted | ABBREVIATIONS,
            sent_starters=set(STARTERS),
            abbrev_break_rates={"a.m": always_break, "p.m": always_break, "no": always_break},
        )
    )
