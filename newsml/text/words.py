"""Words of an article with their offsets and casing: what mentions, salience and support look at.

Owns how a sentence falls into words, what makes two words the same, and what a capital letter is worth where it
stands. Knows nothing of targets or models.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from newsml.article import Sentence
from newsml.text.lexicon import FUNCTION_WORDS

Casing = Literal["sentence", "title", "upper", "lower"]

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}[^\W\d_]?(?![^\W_])|[^\W_]+(?:['’][^\W_]+)*|&")
_POSSESSIVE = re.compile(r"['’][sS]$")
_OPENS = re.compile(r"[\"“‘:;•—–|(\[]|[.!?…][\"”’)\]]*\s")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, without a possessive ending.

    Attributes:
        start: Offset of its first character in the field.
        end: Offset just past its last character.
        text: The word as written.
        key: What equal words share: lower case, no accents, no dots; ``&`` is ``and``.
        gap: The characters between the word before (or the start of the sentence) and this one.
        opens: True where it stands first in a sentence, quotation or clause, so that a capital means little.
        possessive: True where ``'s`` follows.
    """

    start: int
    end: int
    text: str
    key: str
    gap: str
    opens: bool
    possessive: bool

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()

    @property
    def acronym(self) -> bool:
        """Whether it is written in capitals only, with two letters or more: ``NATO``, ``U.S.``, ``NGOs``."""
        letters = self.text.replace(".", "")
        bare = letters[:-1] if len(letters) > 3 and letters.endswith("s") else letters
        return len(bare) > 1 and bare.isupper()

    @property
    def initial(self) -> bool:
        """Whether it is an initial: one capital, or several with dots (``W``, ``J.K.``)."""
        return self.capital and (len(self.text) == 1 or (len(self.key) == 2 and "." in self.text))


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence in words.

    Attributes:
        sentence: The sentence itself.
        words: Its words in order.
        casing: ``"sentence"`` where capitals mark names; ``"title"``, ``"upper"`` and ``"lower"`` where they do not.
    """

    sentence: Sentence
    words: tuple[Word, ...]
    casing: Casing


@dataclass(frozen=True, slots=True)
class ArticleWords:
    """An article in words, title first.

    Attributes:
        lines: Its sentences.
        lower: Keys that occur in lower case where capitals mark names: such a word is not always a name.
        names: Keys that occur with a capital in the middle of such a sentence: such a word is a name there.
    """

    lines: tuple[Line, ...]
    lower: frozenset[str]
    names: frozenset[str]


def key_of(text: str) -> str:
    """What equal words share: case, accents, dots and typographic apostrophes are left out."""
    if text.isascii():
        return "and" if text == "&" else text.replace(".", "").lower()
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return plain.replace(".", "").replace("’", "'").casefold()


def singular(key: str) -> str:
    """A key without a plural ending; right for comparing two keys, not for showing one."""
    if len(key) > 4 and key.endswith("ies"):
        return key[:-3] + "y"
    if len(key) > 4 and key.endswith(("ches", "shes", "sses", "xes")):
        return key[:-2]
    if len(key) > 3 and key.endswith("s") and not key.endswith(("ss", "us", "is")):
        return key[:-1]
    return key


def words_of(text: str, *, offset: int = 0) -> tuple[Word, ...]:
    """Split a text into words; hyphens part words, apostrophes and the dots of acronyms do not.

    Args:
        text: Any text.
        offset: Added to every offset.

    Returns:
        The words in order.
    """
    words: list[Word] = []
    position = 0
    for found in _WORD.finditer(text):
        raw = found.group()
        ending = _POSSESSIVE.search(raw)
        end = found.end() - (2 if ending else 0)
        gap = text[position : found.start()]
        opens = not words or (bool(_OPENS.search(gap)) and "." not in words[-1].text)
        cut = text[found.start() : end]
        words.append(Word(offset + found.start(), offset + end, cut, key_of(cut), gap, opens, bool(ending)))
        position = found.end()
    return tuple(words)


def line_of(sentence: Sentence) -> Line:
    """A sentence in words, with what its capitals are worth."""
    words = words_of(sentence.text, offset=sentence.start)
    return Line(sentence, words, casing_of(words, closed=sentence.text.rstrip().endswith((".", '."', ".”"))))


def casing_of(words: Sequence[Word], *, closed: bool) -> Casing:
    """Judge what the capitals in a run of words are worth.

    Args:
        words: The words of one sentence.
        closed: Whether a full stop ends it; headlines have none, so title case is then not considered.

    Returns:
        ``"title"`` where at least three content words after the first have capitals and fewer than one in five has
        none.
    """
    letters = [word for word in words if word.text[0].isalpha()]
    if len(letters) > 2 and all(word.text.isupper() for word in letters):
        return "upper"
    if not any(word.capital for word in letters):
        return "lower"
    content = [word for word in letters[1:] if len(word.key) > 3 and word.key not in FUNCTION_WORDS]
    lower = sum(not word.capital for word in content)
    return "title" if not closed and len(content) > 2 and lower * 5 < len(content) else "sentence"


def read_words(sentences: Sequence[Sentence], title: Sequence[Sentence] = ()) -> ArticleWords:
    """An article in words.

    Args:
        sentences: The sentences of the body.
        title: The sentences of the title.

    Returns:
        The words, title first, with what the article shows about which of them are names.
    """
    lines = tuple(line_of(sentence) for sentence in (*title, *sentences))
    lower: set[str] = set()
    names: set[str] = set()
    for line in lines:
        if line.casing == "sentence":
            lower.update(word.key for word in line.words if not word.capital)
            names.update(word.key for word in line.words if word.capital and not word.opens)
    return ArticleWords(lines, frozenset(lower), frozenset(names))


def adjacent(words: Sequence[Word]) -> bool:
    """Whether only spaces, hyphens or the dot of an abbreviation part the words."""
    return all(not word.gap.strip(" \t\n\r\xa0-‐‑–./'’") and len(word.gap) < 4 for word in words[1:])
