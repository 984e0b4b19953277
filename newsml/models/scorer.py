"""Runner: a window of sentences to one score per sentence, for extractive summaries.

Owns the head that reads sentence vectors off an encoder. Knows nothing of how sentences are chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import erf
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from newsml.errors import ModelError
from newsml.models.batches import Batch, encoded_batches, pad, padded, valid
from newsml.models.encoder import Encoder
from newsml.models.loading import loading
from newsml.models.threads import one_thread

HEAD_FILE = "sentence_head.safetensors"
FEATURES = 4


@dataclass(frozen=True, slots=True)
class SentenceWindow:
    """The input of a sentence scorer.

    Attributes:
        text: The window.
        spans: (start, end) of each sentence, in characters of ``text``.
        index: Index of the first sentence in the article, from 0.
        total: Number of sentences in the article.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    index: int
    total: int


@dataclass(frozen=True, slots=True)
class SentenceHead:
    """Scores sentence vectors in the light of their window.

    With ``s`` the mean hidden state of the sentence's tokens, ``d`` the mean of the window's sentence vectors and
    ``f = (1 / (1 + i), i / n, [i = 0], log(1 + t) / 5)`` for the i-th of n sentences with t tokens:
    ``score = w2 . gelu(W1 [s; d; s * d; f] + b1) + b2``, a logit.

    Attributes:
        inner: W1, shape (hidden, 3 * width + 4), and b1.
        outer: w2, shape (1, hidden), and b2.
    """

    inner: tuple[np.ndarray, np.ndarray]
    outer: tuple[np.ndarray, np.ndarray]

    def __call__(self, vectors: np.ndarray, tokens: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Scores of the sentences of a batch of windows.

        Args:
            vectors: (windows, sentences, width) means of their hidden states.
            tokens: (windows, sentences) how many tokens they have.
            places: (windows, sentences, 2) index in the article and article length; length 0 where there is none.

        Returns:
            (windows, sentences) logits; meaningless where there is no sentence.
        """
        real = (places[..., 1:] > 0).astype(np.float32)
        count = np.maximum(real.sum(axis=1, keepdims=True), 1)
        document = (vectors * real).sum(axis=1, keepdims=True) / count
        index, total = places[..., 0], np.maximum(places[..., 1], 1)
        features = np.stack([1 / (1 + index), index / total, index == 0, np.log1p(tokens) / 5], axis=-1)
        joined = np.concatenate(
            [vectors, np.broadcast_to(document, vectors.shape), vectors * document, features.astype(np.float32)],
            axis=-1,
        )
        hidden = joined @ self.inner[0].T + self.inner[1]
        scores: np.ndarray = (_gelu(hidden) @ self.outer[0].T + self.outer[1])[..., 0]
        return scores


def _gelu(values: np.ndarray) -> np.ndarray:
    """Gaussian error linear units (Hendrycks & Gimpel 2016)."""
    errors = np.asarray(_erf(values / 2**0.5), np.float32)
    made: np.ndarray = values * 0.5 * (1 + errors)
    return made


_erf = np.frompyfunc(erf, 1, 1)


class SentenceScorer:
    """An encoder adapter with a ``SentenceHead``."""

    def __init__(self, encoder: Encoder, adapter: Path) -> None:
        self.encoder = encoder
        self._name, _ = encoder.attach(adapter)
        self.head = load_head(adapter, encoder.width)

    def __call__(self, inputs: Sequence[SentenceWindow]) -> list[np.ndarray]:
        """Logits of the sentences of each window, shape (sentences,)."""
        encoder = self.encoder
        outputs: dict[SentenceWindow, np.ndarray] = {}
        read = partial(encode_windows, encoder.tokenizer)
        for windows, encoded in encoded_batches(inputs, read, lambda window: len(window.text)):
            width = padded(len(encoded[-1]["input_ids"]), encoder.max_tokens)
            batch = collate(windows, encoded, encoder.tokenizer, width=width)
            owners, places = batch.pop("owners"), batch.pop("places")
            member = (owners[:, None] == np.arange(places.shape[1])[None, :, None]).astype(np.float32)
            tokens = member.sum(axis=-1)
            vectors = encoder.means(batch, member / np.maximum(tokens, 1)[..., None], self._name)
            with one_thread():
                scores = self.head(vectors, tokens, places)
            for window, row in zip(windows, scores, strict=True):
                outputs[window] = row[: len(window.spans)]
        return [outputs[window] for window in inputs]


def encode_windows(tokenizer: Any, windows: Sequence[SentenceWindow]) -> list[dict[str, Any]]:
    """Token ids of windows, and where in the window each token stands."""
    columns = tokenizer([valid(window.text) for window in windows], return_offsets_mapping=True, verbose=False)
    return [{name: columns[name][row] for name in columns} for row in range(len(windows))]


def owners_of(window: SentenceWindow, offsets: Sequence[tuple[int, int]]) -> np.ndarray:
    """The number of each token's sentence in its window; -1 for tokens of none."""
    spans, places = np.array(window.spans), np.array(offsets)
    starts, ends = places[:, 0], places[:, 1]
    found = np.minimum(np.searchsorted(spans[:, 1], starts, side="right"), len(spans) - 1)
    inside = (starts < ends) & (spans[found, 0] <= starts) & (starts < spans[found, 1])
    return np.where(inside, found, -1)


def collate(
    windows: Sequence[SentenceWindow], encoded: Sequence[dict[str, Any]], tokenizer: Any, *, width: int
) -> Batch:
    """Pad encoded windows to one batch of so many tokens each.

    Returns:
        The batch; with ``owners``, (windows, tokens), the number of each token's sentence in its window or -1, and
        ``places``, (windows, sentences, 2), as the head takes them.
    """
    plain = [{name: values for name, values in entry.items() if name != "offset_mapping"} for entry in encoded]
    owners = np.full((len(windows), width), -1)
    places = np.zeros((len(windows), max(len(window.spans) for window in windows), 2), np.float32)
    for row, (window, entry) in enumerate(zip(windows, encoded, strict=True)):
        owners[row, : len(entry["input_ids"])] = owners_of(window, entry["offset_mapping"])
        count = len(window.spans)
        places[row, :count, 0] = np.arange(window.index, window.index + count)
        places[row, :count, 1] = window.total
    return {**pad(tokenizer, plain, width), "owners": owners, "places": places}


def load_head(folder: Path, width: int) -> SentenceHead:
    """Read the head beside its adapter, for an encoder of this width.

    Raises:
        ModelError: It is not there, or does not fit.
    """
    with loading(folder):
        tensors = load_file(folder / HEAD_FILE)
        inner, outer = ((tensors[f"{name}.weight"], tensors[f"{name}.bias"]) for name in ("inner", "outer"))
    if inner[0].shape != (len(inner[1]), 3 * width + FEATURES) or outer[0].shape != (1, len(inner[1])):
        raise ModelError(f"{folder / HEAD_FILE}: no head for an encoder of width {width}; use the base its card names")
    return SentenceHead(inner, outer)
