"""What a fitted classifier says of the held-out rows, at any temperature, reduced to rows as the tasks do in use.

Owns the reduction, and what a table and a row count. Knows nothing of how a temperature is chosen or a figure computed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from newsml.evaluation.figures.doubt import Floats, Ints
from newsml.evaluation.predictions import Prediction
from newsml.io.rows import Row
from newsml.models.classifier import softmax
from newsml.results import NOT_MENTIONED, TARGET_LABELS
from newsml.tasks.verdicts import sentence_weight
from newsml.training.examples import Example


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Held-out rows and a classifier's answers to them.

    Attributes:
        rows: The rows.
        tables: Name of each row's table.
        labels: The classes in the order of the probabilities.
        probabilities: From a temperature to probabilities, shape (rows, classes); a row that the classifier was not
            asked about, since the article does not name its target, has zeros.
    """

    rows: tuple[Row, ...]
    tables: tuple[str, ...]
    labels: tuple[str, ...]
    probabilities: Callable[[float], Floats]

    @classmethod
    def joined(cls, parts: Sequence[HeldOut]) -> HeldOut:
        """The rows of several models of one recipe, each judged by its own."""
        return cls(
            rows=tuple(row for part in parts for row in part.rows),
            tables=tuple(name for part in parts for name in part.tables),
            labels=parts[0].labels,
            probabilities=lambda temperature: np.concatenate([part.probabilities(temperature) for part in parts]),
        )

    @property
    def gold(self) -> Ints:
        """Number of each row's class."""
        number = {label: place for place, label in enumerate(self.labels)}
        return np.array([number[row.label] for row in self.rows], dtype=np.int64)

    def predictions(self, probabilities: Floats) -> list[Prediction]:
        """The answers that probabilities make; *not mentioned*, as in use, where a row has none."""
        made = []
        for place, (row, found) in enumerate(zip(self.rows, probabilities.tolist(), strict=True)):
            scores = dict(zip(self.labels, found, strict=True)) if any(found) else {NOT_MENTIONED: 1.0}
            best = max(scores, key=lambda label: scores[label])
            made.append(
                Prediction(
                    id=str(place),
                    group=row.group,
                    gold=(row.label,),
                    prediction=(best,),
                    correct=best == row.label,
                    scores=scores,
                )
            )
        return made

    def weights(self, chosen: Sequence[int] | Ints) -> Floats:
        """What chosen rows count so that their tables count equally, 1 on average.

        A recipe's tables differ in size by the cost of their labels, not by how much each kind of text matters to a
        user: without this, the largest would decide alone. One of a handful of rows decides as much as any: hold out
        enough of each.
        """
        names = [self.tables[row] for row in chosen]
        counts = Counter(names)
        return np.array([len(names) / (len(counts) * counts[name]) for name in names], dtype=np.float64)


def reducer(
    examples: Sequence[Example], logits: np.ndarray, *, rows: int, labels: Sequence[str]
) -> Callable[[float], Floats]:
    """How logits of inputs become probabilities of rows: a mean weighted by the rule of the task.

    Args:
        examples: The inputs, each with the number of its row.
        logits: Theirs, shape (inputs, classes).
        rows: How many rows there are.
        labels: The classes.
    """
    owners = [example.row for example in examples]
    each = np.array([example.weight for example in examples])
    stance = tuple(labels) == TARGET_LABELS

    def reduced(temperature: float) -> Floats:
        """Probabilities of the rows; zeros for a row without inputs."""
        found = softmax(logits, temperature=temperature)
        weights = each * [sentence_weight(row) for row in found] if stance else each
        sums, total = np.zeros((rows, len(labels))), np.zeros(rows)
        np.add.at(sums, owners, weights[:, None] * found)
        np.add.at(total, owners, weights)
        made: Floats = sums / np.maximum(total, 1e-12)[:, None]
        return made

    return reduced
