"""How far a figure could have come out otherwise: bootstrap intervals over groups of rows.

Owns the resampling and the intervals. Knows no figure: a figure comes as a function of how often each row counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsml.config.evaluate import Bootstrap
from newsml.errors import DataError
from newsml.evaluation.predictions import Prediction
from newsml.evaluation.report import Figure

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

Statistic: TypeAlias = Callable[[Floats], Mapping[str, float]]
"""Figures by name, of the data set in which every row stands as often as its weight says (0 or more, not all 0);
NaN where a figure is undefined on it."""

Interval: TypeAlias = tuple[float, float] | tuple[None, None]
"""Lower and upper end; None where no interval can be had."""


def clusters(groups: Sequence[str]) -> tuple[Ints, int]:
    """Number the groups; the numbers do not depend on the order of the rows.

    Args:
        groups: Name of each row's group.

    Returns:
        Number of each row's group, and how many groups there are.
    """
    names, numbers = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)
    return numbers.astype(np.int64), len(names)


def resampled(groups: Sequence[str], *, samples: int, seed: int) -> Iterator[Floats]:
    """Draw data sets from a data set, by the bootstrap over groups.

    As many groups are drawn with replacement as there are, and all rows of each are taken, since rows of one group are
    not independent (cluster bootstrap; Davison & Hinkley 1997, 3.8).

    Args:
        groups: Name of each row's group.
        samples: How many data sets are drawn.
        seed: Fixes the draws.

    Yields:
        How often each row stands in a drawn data set; one array a sample.
    """
    numbers, count = clusters(groups)
    random = np.random.default_rng(seed)
    for _ in range(samples):
        drawn = np.bincount(random.integers(0, count, size=count), minlength=count)
        yield drawn[numbers].astype(np.float64)


def interval(values: Sequence[float] | Floats, level: float) -> Interval:
    """The percentile interval of resampled values (Efron & Tibshirani 1993, 13.3).

    Args:
        values: The figure on each sample; NaN, where it is undefined on one, is left out.
        level: Share of the samples the interval holds, 0 to 1.

    Returns:
        Its ends; None where no sample has the figure.
    """
    found = np.asarray(values, dtype=np.float64)
    found = found[~np.isnan(found)]
    if not len(found):
        return None, None
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def intervals(
    statistic: Statistic, groups: Sequence[str], *, bootstrap: Bootstrap, seed: int
) -> Callable[[str], Interval]:
    """Find the intervals of figures, all on the same samples.

    Args:
        statistic: The figures.
        groups: Name of each row's group.
        bootstrap: Number of samples, and the level.
        seed: Fixes the draws.

    Returns:
        The interval of a figure by its name. It has no ends where ``samples`` is 0, where all rows are of one group,
        which tells nothing of others, and where the figure is undefined on every sample.
    """
    values: dict[str, list[float]] = {}
    if len(set(groups)) > 1:
        for weights in resampled(groups, samples=bootstrap.samples, seed=seed):
            for name, value in statistic(weights).items():
                values.setdefault(name, []).append(value)
    found = {name: interval(sampled, bootstrap.level) for name, sampled in values.items()}
    return lambda name: found.get(name, (None, None))


def with_intervals(
    values: Mapping[str, float],
    statistic: Statistic,
    predictions: Sequence[Prediction],
    *,
    bootstrap: Bootstrap,
    seed: int,
    lower: Collection[str] = (),
) -> tuple[Figure, ...]:
    """Give figures their intervals, clustered by ``Prediction.group``.

    Args:
        values: The figures by name, in the order wanted.
        statistic: The same figures under row weights.
        predictions: The rows.
        bootstrap: Number of samples, and the level.
        seed: Fixes the draws.
        lower: Those of the figures of which less is better.
    """
    interval_of = intervals(statistic, [row.group for row in predictions], bootstrap=bootstrap, seed=seed)
    ends = {name: interval_of(name) for name in values}
    return tuple(
        Figure(
            name=name, value=value, low=ends[name][0], high=ends[name][1], better="lower" if name in lower else "higher"
        )
        for name, value in values.items()
    )


def means(predictions: Sequence[Prediction], names: Sequence[str]) -> Statistic:
    """The mean of the values that rows carry themselves, such as ROUGE of a summary.

    Args:
        predictions: The rows; one without a value is left out of that value's mean.
        names: Which of ``Prediction.values``.

    Returns:
        The means by name.

    Raises:
        DataError: A value is no finite number, or no row has one of that name.
    """
    columns: dict[str, tuple[Floats, Floats]] = {}
    for name in names:
        has = np.array([name in row.values for row in predictions], dtype=np.float64)
        if not has.any():
            raise DataError(f"no row has a value {name!r}; expected one of those the predictions carry")
        columns[name] = has, np.array([row.values.get(name, 0.0) for row in predictions], dtype=np.float64)
        for row in predictions:
            if not math.isfinite(row.values.get(name, 0.0)):
                raise DataError(f"row {row.id!r}: {name} is {row.values[name]}; expected a finite number")

    def statistic(weights: Floats) -> dict[str, float]:
        counts = {name: float(weights @ has) for name, (has, _) in columns.items()}
        return {
            name: float(weights @ columns[name][1]) / count if count else math.nan for name, count in counts.items()
        }

    return statistic
