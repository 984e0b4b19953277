"""The tokens of texts as vectors in context, for figures that match them.

Owns how long texts are read. Knows nothing of what is matched with what.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from newsml.models.batches import Batch, TextPair, run_batches
from newsml.models.torch_encoder import TorchEncoder, numbers, tensors
from newsml.tasks.inputs import SPECIAL_TOKENS
from newsml.text.sentences import split
from newsml.text.windows import windows

_PADDING, _UNCOUNTED, _COUNTED = 0.0, 1.0, 2.0


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text.

    Attributes:
        vectors: Of unit length, shape (tokens, width).
        counted: Which of them count, shape (tokens,).
    """

    vectors: NDArray[np.float32]
    counted: NDArray[np.bool_]


class TokenReader:
    """Reads texts with an encoder; one longer than it reads at once is read in windows cut at sentence ends.

    Args:
        encoder: Any encoder.
        layer: Layer of the hidden states, 1 for the first.
        uncounted: Ids of tokens that do not count, beside the special ones.
    """

    def __init__(self, encoder: TorchEncoder, *, layer: int, uncounted: Collection[int] = ()) -> None:
        self._encoder = encoder
        self._layer = layer
        tokenizer = encoder.tokenizer
        special = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id)
        ids = {number for number in special if number is not None}.union(uncounted)
        self._uncounted = torch.tensor(sorted(ids), dtype=torch.long)

    def __call__(self, texts: Sequence[str]) -> dict[str, Tokens]:
        """The tokens of each text, those of its windows one after another."""
        encoder = self._encoder
        room = encoder.max_tokens - SPECIAL_TOKENS
        parts = {
            text: [window.text for window in windows(text, split(text), encoder.count_tokens, max_tokens=room)]
            for text in dict.fromkeys(texts)
        }
        pairs = [TextPair(part) for windowed in parts.values() for part in windowed]
        states = iter(run_batches(pairs, encoder.tokenizer, encoder.max_tokens, self._forward))
        return {text: _tokens(states, len(windowed)) for text, windowed in parts.items()}

    def _forward(self, batch: Batch) -> NDArray[np.float32]:
        """Hidden states of unit length, with one more column that says what each token is."""
        with torch.inference_mode(), self._encoder.using(None) as model:
            states = model(**tensors(batch), output_hidden_states=True).hidden_states[self._layer]
            vectors = numbers(torch.nn.functional.normalize(states, dim=-1))
        kinds = np.where(np.isin(batch["input_ids"], self._uncounted), _UNCOUNTED, _COUNTED) * batch["attention_mask"]
        return np.concatenate([vectors, kinds[..., None].astype(np.float32)], axis=-1)


def _tokens(states: Iterator[NDArray[np.float32]], count: int) -> Tokens:
    joined = np.concatenate([next(states) for _ in range(count)])
    real = joined[joined[:, -1] != _PADDING]
    return Tokens(real[:, :-1], real[:, -1] == _COUNTED)
