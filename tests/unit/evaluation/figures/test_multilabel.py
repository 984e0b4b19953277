"""Multi-label figures against scikit-learn and values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from newsml.config.evaluate import Bootstrap
from newsml.errors import DataError
from newsml.evaluation.figures.classification import class_figures
from newsml.evaluation.figures.multilabel import multi_label_figures, multi_label_statistic
from newsml.evaluation.predictions import Prediction

LABELS = ("a", "b", "c")
NONE = Bootstrap(samples=0)
MARKS = st.lists(st.integers(0, 1), min_size=3, max_size=3)
PARTS = st.lists(st.integers(0, 4), min_size=3, max_size=3)
ROWS = st.lists(st.tuples(MARKS, PARTS, st.integers(0, 3)), min_size=1, max_size=12).filter(
    lambda rows: any(weight and any(marks) for marks, _, weight in rows)
)


def row(gold: str, answered: str, scores: list[float] | None = None, *, name: str = "r") -> Prediction:
    given = dict(zip(LABELS, scores, strict=True)) if scores else {}
    return Prediction(name, name, tuple(gold), tuple(answered), scores=given)


def scored(marks: list[int], parts: list[int]) -> Prediction:
    gold = "".join(label for label, mark in zip(LABELS, marks, strict=True) if mark)
    answered = "".join(label for label, part in zip(LABELS, parts, strict=True) if part >= 2)
    return row(gold, answered, [part / 4 for part in parts])


def named(rows: list[Prediction], labels: tuple[str, ...] = LABELS) -> dict[str, float]:
    return {figure.name: figure.value for figure in multi_label_figures(rows, labels, bootstrap=NONE, seed=1)}


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_weighted_figures_equal_scikit_learns(rows: list[tuple[list[int], list[int], int]]) -> None:
    once = [scored(marks, parts) for marks, parts, _ in rows]
    repeated = [scored(marks, parts) for marks, parts, weight in rows for _ in range(weight)]
    weights = np.array([weight for _, _, weight in rows], dtype=np.float64)
    found = multi_label_statistic(once, LABELS)(weights)
    assert found == pytest.approx(named(repeated))

    gold = np.array([marks for marks, _, _ in rows])
    scores = np.array([parts for _, parts, _ in rows]) / 4
    answered = (scores >= 0.5).astype(int)
    present = np.flatnonzero(weights @ gold)
    shared = {"sample_weight": weights, "zero_division": 0.0}
    assert found["micro-F1"] == pytest.approx(sk.f1_score(gold, answered, average="micro", **shared))
    assert found["macro-F1"] == pytest.approx(sk.f1_score(gold, answered, labels=present, average="macro", **shared))
    assert found["subset accuracy"] == pytest.approx(sk.accuracy_score(gold, answered, sample_weight=weights))
    assert found["Hamming loss"] == pytest.approx(sk.hamming_loss(gold, answered, sample_weight=weights))
    for average in ("macro", "micro"):
        columns = present if average == "macro" else np.arange(3)
        expected = [
            sk.average_precision_score(gold[:, chosen], scores[:, chosen], average=average, sample_weight=weights)
            for chosen in ([columns] if average == "micro" else [[column] for column in columns])
        ]
        assert found[f"average precision ({average})"] == pytest.approx(np.mean(expected))


def test_figures_by_hand() -> None:
    rows = [row("ab", "a", [0.9, 0.4, 0.1]), row("b", "b", [0.2, 0.8, 0.1]), row("", "a", [0.7, 0.1, 0.1])]
    found = multi_label_figures(rows, LABELS, bootstrap=NONE, seed=1)
    assert [figure.name for figure in found] == [
        "macro-F1",
        "micro-F1",
        "average precision (macro)",
        "average precision (micro)",
        "subset accuracy",
        "Hamming loss",
    ]
    values = {figure.name: figure.value for figure in found}
    assert values["macro-F1"] == pytest.approx(2 / 3)  # a and b; c has no gold rows
    assert values["micro-F1"] == pytest.approx(2 * 2 / (3 + 3))
    assert values["average precision (macro)"] == 1.0
    assert values["average precision (micro)"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert values["subset accuracy"] == pytest.approx(1 / 3)
    assert values["Hamming loss"] == pytest.approx(2 / 9)
    assert found[-1].better == "lower"


def test_class_figures_of_rows_with_several_labels() -> None:
    rows = [row("ab", "a"), row("b", "b"), row("", "a")]
    by_class = class_figures(rows, LABELS, bootstrap=NONE, seed=1)
    assert [(one.label, one.precision, one.recall, one.rows, one.predicted) for one in by_class] == [
        ("a", 0.5, 1.0, 1, 2),
        ("b", 1.0, 0.5, 2, 1),
        ("c", 0.0, 0.0, 0, 0),
    ]


def test_an_answer_outside_the_labels_is_a_false_one() -> None:
    found = named([row("a", "ax"), row("b", "b")])
    assert found["micro-F1"] == pytest.approx(2 * 2 / (2 + 3))
    assert found["subset accuracy"] == 0.5
    assert found["macro-F1"] == 1.0
    assert "average precision (macro)" not in found


def test_a_single_label_is_enough() -> None:
    found = named([row("a", "a"), row("", "a")], labels=("a",))
    assert found["macro-F1"] == found["micro-F1"] == pytest.approx(2 / 3)
    assert found["Hamming loss"] == 0.5


def test_intervals_repeat_with_the_seed() -> None:
    rows = [
        row("ab"[place % 2], "abc"[place % 3], [place % 7 / 7, place % 5 / 5, 0.0], name=str(place))
        for place in range(60)
    ]
    first = multi_label_figures(rows, LABELS, bootstrap=Bootstrap(samples=60), seed=1)
    assert first == multi_label_figures(rows, LABELS, bootstrap=Bootstrap(samples=60), seed=1)
    for figure in first:
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < figure.value < figure.high


def test_rows_that_cannot_be_counted_are_named() -> None:
    with pytest.raises(DataError, match="no predictions"):
        named([])
    with pytest.raises(DataError, match="row 'r5': gold label 'z'"):
        named([row("az", "a", name="r5")])
    with pytest.raises(DataError, match="none of 1 rows has a gold label"):
        named([row("", "a")])
    with pytest.raises(DataError, match="row 'r6': score of 'b' is nan"):
        named([row("a", "a", [0.1, float("nan"), 0.2], name="r6")])
