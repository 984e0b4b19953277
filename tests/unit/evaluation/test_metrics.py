"""Figures against values computed by hand."""

from __future__ import annotations

import pytest

from newsml.evaluation.baselines import lead, majority, tfidf
from newsml.evaluation.metrics import classification, fnc_score, rouge


def test_classification_by_hand() -> None:
    figures = classification(["a", "a", "b", "b"], ["a", "b", "b", "b"], ["a", "b", "c"])
    assert figures["accuracy"] == 0.75
    assert figures["f1 a"] == pytest.approx(2 / 3)
    assert figures["f1 b"] == pytest.approx(0.8)
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)
    assert "f1 c" not in figures


@pytest.mark.parametrize(
    ("gold", "predicted", "score"),
    [
        (["unrelated"], ["unrelated"], 100.0),
        (["agree"], ["agree"], 100.0),
        (["agree"], ["discuss"], 25.0),
        (["agree"], ["unrelated"], 0.0),
        (["unrelated"], ["agree"], 0.0),
        (["agree", "unrelated"], ["discuss", "unrelated"], 40.0),
    ],
)
def test_fnc_score_by_hand(gold: list[str], predicted: list[str], score: float) -> None:
    assert fnc_score(gold, predicted) == pytest.approx(score)


def test_rouge_of_equal_and_of_foreign_texts() -> None:
    assert rouge(["Rain fell in Oslo."], ["rain fell in oslo"])["rouge2"] == pytest.approx(100.0)
    assert rouge(["Rain fell."], ["Markets closed higher"])["rouge1"] == 0.0
    half = rouge(["a b c d"], ["a b x y"])
    assert half["rouge1"] == pytest.approx(50.0)
    assert half["rouge2"] == pytest.approx(100 / 3)


def test_baselines() -> None:
    assert majority(["a", "b", "b"], 2) == ["b", "b"]
    assert lead(["1", "2", "3", "4"]) == ["1", "2", "3"]
    texts = ["goal match team", "team match cup", "rain snow wind", "snow storm wind"] * 3
    labels = ["sport", "sport", "weather", "weather"] * 3
    assert tfidf(texts, labels, ["the team and the match", "wind and snow"], seed=1) == ["sport", "weather"]
