"""The temperature finds the scale that the logits were drawn with; what it is worth is measured on other rows."""

from __future__ import annotations

import numpy as np
import pytest

from newsml.io.rows import Row
from newsml.models.classifier import softmax
from newsml.results import NOT_MENTIONED
from newsml.training.calibrate import RULE, calibrate, fit_temperature, fit_threshold
from newsml.training.held_out import HeldOut

LABELS = ("a", "b", "c", "d")


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


def held(logits: np.ndarray, gold: np.ndarray, tables: list[str], *, groups: int | None = None) -> HeldOut:
    """Rows with the given logits; a row of zeros is one that the classifier was not asked about."""
    count = groups or len(gold)
    rows = tuple(Row(f"Text {n}.", f"g{n % count}", 0, label=LABELS[label]) for n, label in enumerate(gold))
    asked = (logits != 0).any(axis=1)

    def probabilities(temperature: float) -> np.ndarray:
        found: np.ndarray = softmax(logits, temperature=temperature) * asked[:, None]
        return found

    return HeldOut(rows, tuple(tables), LABELS, probabilities)


def test_weighted_rows_count_by_their_weight() -> None:
    (sharp, gold), (soft, other) = drawn(3.0, rows=4000), drawn(1.0, rows=1000)
    logits, both = np.concatenate([sharp, soft]), np.concatenate([gold, other])
    alone = fit_temperature(lambda t: softmax(logits, temperature=t), both, np.array([0.0] * 4000 + [1.0] * 1000))
    assert alone == pytest.approx(fit_temperature(lambda t: softmax(soft, temperature=t), other), rel=1e-3)


def test_tables_of_any_size_count_equally() -> None:
    (sharp, gold), (soft, other) = drawn(3.0, rows=4000), drawn(0.5, rows=400)
    logits, both = np.concatenate([sharp, soft]), np.concatenate([gold, other])
    two = held(logits, both, ["large"] * 4000 + ["small"] * 400)
    weights = two.weights(range(4400))
    assert weights[:4000].sum() == pytest.approx(weights[4000:].sum())
    assert weights.mean() == pytest.approx(1.0)
    pooled, _ = calibrate(held(logits, both, ["one"] * 4400), seed=1)
    equal, _ = calibrate(two, seed=1)
    more, labels = (np.concatenate([values[:4000], *[values[4000:]] * 10]) for values in (logits, both))
    repeated, _ = calibrate(held(more, labels, ["one"] * 8000), seed=1)
    assert equal.temperature < pooled.temperature
    assert equal.temperature == pytest.approx(repeated.temperature, rel=1e-3)
    assert "4,400 held-out rows of 2 tables, which count equally" in (equal.how or "")


def test_overconfidence_is_measured_before_and_after() -> None:
    logits, gold = drawn(3.0, rows=6000)
    found, probabilities = calibrate(held(logits, gold, ["t"] * 6000), seed=1)
    assert found.temperature == pytest.approx(3.0, rel=0.1)
    assert found.error_before is not None
    assert found.error is not None
    assert found.error_before > 0.1 > 0.03 > found.error
    assert found.rows == sum(one.rows for one in found.reliability) == 6000
    assert [point.coverage for point in found.risk_coverage] == [0.2, 0.4, 0.6, 0.8, 1.0]
    risks = [point.risk for point in found.risk_coverage]
    assert risks == sorted(risks)
    assert risks[-1] == pytest.approx((softmax(logits).argmax(1) != gold).mean(), abs=1e-4)
    # Each half is at the temperature of the other: two temperatures, and neither is that of all.
    scales = {round(float(np.ptp(row) / np.ptp(np.log(p))), 6) for row, p in zip(logits, probabilities, strict=True)}
    assert len(scales) == 2
    assert round(found.temperature, 6) not in scales


def test_the_threshold_halves_the_risk_on_rows_it_was_not_chosen_on() -> None:
    logits, gold = drawn(1.0, rows=8000)
    found, _ = calibrate(held(logits, gold, ["t"] * 8000), seed=1)
    abstention = found.abstention
    assert abstention is not None
    assert abstention.rule == RULE
    risk = found.risk_coverage[-1].risk
    assert 1 - abstention.accuracy == pytest.approx(risk / 2, rel=0.1)
    top = softmax(logits, temperature=found.temperature).max(axis=1)
    assert abstention.coverage == pytest.approx((top >= abstention.threshold).mean(), abs=0.02)


def test_thresholds_by_hand() -> None:
    scores, even = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.5, 0.4, 0.3, 0.2, 0.1]), np.ones(10)

    def of(right: str, weights: np.ndarray = even) -> float:
        return fit_threshold(scores, np.array([float(mark == "1") for mark in right]), weights)

    assert of("1111111000") == 0.3  # Of ten three are wrong; of the eight down to .3 one is, of nine two.
    assert of("1111111000"[::-1]) == 0.0  # The surest are wrong: nothing helps.
    assert of("1111111111") == 0.0
    assert of("1000000000") == 0.0  # One answer alone is under a fifth of the rows.
    assert of("1111100000") == 0.5  # Equal scores enter together: of six one is wrong, of seven two.
    assert of("1111100000", np.array([9.0] + [1.0] * 9)) == 0.4


def test_rows_that_were_not_asked_about_and_single_articles() -> None:
    logits, gold = drawn(2.0, rows=600)
    logits[::3] = 0
    rows = held(logits, gold, ["t"] * 600)
    found, probabilities = calibrate(rows, seed=1)
    assert found.rows == 400
    assert sum(one.rows for one in found.reliability) == 400
    answers = rows.predictions(probabilities)
    assert answers[0].prediction == (NOT_MENTIONED,)
    assert answers[0].scores == {NOT_MENTIONED: 1.0}
    assert {answer.label for answer in answers[1::3]} <= set(LABELS)
    alone, same = calibrate(held(logits, gold, ["t"] * 600, groups=1), seed=1)
    assert alone.temperature == found.temperature
    assert (alone.rows, alone.error, alone.abstention, alone.reliability) == (400, None, None, ())
    np.testing.assert_allclose(same, rows.probabilities(alone.temperature), atol=1e-4)


def test_no_article_is_judged_by_itself() -> None:
    logits, gold = drawn(1.0, rows=300)
    rows = held(logits, gold, ["one"] * 150 + ["two"] * 150, groups=30)
    from newsml.training.calibrate import _first_half

    half = _first_half(rows, 1)
    first = {row.group for row, side in zip(rows.rows, half, strict=True) if side}
    second = {row.group for row, side in zip(rows.rows, half, strict=True) if not side}
    assert not first & second
    assert len(first) == len(second) == 15
    assert (half == _first_half(rows, 1)).all()
