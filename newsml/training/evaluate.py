"""Figures of a fitted classifier on the held-out rows, beside trivial baselines on the same rows.

Owns which figures a training run measures. Knows nothing of how they are computed, or of how a model was fitted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from newsml.config.evaluate import Bootstrap
from newsml.config.finetune import FinetuneConfig
from newsml.evaluation.baselines import flat, tfidf_model
from newsml.evaluation.figures.classification import class_figures, figures
from newsml.evaluation.figures.doubt import Floats
from newsml.evaluation.predictions import Prediction
from newsml.models.calibration import Calibration
from newsml.results import CLAIM_LABELS
from newsml.training import several
from newsml.training.calibrate import calibrate
from newsml.training.cards import Figures, Measured
from newsml.training.data import Split
from newsml.training.examples import Example
from newsml.training.held_out import HeldOut, reducer
from newsml.training.several import SeveralHeldOut
from newsml.training.trainer import Say

SAID = 3
"""Figures of each table in a line of progress; the record has all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a fitted classifier and trivial baselines say of the rows it was not fitted on.

    Attributes:
        held: The rows and the classifier's answers.
        baselines: The answers of each baseline, in the order of the rows.
    """

    held: HeldOut | SeveralHeldOut
    baselines: Mapping[str, list[Prediction]]


def judge(
    config: FinetuneConfig,
    split: Split,
    dev: Sequence[Example],
    fitted: Callable[[Sequence[Any]], Sequence[np.ndarray]],
    labels: Sequence[str],
) -> Judged | None:
    """Ask a fitted classifier, TF-IDF and majority about the held-out rows; None where there are none.

    Args:
        config: The recipe.
        split: Its rows.
        dev: Inputs of the held-out rows.
        fitted: From inputs to logits.
        labels: Class names in the order of the logits.
    """
    if not dev:
        return None
    logits = np.stack(fitted([example.pair for example in dev]))
    held = answered(config, split, dev, logits, labels)
    if isinstance(held, SeveralHeldOut):
        return Judged(held, several.baselines(held, split, seed=config.seed))
    return Judged(held, _baselines(split, seed=config.seed))


def answered(
    config: FinetuneConfig, split: Split, dev: Sequence[Example], logits: np.ndarray, labels: Sequence[str]
) -> HeldOut | SeveralHeldOut:
    """The held-out rows of a split with a classifier's answers: its logits of their inputs, shape (inputs, classes)."""
    if config.multi_label:
        return SeveralHeldOut.of(config, split, dev, logits, labels)
    return HeldOut(
        rows=split.dev,
        tables=tuple(config.train[row.source].name for row in split.dev),
        labels=tuple(labels),
        probabilities=reducer(dev, logits, rows=len(split.dev), labels=labels),
    )


def chief(held: HeldOut | SeveralHeldOut, seed: int) -> float:
    """The chief figure of answers as they are, before any calibration: macro-F1, or the score of FNC-1."""
    answers = held.predictions(held.probabilities(1.0))
    return _measured(held, answers, bootstrap=Bootstrap(samples=0), seed=seed).figures[0].value


def _measured(
    held: HeldOut | SeveralHeldOut, answers: Sequence[Prediction], *, bootstrap: Bootstrap, seed: int
) -> Measured:
    rule = several.measure if isinstance(held, SeveralHeldOut) else measure
    return rule(answers, held.labels, bootstrap=bootstrap, seed=seed)


def evaluate(config: FinetuneConfig, parts: Sequence[Judged], say: Say) -> tuple[Figures, Calibration]:
    """Calibrate a classifier, and measure it on the held-out rows, all together and by table.

    The model's figures are computed from scores at the temperature of the other half of the rows (``calibrate``), and
    have bootstrap intervals over articles; *not mentioned* counts as an error, as in ``newsml evaluate``.

    Args:
        config: The recipe.
        parts: The held-out rows; of a cross-validation, those of every fold.
        say: Receives a line for each system and table.

    Returns:
        Figures of the model, TF-IDF and majority, and the calibration. Where nothing is held out there are no figures,
        and the temperature is 1.
    """
    if not parts:
        return {}, Calibration(method="temperature", temperature=1.0)
    held, calibration, probabilities = _calibrated(parts, seed=config.seed)
    systems = {"model": held.predictions(probabilities)}
    for name in parts[0].baselines:
        answers = [answer for part in parts for answer in part.baselines[name]]
        systems[name] = [replace(answer, id=str(place)) for place, answer in enumerate(answers)]
    found: Figures = {}
    for where in ("all", *dict.fromkeys(held.tables)):
        chosen = [place for place, name in enumerate(held.tables) if where in ("all", name)]
        for system, answers in systems.items():
            doubt = Bootstrap() if system == "model" else Bootstrap(samples=0)
            measured = _measured(held, [answers[place] for place in chosen], bootstrap=doubt, seed=config.seed)
            found[f"{where}: {system}"] = measured
            shown = ", ".join(f"{figure.name} {figure.value:.3f}" for figure in measured.figures[:SAID])
            say(f"{where}: {system}: {measured.rows} rows, {shown}")
    return found, calibration


def _calibrated(parts: Sequence[Judged], *, seed: int) -> tuple[HeldOut | SeveralHeldOut, Calibration, Floats]:
    """All held-out rows, the calibration, and the probabilities that are judged."""
    if many := [part.held for part in parts if isinstance(part.held, SeveralHeldOut)]:
        joined = SeveralHeldOut.joined(many)
        return joined, *several.calibrate(joined)
    held = HeldOut.joined([part.held for part in parts if isinstance(part.held, HeldOut)])
    return held, *calibrate(held, seed=seed)


def measure(answers: Sequence[Prediction], labels: Sequence[str], *, bootstrap: Bootstrap, seed: int) -> Measured:
    """The figures of single-label answers, the chief one first, then F1 of every class that has gold rows."""
    fnc = set(labels) == set(CLAIM_LABELS)
    by_class = tuple(
        one.f1.model_copy(update={"name": f"F1 {one.label}"})
        for one in class_figures(answers, labels, bootstrap=bootstrap, seed=seed)
        if one.rows
    )
    return Measured(len(answers), (*figures(answers, labels, fnc=fnc, bootstrap=bootstrap, seed=seed), *by_class))


def _baselines(split: Split, *, seed: int) -> dict[str, list[Prediction]]:
    """What TF-IDF with logistic regression, fitted on the training rows, and their commonest class say."""
    learned = [row.label for row in split.train]
    rival = tfidf_model(len(learned), seed=seed).fit([flat(row) for row in split.train], learned)
    names = list(map(str, rival.classes_))
    common = Counter(learned).most_common(1)[0][0]
    found = rival.predict_proba([flat(row) for row in split.dev])
    blank = [Prediction(str(place), row.group, (row.label,), (common,)) for place, row in enumerate(split.dev)]
    tfidf = [
        replace(row, prediction=(names[int(one.argmax())],), scores=dict(zip(names, map(float, one), strict=True)))
        for row, one in zip(blank, found, strict=True)
    ]
    return {"tfidf": tfidf, "majority": blank}
