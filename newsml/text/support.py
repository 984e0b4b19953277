"""What a generated sentence says that its article does not: numbers, names and quotations.

Owns the check of surface facts. It is a filter, not a proof: a sentence can recombine what stands in the article into
something false, and names written in lower case, or in a headline whose every word has a capital, are invisible.
Knows nothing of models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from newsml.article import Article
from newsml.text.lexicon import ALIASES, DEMONYMS, FUNCTION_WORDS, HONORIFICS, PARTICLES
from newsml.text.numbers import numbers_of
from newsml.text.words import Word, adjacent, casing_of, key_of, singular, words_of

_QUOTE = re.compile(
    r"[“\"]([^“”\"]+)[”\"]|‘([^‘’]+(?:’\w[^‘’]*)*)’(?!\w)|(?<!\w)'([^']+(?:'\w[^']*)*)'(?!\w)|“([^“”\"]+)$"
)
_ELLIPSIS = re.compile(r"\[?(?:\.{3}|…)\]?|\[[^\]]*\]")
_COMMON_ENDINGS = ("s", "ing", "ed", "ly", "tion", "ment", "ness", "al", "men")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_SHORT_MONTHS = {month[:3]: month for month in _MONTHS} | {"sept": "september"}
_DISCOURSE = frozenset({"one", "first", "second", "once", "zero"})
_SMALL_TALK = frozenset({"mr", "mrs", "ms", "dr", "sen", "rep", "gov", "gen", "i"})


@dataclass(frozen=True, slots=True)
class _Facts:
    """What an article holds, in comparable form."""

    numbers: frozenset[float]
    words: frozenset[str]
    text: str


def unsupported(generated: str, article: Article) -> tuple[str, ...]:
    """List the numbers, names and quotations of a generated sentence that its article does not hold.

    Numbers are compared by value (``40,000`` and ``40 thousand``), whatever their unit; ``one`` and ``first`` in
    letters are not checked. Names are capitalised words, compared one by one without case, accents, possessives and
    plurals; a country supports its adjective and its abbreviation, and the reverse; a name's every word counts, so a
    first name that the article lacks is reported with the name. A word that opens the sentence is taken for a name only
    where its form does not suggest an ordinary word. Quotations must stand in the article word for word; the style of
    quotes, white space, case and closing punctuation are free, and brackets and dots part what may stand apart.

    Args:
        generated: A sentence or text written by a model.
        article: What it was written from; title and text count.

    Returns:
        The strings as written, quotations first, then numbers and names, each once; empty where all is supported.
    """
    facts = _facts(article.title, article.text)
    found: list[str] = []
    rest = generated
    for quote, start, end in _quotes(generated):
        if not all(_plain(part) in facts.text for part in _ELLIPSIS.split(quote) if _plain(part)):
            found.append(quote)
            rest = rest[:start] + " " * (end - start) + rest[end:]
    found += _numbers(rest, facts)
    found += _names(words_of(rest), rest, facts)
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=32)
def _facts(title: str, text: str) -> _Facts:
    whole = f"{title}\n{text}"
    values: set[float] = set()
    for number in numbers_of(whole):
        values.update((number.value, number.figure))
    words = words_of(whole)
    keys = {key for word in words for key in (word.key, singular(word.key))}
    keys.update(_SHORT_MONTHS[key] for key in tuple(keys) if key in _SHORT_MONTHS)
    keys.update(key[:3] for key in tuple(keys) if key in _MONTHS)
    for group in _relatives():
        if any(_contains(keys, whole, name) for name in group):
            keys.update(part for name in group for part in name.split())
    keys.update(_acronyms(words))
    return _Facts(frozenset(values), frozenset(keys), _plain(whole))


def _relatives() -> Iterator[tuple[str, ...]]:
    """Groups of names any of which supports the others: a country, its abbreviations and adjectives."""
    for names, adjectives in ALIASES:
        yield (*(" ".join(map(key_of, name.split())) for name in names), *adjectives)
    for country, adjectives in DEMONYMS.items():
        yield (country, *adjectives)


def _contains(keys: set[str], text: str, name: str) -> bool:
    if name in ("us", "un", "eu", "uk"):
        return bool(re.search(rf"\b{name.upper()}\b|\b{name[0].upper()}\.{name[1].upper()}\.", text))
    return all(part in keys for part in name.split())


def _acronyms(words: Sequence[Word]) -> set[str]:
    """Initials of every run of three to six capitalised words: they support an acronym."""
    found = set()
    for first, word in enumerate(words):
        letters = ""
        for index in range(first, min(first + 9, len(words))):
            here = words[index]
            if not word.capital or (index > first and not adjacent(words[index - 1 : index + 1])):
                break
            if here.capital:
                letters += here.key[0]
                if 3 <= len(letters) <= 6:
                    found.add(letters)
            elif here.key not in FUNCTION_WORDS:
                break
    return found


def _quotes(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _QUOTE.finditer(text):
        number = next(n for n in range(1, 5) if found[n] is not None)
        if found[number].strip():
            yield found[number].strip(), found.start(number), found.end(number)


def _plain(text: str) -> str:
    """A text without what two renderings of one quotation may differ in."""
    text = re.sub(r"[“”\"‘’']", "'", text).casefold()
    return " ".join(text.split()).strip(" .,;:!?'")


def _numbers(text: str, facts: _Facts) -> Iterator[str]:
    for number in numbers_of(text):
        free = number.spelled and key_of(number.text) in _DISCOURSE
        if not free and number.value not in facts.numbers:
            yield number.text


def _names(words: Sequence[Word], text: str, facts: _Facts) -> Iterator[str]:
    if casing_of(words, closed=text.rstrip().endswith((".", '."', ".”"))) != "sentence":
        return
    run: list[Word] = []
    for word in (*words, None):
        joins = word is not None and run and adjacent((run[-1], word)) and not run[-1].possessive
        if word is not None and joins and (word.capital or word.key in PARTICLES):
            run.append(word)
            continue
        while run and not run[-1].capital:
            run.pop()
        if any(not _known(part, index, run, facts) for index, part in enumerate(run)):
            yield text[run[0].start : run[-1].end]
        run = [word] if word is not None and word.capital else []


def _known(word: Word, index: int, run: Sequence[Word], facts: _Facts) -> bool:
    if word.key in facts.words or singular(word.key) in facts.words or word.key in _SMALL_TALK:
        return True
    if not word.capital or word.key in FUNCTION_WORDS or word.initial:
        return True
    if word.key in HONORIFICS or all(part in facts.words for part in word.key.split("-")):
        return True
    return word.opens and index == 0 and _ordinary(word, run)


def _ordinary(word: Word, run: Sequence[Word]) -> bool:
    """Whether a word that opens a sentence may be an ordinary one, capitalised for its place alone."""
    if word.acronym or any(character.isdigit() for character in word.key):
        return False
    return len(run) > 1 or (not word.possessive and word.key.endswith(_COMMON_ENDINGS))
