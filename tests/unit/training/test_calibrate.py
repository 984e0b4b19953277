"""The temperature finds the scale that the logits were drawn with."""

from __future__ import annotations

import numpy as np
import pytest

from newsml.models.classifier import softmax
from newsml.training.calibrate import fit_temperature


def drawn(scale: float, rows: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose true probabilities are those of the logits divided by ``scale``, and labels drawn by them."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(rows, 4)) * 2
    cumulative = softmax(logits).cumsum(axis=1)
    return logits * scale, (random.random((rows, 1)) > cumulative).sum(axis=1)


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_overconfidence_is_measured(scale: float) -> None:
    logits, gold = drawn(scale)
    assert fit_temperature(lambda t: softmax(logits, temperature=t), gold) == pytest.approx(scale, rel=0.05)


def test_it_stays_within_its_bounds() -> None:
    sure = np.eye(3) * 5
    assert fit_temperature(lambda t: softmax(sure, temperature=t), np.array([0, 1, 2])) == pytest.approx(0.1, rel=0.3)
    assert fit_temperature(lambda t: softmax(sure, temperature=t), np.array([1, 2, 0])) == pytest.approx(10, rel=0.01)


def test_rows_without_an_answer_do_not_count() -> None:
    logits, gold = drawn(3.0, rows=5000)
    answered = np.arange(len(gold)) % 2 == 0

    def half(temperature: float) -> np.ndarray:
        found: np.ndarray = softmax(logits, temperature=temperature) * answered[:, None]
        return found

    whole = fit_temperature(lambda t: softmax(logits[answered], temperature=t), gold[answered])
    assert fit_temperature(half, gold) == pytest.approx(whole)


def test_the_order_of_the_answers_stays() -> None:
    logits, _ = drawn(1.0, rows=50)
    assert (softmax(logits, temperature=3.0).argmax(1) == logits.argmax(1)).all()
    assert softmax(np.array([1000.0, 0.0])).tolist() == [1.0, 0.0]
