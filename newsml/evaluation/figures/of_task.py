"""Which figures a task has, and what a report shows beside them.

Owns the choice. Knows nothing of how a figure is computed, or of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from newsml.config.evaluate import EvaluateConfig, Task
from newsml.evaluation.data import Rows
from newsml.evaluation.figures import classification, multilabel, summaries
from newsml.evaluation.figures.comparison import Terms, compare_classification, compare_multi_label, compare_values
from newsml.evaluation.figures.confidence import has_scores, reliability, risk_coverage
from newsml.evaluation.predictions import NO_ANSWER, Prediction
from newsml.evaluation.report import Comparison, Mistake, Quote
from newsml.io.rows import Row
from newsml.results import CLAIM_LABELS

LONGEST_TEXT = 4000
"""Characters of an article that an example in the report shows."""

COMPARED_VALUES = ("ROUGE-1", "ROUGE-2", "ROUGE-L")
WORST_BY = "ROUGE-L"


def describe(config: EvaluateConfig, rows: Rows, predictions: Sequence[Prediction]) -> dict[str, Any]:
    """The parts of a ``Cell`` that follow from the answers."""
    doubt: dict[str, Any] = {"bootstrap": config.bootstrap, "seed": config.seed}
    labels = rows.labels
    if config.task == "summary":
        return {
            "figures": summaries.figures(predictions, **doubt),
            "mistakes": _worst(config, rows, predictions),
        }
    parts: dict[str, Any] = {
        "classes": classification.class_figures(predictions, labels, **doubt),
        "mistakes": _wrong(config, rows, predictions),
    }
    if config.multi_label:
        return {"figures": multilabel.multi_label_figures(predictions, labels, **doubt), **parts}
    if has_scores(predictions):
        parts |= {"reliability": reliability(predictions), "risk_coverage": risk_coverage(predictions)}
    return {
        "figures": classification.figures(predictions, labels, fnc=is_fnc(config.task, labels), **doubt),
        "confusion": classification.confusion(predictions, labels),
        **parts,
    }


def compare_cells(
    a: Sequence[Prediction],
    b: Sequence[Prediction],
    terms: Terms,
    *,
    task: Task,
    labels: Sequence[str],
    multi_label: bool,
) -> tuple[Comparison, ...]:
    """Two systems on the same rows, on the task's chief figures.

    Raises:
        DataError: The two did not answer the same rows.
    """
    if task == "summary":
        return compare_values(a, b, COMPARED_VALUES, terms)
    if multi_label:
        return compare_multi_label(a, b, labels, terms)
    return compare_classification(a, b, labels, terms, fnc=is_fnc(task, labels))


def is_fnc(task: Task, labels: Sequence[str]) -> bool:
    """Whether the classes are those the FNC-1 score is defined for."""
    return task == "claim-stance" and set(labels) == set(CLAIM_LABELS)


def _wrong(config: EvaluateConfig, rows: Rows, predictions: Sequence[Prediction]) -> tuple[Mistake, ...]:
    """The wrong answers a system was surest of."""
    wrong = [(row, answer) for row, answer in zip(rows.test, predictions, strict=True) if not answer.correct]
    wrong.sort(key=lambda pair: -(_sure(pair[1]) or 0.0))
    return tuple(_mistake(row, answer, _sure(answer)) for row, answer in wrong[: config.errors_shown])


def _worst(config: EvaluateConfig, rows: Rows, predictions: Sequence[Prediction]) -> tuple[Mistake, ...]:
    """The summaries farthest from their references."""
    pairs = sorted(zip(rows.test, predictions, strict=True), key=lambda pair: pair[1].values[WORST_BY])
    return tuple(_mistake(row, answer, answer.values[WORST_BY]) for row, answer in pairs[: config.errors_shown])


def _sure(answer: Prediction) -> float | None:
    return answer.scores.get(answer.label) if answer.scores else None


def _mistake(row: Row, answer: Prediction, score: float | None) -> Mistake:
    joint = " / " if row.summary else ", "
    return Mistake(
        id=row.id,
        subject=answer.subject,
        gold=joint.join(answer.gold),
        prediction=" ".join(answer.prediction) if row.summary else joint.join(answer.prediction) or NO_ANSWER,
        score=score,
        title=row.title,
        text=row.text[:LONGEST_TEXT],
        cut=max(len(row.text) - LONGEST_TEXT, 0),
        evidence=tuple(Quote(**span) for span in answer.evidence),
    )
