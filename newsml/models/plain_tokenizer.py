"""A tokenizer without ``transformers``, which is slow to import.

Owns what newsml asks of the tokenizers of ``transformers``, of the same ``tokenizer.json``. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from tokenizers import Tokenizer


class PlainTokenizer:
    """Texts and pairs to token ids, as ``transformers`` makes them.

    Args:
        file: ``tokenizer.json``.
        inputs: What the model reads: ``input_ids`` and some of ``attention_mask`` and ``token_type_ids``.
        padding: The id of each that stands where a text has ended.
    """

    def __init__(self, file: Path, *, inputs: Sequence[str], padding: dict[str, int]) -> None:
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_padding()
        self._lock = Lock()
        self._inputs = inputs
        self._padding = padding

    def __call__(
        self,
        first: Sequence[str],
        second: Sequence[str] | None = None,
        *,
        add_special_tokens: bool = True,
        truncation: bool = False,
        max_length: int | None = None,
        return_offsets_mapping: bool = False,
        **_: Any,
    ) -> dict[str, list[Any]]:
        """Columns of what the model reads, a list for each text.

        Args:
            first: Texts.
            second: The other texts of pairs.
            add_special_tokens: Whether the model's own tokens go around them.
            truncation: Whether longer ones are cut, the longer of the two first.
            max_length: To so many tokens.
            return_offsets_mapping: Whether (start, end) of each token is told too.
        """
        texts = list(first) if second is None else list(zip(first, second, strict=True))
        encode = self._tokenizer.encode_batch if return_offsets_mapping else self._tokenizer.encode_batch_fast
        with self._lock:  # Whether texts are cut is a state of the tokenizer.
            if truncation and max_length:
                self._tokenizer.enable_truncation(max_length)
            else:
                self._tokenizer.no_truncation()
            found = encode(texts, add_special_tokens=add_special_tokens)
        kept = {"input_ids": "ids", "token_type_ids": "type_ids", "attention_mask": "attention_mask"}
        columns = {name: [getattr(one, kept[name]) for one in found] for name in self._inputs}
        return columns | ({"offset_mapping": [one.offsets for one in found]} if return_offsets_mapping else {})

    def pad(self, encoded: Sequence[dict[str, list[int]]], *, max_length: int, **_: Any) -> dict[str, np.ndarray]:
        """One array a column, (texts, max_length), padded on the right."""
        batch = {}
        for name in self._inputs:
            batch[name] = np.full((len(encoded), max_length), self._padding[name], np.int64)
            for row, entry in enumerate(encoded):
                batch[name][row, : len(entry[name])] = entry[name]
        return batch
