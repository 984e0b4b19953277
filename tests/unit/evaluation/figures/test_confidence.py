"""Calibration and risk-coverage against scikit-learn, their plain definitions, and values computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from newsml.config.evaluate import Bootstrap
from newsml.errors import DataError
from newsml.evaluation.figures.classification import figures
from newsml.evaluation.figures.confidence import confidence_figures, confidence_statistic, reliability, risk_coverage
from newsml.evaluation.predictions import Prediction

LABELS = ("a", "b", "c")
NONE = Bootstrap(samples=0)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(LABELS), st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any), st.integers(0, 3)
    ),
    min_size=1,
    max_size=12,
).filter(lambda rows: any(weight for _, _, weight in rows))


def row(gold: str, scores: dict[str, float], *, name: str = "r") -> Prediction:
    return Prediction(name, name, (gold,), (max(scores, key=lambda label: scores[label]),), scores=scores)


def scored(gold: str, parts: list[int]) -> Prediction:
    return row(gold, {label: part / sum(parts) for label, part in zip(LABELS, parts, strict=True)})


def plain_aurc(rows: list[Prediction]) -> float:
    """Of every row, the share of wrong answers among the rows at least as confident; their mean."""
    tops = [max(one.scores.values()) for one in rows]
    wrong = [one.gold != one.prediction for one in rows]
    return float(
        np.mean([np.mean([bad for bad, top in zip(wrong, tops, strict=True) if top >= least]) for least in tops])
    )


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_weighted_figures_equal_their_definitions_on_repeated_rows(rows: list[tuple[str, list[int], int]]) -> None:
    once = [scored(gold, parts) for gold, parts, _ in rows]
    weights = np.array([weight for _, _, weight in rows], dtype=np.float64)
    repeated = [scored(gold, parts) for gold, parts, weight in rows for _ in range(weight)]
    found = confidence_statistic(once, LABELS)(weights)
    assert found == pytest.approx(confidence_figures(repeated, LABELS))
    gold = [one.gold[0] for one in repeated]
    proba = [[one.scores[label] for label in LABELS] for one in repeated]
    assert found["Brier score"] == pytest.approx(brier_score_loss(gold, proba, labels=LABELS))
    assert found["area under risk-coverage"] == pytest.approx(plain_aurc(repeated))
    tops = np.array([max(one.scores.values()) for one in repeated])
    right = np.array([one.gold == one.prediction for one in repeated])
    accuracy, confidence = calibration_curve(right, tops, n_bins=10)
    bins = reliability(repeated)
    assert [one.accuracy for one in bins] == pytest.approx(accuracy)
    assert [one.confidence for one in bins] == pytest.approx(confidence)
    assert found["expected calibration error"] == pytest.approx(
        sum(one.rows * abs(one.accuracy - one.confidence) for one in bins) / len(repeated)
    )


def test_calibration_error_by_hand() -> None:
    rows = [
        row("a", {"a": 0.95, "b": 0.05}),
        row("b", {"a": 0.95, "b": 0.05}),
        row("a", {"a": 0.6, "b": 0.4}),
        row("a", {"a": 0.55, "b": 0.45}),
    ]
    found = confidence_figures(rows, ["a", "b"])
    assert found["expected calibration error"] == pytest.approx(0.5 * (0.95 - 0.5) + 0.5 * (1 - 0.575))
    bins = reliability(rows)
    assert [(one.low, one.high, one.rows) for one in bins] == [(0.5, 0.6, 2), (0.9, 1.0, 2)]
    assert bins[0].confidence == pytest.approx(0.575)
    assert (bins[0].accuracy, bins[1].accuracy) == (1.0, 0.5)


def test_brier_of_two_labels_is_halved_and_of_more_is_not() -> None:
    two = [row("a", {"a": 0.7, "b": 0.3})]
    assert confidence_figures(two, ["a", "b"])["Brier score"] == pytest.approx(0.09)
    assert confidence_figures(two, ["a", "b", "c"])["Brier score"] == pytest.approx(0.18)
    # A class outside the labels keeps the scale, so that systems on one data set can be compared.
    elsewhere = [row("a", {"a": 0.7, "b": 0.1, "not mentioned": 0.2})]
    assert confidence_figures(elsewhere, ["a", "b"])["Brier score"] == pytest.approx((0.09 + 0.01 + 0.04) / 2)
    # So does what the probabilities of a row lack to 1.
    lacking = [row("a", {"a": 0.7, "b": 0.1})]
    assert confidence_figures(lacking, ["a", "b"])["Brier score"] == pytest.approx((0.09 + 0.01 + 0.04) / 2)


def test_risk_coverage_by_hand() -> None:
    rows = [
        row("a", {"a": 0.9, "b": 0.1}),
        row("b", {"a": 0.8, "b": 0.2}),
        row("a", {"a": 0.8, "b": 0.2}),
        row("a", {"a": 0.6, "b": 0.4}),
    ]
    points = risk_coverage(rows)
    assert [(point.coverage, point.risk) for point in points] == [
        (0.25, 0.0),
        (0.75, pytest.approx(1 / 3)),
        (1.0, 0.25),
    ]
    area = confidence_figures(rows, ["a", "b"])["area under risk-coverage"]
    assert area == pytest.approx((0 + 1 / 3 + 1 / 3 + 1 / 4) / 4)


def test_a_long_curve_keeps_a_hundred_points_and_its_end() -> None:
    rows = [row("ab"[place % 2], {"a": 0.5 + place / 10_000, "b": 0.5 - place / 10_000}) for place in range(2537)]
    points = risk_coverage(rows)
    assert len(points) == 100
    assert points[-1].coverage == 1.0
    assert [point.coverage for point in points] == pytest.approx([step / 100 for step in range(1, 101)], abs=1 / 2000)


def test_figures_of_confidence_come_with_scores_only() -> None:
    with_scores = [scored("a", [3, 1, 0]), scored("b", [3, 1, 0])]
    without = [Prediction("r", "r", ("a",), ("a",))]
    both = [figures(rows, LABELS, fnc=False, bootstrap=Bootstrap(samples=0), seed=1) for rows in (with_scores, without)]
    assert [figure.name for figure in both[0]][6:] == [
        "expected calibration error",
        "Brier score",
        "area under risk-coverage",
    ]
    assert {figure.better for figure in both[0][6:]} == {"lower"}
    assert len(both[1]) == 6
    assert reliability(without) == ()
    assert risk_coverage(without) == ()


@pytest.mark.parametrize("score", [math.nan, math.inf, -0.1, 1.2])
def test_a_score_that_is_no_probability_names_the_row(score: float) -> None:
    rows = [scored("a", [1, 0, 0]), row("a", {"a": 0.1, "b": score}, name="r9")]
    for compute in (
        reliability,
        risk_coverage,
        lambda given: figures(given, LABELS, fnc=False, bootstrap=NONE, seed=1),
    ):
        with pytest.raises(DataError, match=f"row 'r9': score of 'b' is {score}"):
            compute(rows)


def test_scores_that_are_no_distribution_name_the_row() -> None:
    with pytest.raises(DataError, match=r"row 'r9': scores add up to 1.300"):
        figures([row("a", {"a": 0.9, "b": 0.4}, name="r9")], LABELS, fnc=False, bootstrap=NONE, seed=1)
    mixed = [scored("a", [1, 0, 0]), Prediction("r8", "g", ("a",), ("a",))]
    with pytest.raises(DataError, match="row 'r8' has no scores, but other rows have"):
        figures(mixed, LABELS, fnc=False, bootstrap=NONE, seed=1)


def test_rounding_of_scores_is_let_pass() -> None:
    rows = [row("a", {"a": 1.0000001, "b": 0.0}), row("b", {"a": 0.3333, "b": 0.3333, "c": 0.3333})]
    found = figures(rows, LABELS, fnc=False, bootstrap=NONE, seed=1)
    assert found[7].value == pytest.approx((0 + 2 / 3) / 2, abs=1e-3)
