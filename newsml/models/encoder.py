"""What runners ask of a base encoder, whatever computes it.

Owns the two ways in which hidden states are read. Knows nothing of what computes them, nor of articles or tasks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from newsml.models.batches import Batch, TokenCounter


class Head(NamedTuple):
    """A classifier on an adapter of a base.

    Attributes:
        labels: Class names.
        logits: From the base's pooled output of texts to their logits.
    """

    labels: tuple[str, ...]
    logits: Callable[[np.ndarray], np.ndarray]


class Encoder(ABC):
    """One copy of a base encoder, with any number of LoRA adapters on it.

    The runners on top of it (``Embedder``, ``Classifier``, ``SentenceScorer``) only name the head they put on what
    it reads.

    Attributes:
        name: What messages call the model.
        tokenizer: Its tokenizer.
        count_tokens: Tokens of each of some texts, without special tokens.
        max_tokens: Longest input in tokens, special tokens included.
        width: Of a hidden state.
        heads: By adapter, the classifier on it, where there is one.
    """

    def __init__(self, tokenizer: Any, *, name: str, max_tokens: int, width: int) -> None:
        self.tokenizer = tokenizer
        self.count_tokens = TokenCounter(tokenizer)
        self.name = name
        self.max_tokens = max_tokens
        self.width = width
        self.heads: dict[str | None, Head] = {}

    @abstractmethod
    def attach(self, folder: Path) -> tuple[str, dict[str, np.ndarray]]:
        """Put a PEFT adapter on the base, unmerged.

        Args:
            folder: Holds ``adapter_config.json`` and ``adapter_model.safetensors``.

        Returns:
            What the base calls it, and the tensors of the file that belong to no base layer: the classification head.

        Raises:
            ModelError: It was made for another base, or weights are missing.
        """

    @abstractmethod
    def means(self, batch: Batch, weights: np.ndarray, adapter: str | None) -> np.ndarray:
        """Weighted sums of the last hidden states of a batch.

        Args:
            batch: The texts.
            weights: (texts, sums, tokens); those of a mean add up to 1.
            adapter: The adapter to read with; None is the base alone.

        Returns:
            (texts, sums, width) in fp32.
        """

    @abstractmethod
    def pooled(self, batch: Batch, adapter: str | None) -> np.ndarray:
        """What the base makes of each text for a classification head: (texts, width) in fp32."""

    @abstractmethod
    def merge(self) -> None:
        """Fold the one attached adapter into the weights, where that makes it faster; the base alone may be gone."""
