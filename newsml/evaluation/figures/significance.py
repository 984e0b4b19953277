"""Whether two systems differ on the same rows by more than chance.

Owns the pairing of two systems' rows and the tests: approximate randomisation, McNemar's exact one, and the paired
bootstrap interval of the difference. Knows no figure: a figure comes as a function of how often each row counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from newsml.errors import DataError
from newsml.evaluation.figures.doubt import Floats, Interval, Statistic, clusters, interval, resampled
from newsml.evaluation.predictions import Prediction

TIE = 1e-12
"""Differences nearer than this are equal; only rounding of sums tells them apart."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two systems on the same rows.

    Attributes:
        figure: Its name.
        value_a: Its value for a.
        value_b: Its value for b.
        interval: Paired bootstrap interval of ``value_a - value_b``; without ends where there are no samples or all
            rows are of one group.
        p_value: Two-sided, by approximate randomisation; 1 where no shuffle was made.
    """

    figure: str
    value_a: float
    value_b: float
    interval: Interval
    p_value: float


def paired(a: Sequence[Prediction], b: Sequence[Prediction]) -> list[Prediction]:
    """Put b's rows in a's order, by their ids.

    Raises:
        DataError: There are no rows; an id occurs twice; the two have other ids, or other gold for one.
    """
    for rows in (a, b):
        if not rows:
            raise DataError("no predictions to compare; expected one row at least")
        seen: set[str] = set()
        for row in rows:
            if row.id in seen:
                raise DataError(f"row {row.id!r} occurs twice; rows are matched by id and need one of their own each")
            seen.add(row.id)
    other = {row.id: row for row in b}
    here = {row.id for row in a}
    if alone := [row.id for row in a if row.id not in other] + [row.id for row in b if row.id not in here]:
        raise DataError(
            f"{len(alone)} rows are in one system's predictions only (the first: {alone[0]!r}) where the systems have "
            f"{len(a)} and {len(b)}; compare systems on the same rows"
        )
    if changed := [row.id for row in a if sorted(row.gold) != sorted(other[row.id].gold)]:
        raise DataError(
            f"{len(changed)} of {len(a)} rows have another gold answer in the other system's predictions (the first: "
            f"{changed[0]!r}); compare systems on the same data"
        )
    return [other[row.id] for row in a]


def compare(
    a: Sequence[Prediction],
    b: Sequence[Prediction],
    statistic: Callable[[Sequence[Prediction]], Statistic],
    *,
    samples: int,
    level: float,
    seed: int,
) -> tuple[Difference, ...]:
    """Compare two systems on every figure of a statistic.

    *Approximate randomisation* (Noreen 1989; Yeh 2000): if the systems were alike, who gave which answer would not
    matter. Their answers change places with probability ½, those to one group's rows together, ``samples`` times; p is
    (k + 1) / (samples + 1), with k the times the figures differ by no less than they do.

    *Paired bootstrap*: both figures on the same resampled groups (``doubt.resampled``), and the
    percentile interval of their difference.

    Args:
        a: One system's rows.
        b: The other's, in any order.
        statistic: Makes the figures of any rows; it is given the rows of both.
        samples: Shuffles, and bootstrap samples.
        level: Level of the interval, 0 to 1.
        seed: Fixes both.

    Raises:
        DataError: The two did not answer the same rows.
    """
    of = statistic([*a, *paired(a, b)])
    groups = [row.group for row in a]

    def both(first: Floats, second: Floats) -> tuple[Mapping[str, float], Mapping[str, float]]:
        """Figures of two systems: of ``first`` a's answers with ``second`` b's, and of the answers left over."""
        return of(np.concatenate([first, second])), of(np.concatenate([second, first]))

    values_a, values_b = both(np.ones(len(a)), np.zeros(len(a)))
    observed = {name: values_a[name] - values_b[name] for name in values_a}

    extreme = dict.fromkeys(observed, 0)
    numbers, count = clusters(groups)
    random = np.random.default_rng(seed)
    for _ in range(samples):
        swap = random.integers(0, 2, size=count)[numbers].astype(np.float64)
        swapped_a, swapped_b = both(1 - swap, swap)
        for name, difference in observed.items():
            extreme[name] += abs(swapped_a[name] - swapped_b[name]) >= abs(difference) - TIE

    drawn: dict[str, list[float]] = {name: [] for name in observed}
    for weights in resampled(groups, samples=samples if count > 1 else 0, seed=seed):
        drawn_a, drawn_b = both(weights, np.zeros(len(a)))
        for name, differences in drawn.items():
            differences.append(drawn_a[name] - drawn_b[name])
    return tuple(
        Difference(
            name, values_a[name], values_b[name], interval(drawn[name], level), (extreme[name] + 1) / (samples + 1)
        )
        for name in observed
    )


def mcnemar(right_a: Sequence[bool], right_b: Sequence[bool]) -> float:
    """Two-sided p-value of McNemar's exact test (McNemar 1947; binomial test by scipy).

    It asks whether a is right where b is wrong more often than the other way round, and takes the rows for independent.
    Where several rows share an article they are not, and p is too small; the interval of the difference, which is
    clustered by article, then tells more.

    Args:
        right_a: Whether a is right, by row.
        right_b: Whether b is, in the same order.
    """
    from scipy.stats import binomtest

    only_a = sum(one and not other for one, other in zip(right_a, right_b, strict=True))
    only_b = sum(other and not one for one, other in zip(right_a, right_b, strict=True))
    return float(binomtest(only_a, only_a + only_b, 0.5).pvalue) if only_a + only_b else 1.0
