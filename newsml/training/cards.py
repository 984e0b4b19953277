"""The model card a training run writes beside its weights.

Owns what is recorded of a run. Knows nothing of how it was fitted.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from newsml.config.finetune import FinetuneConfig
from newsml.models.card import Baseline, Calibration, Card, Figure, TrainingData
from newsml.models.resolve import Resolved

Figures = dict[str, dict[str, float]]
"""``"<data>: <system>"`` to figure name to value, with ``rows`` among them."""

NAMES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "fnc_score": "FNC-1 weighted score",
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougeLsum": "ROUGE-Lsum",
}
BASELINES = ("tfidf", "cosine", "lead-3", "majority")
"""In the order a card prefers them."""

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
    temperature: float,
    figures: Figures,
) -> Card:
    """Describe a fine-tuned model: its recipe's words and the run's figures."""
    scorer, any_labels = config.task == "summary-extractive", config.task == "topics-zero-shot"
    return Card(
        name=config.name,
        task=config.task,
        base=base.name,
        summary=config.card.summary,
        labels=None if scorer or any_labels else tuple(labels),
        max_tokens=config.training.max_tokens,
        languages=base.card.languages if base.card else (),
        licence=config.card.licence,
        training_data=tuple(TrainingData(name=d.name, licence=d.licence) for d in config.training_data),
        limits=config.card.limits or "Not known; see the data it was trained on.",
        intended_use=config.card.intended_use,
        figures=tuple(_figures(config, figures)),
        calibration=None if scorer else Calibration(method="temperature", temperature=round(temperature, 4)),
        formula=SENTENCE_FORMULA if scorer else LABEL_FORMULA if any_labels else None,
    )


def _figures(config: FinetuneConfig, figures: Figures) -> list[Figure]:
    made = []
    for key, values in figures.items():
        data, _, system = key.rpartition(": ")
        if system != "model" or data == "all":
            continue
        other = next((name for name in BASELINES if f"{data}: {name}".removeprefix(": ") in figures), None)
        rival: Mapping[str, float] = figures[f"{data}: {other}".removeprefix(": ")] if other else {}
        for name, value in values.items():
            if name == "rows":
                continue
            baseline = Baseline(name=other, value=round(rival[name], 4)) if other and name in rival else None
            made.append(
                Figure(
                    metric=NAMES.get(name, name.replace("f1 ", "F1 ")),
                    value=round(value, 4),
                    baseline=baseline,
                    data=data or config.train[-1].name,
                    split=f"held-out groups, seed {config.seed}",
                    rows=int(values["rows"]),
                    command=f"newsml finetune configs/finetune/{config.name}.yaml",
                    hardware=_hardware(),
                    date=date.today(),
                )
            )
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
