"""The names an article is most about: persons, organisations and countries, found by capitals and counted.

Owns what is proposed where the user names no target. No model: a name is a run of capitalised words that the article
does not also write in lower case, so text without capitals has none, and German nouns are all taken for names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from newsml.article import Sentence
from newsml.text.boilerplate import is_boilerplate
from newsml.text.lexicon import (
    ALIASES,
    CALENDAR,
    DIRECTIONS,
    FUNCTION_WORDS,
    HONORIFICS,
    NATIONALITIES,
    NEWS_SOURCE_NAMES,
    NEWS_SOURCES,
    ORGANISATION_WORDS,
    PARTICLES,
)
from newsml.text.mentions import Mention, mentions_in
from newsml.text.names import read_target
from newsml.text.words import ArticleWords, Line, Word, adjacent, key_of, read_words

CANDIDATES = 15
"""Names whose mentions are counted in full: the ones most often written out."""

LEAD_SENTENCES = 3
"""The lead of a news report: it names whom the report is about."""

_TITLE_WEIGHT, _LEAD_WEIGHT, _MINOR_WEIGHT, _SOURCE_WEIGHT = 3.0, 2.0, 0.5, 0.2
_BYLINE_CHARACTERS = 40
_GROUPS = {
    tuple(key_of(word) for word in name.split()): tuple(key_of(word) for word in names[0].split())
    for names, _ in ALIASES
    for name in names
}
_FURNITURE = frozenset(
    ["analysis", "breaking", "caption", "copyright", "editorial", "exclusive", "image", "live"]
).union(["opinion", "photo", "tv", "update", "video", "watch"])
_PLACE_BEFORE = re.compile(r"\b(?:in|at|near|from|across|outside|around|to)\s+(?:the\s+)?$", re.IGNORECASE)
_NOUN_AFTER = re.compile(r"\s[a-z]{4}")
_Key = tuple[str, ...]


def salient_targets(
    sentences: Sequence[Sentence], title: Sequence[Sentence] = (), *, count: int = 3
) -> tuple[str, ...]:
    """Propose the names that an article is most about.

    A name scores 1 for every sentence that mentions it (half where only as an adjective or a place), 2 in the
    first three sentences and 3 in the title; news agencies and broadcasters outside the title score a fifth.

    Args:
        sentences: The sentences of the body.
        title: The sentences of the title.
        count: At most so many names.

    Returns:
        The names as the article writes them, in full where it does, most salient first; none for text without capitals.
    """
    words = read_words([sentence for sentence in sentences if not is_boilerplate(sentence.text)], title)
    free = frozenset(word.key for line in words.lines for word in line.words if word.gap != "-")
    tally = _merge(Counter(run for line in words.lines for run in _runs(line, words, free)))
    scored: list[tuple[float, str]] = []
    for name, _ in sorted(tally.items(), key=lambda item: -item[1])[:CANDIDATES]:
        mentions = mentions_in(words, read_target(name))
        if mentions:
            scored.append((_score(name, mentions), name))
    return tuple(name for _, name in sorted(scored, key=lambda item: -item[0])[:count])


def _score(name: str, mentions: Sequence[Mention]) -> float:
    best: dict[tuple[str, int], float] = {}
    for mention in mentions:
        place = mention.sentence.field, mention.sentence.index
        leads = mention.sentence.index < LEAD_SENTENCES and len(mention.sentence.text) > _BYLINE_CHARACTERS
        lead = _LEAD_WEIGHT if leads else 1.0
        weight = _TITLE_WEIGHT if place[0] == "title" else lead
        weight *= _MINOR_WEIGHT if _minor(mention) else 1.0
        best[place] = max(best.get(place, 0.0), weight)
    titled = any(field == "title" for field, _ in best)
    source = key_of(name) in NEWS_SOURCES or key_of(name) in NEWS_SOURCE_NAMES
    return sum(best.values()) * (_SOURCE_WEIGHT if source and not titled else 1.0)


def _minor(mention: Mention) -> bool:
    """Whether the name is only an adjective ("Russian troops", "U.S. officials") or a place ("in Texas")."""
    if mention.kind == "demonym":
        return True
    text, base = mention.sentence.text, mention.sentence.start
    adjective = "." in mention.text and _NOUN_AFTER.match(text, mention.end - base)
    return bool(adjective or _PLACE_BEFORE.search(text[max(0, mention.start - base - 14) : mention.start - base]))


def _runs(line: Line, words: ArticleWords, free: frozenset[str]) -> Iterator[str]:
    """Names in a sentence, as written."""
    if line.casing != "sentence":
        return
    run: list[Word] = []
    for index, word in enumerate((*line.words, None)):
        if word is not None and _continues(line, index, run, free):
            run.append(word)
            continue
        if (name := _trim(run, words)) and len(name) < 7:
            start = name[0].start - line.sentence.start
            yield " ".join(line.sentence.text[start : name[-1].end - line.sentence.start].split())
        run = [word] if word is not None and word.capital else []


def _continues(line: Line, index: int, run: Sequence[Word], free: frozenset[str]) -> bool:
    word = line.words[index]
    if not run or run[-1].possessive or word.opens or not adjacent((run[-1], word)):
        return False
    if "-" in word.gap:
        # "Miguel Diaz-Canel" is one name and "Trump-Russia" two: the latter's parts also stand alone.
        return word.capital and len(run[-1].key) > 1 and word.key not in free
    if word.capital:
        return True
    after = line.words[index + 1] if index + 1 < len(line.words) else None
    linked = after is not None and after.capital and adjacent((word, after))
    inside = word.key in PARTICLES or (word.key in ("of", "for") and run[-1].key in ORGANISATION_WORDS)
    return linked and inside


def _trim(run: Sequence[Word], words: ArticleWords) -> list[Word]:
    """The run without what is no part of the name; empty where nothing remains that is a name."""
    name = list(run)
    while name and (
        (name[0].key in FUNCTION_WORDS | CALENDAR and not (name[0].acronym and name[0].key in ("us", "who")))
        or (name[0].opens and name[0].key in words.lower)
        or (len(name) == 1 and name[0].opens and name[0].key not in words.names and not name[0].acronym)
    ):
        name.pop(0)
    while name and (name[-1].key in CALENDAR | PARTICLES | {"of", "for"} or name[-1].text.isdigit()):
        name.pop()
    name = _untitled(name)
    if not name or (len(name) == 1 and not _single(name[0], words)):
        return []
    return name


def _untitled(name: list[Word]) -> list[Word]:
    """A person's name without what stands before it: "Kentucky Agriculture Commissioner Ryan Quarles"."""
    titles = [index for index, word in enumerate(name) if word.key in HONORIFICS | NATIONALITIES | _FURNITURE]
    last = titles[-1] + 1 if titles else 0
    rest = name[last:]
    if rest and not any(word.key in ORGANISATION_WORDS for word in rest):
        return rest
    if titles and not rest and not any(word.key in ORGANISATION_WORDS for word in name):
        return [word for word in name if word.key not in HONORIFICS]
    return name


def _single(word: Word, words: ArticleWords) -> bool:
    """Whether one capitalised word is a name."""
    if word.key in HONORIFICS | NATIONALITIES | CALENDAR | DIRECTIONS | _FURNITURE or len(word.key) < 2:
        return False
    if word.key.endswith("s") and word.key[:-1] in NATIONALITIES:
        return False
    return word.acronym or (word.key not in words.lower and word.key not in ORGANISATION_WORDS)


def _merge(runs: Counter[str]) -> dict[str, int]:
    """Join the names of one thing under its fullest name, with their counts added, in order of appearance."""
    keys = {name: tuple(key_of(part) for part in name.replace("-", " ").split()) for name in runs}
    fuller: dict[_Key, str] = {}
    for name, key in keys.items():
        target = read_target(name)
        if target.person:
            fuller.setdefault((target.person.last,), name)
            fuller.setdefault((target.person.first,), name)
        for start in range(1, len(key) - 1):
            fuller.setdefault(key[start:], name)
        if target.initials:
            fuller.setdefault((target.initials,), name)
    heads: dict[_Key, str] = {}
    tally: Counter[str] = Counter()
    for name, number in runs.items():
        whole = fuller.get(keys[name], name)
        tally[heads.setdefault(_GROUPS.get(keys[whole], keys[whole]), whole)] += number
    return dict(tally)
