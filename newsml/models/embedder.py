"""Runner: texts to vectors, from an encoder or an adapter on it.

Owns how hidden states become one vector. Knows nothing of what vectors are compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from newsml.models.batches import TextPair, run_batches
from newsml.models.encoder import Encoder


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

        def forward(batch: Any) -> torch.Tensor:
            with self.encoder.using(self.adapter) as model:
                return unit_vectors(model, batch)

        pairs = [TextPair(text) for text in inputs]
        return run_batches(pairs, self.encoder.tokenizer, self.encoder.max_tokens, forward, truncate=True)


def unit_vectors(model: Any, batch: Any) -> torch.Tensor:
    """Mean last hidden states of a padded batch, scaled to unit length: (batch, width)."""
    hidden = model(**batch).last_hidden_state.float()
    return torch.nn.functional.normalize(mean_pool(hidden, batch), dim=-1)


def mean_pool(hidden: torch.Tensor, batch: Any) -> torch.Tensor:
    """Mean of the hidden states of the tokens that are not padding: (batch, tokens, width) to (batch, width)."""
    mask: torch.Tensor = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
    return (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
