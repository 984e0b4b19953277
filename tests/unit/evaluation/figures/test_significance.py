"""Paired tests against values computed by hand and by full enumeration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from newsml.errors import DataError
from newsml.evaluation.figures.doubt import Statistic, means
from newsml.evaluation.figures.significance import compare, mcnemar, paired
from newsml.evaluation.predictions import Prediction


def rows(values: Sequence[float], *, shared: int = 1) -> list[Prediction]:
    """Rows with a value each, so many to a group."""
    return [
        Prediction(str(place), str(place // shared), ("g",), (), values={"x": value})
        for place, value in enumerate(values)
    ]


def mean(given: Sequence[Prediction]) -> Statistic:
    return means(given, ["x"])


def test_randomisation_approaches_the_share_of_all_assignments() -> None:
    a, b = [3.0, 1.0, 4.0, 1.0, 5.0, 2.0], [2.0, 2.0, 1.0, 0.0, 3.0, 2.5]
    gaps = np.array(a) - np.array(b)
    signs = np.array(list(product((-1, 1), repeat=len(gaps))))
    share = float(np.mean(np.abs(signs @ gaps) >= abs(gaps.sum()) - 1e-9))
    (found,) = compare(rows(a), rows(b), mean, samples=4000, level=0.95, seed=1)
    assert found.p_value == pytest.approx(share, abs=0.02)
    assert found.value_a - found.value_b == pytest.approx(gaps.mean())


def test_a_group_changes_sides_as_one() -> None:
    a, b = [1.0] * 8, [0.0] * 8
    (alone,) = compare(rows(a), rows(b), mean, samples=999, level=0.95, seed=1)
    (pairs,) = compare(rows(a, shared=4), rows(b, shared=4), mean, samples=999, level=0.95, seed=1)
    (one,) = compare(rows(a, shared=8), rows(b, shared=8), mean, samples=999, level=0.95, seed=1)
    assert alone.p_value < 0.03  # 2 of 256 assignments
    assert pairs.p_value == pytest.approx(0.5, abs=0.05)  # 2 of 4
    assert one.p_value == 1.0
    assert one.interval == (None, None)


def test_equal_systems_do_not_differ() -> None:
    (found,) = compare(rows([1.0, 2.0, 3.0]), rows([1.0, 2.0, 3.0]), mean, samples=50, level=0.95, seed=1)
    assert (found.p_value, found.interval) == (1.0, (0.0, 0.0))


def test_the_interval_of_the_difference_is_paired() -> None:
    noise = np.random.default_rng(1).normal(scale=100, size=80)
    (found,) = compare(rows([*noise + 1]), rows([*noise]), mean, samples=200, level=0.95, seed=1)
    assert found.interval == pytest.approx((1.0, 1.0))


def test_same_seed_same_numbers_whatever_the_order() -> None:
    a, b = rows([3.0, 1.0, 4.0, 1.0, 5.0]), rows([2.0, 2.0, 1.0, 0.0, 3.0])
    first = compare(a, b, mean, samples=99, level=0.9, seed=7)
    assert first == compare(a, b[::-1], mean, samples=99, level=0.9, seed=7)
    (back,) = compare(b, a, mean, samples=99, level=0.9, seed=7)
    assert back.p_value == first[0].p_value
    assert first != compare(a, b, mean, samples=99, level=0.9, seed=8)


def test_mcnemar_by_hand() -> None:
    right_a = [True] * 9 + [False] + [True] * 5
    right_b = [False] * 9 + [True] + [True] * 5
    assert mcnemar(right_a, right_b) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar(right_b, right_a) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar([True, False], [True, False]) == 1.0


def test_rows_are_matched_by_id() -> None:
    a = rows([1.0, 2.0, 3.0])
    assert paired(a, a[::-1]) == a
    with pytest.raises(DataError, match=r"2 rows are in one system's predictions only \(the first: '0'\)"):
        paired(a, [replace(a[0], id="new"), *a[1:]])
    with pytest.raises(DataError, match=r"1 of 3 rows have another gold answer .*'1'"):
        paired(a, [a[0], replace(a[1], gold=("h",)), a[2]])
    with pytest.raises(DataError, match="row '2' occurs twice"):
        paired(a, [*a, a[2]])
    with pytest.raises(DataError, match="no predictions"):
        paired([], [])
