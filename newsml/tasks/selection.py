"""Chooses the sentences of an extractive summary from their scores.

Owns length limits and the rule against saying things twice. Knows nothing of where the scores come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from newsml.article import Sentence
from newsml.errors import ModelError
from newsml.text.boilerplate import is_boilerplate
from newsml.text.words import words_of

MAX_OVERLAP = 0.6
"""A sentence that shares more of its words than this with a chosen one (of the shorter of the two) is left out."""

MIN_WORDS = 4
"""Shorter units are datelines and cross-heads; like bylines and credits, they are chosen where nothing else is left."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long a summary shall be: exactly one of the three, or none for three sentences.

    Attributes:
        sentences: Number of sentences, at least 1.
        words: Most words (white-space tokens), at least 1; the best sentence is taken even where it is longer.
        ratio: Share of the article's words, over 0 and at most 1.

    Raises:
        ModelError: More than one is given, or one is out of range.
    """

    sentences: int | None = None
    words: int | None = None
    ratio: float | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("sentences", "words", "ratio") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ModelError(f"give one of sentences, words and ratio, got {' and '.join(given)}")
        for name in ("sentences", "words"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise ModelError(f"{name} must be a whole number of at least 1, got {value!r}")
        if self.ratio is not None and not 0 < self.ratio <= 1:
            raise ModelError(f"ratio must be over 0 and at most 1, got {self.ratio!r}")

    def limits(self, total_words: int) -> tuple[int, int]:
        """Most sentences and most words for an article of so many words."""
        if self.words is not None:
            return total_words, self.words
        if self.ratio is not None:
            return total_words, max(1, round(self.ratio * total_words))
        return self.sentences or 3, total_words


def select(sentences: Sequence[Sentence], scores: Sequence[float], length: Length) -> list[int]:
    """Choose sentences, best first, leaving out near-duplicates, until the length is reached.

    Args:
        sentences: All sentences of the text, in order.
        scores: One for each.
        length: How long the summary shall be.

    Returns:
        Indices of the chosen ones, in article order; at least one.
    """
    sizes = [len(sentence.text.split()) for sentence in sentences]
    most, budget = length.limits(sum(sizes))
    bags = [_bag(sentence.text) for sentence in sentences]
    order = np.argsort(-np.asarray(scores), kind="stable")
    ranked = sorted(order, key=lambda i: sizes[i] < MIN_WORDS or is_boilerplate(sentences[i].text))
    chosen: list[int] = []
    for index in ranked:
        if len(chosen) == most:
            break
        fits = sizes[index] <= budget
        if not chosen or (fits and all(_overlap(bags[index], bags[i]) <= MAX_OVERLAP for i in chosen)):
            chosen.append(int(index))
            budget -= sizes[index]
    return sorted(chosen)


def overlap(one: str, other: str) -> float:
    """Share of its words that the shorter of two sentences has in common with the other, 0 to 1."""
    return _overlap(_bag(one), _bag(other))


def _bag(text: str) -> frozenset[str]:
    return frozenset(word.key for word in words_of(text))


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(min(len(one), len(other)), 1)
