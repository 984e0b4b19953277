"""Figures of answers that are one class each, by class and together, and the confusion matrix.

Owns the figures of single-label classification and the FNC-1 score, each by scikit-learn where it has them, and their
intervals. Knows nothing of models. ``multilabel``, beside it, has those of rows with any number of classes.

Answers that are none of the data set's labels (none at all, *not mentioned*, another model's label) are errors: the row
is missed, and no label has a false answer more. Means over classes are over the labels that have gold rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from newsml.config.evaluate import Bootstrap
from newsml.evaluation.figures.answers import Answers, multi_label, single_label
from newsml.evaluation.figures.confidence import (
    LOWER,
    confidence_figures,
    confidence_statistic,
    has_scores,
)
from newsml.evaluation.figures.doubt import Floats, Statistic, with_intervals
from newsml.evaluation.predictions import Prediction
from newsml.evaluation.report import ClassFigures, Confusion, Figure

MACRO_F1 = "macro-F1"
MICRO_F1 = "micro-F1"
WEIGHTED_F1 = "weighted F1"
ACCURACY = "accuracy"
BALANCED_ACCURACY = "balanced accuracy"
MCC = "MCC"
FNC_SCORE = "FNC-1 weighted score"

FNC_RELATED = ("agree", "disagree", "discuss")


def classification(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    """Accuracy, macro-F1 and F1 per class, each 0 to 1 (scikit-learn; a class never predicted has F1 0)."""
    from sklearn.metrics import accuracy_score, f1_score

    present = [label for label in labels if label in set(gold)]
    per_class = f1_score(gold, predicted, labels=present, average=None, zero_division=0.0)
    return {
        "accuracy": float(accuracy_score(gold, predicted)),
        "macro_f1": float(f1_score(gold, predicted, labels=present, average="macro", zero_division=0.0)),
        **{f"f1 {label}": float(value) for label, value in zip(present, per_class, strict=True)},
    }


def fnc_score(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """The Fake News Challenge's weighted score as a percentage of the most that could be had.

    A row scores .25 where related is told from unrelated, and .75 more where the related class is right
    (fakenewschallenge.org, 2017).
    """
    best = sum(_fnc_points(truth, truth) for truth in gold)
    points = sum(_fnc_points(truth, guess) for truth, guess in zip(gold, predicted, strict=True))
    return 100 * points / best if best else 0.0


def figures(
    predictions: Sequence[Prediction], labels: Sequence[str], *, fnc: bool, bootstrap: Bootstrap, seed: int
) -> tuple[Figure, ...]:
    """Figures of single-label answers, the chief one first.

    - *FNC-1 weighted score*, 0 to 100 (``fnc_score``); only with ``fnc``, and then the chief one.
    - *macro-F1*, else the chief one, *balanced accuracy* (macro recall) and *weighted F1*, 0 to 1: means over the
      labels that have gold rows, the last weighted by them.
    - *accuracy*, and *micro-F1* over the labels, 0 to 1; they are equal unless an answer is none of the labels.
    - *MCC*, -1 to 1 (Gorodkin 2004), with every other answer as a class.
    - Where the system has scores, the figures of ``newsml.evaluation.figures.confidence``.

    Args:
        predictions: The rows.
        labels: The classes of the data set.
        fnc: Whether the labels are those of FNC-1 and its score is wanted.
        bootstrap: How intervals are drawn; on a sample too, means are over the labels that have gold rows in it.
        seed: Fixes the draws.

    Raises:
        DataError: There are no rows; a gold label is none of the labels; scores are no probabilities.
    """
    answers = single_label(predictions, labels)
    values = _values(answers, predictions, fnc=fnc)
    statistics = [classification_statistic(predictions, labels, fnc=fnc)]
    if has_scores(predictions):
        values |= confidence_figures(predictions, labels)
        statistics.append(confidence_statistic(predictions, labels))

    def together(weights: Floats) -> dict[str, float]:
        return {name: value for statistic in statistics for name, value in statistic(weights).items()}

    return with_intervals(values, together, predictions, bootstrap=bootstrap, seed=seed, lower=LOWER)


def classification_statistic(predictions: Sequence[Prediction], labels: Sequence[str], *, fnc: bool) -> Statistic:
    """The figures of single-label answers, without those of their scores, under row weights.

    Raises:
        DataError: As ``figures``.
    """
    answers = single_label(predictions, labels)
    known = answers.known
    points = np.array([_fnc_points(row.gold[0], row.label) for row in predictions])
    best = np.array([_fnc_points(row.gold[0], row.gold[0]) for row in predictions])

    def statistic(weights: Floats) -> dict[str, float]:
        """The figures under row weights."""
        tally = answers.tally(weights)
        gold, answered, f1 = tally.gold, tally.answered, tally.f1
        right, rows = float(tally.right.sum()), float(gold.sum())
        present = gold > 0
        spread = (rows**2 - gold @ gold) * (rows**2 - answered @ answered)
        found = {
            MACRO_F1: float(f1[present].mean()),
            ACCURACY: right / rows,
            BALANCED_ACCURACY: float(tally.recall[present].mean()),
            MICRO_F1: 2 * right / float(rows + answered[:known].sum()),
            WEIGHTED_F1: float(f1 @ gold / rows),
            MCC: float((right * rows - gold @ answered) / math.sqrt(spread)) if spread > 0 else 0.0,
        }
        return {FNC_SCORE: float(100 * (weights @ points) / (weights @ best)), **found} if fnc else found

    return statistic


def class_figures(
    predictions: Sequence[Prediction], labels: Sequence[str], *, bootstrap: Bootstrap, seed: int
) -> tuple[ClassFigures, ...]:
    """Precision, recall and F1 of every label, by scikit-learn, of single-label and multi-label rows alike.

    A share of nothing is 0: precision of a label never given, recall and F1 of one without gold rows, which has no
    interval. Samples without gold rows of a label are left out of its interval.

    Args:
        predictions: The rows.
        labels: The classes of the data set, in the order wanted.
        bootstrap: How intervals are drawn.
        seed: Fixes the draws.

    Raises:
        DataError: There are no rows, or a gold label is none of the labels.
    """
    from sklearn.metrics import precision_recall_fscore_support

    answers = multi_label(predictions, labels)
    gold, answered = answers.matrix(answers.gold), answers.matrix(answers.answered)
    precision, recall, f1, rows = precision_recall_fscore_support(
        gold, answered, labels=range(answers.known), average=None, zero_division=0.0
    )

    def statistic(weights: Floats) -> dict[str, float]:
        tally = answers.tally(weights)
        values = np.where(tally.gold > 0, tally.f1, math.nan)
        return dict(zip(labels, values[: answers.known].tolist(), strict=True))

    values = {label: float(f1[place]) for place, label in enumerate(labels)}
    doubted = with_intervals(values, statistic, predictions, bootstrap=bootstrap, seed=seed)
    return tuple(
        ClassFigures(
            label=label,
            precision=float(precision[place]),
            recall=float(recall[place]),
            f1=doubted[place].model_copy(update={"name": "F1"}),
            rows=int(rows[place]),
            predicted=int(answered[:, place].sum()),
        )
        for place, label in enumerate(labels)
    )


def confusion(predictions: Sequence[Prediction], labels: Sequence[str]) -> Confusion:
    """Count every answer to every class (scikit-learn).

    Returns:
        A row for each label; a column for each label and, sorted, for each other answer.

    Raises:
        DataError: As ``figures``.
    """
    from sklearn.metrics import confusion_matrix

    answers = single_label(predictions, labels)
    counts = confusion_matrix(answers.gold[1], answers.answered[1], labels=range(len(answers.classes)))
    return Confusion(
        gold=tuple(labels),
        predicted=answers.classes,
        counts=tuple(tuple(int(count) for count in row) for row in counts[: answers.known]),
    )


def _values(answers: Answers, predictions: Sequence[Prediction], *, fnc: bool) -> dict[str, float]:
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef, recall_score

    gold, answered = answers.gold[1], answers.answered[1]
    present = np.unique(gold)
    values = {
        MACRO_F1: f1_score(gold, answered, labels=present, average="macro", zero_division=0.0),
        ACCURACY: accuracy_score(gold, answered),
        BALANCED_ACCURACY: recall_score(gold, answered, labels=present, average="macro", zero_division=0.0),
        MICRO_F1: f1_score(gold, answered, labels=range(answers.known), average="micro", zero_division=0.0),
        WEIGHTED_F1: f1_score(gold, answered, labels=present, average="weighted", zero_division=0.0),
        # Of a single class scikit-learn's is 0 as well, with a warning.
        MCC: matthews_corrcoef(gold, answered) if len(np.union1d(gold, answered)) > 1 else 0.0,
    }
    score = fnc_score([row.gold[0] for row in predictions], [row.label for row in predictions]) if fnc else 0.0
    return {**({FNC_SCORE: score} if fnc else {}), **{name: float(value) for name, value in values.items()}}


def _fnc_points(truth: str, guess: str) -> float:
    """What one row scores, 0 to 1 (0.25 at most for *unrelated*)."""
    right = 0.25 if truth == guess else 0.0
    if truth == guess and truth != "unrelated":
        right += 0.50
    if truth in FNC_RELATED and guess in FNC_RELATED:
        right += 0.25
    return right
