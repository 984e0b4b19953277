"""Batches: every input once, in widths that kernels like, with little padding."""

from __future__ import annotations

from random import Random

import pytest

from newsml.models import batches as module
from newsml.models.batches import BATCH_TOKENS, FORWARD_TOKENS, batches, padded


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
