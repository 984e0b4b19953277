"""Gold classes and answers as arrays, and how often each class is right, given and asked for.

Owns the checks that labelled rows must pass, and the counts by class under row weights. Knows nothing of scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from newsml.errors import DataError
from newsml.evaluation.figures.doubt import Floats, Ints
from newsml.evaluation.predictions import Prediction


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows of each class, each counted by its weight.

    Attributes:
        gold: That are of the class.
        answered: That were given it.
        right: Both.
    """

    gold: Floats
    answered: Floats
    right: Floats

    @property
    def f1(self) -> Floats:
        """F1 of each class, 0 to 1; 0 where a class is neither asked for nor given."""
        both = self.gold + self.answered
        return np.divide(2 * self.right, both, out=np.zeros_like(both), where=both > 0)

    @property
    def recall(self) -> Floats:
        """Recall of each class, 0 to 1; 0 where no row is of the class."""
        return np.divide(self.right, self.gold, out=np.zeros_like(self.gold), where=self.gold > 0)


@dataclass(frozen=True, slots=True)
class Answers:
    """What was asked for and what was given, as pairs of row and class.

    Attributes:
        classes: The labels of the data set in their order, then the other answers given, sorted.
        known: How many of the classes are labels of the data set.
        rows: Number of rows.
        gold: Row and class of each gold label, 2 × pairs.
        answered: Row and class of each answer, 2 × pairs.
        right: Row and class of each right answer, 2 × pairs.
    """

    classes: tuple[str, ...]
    known: int
    rows: int
    gold: Ints
    answered: Ints
    right: Ints

    def tally(self, weights: Floats) -> Tally:
        """Count the classes.

        Args:
            weights: How often each row counts.
        """
        size = len(self.classes)

        def count(pairs: Ints) -> Floats:
            return np.bincount(pairs[1], weights=weights[pairs[0]], minlength=size).astype(np.float64)

        return Tally(count(self.gold), count(self.answered), count(self.right))

    def matrix(self, pairs: Ints) -> NDArray[np.int8]:
        """Mark pairs in a matrix of rows × classes, which has two columns at least (fewer are not multi-label)."""
        marks = np.zeros((self.rows, max(2, len(self.classes))), dtype=np.int8)
        marks[pairs[0], pairs[1]] = 1
        return marks


def single_label(predictions: Sequence[Prediction], labels: Sequence[str]) -> Answers:
    """The answers of rows with one class each; no answer is one of its own, ``NO_ANSWER``.

    Raises:
        DataError: There are no rows; or a row has no gold label, several, or one that is none of the labels.
    """
    for row in predictions:
        if len(row.gold) != 1:
            raise DataError(f"row {row.id!r}: {len(row.gold)} gold labels; expected one (several: set multi_label)")
        if len(row.prediction) > 1:
            raise DataError(f"row {row.id!r}: {len(row.prediction)} answers; expected one (several: set multi_label)")
    return _answers(predictions, labels, [(row.label,) for row in predictions])


def multi_label(predictions: Sequence[Prediction], labels: Sequence[str]) -> Answers:
    """The answers of rows with any number of classes.

    Raises:
        DataError: There are no rows; a row has a gold label that is none of the labels; or no row has any.
    """
    if predictions and not any(row.gold for row in predictions):
        raise DataError(f"none of {len(predictions)} rows has a gold label; expected some to compute figures from")
    return _answers(predictions, labels, [row.prediction for row in predictions])


def _answers(predictions: Sequence[Prediction], labels: Sequence[str], given: Sequence[tuple[str, ...]]) -> Answers:
    if not predictions:
        raise DataError("no predictions to compute figures from; expected one row at least")
    known = set(labels)
    for row in predictions:
        if strange := [label for label in row.gold if label not in known]:
            expected = ", ".join(repr(label) for label in labels)
            raise DataError(f"row {row.id!r}: gold label {strange[0]!r} is none of the data set's: {expected}")
    others = sorted({label for answer in given for label in answer} - known)
    classes = (*labels, *others)
    number = {label: place for place, label in enumerate(classes)}

    def pairs(sets: Sequence[set[str]]) -> Ints:
        flat = [(row, number[label]) for row, found in enumerate(sets) for label in found]
        return np.array(flat, dtype=np.int64).reshape(-1, 2).T

    gold = [set(row.gold) for row in predictions]
    answered = [set(answer) for answer in given]
    right = [truth & answer for truth, answer in zip(gold, answered, strict=True)]
    return Answers(classes, len(labels), len(predictions), pairs(gold), pairs(answered), pairs(right))
