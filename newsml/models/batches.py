"""Texts and pairs to what a model makes of them: tokenised, in batches of near-equal length, and back in order.

Owns tokenising and batching. Knows nothing of models beyond a function that takes a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from newsml.errors import ModelError
from newsml.models.backend import on_gpu

Batch = dict[str, np.ndarray]
"""Token ids, mask and whatever else a model reads of several texts, each of shape (texts, tokens)."""

BATCH_TOKENS = 2048
"""Padded tokens of one forward pass, such as 8 texts of 256: more of them are no faster on two cores."""

GPU_TIMES = 8
"""So many times as large are batches, and what a pass costs beside its tokens, on a GPU."""

WIDTH = 16
"""Batches are padded to a multiple of so many tokens: kernels, bf16's above all, are made for such widths, and the
fewer shapes there are, the fewer kernels are kept in memory."""

FORWARD_TOKENS = 64
"""Tokens that cost as much as a forward pass does beside its tokens; a batch ends where going on would pad more."""

PART_BATCHES = 4
"""So many batches are tokenised at a time."""

CHARACTERS = 4
"""Of a token, about."""

COUNTED = 10_000
"""Texts whose number of tokens is remembered, about."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TextPair:
    """The input of a classifier: one text, or two that it compares.

    Attributes:
        first: Text, or claim, or sentence.
        second: The other text of the pair; None for single-text models.
    """

    first: str
    second: str | None = None


def run_batches(
    inputs: Sequence[TextPair],
    tokenizer: Any,
    max_tokens: int,
    forward: Callable[[Batch], np.ndarray],
    *,
    truncate: bool = False,
) -> list[np.ndarray]:
    """Tokenise, batch by length, run ``forward``, and restore the order.

    Equal inputs are computed once: several questions about one article embed its sentences a single time.

    Args:
        inputs: Texts or pairs.
        tokenizer: The model's tokenizer.
        max_tokens: The model's limit, special tokens included.
        forward: Maps a padded batch to values whose first axis is the batch.
        truncate: Cut longer texts (only where the caller records or does not need the rest).

    Raises:
        ModelError: An input is longer than the model reads and ``truncate`` is off.
    """
    distinct = list(dict.fromkeys(inputs))

    def read(pairs: Sequence[TextPair]) -> list[dict[str, list[int]]]:
        """Token ids, of none more than the model reads."""
        encoded = encode_all(tokenizer, pairs, max_tokens if truncate else None)
        longest = max(len(entry["input_ids"]) for entry in encoded)
        if longest > max_tokens:
            raise ModelError(
                f"input of {longest} tokens for a model that reads {max_tokens}; "
                "windows must be cut before they reach the model"
            )
        return encoded

    outputs: dict[TextPair, np.ndarray] = {}
    for pairs, encoded in encoded_batches(distinct, read, lambda pair: len(pair.first) + len(pair.second or "")):
        values = forward(pad(tokenizer, encoded, padded(len(encoded[-1]["input_ids"]), max_tokens)))
        outputs.update(zip(pairs, values, strict=True))
    return [outputs[pair] for pair in inputs]


def encoded_batches(
    inputs: Sequence[T],
    encode: Callable[[Sequence[T]], list[dict[str, Any]]],
    length: Callable[[T], int],
) -> Iterator[tuple[list[T], list[dict[str, Any]]]]:
    """Inputs in batches of near-equal length, with their encodings; the longest of a batch is its last.

    Inputs are encoded a few batches at a time, the short ones first, and the next ones while the caller computes.

    Args:
        inputs: Texts, pairs or windows.
        encode: Tokenises some of them.
        length: Characters of one.
    """
    parts = list(_parts(sorted(inputs, key=length), length))
    left: list[tuple[T, dict[str, Any]]] = []
    with ThreadPoolExecutor(1) as beside:
        coming = [beside.submit(encode, part) for part in parts[:1]]
        for place, part in enumerate(parts):
            encoded = coming.pop().result()
            if place + 1 < len(parts):
                coming.append(beside.submit(encode, parts[place + 1]))
            waiting = [*left, *zip(part, encoded, strict=True)]
            made = [[waiting[i] for i in batch] for batch in batches([len(e["input_ids"]) for _, e in waiting])]
            left = made.pop() if coming else []
            for batch in made:
                yield [one for one, _ in batch], [entry for _, entry in batch]


def _parts(inputs: Sequence[T], length: Callable[[T], int]) -> Iterator[list[T]]:
    """Inputs in runs of so many characters as a few batches have."""
    most = PART_BATCHES * BATCH_TOKENS * CHARACTERS * _times()
    part: list[T] = []
    size = 0
    for one in inputs:
        part.append(one)
        size += length(one)
        if size >= most:
            yield part
            part, size = [], 0
    if part:
        yield part


def pad(tokenizer: Any, encoded: Sequence[dict[str, list[int]]], width: int) -> Batch:
    """One batch of encoded inputs, each so many tokens wide."""
    return dict(tokenizer.pad(encoded, return_tensors="np", padding="max_length", max_length=width))


def padded(length: int, most: int | None = None) -> int:
    """The width of a batch whose longest input has so many tokens, of a model that reads so many at most."""
    width = -(-length // WIDTH) * WIDTH
    return width if most is None else min(width, most)


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices in batches of near-equal length, each of at most ``BATCH_TOKENS`` padded tokens."""
    times = _times()
    widths = [padded(length) for length in lengths]
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
        width = widths[index]
        full = (len(batch) + 1) * width > BATCH_TOKENS * times
        if batch and (full or len(batch) * (width - widths[batch[-1]]) > FORWARD_TOKENS * times):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _times() -> int:
    """How many times as large as on a processor batches are here."""
    return GPU_TIMES if on_gpu() else 1


class TokenCounter:
    """Counts the tokens of texts under a tokenizer; what was counted lately is not tokenised again.

    Several tasks that share a base ask about the same sentences.

    Args:
        tokenizer: The tokenizer.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._counted: dict[str, int] = {}

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special tokens."""
        counted = self._counted
        missing = [text for text in dict.fromkeys(texts) if text not in counted]
        if missing:
            whole = [valid(text) for text in missing]
            found = self._tokenizer(whole, add_special_tokens=False, verbose=False)["input_ids"]
            if len(counted) >= COUNTED:  # Nothing is taken out of what another thread may be reading.
                counted = self._counted = {text: counted[text] for text in texts if text in counted}
            counted.update((text, len(ids)) for text, ids in zip(missing, found, strict=True))
        return [counted[text] for text in texts]


def valid(text: str) -> str:
    """Text of the same length that tokenizers take: half a surrogate pair, as in data cut inside an emoji, is ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")


def encode(tokenizer: Any, pair: TextPair, max_tokens: int | None) -> Any:
    """Token ids and masks of a text or pair; ``max_tokens`` cuts the longer of the two, None cuts nothing."""
    return encode_all(tokenizer, [pair], max_tokens)[0]


def encode_all(tokenizer: Any, pairs: Sequence[TextPair], max_tokens: int | None) -> list[dict[str, list[int]]]:
    """The same of many at once, which the tokenizer shares out among the cores."""
    options: dict[str, Any] = {"truncation": True, "max_length": max_tokens} if max_tokens else {}
    made: dict[int, dict[str, list[int]]] = {}
    for paired in (False, True):
        places = [place for place, pair in enumerate(pairs) if (pair.second is not None) == paired]
        if not places:
            continue
        first = [valid(pairs[place].first) for place in places]
        second = [valid(pairs[place].second or "") for place in places] if paired else None
        columns = tokenizer(first, second, verbose=False, **options)
        for row, place in enumerate(places):
            made[place] = {name: columns[name][row] for name in columns}
    return [made[place] for place in range(len(pairs))]
