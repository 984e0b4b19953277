"""What a classifier of several labels a row says of the held-out rows, beside trivial baselines on the same rows.

Owns the reduction of windows to rows, the temperature and the figures where labels do not exclude each other. Knows
nothing of how a model was fitted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from newsml.config.evaluate import Bootstrap
from newsml.config.finetune import FinetuneConfig
from newsml.evaluation.baselines import flat, tfidf_model
from newsml.evaluation.figures.classification import class_figures
from newsml.evaluation.figures.doubt import Floats
from newsml.evaluation.figures.multilabel import multi_label_figures
from newsml.evaluation.predictions import Prediction
from newsml.io.rows import Row
from newsml.models.calibration import Calibration
from newsml.tasks.labelers import expit
from newsml.tasks.topics import MULTI_LABEL_THRESHOLD
from newsml.training.calibrate import DIGITS, LEAST, best_temperature
from newsml.training.cards import Measured
from newsml.training.data import Split
from newsml.training.examples import Example

THRESHOLD = MULTI_LABEL_THRESHOLD[False]
"""Least probability of a label that is given, as in use."""


@dataclass(frozen=True, slots=True)
class SeveralHeldOut:
    """Held-out rows and a classifier's answers to their windows.

    Attributes:
        rows: The rows.
        tables: Name of each row's table.
        labels: The labels, in the order of the logits.
        owners: Number of the row of each window.
        shares: What each window counts, by its length.
        logits: Shape (windows, labels).
    """

    rows: tuple[Row, ...]
    tables: tuple[str, ...]
    labels: tuple[str, ...]
    owners: np.ndarray
    shares: Floats
    logits: np.ndarray

    @classmethod
    def of(
        cls, config: FinetuneConfig, split: Split, dev: Sequence[Example], logits: np.ndarray, labels: Sequence[str]
    ) -> SeveralHeldOut:
        """The held-out rows of a split with a classifier's logits of their inputs."""
        return cls(
            rows=split.dev,
            tables=tuple(config.train[row.source].name for row in split.dev),
            labels=tuple(labels),
            owners=np.array([example.row for example in dev]),
            shares=np.array([example.weight for example in dev], dtype=np.float64),
            logits=logits,
        )

    @classmethod
    def joined(cls, parts: Sequence[SeveralHeldOut]) -> SeveralHeldOut:
        """The rows of several models of one recipe, each judged by its own."""
        before = np.cumsum([0, *(len(part.rows) for part in parts)])
        return cls(
            rows=tuple(row for part in parts for row in part.rows),
            tables=tuple(name for part in parts for name in part.tables),
            labels=parts[0].labels,
            owners=np.concatenate([part.owners + first for part, first in zip(parts, before, strict=False)]),
            shares=np.concatenate([part.shares for part in parts]),
            logits=np.concatenate([part.logits for part in parts]),
        )

    @property
    def gold(self) -> np.ndarray:
        """Whether each row has each label, shape (rows, labels)."""
        return np.array([[label in row.labels for label in self.labels] for row in self.rows])

    def probabilities(self, temperature: float) -> Floats:
        """Of each label by itself, the mean over a row's windows by length, shape (rows, labels)."""
        sums, total = np.zeros((len(self.rows), len(self.labels))), np.zeros(len(self.rows))
        np.add.at(sums, self.owners, self.shares[:, None] * expit(self.logits / temperature))
        np.add.at(total, self.owners, self.shares)
        made: Floats = sums / total[:, None]
        return made

    def predictions(self, probabilities: Floats) -> list[Prediction]:
        """The labels of at least ``THRESHOLD``."""
        return [
            _prediction(place, row, [label for label, share in scores.items() if share >= THRESHOLD], scores)
            for place, row in enumerate(self.rows)
            for scores in [dict(zip(self.labels, probabilities[place].tolist(), strict=True))]
        ]


def _prediction(place: int, row: Row, given: Sequence[str], scores: dict[str, float]) -> Prediction:
    right = set(given) == set(row.labels)
    return Prediction(str(place), row.group, row.labels, tuple(given), correct=right, scores=scores)


def fit_temperature(held: SeveralHeldOut) -> float:
    """The temperature, 0.1 to 10, that minimises the cross-entropy of all decisions on row and label."""

    def loss(temperature: float) -> float:
        found = np.clip(held.probabilities(temperature), LEAST, 1 - LEAST)
        return float(-np.log(np.where(held.gold, found, 1 - found)).mean())

    return best_temperature(loss)


def calibrate(held: SeveralHeldOut) -> tuple[Calibration, Floats]:
    """A temperature, and the rows' probabilities at it.

    A single temperature divides all logits: of a text of one window it moves no probability across the threshold, so
    that fitting it on the rows that are judged flatters nothing but the scores.
    """
    temperature = round(fit_temperature(held), DIGITS)
    calibration = Calibration(method="temperature", temperature=temperature, rows=len(held.rows))
    return calibration, held.probabilities(temperature)


def measure(answers: Sequence[Prediction], labels: Sequence[str], *, bootstrap: Bootstrap, seed: int) -> Measured:
    """The figures of multi-label answers, macro-F1 first, then F1 of every label that has gold rows."""
    by_label = tuple(
        one.f1.model_copy(update={"name": f"F1 {one.label}"})
        for one in class_figures(answers, labels, bootstrap=bootstrap, seed=seed)
        if one.rows
    )
    return Measured(len(answers), (*multi_label_figures(answers, labels, bootstrap=bootstrap, seed=seed), *by_label))


def baselines(held: SeveralHeldOut, split: Split, *, seed: int) -> dict[str, list[Prediction]]:
    """What TF-IDF with a logistic regression a label, and the commonest set of labels, say of the held-out rows."""
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import MultiLabelBinarizer

    kinds = MultiLabelBinarizer(classes=list(held.labels))
    rival = tfidf_model(len(split.train), seed=seed, wrap=OneVsRestClassifier)
    rival.fit([flat(row) for row in split.train], kinds.fit_transform([row.labels for row in split.train]))
    common = Counter(row.labels for row in split.train).most_common(1)[0][0]
    majority = [_prediction(place, row, common, {}) for place, row in enumerate(held.rows)]
    found = rival.predict_proba([flat(row) for row in held.rows])
    tfidf = replace(held, logits=np.zeros_like(held.logits)).predictions(found)
    return {"tfidf": tfidf, "majority": majority}
