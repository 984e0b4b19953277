"""Generated sentences, judged by the article alone: which candidate to deliver, and what stands in for a bad sentence.

Owns ranking, repair and fitting to a length. Knows nothing of models or prompts; vectors are given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from newsml.article import Article, Sentence
from newsml.results import SummarySentence
from newsml.tasks.selection import MAX_OVERLAP, MIN_WORDS, overlap
from newsml.text.grounding import grounded
from newsml.text.support import unsupported

SOURCES = 3
"""Sentences of the article, the nearest ones, that a generated sentence's wording is looked for in."""

LEAST_GROUNDED = 0.6
"""Content words of a sentence that its sources must hold, as a share; below it is taken for an invention."""

LEAST_COSINE = 0.55
"""Likeness of a generated sentence to the nearest sentence of the article; below it is taken for an invention."""


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
class Judged:
    """A sentence and what the article says to it.

    Attributes:
        text: The sentence.
        unsupported: Numbers, names and quotations that the article lacks.
        nearest: Index of the article's sentence nearest to it.
        cosine: Their likeness.
        grounded: Share of its content words that its ``SOURCES`` hold.
        vector: Of the sentence.
        extracted: Whether it is the article's own.
    """

    text: str
    unsupported: tuple[str, ...]
    nearest: int
    cosine: float
    grounded: float
    vector: np.ndarray
    extracted: bool = False

    @property
    def sound(self) -> bool:
        """Whether it may be delivered."""
        return not self.unsupported and self.grounded >= LEAST_GROUNDED and self.cosine >= LEAST_COSINE

    def result(self, body: Body) -> SummarySentence:
        """What the caller gets."""
        span = body.sentences[self.nearest].span(self.cosine)
        origin = "extracted" if self.extracted else "generated"
        return SummarySentence(self.text, not self.unsupported, self.unsupported, span, origin)  # type: ignore[arg-type]


def judged(line: str, vector: np.ndarray, body: Body) -> Judged:
    """Hold a generated sentence against its article."""
    cosines = (body.vectors @ vector).round(5)  # Of equal sentences the first, whatever the last digit says.
    order = np.argsort(-cosines, kind="stable")[:SOURCES]
    sources = [body.article.title, *(body.sentences[i].text for i in order)]
    missing = unsupported(line, body.article)
    return Judged(line, missing, int(order[0]), float(cosines[order[0]]), grounded(line, sources), vector)


def own(index: int, body: Body) -> Judged:
    """A sentence of the article."""
    return Judged(" ".join(body.sentences[index].text.split()), (), index, 1.0, 1.0, body.vectors[index], True)


def best(candidates: Sequence[Sequence[Judged]], centre: np.ndarray) -> Sequence[Judged]:
    """The most faithful candidate; of equally faithful ones, that which is most like the whole.

    Args:
        candidates: Each a summary, the likeliest first.
        centre: Unit vector of what is summarized.
    """

    def worth(candidate: Sequence[Judged]) -> float:
        sound = sum(line.sound for line in candidate) / len(candidate)
        close = sum(line.grounded + line.cosine for line in candidate) / len(candidate)
        whole = np.sum([line.vector for line in candidate], axis=0)
        return float(2 * sound + close + whole @ centre / max(float(np.linalg.norm(whole)), 1e-9))

    return max((candidate for candidate in candidates if candidate), key=worth, default=())


def repaired(
    chosen: Sequence[Judged], pool: Sequence[Judged], body: Body, *, said: Sequence[Judged] = ()
) -> tuple[list[Judged], list[str]]:
    """A summary without unsound or repeated sentences.

    An unsound sentence gives way to the soundest one like it of another candidate, else to the article's own sentence
    nearest to it; where that says what another sentence says, it is dropped.

    Args:
        chosen: The summary.
        pool: Sentences of all candidates.
        body: The article.
        said: What stands before it.

    Returns:
        The sentences, and those dropped.
    """
    kept: list[Judged] = []
    dropped: list[str] = []
    for place, line in enumerate(chosen):
        others = [*said, *kept, *(later for later in chosen[place + 1 :] if later.sound)]
        if line.sound:
            if not _repeats(line, [*said, *kept]):
                kept.append(line)
            continue
        stand_in = next((other for other in _stand_ins(line, pool, body) if not _repeats(other, others)), None)
        if stand_in is None:
            dropped.append(line.text)
        else:
            kept.append(stand_in)
    return kept, dropped


def _stand_ins(line: Judged, pool: Sequence[Judged], body: Body) -> Iterator[Judged]:
    alike = [other for other in pool if other.sound and other.nearest == line.nearest]
    yield from sorted(alike, key=lambda other: -(other.grounded + other.cosine))
    if len(body.sentences[line.nearest].text.split()) >= MIN_WORDS and not body.is_cut(line.nearest):
        yield own(line.nearest, body)


def _repeats(line: Judged, others: Sequence[Judged]) -> bool:
    return any(overlap(line.text, other.text) > MAX_OVERLAP for other in others)


def fitted(lines: Sequence[Judged], pool: Sequence[Judged], *, most: int, budget: int) -> list[Judged]:
    """As many sentences, from the first on, as a length allows.

    Where the first alone is too long, the best one of the pool that fits takes its place, or else the shortest.

    Args:
        lines: The summary.
        pool: Sentences of all candidates.
        most: Most sentences.
        budget: Most words.
    """
    kept: list[Judged] = []
    left = budget
    for line in lines[:most]:
        if len(line.text.split()) > left:
            break
        kept.append(line)
        left -= len(line.text.split())
    if kept or not lines:
        return kept
    sound = [line for line in (*lines, *pool) if line.sound or line.extracted]
    short = [line for line in sound if len(line.text.split()) <= budget]
    if short:
        return [max(short, key=lambda line: line.grounded + line.cosine)]
    return [min(sound, key=lambda line: len(line.text.split()))]
