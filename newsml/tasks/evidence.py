"""Finds the sentences of an article that a question is about.

Owns the units every sentence-level task works on, and the choice of the nearest ones. Knows nothing of labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from newsml.article import Article, Sentence
from newsml.text.sentences import split
from newsml.text.windows import Count, pieces

UNIT_TOKENS = 120
"""A sentence over so many tokens is cut at white space: nobody reads a longer one as evidence, and six fit a window."""


def units(article: Article, count: Count) -> tuple[Sentence, ...]:
    """The sentences of title and text in reading order, over-long ones cut; offsets stay exact."""
    title = split(article.title, field="title") if article.title.strip() else ()
    return pieces(title, count, max_tokens=UNIT_TOKENS) + pieces(split(article.text), count, max_tokens=UNIT_TOKENS)


def central(vectors: np.ndarray) -> np.ndarray:
    """Cosine of each vector to the centroid of all.

    Args:
        vectors: (sentences, width) unit vectors.
    """
    centroid = vectors.mean(axis=0)
    cosines: np.ndarray = vectors @ (centroid / max(float(np.linalg.norm(centroid)), 1e-9))
    return cosines


def nearest(
    query: np.ndarray,
    vectors: Sequence[np.ndarray],
    lengths: Sequence[int],
    *,
    count: int,
    max_tokens: int,
) -> list[int]:
    """The title or else the first sentence, and those nearest to a query that fit a budget, in reading order.

    A headline says what its article is about in so few words that its cosine with a question is often low; so does the
    opening of an article whose headline is not known.

    Args:
        query: Unit vector of the question.
        vectors: Unit vectors of the sentences of title and text.
        lengths: Their lengths in tokens.
        count: At most so many sentences, title or first sentence among them.
        max_tokens: At most so many tokens together; the first sentence taken may be longer.

    Returns:
        Indices into ``vectors``, rising.
    """
    similarity = np.stack(vectors) @ query
    chosen: list[int] = []
    left = max_tokens
    for index in dict.fromkeys((0, *np.argsort(-similarity, kind="stable"))):  # Titles stand first in reading order.
        if len(chosen) == count:
            break
        if not chosen or lengths[index] <= left:
            chosen.append(int(index))
            left -= lengths[index]
    return sorted(chosen)
