"""Where an article names a person by a part of the name: the surname, the first name, or with other middle names.

Owns when a surname or first name standing alone is this person's. Knows nothing of other kinds of targets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from newsml.text.lexicon import (
    DEMONYMS,
    FUNCTION_WORDS,
    GENERATIONS,
    HONORIFICS,
    NATIONALITIES,
    NOT_FIRST_NAMES,
    PARTICLES,
)
from newsml.text.names import Person
from newsml.text.words import ArticleWords, Line, Word, adjacent

_OWN = frozenset({"administration", "cabinet", "camp", "campaign", "era", "family", "presidency", "team", "white"})
"""What may follow a politician's name and still speak of the politician: the Obama White House."""


class PersonSearch:
    """A person in an article.

    Args:
        words: The article.
        person: The parts of the person's name.
    """

    def __init__(self, words: ArticleWords, person: Person) -> None:
        self.words = words
        self.person = person
        self.others, self.shared = self._namesakes()
        self.alone = self._first_name_is_enough()

    def at(self, line: Line, first: int) -> Iterator[tuple[int, int, Literal["name", "partial"]]]:
        """Find the person where a word of the name stands.

        Args:
            line: A sentence.
            first: Index of a word in it.

        Yields:
            First word, past the last word, and whether the whole name or a part of it stands there.
        """
        words = line.words
        word = words[first]
        if word.key == self.person.first and (last := self._full_name(line, first)):
            yield first, last, "name"
        if word.key in (self.person.last, self.person.last + "s", self.person.last + "es"):
            start = first
            while start and adjacent(words[start - 1 : start + 1]) and words[start - 1].key in self.person.middle:
                start -= 1
            if not self.shared and self._stands_for_person(line, start, first + 1):
                yield start, first + 1, "partial"
        elif word.key == self.person.first and self.alone and self._stands_for_person(line, first, first + 1):
            yield first, first + 1, "partial"

    def _full_name(self, line: Line, first: int) -> int:
        """Index past a full name with other middle names than the target's, or none: "George W. Bush"."""
        for last in range(first + 1, min(first + 4, len(line.words))):
            word = line.words[last]
            if not adjacent(line.words[last - 1 : last + 1]):
                return 0
            if word.key == self.person.last:
                after = line.words[last + 1].key if last + 1 < len(line.words) else ""
                return 0 if after in GENERATIONS else last + 1
            if not (word.initial or word.key in self.person.middle or word.key in PARTICLES):
                return 0
        return 0

    def _stands_for_person(self, line: Line, first: int, last: int) -> bool:
        """Whether a surname or first name, alone, is this person's and not a common word or someone else's."""
        words = line.words
        word = words[first]
        if line.casing in ("upper", "lower"):
            return word.key not in self.words.lower and word.key not in FUNCTION_WORDS and not self.others
        if not words[last - 1].capital:
            return False
        unclear = word.opens or line.casing == "title"
        if unclear and word.key in self.words.lower:
            return False
        before = words[first - 1] if first and adjacent(words[first - 1 : first + 1]) else None
        after = words[last] if last < len(words) and adjacent(words[last - 1 : last + 1]) else None
        if after and after.key in GENERATIONS:
            return False
        if line.casing == "title":
            return not (before and before.key in self.others)
        if before and self._is_first_name(before) and before.key not in (self.person.first, *self.person.middle):
            return False
        if after and not words[last - 1].possessive and after.capital and after.gap == " ":
            return after.key in _OWN or after.key in HONORIFICS
        return True

    def _is_first_name(self, word: Word) -> bool:
        """Whether a word before a surname is someone's name rather than a title or the first word of the sentence."""
        if not word.capital or word.possessive or word.key in HONORIFICS or word.key in FUNCTION_WORDS:
            return False
        if word.key in NATIONALITIES or (word.acronym and not word.initial) or word.text.endswith("."):
            return False
        return not (word.opens and word.key in self.words.lower)

    def _namesakes(self) -> tuple[frozenset[str], bool]:
        """First names of other people of the same surname, and whether one of them was named before the person.

        By newsroom custom the surname alone then belongs to the one named first, and the others keep their first
        names; where the target is never named in full, it is the one known by title ("President Biden").
        """
        firsts = [
            before.key
            for line in self.words.lines
            if line.casing == "sentence"
            for before, word in zip(line.words, line.words[1:], strict=False)
            if word.key == self.person.last and word.capital and word.gap == " " and self._is_first_name(before)
        ]
        own = {self.person.first, *self.person.middle}
        others = frozenset(firsts) - own
        return others, bool(own.intersection(firsts)) and firsts[0] not in own

    def _first_name_is_enough(self) -> bool:
        if self.person.first in NOT_FIRST_NAMES or self.person.first in DEMONYMS or len(self.person.first) < 3:
            return False
        allowed = {self.person.last, *self.person.middle}
        return not any(
            word.key == self.person.first and after.capital and after.gap == " " and not word.possessive
            for line in self.words.lines
            if line.casing == "sentence"
            for word, after in zip(line.words, line.words[1:], strict=False)
            if after.key not in allowed and not after.initial
        )
