"""Generated sentences, held against the sentence they were written from: which to deliver, and when the article's own.

Owns the judgement and the ranking. Knows nothing of models or prompts; vectors are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from newsml.article import Article, Sentence
from newsml.results import SummarySentence
from newsml.tasks.evidence import central
from newsml.tasks.selection import MAX_OVERLAP, MIN_WORDS, overlap
from newsml.text.grounding import in_order
from newsml.text.lexicon import FUNCTION_WORDS
from newsml.text.support import unsupported
from newsml.text.words import words_of

LEAST_IN_ORDER = 0.9
"""Words of a sentence that its source must hold in the same order, as a share. Read by eye, of 32 generated sentences
below it 17 said something else than the article, of 23 above it 2."""

LONGEST = 0.9
"""Longest sentence, as a share of its source's words: to write the same again is no summary."""

LEAST_COSINE = 0.6
"""Likeness of a generated sentence to its source; below it says something else."""

LIKELIHOOD = 0.02
"""What a candidate loses for each likelier one: of equally faithful candidates the likeliest is taken."""

PRONOUN = 0.3
"""What a sentence loses that opens with a pronoun: in a summary it may come to stand behind another person's name."""

TITLE, LEAD, NEEDS, FEW_WORDS = 0.5, 0.8, 0.2, 10
"""Weights of ``telling``: the title, the first sentence, what a sentence loses for each lack; and few words."""

_QUOTES = "\"'“‘«"
_PRONOUNS = frozenset(
    [
        "he",
        "she",
        "it",
        "they",
        "his",
        "her",
        "its",
        "their",
        "him",
        "them",
        "this",
        "that",
        "these",
        "those",
        "we",
        "i",
    ]
)
_HEDGES = frozenset(
    ["alleged", "allegedly", "accused", "apparently", "could", "if", "likely", "may", "might", "possible", "possibly"]
).union(["potential", "potentially", "reportedly", "suspected", "unless", "would"])
_NEGATIONS = frozenset(["not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "without", "cannot"])


@dataclass(frozen=True, slots=True)
class Body:
    """The sentences of an article.

    Attributes:
        article: The article.
        sentences: Of its text, in order.
        vectors: (sentences, width) unit vectors.
    """

    article: Article
    sentences: tuple[Sentence, ...]
    vectors: np.ndarray

    def is_cut(self, index: int) -> bool:
        """Whether a sentence is only a piece of one too long to be read whole."""
        near = self.sentences[max(index - 1, 0) : index] + self.sentences[index + 1 : index + 2]
        return any(other.index == self.sentences[index].index for other in near)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of a summary in the making.

    Attributes:
        text: The sentence.
        source: Index of the article's sentence it is to tell.
        cosine: Likeness to it.
        origin: As in ``SummarySentence``.
    """

    text: str
    source: int
    cosine: float
    origin: Literal["generated", "extracted"]

    def result(self, body: Body) -> SummarySentence:
        """What the caller gets."""
        missing = unsupported(self.text, body.article)
        return SummarySentence(
            self.text, not missing, missing, body.sentences[self.source].span(self.cosine), self.origin
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A generated sentence.

    Attributes:
        text: The sentence.
        vector: Its unit vector.
        rank: How many candidates are likelier.
    """

    text: str
    vector: np.ndarray
    rank: int


def own(index: int, body: Body) -> Line:
    """A sentence of the article."""
    return Line(" ".join(body.sentences[index].text.split()), index, 1.0, "extracted")


def best(candidates: Sequence[Candidate], main: int, body: Body) -> Line | None:
    """The candidate closest to its source in words and meaning; None where no candidate is sound.

    A sound sentence is shorter than the one it was written from, has every number, name and quotation from it, and
    nearly all its words in the same order, denies what that denies and nothing else, and leaves open what that leaves
    open.

    Args:
        candidates: Sentences generated from ``main``.
        main: Index of the sentence that is to be told.
        body: The article.
    """
    ranked = []
    source = body.sentences[main].text
    for candidate in candidates:
        share = in_order(candidate.text, source)
        cosine = float((candidate.vector @ body.vectors[main]).round(5))
        close = share >= LEAST_IN_ORDER and cosine >= LEAST_COSINE
        if close and is_shorter(candidate.text, source) and faithful(candidate.text, source):
            worth = share + cosine - LIKELIHOOD * candidate.rank - PRONOUN * opens_with_pronoun(candidate.text)
            ranked.append((worth, Line(candidate.text, main, cosine, "generated")))
    return max(ranked, key=lambda entry: entry[0])[1] if ranked else None


def is_shorter(text: str, source: str) -> bool:
    """Whether a sentence is enough shorter than its source to be a summary of it."""
    return len(text.split()) <= LONGEST * len(source.split())


def faithful(text: str, source: str) -> bool:
    """Whether a sentence has no fact beyond its source, denies what it denies, and leaves open what it leaves open."""
    if unsupported(text, Article(text=source)) or len(text.split()) < MIN_WORDS:
        return False
    said, read = ({word.key for word in words_of(part)} for part in (text, source))
    if read & _HEDGES and not said & _HEDGES:
        return False
    denied = _denied(source)
    return bool(denied) if _denied(text) else not denied & said


def _denied(text: str) -> set[str]:
    """The first content word behind each negation; an empty key where the text ends before one."""
    words = words_of(text.replace("’", "'"))
    found = set()
    for place, word in enumerate(words):
        if word.key in _NEGATIONS or word.key.endswith("n't"):
            found.add(next((other.key for other in words[place + 1 :] if other.key not in FUNCTION_WORDS), ""))
    return found


def opens_with_pronoun(text: str) -> bool:
    """Whether the first word of a sentence, or the second, stands for something said before."""
    return any(word.key in _PRONOUNS for word in words_of(text)[:2])


def telling(body: Body, title: np.ndarray | None) -> list[float]:
    """How much each sentence of an article tells of it, as a sentence of a summary would.

    Cosine to the centroid, half the cosine to the title, and a bonus for the opening; a sentence that needs others to
    be understood loses some of it (a pronoun or a quotation mark in front, few words). Weighed on 200 articles of
    article_analysis that are not held out: two sentences reach ROUGE-1/2 of 38.0/15.1, the first two 34.5/13.6.

    Args:
        body: The article.
        title: Unit vector of the title; None where there is none.
    """
    worth = central(body.vectors)
    if title is not None:
        worth = worth + TITLE * (body.vectors @ title)
    made = []
    for index, sentence in enumerate(body.sentences):
        needs = opens_with_pronoun(sentence.text), sentence.text[0] in _QUOTES, len(sentence.text.split()) < FEW_WORDS
        # A piece of a sentence is the last thing to deliver.
        made.append(float(worth[index]) + LEAD / (1 + index) - NEEDS * sum(needs) - 2 * body.is_cut(index))
    return made


def repeats(text: str, others: Sequence[Line]) -> bool:
    """Whether a sentence says what one of some others says."""
    return any(overlap(text, other.text) > MAX_OVERLAP for other in others)


def fitted(lines: Sequence[Line], budget: int) -> list[Line]:
    """As many sentences, from the first on, as a number of words allows; at least the shortest one."""
    kept: list[Line] = []
    left = budget
    for line in lines:
        size = len(line.text.split())
        if size <= left:
            kept.append(line)
            left -= size
    return kept or [min(lines, key=lambda line: len(line.text.split()))]
