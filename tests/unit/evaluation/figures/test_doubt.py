"""Resampling by group, intervals, and means of rows' own values."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from newsml.config.evaluate import Bootstrap
from newsml.errors import DataError
from newsml.evaluation.figures.doubt import Floats, interval, intervals, means, resampled
from newsml.evaluation.predictions import Prediction


def test_rows_of_a_group_are_drawn_together_and_as_many_groups_as_there_are() -> None:
    groups = ["b", "a", "b", "c"]
    samples = list(resampled(groups, samples=200, seed=1))
    assert len(samples) == 200
    for weights in samples:
        assert weights[0] == weights[2]
        assert weights[1] + weights[2] + weights[3] == 3
    mean = np.mean(samples, axis=0)
    assert mean == pytest.approx(np.ones(4), abs=0.2)


def test_same_seed_same_draws_whatever_the_order_of_rows() -> None:
    first = list(resampled(["a", "b", "c"], samples=20, seed=3))
    again = list(resampled(["c", "a", "b"], samples=20, seed=3))
    other = list(resampled(["a", "b", "c"], samples=20, seed=4))
    assert [weights.tolist() for weights in first] == [weights[[1, 2, 0]].tolist() for weights in again]
    assert [weights.tolist() for weights in first] != [weights.tolist() for weights in other]


def test_percentile_interval_by_hand() -> None:
    assert interval([float(value) for value in range(101)], 0.9) == pytest.approx((5.0, 95.0))
    assert interval([math.nan, 2.0, math.nan], 0.95) == (2.0, 2.0)
    assert interval([math.nan], 0.95) == (None, None)
    assert interval([], 0.95) == (None, None)


def test_no_interval_without_samples_or_with_one_group() -> None:
    def total(weights: Floats) -> Mapping[str, float]:
        return {"sum": float(weights @ np.arange(len(weights)))}

    assert intervals(total, ["a", "b", "c"], bootstrap=Bootstrap(samples=0), seed=1)("sum") == (None, None)
    assert intervals(total, ["a", "a", "a"], bootstrap=Bootstrap(samples=9), seed=1)("sum") == (None, None)
    low, high = intervals(total, ["a", "b", "c"], bootstrap=Bootstrap(samples=99), seed=1)("sum")
    assert low is not None
    assert high is not None
    assert 0 <= low < 3 < high <= 6


def test_rows_that_share_a_group_make_the_interval_wider() -> None:
    values = np.repeat(np.arange(30.0), 10)

    def mean(weights: Floats) -> Mapping[str, float]:
        return {"mean": float(weights @ values / weights.sum())}

    def width(groups: list[str]) -> float:
        low, high = intervals(mean, groups, bootstrap=Bootstrap(samples=300), seed=1)("mean")
        assert low is not None
        assert high is not None
        return high - low

    shared = width([str(place // 10) for place in range(300)])
    alone = width([str(place) for place in range(300)])
    assert shared == pytest.approx(alone * math.sqrt(10), rel=0.25)


def test_mean_of_a_value_leaves_out_rows_without_it() -> None:
    rows = [
        Prediction("1", "a", (), (), values={"x": 1.0, "y": 4.0}),
        Prediction("2", "b", (), (), values={"x": 3.0}),
    ]
    statistic = means(rows, ["x", "y"])
    assert statistic(np.ones(2)) == {"x": 2.0, "y": 4.0}
    assert statistic(np.array([1.0, 3.0])) == {"x": 2.5, "y": 4.0}
    assert math.isnan(statistic(np.array([0.0, 2.0]))["y"])


def test_values_that_are_no_numbers_name_the_row() -> None:
    rows = [Prediction("r7", "a", (), (), values={"x": math.nan})]
    with pytest.raises(DataError, match=r"row 'r7': x is nan"):
        means(rows, ["x"])
    with pytest.raises(DataError, match="no row has a value 'z'"):
        means(rows, ["z"])
