"""Runner: a window of sentences to one score per sentence, for extractive summaries.

Owns the head that reads sentence vectors off an encoder. Knows nothing of how sentences are chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from newsml.models.batches import batches, device, padded, valid
from newsml.models.encoder import Encoder, loading, to_device

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


class SentenceHead(torch.nn.Module):
    """Scores sentence vectors in the light of their window.

    With ``s`` the mean hidden state of the sentence's tokens, ``d`` the mean of the window's sentence vectors and
    ``f = (1 / (1 + i), i / n, [i = 0], log(1 + t) / 5)`` for the i-th of n sentences with t tokens:
    ``score = w2 . gelu(W1 [s; d; s * d; f] + b1) + b2``, a logit.
    """

    def __init__(self, width: int, hidden: int = 128) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(3 * width + FEATURES, hidden)
        self.outer = torch.nn.Linear(hidden, 1)

    def forward(self, hidden: torch.Tensor, owners: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Scores of the sentences of a batch of windows.

        Args:
            hidden: (batch, tokens, width) hidden states.
            owners: (batch, tokens) number of the sentence in its window, -1 for tokens of none.
            places: (batch, sentences, 2) index in the article and article length; length 0 where there is none.

        Returns:
            (batch, sentences) logits; meaningless where there is no sentence.
        """
        count = places.shape[1]
        member = (owners.unsqueeze(1) == torch.arange(count, device=owners.device).view(1, -1, 1)).to(hidden.dtype)
        tokens = member.sum(-1, keepdim=True)
        vectors = member @ hidden / tokens.clamp(min=1)
        real = (places[..., 1:] > 0).to(hidden.dtype)
        document = (vectors * real).sum(1, keepdim=True) / real.sum(1, keepdim=True).clamp(min=1)
        index, total = places[..., :1].to(hidden.dtype), places[..., 1:].to(hidden.dtype).clamp(min=1)
        features = torch.cat(
            [1 / (1 + index), index / total, (index == 0).to(hidden.dtype), torch.log1p(tokens) / 5], dim=-1
        )
        joined = torch.cat([vectors, document.expand_as(vectors), vectors * document, features], dim=-1)
        scores: torch.Tensor = self.outer(torch.nn.functional.gelu(self.inner(joined))).squeeze(-1)
        return scores


class SentenceScorer:
    """An encoder adapter with a ``SentenceHead``."""

    def __init__(self, encoder: Encoder, adapter: Path) -> None:
        self.encoder = encoder
        self._name, _ = encoder.attach(adapter)
        self.head = to_device(load_head(adapter, encoder.model.config.hidden_size).eval())

    def __call__(self, inputs: Sequence[SentenceWindow]) -> list[np.ndarray]:
        """Logits of the sentences of each window, shape (sentences,)."""
        encoded = [encode_window(self.encoder.tokenizer, window) for window in inputs]
        outputs: dict[int, np.ndarray] = {}
        for chosen in batches([len(entry["input_ids"]) for entry in encoded]):
            width = padded(len(encoded[chosen[-1]]["input_ids"]), self.encoder.max_tokens)
            batch = collate([encoded[i] for i in chosen], self.encoder.tokenizer, width=width)
            owners, places = batch.pop("owners").to(device()), batch.pop("places").to(device())
            with torch.inference_mode(), self.encoder.using(self._name) as model:
                hidden = model(**{key: value.to(device()) for key, value in batch.items()}).last_hidden_state.float()
                scores = self.head(hidden, owners, places).float().cpu().numpy()
            for row, i in enumerate(chosen):
                outputs[i] = scores[row, : len(inputs[i].spans)]
        return [outputs[i] for i in range(len(inputs))]


def encode_window(tokenizer: Any, window: SentenceWindow) -> dict[str, Any]:
    """Token ids of a window, with the sentence each token belongs to and each sentence's place in the article."""
    encoded = tokenizer(valid(window.text), return_offsets_mapping=True, verbose=False)
    offsets = encoded.pop("offset_mapping")
    owners, current = [], 0
    for start, end in offsets:
        while current < len(window.spans) - 1 and start >= window.spans[current][1]:
            current += 1
        inside = start < end and window.spans[current][0] <= start < window.spans[current][1]
        owners.append(current if inside else -1)
    places = [(window.index + i, window.total) for i in range(len(window.spans))]
    return {**encoded, "owners": owners, "places": places}


def collate(entries: Sequence[dict[str, Any]], tokenizer: Any, *, width: int) -> dict[str, torch.Tensor]:
    """Pad encoded windows to one batch of so many tokens each."""
    plain = [{key: entry[key] for key in entry if key not in ("owners", "places", "labels")} for entry in entries]
    batch = dict(tokenizer.pad(plain, return_tensors="pt", padding="max_length", max_length=width))
    tokens, sentences = batch["input_ids"].shape[1], max(len(entry["places"]) for entry in entries)
    owners = torch.full((len(entries), tokens), -1)
    places = torch.zeros((len(entries), sentences, 2))
    for row, entry in enumerate(entries):
        owners[row, : len(entry["owners"])] = torch.tensor(entry["owners"])
        places[row, : len(entry["places"])] = torch.tensor(entry["places"], dtype=torch.float32)
    return {**batch, "owners": owners, "places": places}


def load_head(folder: Path, width: int) -> SentenceHead:
    """Read the head beside its adapter, for an encoder of this width.

    Raises:
        ModelError: It is not there, or does not fit.
    """
    with loading(folder):
        tensors = load_file(folder / HEAD_FILE)
        head = SentenceHead(width, tensors["inner.bias"].shape[0])
        head.load_state_dict(tensors)
    return head
