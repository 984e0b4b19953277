"""A second opinion on generated sentences: whether each of their words, in its context, has a place in the article.

Owns one measure and when it is doubtful. Nothing that makes summaries uses it, so that it can judge them: newsml's own
generator is repaired by names, numbers, words and sentence vectors. Knows nothing of where summaries come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsml.article import Article
from newsml.evaluation.figures.tokens import TokenReader, Tokens
from newsml.models.load import DEFAULT_BASE, load_torch_encoder
from newsml.models.resolve import resolve
from newsml.models.torch_encoder import TorchEncoder
from newsml.text.lexicon import FUNCTION_WORDS

DOUBTFUL = 0.75
"""A sentence aligned less than this is in doubt. On the validation half of FRANK (Pagnoni et al. 2021) that is so of
7 % of the sentences of summaries without an error, and of 49 % of those of summaries with one."""

ROWS_AT_ONCE = 32
"""Rows whose texts are batched together: their token vectors are held at once."""

_PREFIXES = "##Ġ▁"
"""What tokenizers mark the inside or the beginning of words with."""


class Alignment:
    """Mean over a sentence's content tokens of the best cosine with a token of the article, -1 to 1.

    BERTScore's precision (Zhang et al. 2020) with the article as the reference, without function words and punctuation.
    Its mean over sentences tells FRANK's summaries without an error from those with one with an AUC of .83 (CNN and
    Daily Mail alone .68, XSum .75; share of words that stand in the article: .83, .68, .64).

    Args:
        encoder: Any encoder.
    """

    def __init__(self, encoder: TorchEncoder) -> None:
        self._read = TokenReader(
            encoder, layer=encoder.model.config.num_hidden_layers, uncounted=_without_content(encoder.tokenizer)
        )

    def __call__(self, rows: Sequence[tuple[Article, Sequence[str]]]) -> list[list[float]]:
        """The alignment of each sentence of each row; 1 for a sentence without content."""
        values: list[list[float]] = []
        for start in range(0, len(rows), ROWS_AT_ONCE):
            batch = rows[start : start + ROWS_AT_ONCE]
            known = self._read([text for article, lines in batch for text in (article.text, *lines) if text.strip()])
            for article, lines in batch:
                offered = known[article.text].vectors
                values.append([_aligned(known[line], offered) for line in lines if line.strip()])
        return values


def load_alignment(name: str | None = None) -> Alignment:
    """Alignment by the tokens of an encoder.

    Args:
        name: Card name, folder or hub id; None is the default base.

    Raises:
        ModelError: There is no such model.
    """
    return Alignment(load_torch_encoder(resolve(name or DEFAULT_BASE)))


def doubtful(values: Sequence[float]) -> float | None:
    """Share of sentences in doubt, 0 to 1; None where there is no sentence."""
    return sum(value < DOUBTFUL for value in values) / len(values) if values else None


def _aligned(line: Tokens, offered: NDArray[np.float32]) -> float:
    said = line.vectors[line.counted]
    return float((said @ offered.T).max(axis=1).mean()) if len(said) else 1.0


def _without_content(tokenizer: Any) -> list[int]:
    """Ids of function words, and of tokens without a letter or digit."""
    return [
        number
        for token, number in tokenizer.get_vocab().items()
        if (plain := token.strip(_PREFIXES).lower()) in FUNCTION_WORDS or not any(c.isalnum() for c in plain)
    ]
