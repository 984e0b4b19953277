"""Figures of answers that are any number of classes each.

Owns the figures of multi-label classification, by scikit-learn, and the same under row weights for their intervals.
Knows nothing of models.

An answer that is none of the data set's labels is a false one: it lowers micro-F1 and makes its row wrong. The figures
by label (macro-F1, average precision, Hamming loss) know the labels only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from newsml.config.evaluate import Bootstrap
from newsml.evaluation.figures.answers import Answers, multi_label
from newsml.evaluation.figures.classification import MACRO_F1, MICRO_F1
from newsml.evaluation.figures.confidence import has_scores
from newsml.evaluation.figures.doubt import Floats, Ints, Statistic, with_intervals
from newsml.evaluation.predictions import Prediction
from newsml.evaluation.report import Figure

MACRO_PRECISION = "average precision (macro)"
MICRO_PRECISION = "average precision (micro)"
SUBSET_ACCURACY = "subset accuracy"
HAMMING = "Hamming loss"


def multi_label_figures(
    predictions: Sequence[Prediction], labels: Sequence[str], *, bootstrap: Bootstrap, seed: int
) -> tuple[Figure, ...]:
    """Figures of multi-label answers, each 0 to 1, the chief one (macro-F1) first.

    - *macro-F1* over the labels that have gold rows, and *micro-F1*.
    - Where the system has scores, *average precision*: the mean over the labels that have gold rows, and over all pairs
      of row and label together; a label a row has no score for has score 0.
    - *subset accuracy*: rows with exactly the gold labels. *Hamming loss*: wrong decisions on row and label; lower is
      better.

    Args:
        predictions: The rows.
        labels: The classes of the data set.
        bootstrap: How intervals are drawn; on a sample too, means are over the labels that have gold rows in it.
        seed: Fixes the draws.

    Raises:
        DataError: There are no rows; a gold label is none of the labels; scores are no probabilities.
    """
    answers = multi_label(predictions, labels)
    statistic = multi_label_statistic(predictions, labels)
    values = _values(answers, predictions, labels)
    return with_intervals(values, statistic, predictions, bootstrap=bootstrap, seed=seed, lower=(HAMMING,))


def multi_label_statistic(
    predictions: Sequence[Prediction], labels: Sequence[str], *, scores: bool = True
) -> Statistic:
    """The figures of multi-label answers under row weights.

    Args:
        predictions: The rows.
        labels: The classes of the data set.
        scores: Whether to compute average precision, where there are scores.

    Raises:
        DataError: As ``multi_label_figures``.
    """
    answers = multi_label(predictions, labels)
    known = answers.known
    exact = np.array([set(row.gold) == set(row.prediction) for row in predictions], dtype=np.float64)
    precisions: list[Callable[[Floats], float]] = []
    if scores and has_scores(predictions):
        marks, given = answers.matrix(answers.gold)[:, :known], _scores(predictions, labels)
        rows = np.arange(answers.rows)
        precisions = [_average_precision(marks[:, place], given[:, place], rows) for place in range(known)]
        precisions.append(_average_precision(marks.ravel(), given.ravel(), np.repeat(rows, known)))

    def statistic(weights: Floats) -> dict[str, float]:
        """The figures under row weights."""
        tally = answers.tally(weights)
        total = float(weights.sum())
        present = tally.gold > 0
        asked = float(tally.gold.sum() + tally.answered.sum())
        wrong = (tally.gold + tally.answered - 2 * tally.right)[:known].sum()
        found = {
            MACRO_F1: float(tally.f1[present].mean()) if present.any() else math.nan,
            MICRO_F1: 2 * float(tally.right.sum()) / asked if asked else 0.0,
            SUBSET_ACCURACY: float(weights @ exact) / total,
            HAMMING: float(wrong) / (total * known),
        }
        if precisions:
            of_labels = [precisions[place](weights) for place in np.flatnonzero(present)]
            found[MACRO_PRECISION] = float(np.mean(of_labels)) if of_labels else math.nan
            found[MICRO_PRECISION] = precisions[-1](weights) if of_labels else math.nan
        return found

    return statistic


def _values(answers: Answers, predictions: Sequence[Prediction], labels: Sequence[str]) -> dict[str, float]:
    from sklearn.metrics import accuracy_score, average_precision_score, f1_score, hamming_loss

    gold, answered, known = answers.matrix(answers.gold), answers.matrix(answers.answered), answers.known
    present = np.unique(answers.gold[1])
    values = {
        MACRO_F1: f1_score(gold, answered, labels=present, average="macro", zero_division=0.0),
        MICRO_F1: f1_score(gold, answered, average="micro", zero_division=0.0),
    }
    if has_scores(predictions):
        marks, given = gold[:, :known], _scores(predictions, labels)
        each = [average_precision_score(marks[:, place], given[:, place]) for place in present]
        values[MACRO_PRECISION] = np.mean(each)
        values[MICRO_PRECISION] = average_precision_score(marks.ravel(), given.ravel())
    values[SUBSET_ACCURACY] = accuracy_score(gold, answered)
    values[HAMMING] = hamming_loss(gold[:, :known].ravel(), answered[:, :known].ravel())
    return {name: float(value) for name, value in values.items()}


def _scores(predictions: Sequence[Prediction], labels: Sequence[str]) -> Floats:
    return np.array([[row.scores.get(label, 0.0) for label in labels] for row in predictions], dtype=np.float64)


def _average_precision(gold: NDArray[np.int8], scores: Floats, rows: Ints) -> Callable[[Floats], float]:
    """Average precision under row weights: precision at each gold pair's score, its mean over the gold pairs.

    Args:
        gold: 1 or 0 for each pair of row and label.
        scores: Score of each.
        rows: Row of each.
    """
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    ends = last[np.searchsorted(last, np.arange(len(order)))]  # last pair of the same score as each
    rows, places = rows[order], np.flatnonzero(gold[order])
    # Of the gold pairs: the place of the last pair with their score, and how many gold pairs there are down to it.
    down = ends[places]
    found = np.searchsorted(places, down, side="right") - 1

    def statistic(weights: Floats) -> float:
        weighed = weights[rows]
        asked = weighed[places]
        given, right = np.cumsum(weighed)[down], np.cumsum(asked)[found]
        precision = np.divide(right, given, out=np.zeros_like(right), where=given > 0)
        return float(asked @ precision / asked.sum())

    return statistic
