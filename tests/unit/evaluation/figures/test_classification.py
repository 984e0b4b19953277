"""Single-label figures against scikit-learn, the organisers' FNC-1 numbers, and values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from newsml.config.evaluate import Bootstrap
from newsml.errors import DataError
from newsml.evaluation.figures.classification import (
    class_figures,
    classification,
    classification_statistic,
    confusion,
    figures,
    fnc_score,
)
from newsml.evaluation.predictions import NO_ANSWER, Prediction

FNC_LABELS = ("agree", "disagree", "discuss", "unrelated")
FNC_TEST = {"agree": 1903, "disagree": 697, "discuss": 4464, "unrelated": 18349}
NONE = Bootstrap(samples=0)

ANSWERS = st.sampled_from([*FNC_LABELS, "not mentioned", NO_ANSWER])
ROWS = st.lists(st.tuples(st.sampled_from(FNC_LABELS), ANSWERS, st.integers(0, 3)), min_size=1, max_size=14).filter(
    lambda rows: any(weight for _, _, weight in rows)
)


def rows_of(gold: list[str], answered: list[str]) -> list[Prediction]:
    return [
        Prediction(str(place), f"article {place}", (truth,), () if answer == NO_ANSWER else (answer,))
        for place, (truth, answer) in enumerate(zip(gold, answered, strict=True))
    ]


def named(rows: list[Prediction], labels: tuple[str, ...] = FNC_LABELS, *, fnc: bool = False) -> dict[str, float]:
    return {figure.name: figure.value for figure in figures(rows, labels, fnc=fnc, bootstrap=NONE, seed=1)}


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_weighted_figures_equal_scikit_learns(rows: list[tuple[str, str, int]]) -> None:
    gold, answered = [row[0] for row in rows], [row[1] for row in rows]
    weights = np.array([row[2] for row in rows], dtype=np.float64)
    found = classification_statistic(rows_of(gold, answered), FNC_LABELS, fnc=True)(weights)
    present = sorted({truth for truth, _, weight in rows if weight})
    shared = {"sample_weight": weights, "zero_division": 0.0}
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(gold, answered, sample_weight=weights))
    assert found["macro-F1"] == pytest.approx(sk.f1_score(gold, answered, labels=present, average="macro", **shared))
    assert found["micro-F1"] == pytest.approx(sk.f1_score(gold, answered, labels=FNC_LABELS, average="micro", **shared))
    assert found["weighted F1"] == pytest.approx(sk.f1_score(gold, answered, average="weighted", **shared))
    assert found["balanced accuracy"] == pytest.approx(
        sk.recall_score(gold, answered, labels=present, average="macro", **shared)
    )
    if len({*gold, *answered}) > 1:
        assert found["MCC"] == pytest.approx(sk.matthews_corrcoef(gold, answered, sample_weight=weights))


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_weighted_figures_equal_the_figures_of_repeated_rows(rows: list[tuple[str, str, int]]) -> None:
    gold, answered = [row[0] for row in rows], [row[1] for row in rows]
    weights = np.array([row[2] for row in rows], dtype=np.float64)
    repeated = [row for row in rows for _ in range(row[2])]
    found = classification_statistic(rows_of(gold, answered), FNC_LABELS, fnc=True)(weights)
    again = rows_of([row[0] for row in repeated], [row[1] for row in repeated])
    assert found == pytest.approx(named(again, fnc=True))


def test_figures_equal_scikit_learns() -> None:
    random = np.random.default_rng(5)
    gold = random.choice(FNC_LABELS, 300, p=[0.1, 0.1, 0.3, 0.5]).tolist()
    answered = [truth if random.random() < 0.6 else str(random.choice(FNC_LABELS)) for truth in gold]
    found = named(rows_of(gold, answered))
    assert list(found) == ["macro-F1", "accuracy", "balanced accuracy", "micro-F1", "weighted F1", "MCC"]
    assert found["macro-F1"] == sk.f1_score(gold, answered, average="macro")
    assert found["accuracy"] == sk.accuracy_score(gold, answered)
    assert found["balanced accuracy"] == pytest.approx(sk.balanced_accuracy_score(gold, answered))
    assert found["micro-F1"] == sk.f1_score(gold, answered, average="micro")
    assert found["weighted F1"] == pytest.approx(sk.f1_score(gold, answered, average="weighted"))
    assert found["MCC"] == pytest.approx(sk.matthews_corrcoef(gold, answered))
    by_class = class_figures(rows_of(gold, answered), FNC_LABELS, bootstrap=NONE, seed=1)
    precision, recall, f1, count = sk.precision_recall_fscore_support(gold, answered, labels=FNC_LABELS)
    assert [figure.precision for figure in by_class] == pytest.approx(precision)
    assert [figure.recall for figure in by_class] == pytest.approx(recall)
    assert [figure.f1.value for figure in by_class] == pytest.approx(f1)
    assert [figure.rows for figure in by_class] == count.tolist()
    assert [figure.predicted for figure in by_class] == [answered.count(label) for label in FNC_LABELS]


def test_other_answers_are_errors_and_no_label_pays_for_them() -> None:
    rows = rows_of(["agree", "agree", "discuss", "discuss"], ["agree", NO_ANSWER, "discuss", "not mentioned"])
    found = named(rows)
    assert found["accuracy"] == 0.5
    assert found["macro-F1"] == pytest.approx(2 / 3)
    assert found["micro-F1"] == pytest.approx(2 * 2 / (4 + 2))
    matrix = confusion(rows, FNC_LABELS)
    assert matrix.gold == FNC_LABELS
    assert matrix.predicted == (*FNC_LABELS, NO_ANSWER, "not mentioned")
    assert matrix.counts[0] == (1, 0, 0, 0, 1, 0)
    assert matrix.counts[1] == (0, 0, 0, 0, 0, 0)
    assert matrix.counts[2] == (0, 0, 1, 0, 0, 1)


def test_macro_figures_are_over_labels_with_gold_rows() -> None:
    rows = rows_of(["agree", "discuss"], ["agree", "unrelated"])
    assert named(rows)["macro-F1"] == 0.5
    by_class = class_figures(rows, FNC_LABELS, bootstrap=Bootstrap(samples=50), seed=1)
    assert [figure.label for figure in by_class] == list(FNC_LABELS)
    assert (by_class[3].rows, by_class[3].predicted, by_class[3].f1.value) == (0, 1, 0.0)
    assert by_class[3].f1.low is None
    assert by_class[0].f1.low == by_class[0].f1.high == 1.0


@pytest.mark.parametrize(("answer", "score"), [("unrelated", 39.37), ("discuss", 43.89)])
def test_fnc_score_of_one_answer_to_the_official_test(answer: str, score: float) -> None:
    gold = [label for label, count in FNC_TEST.items() for _ in range(count)]
    assert round(fnc_score(gold, [answer] * len(gold)), 2) == score


@pytest.mark.parametrize(
    ("gold", "predicted", "score"),
    [
        (["agree"], ["agree"], 100.0),
        (["agree"], ["discuss"], 25.0),
        (["agree"], ["unrelated"], 0.0),
        (["unrelated"], ["agree"], 0.0),
        (["agree", "unrelated"], ["discuss", "unrelated"], 40.0),
        (["agree", "disagree", "discuss", "unrelated"], ["agree", "agree", "unrelated", "unrelated"], 100 * 1.5 / 3.25),
    ],
)
def test_fnc_score_by_hand(gold: list[str], predicted: list[str], score: float) -> None:
    assert fnc_score(gold, predicted) == pytest.approx(score)
    found = figures(rows_of(gold, predicted), FNC_LABELS, fnc=True, bootstrap=NONE, seed=1)
    assert found[0].name == "FNC-1 weighted score"
    assert found[0].value == pytest.approx(score)


def test_classification_by_hand() -> None:
    found = classification(["a", "a", "b", "b"], ["a", "b", "b", "b"], ["a", "b", "c"])
    assert found["accuracy"] == 0.75
    assert found["f1 a"] == pytest.approx(2 / 3)
    assert found["f1 b"] == pytest.approx(0.8)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)
    assert "f1 c" not in found


def test_intervals_hold_the_figures_and_repeat_with_the_seed() -> None:
    gold = ["agree", "discuss", "unrelated", "unrelated"] * 30
    rows = rows_of(gold, ["agree", "agree", "unrelated", "discuss"] * 30)
    first = figures(rows, FNC_LABELS, fnc=True, bootstrap=Bootstrap(samples=200), seed=1)
    assert first == figures(rows[::-1], FNC_LABELS, fnc=True, bootstrap=Bootstrap(samples=200), seed=1)
    assert first != figures(rows, FNC_LABELS, fnc=True, bootstrap=Bootstrap(samples=200), seed=2)
    for figure in first:
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < figure.value < figure.high
    accuracy = next(figure for figure in first if figure.name == "accuracy")
    assert accuracy.high == pytest.approx(0.5 + 1.96 * (0.25 / 120) ** 0.5, abs=0.03)  # normal approximation


def test_rows_that_cannot_be_counted_are_named() -> None:
    with pytest.raises(DataError, match="no predictions"):
        named([])
    with pytest.raises(DataError, match=r"row 'x1': gold label 'agre' is none .*'agree', 'disagree'"):
        named([Prediction("x1", "a", ("agre",), ("agree",))])
    with pytest.raises(DataError, match="row 'x2': 2 gold labels"):
        named([Prediction("x2", "a", ("agree", "discuss"), ("agree",))])
    with pytest.raises(DataError, match="row 'x3': 2 answers"):
        named([Prediction("x3", "a", ("agree",), ("agree", "discuss"))])
