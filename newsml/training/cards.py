"""The model card a training run writes beside its weights.

Owns what is recorded of a run. Knows nothing of how it was fitted.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from newsml.config.finetune import FinetuneConfig
from newsml.evaluation import report
from newsml.evaluation.figures.classification import BALANCED_ACCURACY, MCC, MICRO_F1, WEIGHTED_F1
from newsml.models.calibration import Calibration
from newsml.models.card import Baseline, Card, Figure, TrainingData
from newsml.models.resolve import Resolved
from newsml.tasks.labelers import COSINE_TOKENS


@dataclass(frozen=True, slots=True)
class Measured:
    """What a system reaches on some held-out rows.

    Attributes:
        rows: How many.
        figures: The figures, the chief one first.
    """

    rows: int
    figures: tuple[report.Figure, ...]

    @property
    def values(self) -> dict[str, float]:
        """The figures' values by name."""
        return {figure.name: figure.value for figure in self.figures}

    def record(self) -> dict[str, Any]:
        """As plain data, for ``training.json``."""
        plain = {
            figure.name: {"value": figure.value, "low": figure.low, "high": figure.high} for figure in self.figures
        }
        return {"rows": self.rows, **plain}


Figures = dict[str, Measured]
"""By ``"<data>: <system>"``; of summarizers by ``"<system>"``."""


@dataclass(frozen=True, slots=True)
class Made:
    """A fitted model that is saved but not in its place yet.

    Attributes:
        folder: Where.
        figures: What it and its baselines reach on the held-out rows.
        calibration: Its calibration, where it has one.
        trials: Of a sweep: the settings tried, each with its figure, in order.
    """

    folder: Path
    figures: Figures
    calibration: Calibration | None
    trials: tuple[Mapping[str, Any], ...] = ()


LEFT_OUT = (BALANCED_ACCURACY, MICRO_F1, WEIGHTED_F1, MCC)
"""Figures that are in a run's record and not on its card, where they would say little that the others do not."""

BASELINES = ("tfidf", "cosine", "lead-3", "majority", "untuned")
"""In the order a card prefers them."""

MEAN_FORMULA = (
    "logits = W v + b with v the mean of the last hidden states of all tokens, scaled to unit length; "
    "W, b = weight, bias in mean_head.safetensors"
)
LABEL_FORMULA = (
    "p = softmax((v(text) - c) . n / temperature) over the labels, with v the mean of the last hidden states, scaled "
    'to unit length, n the sum of v(label) and v(label in a template such as "This news article is about {}."), scaled '
    "alike, and c = centre in label_space.safetensors"
)
SENTENCE_FORMULA = (
    "score = w2 . gelu(W1 [s; d; s * d; f] + b1) + b2 with s the mean last hidden state of the sentence's tokens, d "
    "the mean of the window's sentence vectors, f = (1 / (1 + i), i / n, [i = 0], log(1 + t) / 5) for the i-th of n "
    "sentences with t tokens; W1, b1 = inner, w2, b2 = outer in sentence_head.safetensors"
)


def make_card(
    config: FinetuneConfig,
    base: Resolved,
    labels: Sequence[str],
    calibration: Calibration | None,
    figures: Figures,
    command: str,
) -> Card:
    """Describe a fine-tuned model: its recipe's words, and the run's figures with the command that gave them."""
    any_labels = config.task == "topics-zero-shot"
    return Card(
        name=config.name,
        task=config.task,
        base=base.name,
        summary=config.card.summary,
        labels=tuple(labels) or None,
        multi_label=config.multi_label,
        max_tokens=COSINE_TOKENS if any_labels else config.training.max_tokens,
        languages=base.card.languages if base.card else (),
        licence=config.card.licence,
        training_data=tuple(TrainingData(name=d.name, licence=d.licence) for d in config.training_data),
        limits=config.card.limits or "Not known; see the data it was trained on.",
        intended_use=config.card.intended_use,
        tried=config.card.tried,
        figures=tuple(_figures(config, figures, command)),
        calibration=calibration,
        formula=_formula(config),
    )


def _formula(config: FinetuneConfig) -> str | None:
    """How a head of newsml's own reads the base; None where plain ``transformers`` knows."""
    by_task = {"summary-extractive": SENTENCE_FORMULA, "topics-zero-shot": LABEL_FORMULA}
    by_method = {"head": MEAN_FORMULA, "few-shot": MEAN_FORMULA}
    return by_task.get(config.task) or by_method.get(config.method)


def _figures(config: FinetuneConfig, figures: Figures, command: str) -> list[Figure]:
    made = []
    held = f"{config.folds}-fold cross-validation by group" if config.folds else "held-out groups"
    if config.training.patience or config.sweep:
        held += ", which the weights were chosen by"
    for key, measured in figures.items():
        data, _, system = key.rpartition(": ")
        if system != "model" or data == "all":
            continue
        other = next((name for name in BASELINES if f"{data}: {name}".removeprefix(": ") in figures), "")
        rival = figures[f"{data}: {other}".removeprefix(": ")].values if other else {}
        made += [
            Figure(
                metric=one.name,
                value=round(one.value, 4),
                low=None if one.low is None else round(one.low, 4),
                high=None if one.high is None else round(one.high, 4),
                baseline=Baseline(name=other, value=round(rival[one.name], 4)) if one.name in rival else None,
                data=data or config.train[-1].name,
                split=f"{held}, seed {config.seed}",
                rows=measured.rows,
                command=command,
                hardware=_hardware(),
                date=date.today(),
            )
            for one in measured.figures
            if one.name not in LEFT_OUT
        ]
    return made


def _hardware() -> str:
    import os

    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name(0)
    return f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}"


def note_base(folder: Path, base: Resolved) -> None:
    """Name the base in a PEFT adapter by its hub id instead of by this machine's folder; drop PEFT's empty README."""
    path = folder / "adapter_config.json"
    if path.is_file():
        config = json.loads(path.read_text(encoding="utf-8"))
        config["base_model_name_or_path"] = (base.card.hub if base.card else None) or base.name
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        (folder / "README.md").unlink(missing_ok=True)
