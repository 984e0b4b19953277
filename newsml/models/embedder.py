"""Runner: texts to vectors, from an encoder or an adapter on it.

Owns how hidden states become one vector. Knows nothing of what vectors are compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from newsml.models.batches import Batch, TextPair, run_batches
from newsml.models.encoder import Encoder

LEAST = 1e-12
"""What stands for the length of a vector of zeros."""


class Embedder:
    """Runner: texts to sentence vectors, the mean of the last hidden states (Reimers & Gurevych 2019).

    They are the base's own, or those of an adapter that is put on it, unmerged.

    Attributes:
        encoder: The base.
        adapter: What the base calls the adapter; None where there is none.
    """

    def __init__(self, encoder: Encoder, adapter: Path | None = None) -> None:
        self.encoder = encoder
        self.adapter = encoder.attach(adapter)[0] if adapter is not None else None

    def __call__(self, inputs: Sequence[str]) -> list[np.ndarray]:
        """Vectors of unit length, shape (dimension,) each; a text over the model's limit is read up to it."""
        encoder = self.encoder
        return run_batches(
            [TextPair(text) for text in inputs],
            encoder.tokenizer,
            encoder.max_tokens,
            lambda batch: unit_vectors(encoder, batch, self.adapter),
            truncate=True,
        )


def unit_vectors(encoder: Encoder, batch: Batch, adapter: str | None) -> np.ndarray:
    """Mean last hidden states of a padded batch, scaled to unit length: (batch, width)."""
    mask = batch["attention_mask"].astype(np.float32)
    weights = mask / mask.sum(axis=1, keepdims=True)
    means = encoder.means(batch, weights[:, None], adapter)[:, 0]
    vectors: np.ndarray = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), LEAST)
    return vectors
