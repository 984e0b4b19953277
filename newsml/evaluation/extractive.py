"""Summaries that any extractive system has to beat: Lead, random sentences, TextRank and LexRank.

Owns which sentences each takes, out of sentences found by newsml. Knows nothing of models. Nothing is downloaded: sumy,
which computes TextRank and LexRank, is given sentences and words instead of its own tokenizers, whose data it fetches.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from newsml.errors import DataError, MissingDependencyError

MOST_SENTENCES = 2000
"""Longest article that TextRank and LexRank rank: their time grows with the square of the sentences."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def lead(sentences: Sequence[str], count: int) -> tuple[int, ...]:
    """The first sentences of an article, the summary that newspapers write for themselves.

    Args:
        sentences: Of the article, in order.
        count: How many, at least 1.

    Returns:
        Their indices; all where there are no more than ``count``.
    """
    return tuple(range(min(count, len(sentences))))


def random_sentences(sentences: Sequence[str], count: int, *, seed: int, article_id: str) -> tuple[int, ...]:
    """Sentences drawn by chance, all with the same probability.

    Args:
        sentences: Of the article, in order.
        count: How many, at least 1.
        seed: Fixes the draw of an article, whichever articles were drawn from before.
        article_id: The article.

    Returns:
        Their indices in article order; all where there are no more than ``count``.
    """
    drawn = random.Random(f"{seed} {article_id}").sample(range(len(sentences)), min(count, len(sentences)))
    return tuple(sorted(drawn))


def textrank(sentences: Sequence[str], count: int) -> tuple[int, ...]:
    """The sentences that share most words with the others (TextRank; Mihalcea & Tarau 2004), by sumy.

    English stop words are left out and words are stemmed. In sumy's graph a sentence is joined with itself as well, so
    that one like no other keeps a middling rank.

    Args:
        sentences: Of the article, in order.
        count: How many, at least 1.

    Returns:
        Their indices in article order; all where there are no more than ``count``.

    Raises:
        DataError: There are more than ``MOST_SENTENCES``.
        MissingDependencyError: sumy is not installed.
    """
    return _ranked("textrank", sentences, count)


def lexrank(sentences: Sequence[str], count: int) -> tuple[int, ...]:
    """The sentences most central by TF-IDF cosine (LexRank; Erkan & Radev 2004), by sumy with its defaults.

    English stop words are left out and words are stemmed. IDF is that of the article's sentences, the threshold of the
    cosine is 0.1, and there is no damping. Where no two sentences are alike, so that all are as central, the first ones
    are taken.

    Args:
        sentences: Of the article, in order.
        count: How many, at least 1.

    Returns:
        Their indices in article order; all where there are no more than ``count``.

    Raises:
        DataError: There are more than ``MOST_SENTENCES``.
        MissingDependencyError: sumy is not installed.
    """
    return _ranked("lexrank", sentences, count)


class _Words:
    """The one thing that sumy asks of a tokenizer."""

    def to_words(self, text: str) -> tuple[str, ...]:
        """The words of a sentence."""
        return tuple(_WORD.findall(text))


def _ranked(method: str, sentences: Sequence[str], count: int) -> tuple[int, ...]:
    if len(sentences) > MOST_SENTENCES:
        raise DataError(
            f"{method} of {len(sentences):,} sentences, at most {MOST_SENTENCES:,} can be ranked in reasonable time; "
            "leave the article out, or the baseline"
        )
    summarizer = _summarizer(method)
    if len(sentences) <= count:
        return lead(sentences, count)
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence

    made = [Sentence(sentence, _Words()) for sentence in sentences]
    # The same words may stand in two sentences, which sumy takes for equal: they are told apart by identity.
    places = {id(sentence): place for place, sentence in enumerate(made)}
    try:
        with np.errstate(divide="raise", invalid="raise"):
            chosen = summarizer(ObjectDocumentModel([Paragraph(made)]), count)
    except FloatingPointError:  # LexRank divides by the length of a vector of zeros: no sentence is like any other.
        return lead(sentences, count)
    return tuple(places[id(sentence)] for sentence in chosen)


@lru_cache
def _summarizer(method: str) -> Any:
    try:
        from sumy.nlp.stemmers import Stemmer
        from sumy.summarizers.lex_rank import LexRankSummarizer
        from sumy.summarizers.text_rank import TextRankSummarizer
        from sumy.utils import get_stop_words
    except ImportError as error:
        raise MissingDependencyError(
            f"{method} is computed by sumy, which is not installed; run: pip install 'newsml[report]'"
        ) from error
    kind = {"textrank": TextRankSummarizer, "lexrank": LexRankSummarizer}[method]
    summarizer = kind(lru_cache(maxsize=100_000)(Stemmer("english")))
    summarizer.stop_words = get_stop_words("english")
    return summarizer
