"""Which figures of two systems are compared, by which test."""

from __future__ import annotations

import pytest

from newsml.config.evaluate import Bootstrap
from newsml.errors import DataError
from newsml.evaluation.figures.classification import figures
from newsml.evaluation.figures.comparison import Terms, compare_classification, compare_multi_label, compare_values
from newsml.evaluation.figures.multilabel import multi_label_figures
from newsml.evaluation.predictions import Prediction

LABELS = ("agree", "disagree", "discuss", "unrelated")
GOLD = ["agree", "discuss", "unrelated", "unrelated"] * 10
TESTS = ["approximate randomisation", "approximate randomisation", "McNemar, exact"]


def terms(samples: int) -> Terms:
    return Terms("set", "one", "two", samples=samples, level=0.95, seed=1)


def rows(answers: list[str]) -> list[Prediction]:
    return [
        Prediction(str(place), str(place // 2), (gold,), (answer,), values={"x": float(gold == answer)})
        for place, (gold, answer) in enumerate(zip(GOLD, answers, strict=True))
    ]


GOOD = rows(GOLD)
BAD = rows(["agree", "agree", "unrelated", "discuss"] * 10)


def test_classification() -> None:
    found = compare_classification(GOOD, BAD[::-1], LABELS, terms(199), fnc=True)
    assert [one.figure for one in found] == ["FNC-1 weighted score", "macro-F1", "accuracy"]
    assert [one.test for one in found] == TESTS
    of_bad = {one.name: one.value for one in figures(BAD, LABELS, fnc=True, bootstrap=Bootstrap(samples=0), seed=1)}
    for one in found:
        assert (one.data, one.a, one.b, one.rows) == ("set", "one", "two", 40)
        assert one.value_a in (1.0, 100.0)
        assert one.value_b == pytest.approx(of_bad[one.figure])
        assert one.difference == one.value_a - one.value_b
        assert one.low is not None
        assert one.high is not None
        assert one.low <= one.difference <= one.high
    assert [found[0].p_value, found[1].p_value] == [1 / 200, 1 / 200]
    assert found[2].p_value == pytest.approx(2 / 2**20)
    assert found == compare_classification(GOOD, BAD, LABELS, terms(199), fnc=True)


def test_without_samples_only_the_exact_test_is_left() -> None:
    (found,) = compare_classification(GOOD, BAD, LABELS, terms(0), fnc=False)
    assert (found.figure, found.test, found.low, found.high) == ("accuracy", "McNemar, exact", None, None)
    assert compare_values(GOOD, BAD, ["x"], terms(0)) == ()


def test_multi_label() -> None:
    found = compare_multi_label(GOOD, BAD, LABELS, terms(99))
    assert [(one.figure, one.test) for one in found] == list(
        zip(["macro-F1", "micro-F1", "subset accuracy"], TESTS, strict=True)
    )
    of_bad = {one.name: one.value for one in multi_label_figures(BAD, LABELS, bootstrap=Bootstrap(samples=0), seed=1)}
    assert [one.value_b for one in found] == pytest.approx([of_bad[one.figure] for one in found])


def test_values() -> None:
    (found,) = compare_values(GOOD, BAD, ["x"], terms(99))
    assert (found.figure, found.value_a, found.value_b, found.test) == ("x", 1.0, 0.5, TESTS[0])
    assert found.p_value == 1 / 100
    with pytest.raises(DataError, match="no row has a value 'y'"):
        compare_values(GOOD, BAD, ["y"], terms(99))
