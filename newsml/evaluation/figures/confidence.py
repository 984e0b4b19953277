"""Whether a system knows when it is right: calibration, Brier score, risk and coverage of single-label answers.

Owns the figures and curves computed from scores. The confidence of an answer is the row's highest score; a row is right
where its answer is its gold label. Knows nothing of systems.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from newsml.errors import DataError
from newsml.evaluation.figures.doubt import Floats, Ints, Statistic
from newsml.evaluation.predictions import Prediction
from newsml.evaluation.report import Bin, Point

CALIBRATION_ERROR = "expected calibration error"
BRIER = "Brier score"
AURC = "area under risk-coverage"
LOWER = (CALIBRATION_ERROR, BRIER, AURC)
"""Figures of which less is better: all of them."""

BINS = 10
"""Equal-width bins of confidence; each holds its upper edge and not its lower one (Guo et al. 2017)."""

POINTS = 100
"""Most points of a risk-coverage curve."""

ROUNDING = 1e-6
"""How far a probability computed in single precision may lie outside 0 to 1."""

SUM_ROUNDING = 1e-3
"""How far the probabilities of a row may add up to other than 1 by rounding, as when they were written to a file."""


def has_scores(predictions: Sequence[Prediction]) -> bool:
    """Whether the rows have scores, all of them probabilities.

    Raises:
        DataError: A score is no number from 0 to 1, or some rows have scores and others have none.
    """
    for row in predictions:
        for label, score in row.scores.items():
            if not (math.isfinite(score) and -ROUNDING <= score <= 1 + ROUNDING):
                raise DataError(f"row {row.id!r}: score of {label!r} is {score}; expected a probability from 0 to 1")
    without = [row.id for row in predictions if not row.scores]
    if 0 < len(without) < len(predictions):
        raise DataError(
            f"row {without[0]!r} has no scores, but other rows have; expected scores in all rows or in none"
        )
    return bool(predictions) and not without


def confidence_statistic(predictions: Sequence[Prediction], labels: Sequence[str]) -> Statistic:
    """Calibration error, Brier score and area under risk-coverage, under row weights.

    Args:
        predictions: Rows with scores.
        labels: The classes of the data set.

    Raises:
        DataError: The scores of a row add up to more than 1.
    """
    top, right = _confidence(predictions)
    bins, gap = _bins(top), right - top
    order = np.argsort(-top, kind="stable")
    wrong, ends = 1 - right[order], _ends(top[order])
    proba, gold = _probabilities(predictions, labels)
    proba[np.arange(len(gold)), gold] -= 1
    squares = (proba**2).sum(axis=1) * _brier_scale(labels)

    def statistic(weights: Floats) -> dict[str, float]:
        """The three figures under row weights."""
        total = weights.sum()
        ordered = weights[order]
        rows = np.cumsum(ordered)[ends]
        errors = np.cumsum(ordered * wrong)[ends]
        risk = np.divide(errors, rows, out=np.zeros_like(rows), where=rows > 0)
        return {
            CALIBRATION_ERROR: float(np.abs(np.bincount(bins, weights=weights * gap)).sum() / total),
            BRIER: float(weights @ squares / total),
            AURC: float(np.diff(rows, prepend=0) @ risk / total),
        }

    return statistic


def confidence_figures(predictions: Sequence[Prediction], labels: Sequence[str]) -> dict[str, float]:
    """Calibration error, Brier score and area under risk-coverage; lower is better.

    - *Expected calibration error*, 0 to 1: the difference of mean confidence and accuracy over ``BINS`` equal-width
      bins, weighted by rows (Naeini et al. 2015).
    - *Brier score* by scikit-learn: squared differences summed over the classes, mean over rows, 0 to 2; with two
      labels it is halved, 0 to 1, as scikit-learn's ``scale_by_half="auto"`` does. A class outside the labels that has
      a probability is a column of its own; so is what a row's probabilities lack to 1.
    - *Area under risk-coverage*, 0 to 1: the mean of the share of wrong answers among the k most confident rows over
      all k (Geifman & El-Yaniv 2017); rows of equal confidence enter together.

    Raises:
        DataError: The scores of a row add up to more than 1.
    """
    from sklearn.metrics import brier_score_loss

    found = confidence_statistic(predictions, labels)(np.ones(len(predictions)))
    proba, gold = _probabilities(predictions, labels)
    brier = 0.0  # a single class has nowhere to err
    if proba.shape[1] > 1:
        scale = _brier_scale(labels) == 0.5
        brier = brier_score_loss(gold, proba, labels=np.arange(proba.shape[1]), scale_by_half=scale)
    return {**found, BRIER: float(brier)}


def reliability(predictions: Sequence[Prediction], weights: Floats | None = None) -> tuple[Bin, ...]:
    """Confidence against accuracy, by bins of confidence (DeGroot & Fienberg 1983).

    Args:
        predictions: Single-label rows.
        weights: What each row counts in the means of a bin, over 0; None counts all the same.

    Returns:
        Those of the ``BINS`` bins that hold rows, the least confident first; none where the system has no scores.

    Raises:
        DataError: A score is no probability.
    """
    if not has_scores(predictions):
        return ()
    top, right = _confidence(predictions)
    bins, each = _bins(top), np.ones(len(top)) if weights is None else weights
    rows = np.bincount(bins, minlength=BINS)
    mass = np.bincount(bins, weights=each, minlength=BINS)
    confidence = np.bincount(bins, weights=each * top, minlength=BINS)
    accuracy = np.bincount(bins, weights=each * right, minlength=BINS)
    return tuple(
        Bin(
            low=place / BINS,
            high=(place + 1) / BINS,
            rows=int(rows[place]),
            confidence=float(confidence[place] / mass[place]),
            accuracy=float(accuracy[place] / mass[place]),
        )
        for place in range(BINS)
        if rows[place]
    )


def risk_coverage(predictions: Sequence[Prediction], weights: Floats | None = None) -> tuple[Point, ...]:
    """Share of wrong answers among the most confident ones (El-Yaniv & Wiener 2010).

    Args:
        predictions: Single-label rows.
        weights: What each row counts in both shares, over 0; None counts all the same.

    Returns:
        At most ``POINTS`` points at about even steps of coverage, the last at coverage 1. Rows of equal confidence
        enter together, so there are fewer points where many are equal; none where the system has no scores.

    Raises:
        DataError: A score is no probability.
    """
    if not has_scores(predictions):
        return ()
    top, right = _confidence(predictions)
    each = np.ones(len(top)) if weights is None else weights
    curve = Curve.of(top, right, each)
    goals = np.arange(1, POINTS + 1) / POINTS - ROUNDING
    shown = np.unique(np.searchsorted(curve.coverage, goals))
    return tuple(Point(coverage=float(curve.coverage[at]), risk=float(curve.risk[at])) for at in shown)


@dataclass(frozen=True, slots=True)
class Curve:
    """Every point of a risk-coverage curve, coverage rising to 1; rows of equal confidence enter together.

    Attributes:
        confidence: Least confidence that is answered.
        coverage: Share of the rows answered, 0 to 1.
        risk: Share of wrong answers among them.
    """

    confidence: Floats
    coverage: Floats
    risk: Floats

    @classmethod
    def of(cls, confidence: Floats, right: Floats, weights: Floats) -> Curve:
        """The curve of rows by their confidence.

        Args:
            confidence: Of each row, 0 to 1; at least one row.
            right: 1 or 0 for each.
            weights: What each counts, over 0.
        """
        order = np.argsort(-confidence, kind="stable")
        ends = _ends(confidence[order])
        kept = np.cumsum(weights[order])
        wrong = np.cumsum(weights[order] * (1 - right[order]))
        return cls(confidence[order][ends], kept[ends] / kept[-1], wrong[ends] / kept[ends])


def _confidence(predictions: Sequence[Prediction]) -> tuple[Floats, Floats]:
    """Confidence of each row, 0 to 1, and 1 or 0 for whether it is right."""
    top = np.array([max(row.scores.values()) for row in predictions], dtype=np.float64)
    right = np.array([row.gold == (row.label,) for row in predictions], dtype=np.float64)
    return np.clip(top, 0, 1), right


def _bins(top: Floats) -> Ints:
    return np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], top)


def _ends(ordered: Floats) -> Ints:
    """Places of the last row of each run of equal confidence."""
    return np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)


def _brier_scale(labels: Sequence[str]) -> float:
    return 0.5 if len(labels) == 2 else 1.0


def _probabilities(predictions: Sequence[Prediction], labels: Sequence[str]) -> tuple[Floats, Ints]:
    """Probabilities, rows × classes, each row adding up to 1; and the column of each row's gold label."""
    others = sorted({label for row in predictions for label in row.scores} - set(labels))
    classes = [*labels, *others]
    proba = np.array([[row.scores.get(label, 0.0) for label in classes] for row in predictions], dtype=np.float64)
    proba = np.clip(proba, 0, 1)
    sums = proba.sum(axis=1)
    if over := np.flatnonzero(sums > 1 + SUM_ROUNDING).tolist():
        raise DataError(
            f"row {predictions[over[0]].id!r}: scores add up to {sums[over[0]]:.3f}; expected probabilities of classes "
            "that exclude each other, which add up to 1, or no scores"
        )
    lacking = np.where(sums < 1 - SUM_ROUNDING, 1 - sums, 0.0)
    if lacking.any():
        proba = np.column_stack([proba, lacking])
    places = {label: place for place, label in enumerate(labels)}
    gold = np.array([places[row.gold[0]] for row in predictions], dtype=np.int64)
    return proba / proba.sum(axis=1, keepdims=True), gold
