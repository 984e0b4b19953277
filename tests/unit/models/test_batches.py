"""Batches: every input once, in widths that kernels like, with little padding."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from newsml.models import batches as module
from newsml.models.batches import BATCH_TOKENS, FORWARD_TOKENS, TokenCounter, batches, encoded_batches, padded


@pytest.mark.parametrize("longest", [5, 60, 384])
def test_batches_hold_every_input_once_and_pad_little(longest: int) -> None:
    lengths = [Random(longest).randint(1, longest) for _ in range(500)]
    made = list(batches(lengths))
    assert sorted(index for batch in made for index in batch) == list(range(500))
    whole = sum(padded(length, 384) for length in lengths)
    read = sum(len(batch) * padded(max(lengths[i] for i in batch), 384) for batch in made)
    assert all(len(batch) * padded(max(lengths[i] for i in batch), 384) <= BATCH_TOKENS for batch in made)
    assert whole <= read <= whole + FORWARD_TOKENS * len({padded(length, 384) for length in lengths})


def test_an_input_over_the_budget_is_alone() -> None:
    assert list(batches([BATCH_TOKENS + 1, 3, BATCH_TOKENS + 1])) == [[1], [0], [2]]


def test_the_order_of_inputs_does_not_matter_to_the_shapes() -> None:
    lengths = [Random(3).randint(1, 100) for _ in range(200)]
    shapes = [[[values[i] for i in batch] for batch in batches(values)] for values in (lengths, lengths[::-1])]
    assert shapes[0] == shapes[1]


def test_no_batch_is_wider_than_the_model_reads() -> None:
    assert (padded(17, 512), padded(16, 512), padded(500, 500), padded(499, 500)) == (32, 16, 500, 500)


def test_a_gpu_gets_larger_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "on_gpu", lambda: True)
    assert max(len(batch) for batch in batches([64] * 1000)) == module.GPU_TIMES * BATCH_TOKENS // 64


def test_what_is_encoded_a_few_batches_at_a_time_comes_once_in_batches_of_near_equal_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PART_BATCHES", 1)
    random = Random(5)
    texts = ["x" * random.randint(1, 2000) for _ in range(300)]
    parts: list[int] = []

    def encode(some: Sequence[str]) -> list[dict[str, Any]]:
        parts.append(len(some))
        return [{"input_ids": [0] * max(len(text) // 4, 1)} for text in some]

    made = list(encoded_batches(texts, encode, len))
    assert len(parts) > 5
    assert sum(parts) == 300
    assert sorted(text for batch, _ in made for text in batch) == sorted(texts)
    for batch, encoded in made:
        lengths = [len(entry["input_ids"]) for entry in encoded]
        assert lengths == [max(len(text) // 4, 1) for text in batch]
        assert lengths[-1] == max(lengths)
        assert len(batch) * padded(lengths[-1]) <= BATCH_TOKENS
    whole = sum(padded(max(len(text) // 4, 1)) for text in texts)
    read = sum(len(batch) * padded(len(encoded[-1]["input_ids"])) for batch, encoded in made)
    assert read <= 1.2 * whole


def test_nothing_is_encoded_of_nothing() -> None:
    assert list(encoded_batches([], lambda some: [{} for _ in some], len)) == []


def test_an_error_of_the_tokenizer_is_raised_where_its_batch_is_due() -> None:
    def encode(some: Sequence[str]) -> list[dict[str, Any]]:
        raise ValueError(some[0])

    with pytest.raises(ValueError, match="rain"):
        list(encoded_batches(["rain"], encode, len))


def test_a_text_is_counted_once_and_old_counts_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COUNTED", 4)
    asked: list[str] = []

    def tokenizer(texts: list[str], **_: Any) -> dict[str, Any]:
        asked.extend(texts)
        return {"input_ids": [text.split() for text in texts]}

    count = TokenCounter(tokenizer)
    assert count(["a b", "c", "a b"]) == [2, 1, 2]
    assert count(["c", "a b", "d e f"]) == [1, 2, 3]
    assert asked == ["a b", "c", "d e f"]
    assert count([f"{number} x" for number in range(9)] + ["c"]) == [2] * 9 + [1]
    assert count(["c", "0 x", "g"]) == [1, 2, 1]
    assert asked[-1] == "g"
    assert count(["a b"]) == [2]
    assert asked[-1] == "a b"
