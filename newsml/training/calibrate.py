"""Temperature scaling and abstention: numbers that make scores honest, and what they are worth on rows they never saw.

Owns the fits, and the measurement of calibration and abstention on held-out rows. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from newsml.evaluation.figures.confidence import (
    BINS,
    CALIBRATION_ERROR,
    Curve,
    confidence_statistic,
    reliability,
    risk_coverage,
)
from newsml.evaluation.figures.doubt import Floats, Ints
from newsml.evaluation.splits import held_out
from newsml.models.calibration import Abstention, Calibration, CoveragePoint, ReliabilityBin
from newsml.training.held_out import HeldOut

LEAST = 1e-9
"""Probability that stands for less, so that one hopeless row does not decide."""

LEAST_COVERAGE = 0.2
"""Share of the rows that an abstention threshold has to leave: nobody uses a model that answers fewer."""

RULE = "the lowest score that halves the share of wrong answers and keeps a fifth of the rows or more"
"""How the abstention threshold is chosen. Halving is asked of an easy task and of a hard one alike, where a fixed
accuracy would be met by every answer of the one and by a handful of the other; the lowest such score is the one that
rests on most rows."""

COVERAGES = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Where a card shows the risk-coverage curve."""

DIGITS = 4


def fit_temperature(
    probabilities: Callable[[float], np.ndarray], gold: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """The temperature that minimises the negative log-likelihood of held-out labels.

    Args:
        probabilities: From a temperature to probabilities, shape (rows, classes), reduced to rows as they are in use;
            a row of zeros has no answer and is left out.
        gold: (rows,) class numbers.
        weights: (rows,) what each row counts; None counts all the same.

    Returns:
        A temperature between 0.1 and 10; over 1 means that the model was too sure of itself.
    """
    each = np.ones(len(gold)) if weights is None else weights

    def loss(temperature: float) -> float:
        found = probabilities(temperature)
        answered = found.any(axis=1)
        right = found[np.arange(len(gold)), gold][answered]
        return float(-np.average(np.log(np.maximum(right, LEAST)), weights=each[answered]))

    return best_temperature(loss)


def best_temperature(loss: Callable[[float], float]) -> float:
    """The temperature between 0.1 and 10 of the least loss, searched on a logarithmic scale."""
    from scipy.optimize import minimize_scalar

    bounds = (np.log(0.1), np.log(10.0))
    found = minimize_scalar(lambda logarithm: loss(float(np.exp(logarithm))), bounds=bounds, method="bounded")
    return float(np.exp(found.x))


def fit_threshold(scores: Floats, right: Floats, weights: Floats) -> float:
    """The score under which a model had better abstain, by ``RULE``.

    Args:
        scores: (rows,) score of each answer, 0 to 1; at least one row.
        right: (rows,) 1 or 0 for whether it is right.
        weights: (rows,) what each counts.

    Returns:
        The score; 0, never abstain, where no answer is wrong or no score keeps the rule.
    """
    curve = Curve.of(scores, right, weights)
    whole = curve.risk[-1]
    fits = np.flatnonzero((curve.risk <= whole / 2) & (curve.coverage >= LEAST_COVERAGE))
    if not whole or not len(fits):
        return 0.0
    return float(np.floor(curve.confidence[fits[-1]] * 10**DIGITS) / 10**DIGITS)  # Down, so that its own row is kept.


def calibrate(held: HeldOut, *, seed: int) -> tuple[Calibration, Floats]:
    """Fit temperature and threshold on all held-out rows, and measure on each half of them what the other half's give.

    What is fitted on rows flatters itself on the same rows. So the groups of every table are halved by the seed; each
    half is judged at the temperature and threshold fitted on the other, and the two together give calibration error,
    reliability, risk-coverage curve, and the threshold's coverage and accuracy. The tables count equally throughout,
    and rows that the model was not asked about are left out.

    Args:
        held: The rows and the classifier's answers; at least one row has one.
        seed: Fixes the halves.

    Returns:
        What the card says, and the probabilities of the rows, each at the temperature of the other half, shape (rows,
        classes). Where there are no two groups to halve, nothing is measured, and the rows are at their own
        temperature.
    """
    answered = held.probabilities(1.0).any(axis=1)
    every = np.flatnonzero(answered)
    temperature, threshold = _fit(held, every)
    first = _first_half(held, seed)
    sides = np.flatnonzero(answered & first), np.flatnonzero(answered & ~first)
    shipped = Calibration(method="temperature", temperature=round(temperature, DIGITS), rows=len(every))
    if not all(map(len, sides)):
        return shipped, held.probabilities(temperature)
    probabilities, kept = np.zeros((len(held.rows), len(held.labels))), np.zeros(len(held.rows), dtype=np.bool_)
    for here, there in (sides, sides[::-1]):
        others, least = _fit(held, there)
        probabilities[here] = held.probabilities(others)[here]
        kept[here] = probabilities[here].max(axis=1) >= least
    return _described(held, shipped, probabilities, every=every, kept=kept[every], threshold=threshold), probabilities


def _fit(held: HeldOut, rows: Ints) -> tuple[float, float]:
    """The temperature and the threshold of some rows."""
    gold, weights = held.gold[rows], held.weights(rows)
    temperature = fit_temperature(lambda value: held.probabilities(value)[rows], gold, weights)
    found = held.probabilities(temperature)[rows]
    right = (found.argmax(axis=1) == gold).astype(np.float64)
    return temperature, fit_threshold(found.max(axis=1), right, weights)


def _first_half(held: HeldOut, seed: int) -> np.ndarray:
    """Whether each row is in the first half of the groups; a group of several tables counts with the first of them."""
    side: dict[str, bool] = {}
    for table in dict.fromkeys(held.tables):
        groups = {row.group for row, name in zip(held.rows, held.tables, strict=True) if name == table} - side.keys()
        half = held_out(groups, 0.5, seed)
        side |= {group: group in half for group in groups}
    return np.array([side[row.group] for row in held.rows])


def _described(
    held: HeldOut, shipped: Calibration, probabilities: Floats, *, every: Ints, kept: np.ndarray, threshold: float
) -> Calibration:
    """What a card says of the rows ``every``, of which ``kept`` reached their threshold."""
    weights = held.weights(every)
    answers, plain = held.predictions(probabilities), held.predictions(held.probabilities(1.0))
    before, after = (
        confidence_statistic([found[row] for row in every], held.labels)(weights)[CALIBRATION_ERROR]
        for found in (plain, answers)
    )
    judged = [answers[row] for row in every]
    bins, points = reliability(judged, weights), risk_coverage(judged, weights)
    shown = {min(points, key=lambda point: abs(point.coverage - goal)).coverage for goal in COVERAGES}
    right = np.array([bool(answer.correct) for answer in judged])
    abstention = None
    if threshold and kept.any():
        abstention = Abstention(
            threshold=threshold,
            rule=RULE,
            coverage=_rounded(weights[kept].sum() / weights.sum()),
            accuracy=_rounded(np.average(right[kept], weights=weights[kept])),
        )
    tables = len({held.tables[row] for row in every})
    measured = {
        "how": f"{len(every):,} held-out rows of {tables} table{'s, which count equally' if tables > 1 else ''}; each "
        f"half of the articles at the temperature and threshold fitted on the other; {BINS} bins",
        "error_before": _rounded(before),
        "error": _rounded(after),
        "reliability": tuple(
            ReliabilityBin(
                low=one.low,
                high=one.high,
                rows=one.rows,
                confidence=_rounded(one.confidence),
                accuracy=_rounded(one.accuracy),
            )
            for one in bins
        ),
        "risk_coverage": tuple(
            CoveragePoint(coverage=_rounded(point.coverage), risk=_rounded(point.risk))
            for point in points
            if point.coverage in shown
        ),
        "abstention": abstention,
    }
    return Calibration.model_validate(shipped.model_dump() | measured)


def _rounded(share: float) -> float:
    return round(min(max(float(share), 0.0), 1.0), DIGITS)
