"""Fine-tuning: from a recipe to a saved, calibrated, evaluated model folder.

Owns the order of the steps and what a run leaves behind. Knows nothing of how rows become inputs or how a kind of
model is fitted.
"""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsml.config.finetune import FinetuneConfig
from newsml.errors import TrainingError, WriteError
from newsml.models.calibration import Calibration
from newsml.models.card import write_card
from newsml.models.encoder import device
from newsml.models.resolve import resolve
from newsml.training.cards import Figures, make_card, note_base
from newsml.training.data import Split, folds, read_split
from newsml.training.method import choose, settled


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run made.

    Attributes:
        folder: The saved model.
        figures: What the model and its baselines reach on the held-out rows.
        labels: Class names in the order of the logits; empty for summaries and zero-shot topics.
    """

    folder: Path
    figures: Figures
    labels: tuple[str, ...]


def finetune(config: FinetuneConfig, *, say: Callable[[str], None] = lambda _: None) -> Outcome:
    """Carry out a recipe.

    Checkpoints lie in ``output/checkpoints``; a killed run started again goes on from the last one. The model lies
    in ``output/model``: a PEFT adapter with its head (``lora``), a whole model (``full``, ``head``), and the card. The
    folder is replaced once everything is done, so that what lies there is always whole.

    Args:
        config: The recipe.
        say: Receives a line of progress now and then.

    Returns:
        Where the model lies and how it does on the held-out rows.

    Raises:
        FileMissingError: A table is not there.
        TrainingError: The data cannot be trained on.
        ModelError: The base cannot be loaded.
        WriteError: The output folder cannot be written.
    """
    started = time.monotonic()
    say(f"reading {len(config.train)} tables under {config.data_root}")
    split = read_split(config)
    labels = label_names(config, split)
    for line in describe(split, labels):
        say(line)
    choice = choose(config, split, gpu=device().type != "cpu")
    config = settled(config, choice)
    say(f"method {choice.method}: {choice.reason}")
    base = resolve(config.base)
    output = Path(config.output)
    folder = _emptied(output / "model.partial")
    figures, calibration = _fit(config, split, labels, base.path, folder, say)
    minutes = (time.monotonic() - started) / 60
    record = {
        "figures": {key: measured.record() for key, measured in figures.items()},
        "labels": labels,
        "calibration": calibration.model_dump(mode="json") if calibration else None,
        "rows": {"train": len(split.train), "dev": len(split.dev)},
        "classes": Counter(row.label for row in split.train),
        "skipped": split.skipped,
        "minutes": round(minutes, 1),
        "config": config.model_dump(mode="json"),
    }
    (folder / "training.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    write_card(make_card(config, base, labels, calibration, figures), folder)
    note_base(folder, base)
    shutil.rmtree(output / "model", ignore_errors=True)
    folder = folder.rename(output / "model")
    say(f"saved {folder} after {minutes:.0f} minutes")
    return Outcome(folder, figures, labels)


def _emptied(folder: Path) -> Path:
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise WriteError(f"{folder}: cannot be written ({error.strerror}); choose another output") from error
    return folder


def _fit(
    config: FinetuneConfig, split: Split, labels: Sequence[str], base: Path, folder: Path, say: Callable[[str], None]
) -> tuple[Figures, Calibration | None]:
    if config.task == "summary-extractive":
        from newsml.training.sentences import fit_sentences

        return fit_sentences(config, split, base, folder, say), None
    if config.task == "summary-abstractive":
        from newsml.training.generation import fit_generator

        return fit_generator(config, split, base, folder, say), None
    if config.task == "topics-zero-shot":
        from newsml.training.label_space import fit_label_space

        return fit_label_space(config, split, base, folder, say)
    from newsml.training.classifiers import fit_classifier
    from newsml.training.evaluate import evaluate
    from newsml.training.few_shot import fit_few_shot
    from newsml.training.head import fit_head

    fit = {"head": fit_head, "few-shot": fit_few_shot}.get(config.method, fit_classifier)
    judged = []
    for number, fold in enumerate(folds(config, split) if config.folds else (), start=1):
        say(f"fold {number} of {config.folds}: {len(fold.train)} rows to train on, {len(fold.dev)} held out")
        place = Path(config.output) / f"fold-{number}"
        recipe = config.model_copy(update={"output": str(place)})
        judged.append(fit(recipe, fold, labels, base, _emptied(place / "model"), say))
    judged.append(fit(config, split, labels, base, folder, say))
    return evaluate(config, [part for part in judged if part is not None], labels, say)


def label_names(config: FinetuneConfig, split: Split) -> tuple[str, ...]:
    """The class names in the order of the logits.

    Raises:
        TrainingError: Fewer than two classes, or a label the recipe does not list.
    """
    if config.task.startswith("summary-") or config.task == "topics-zero-shot":
        return ()
    found = sorted({row.label for row in split.train})
    unknown = sorted({row.label for row in (*split.train, *split.dev)} - set(config.labels or found))
    if unknown:
        known = ", ".join(config.labels or found)
        raise TrainingError(f"label {unknown[0]!r} is in the data but not in labels ({known})")
    if len(found) < 2:
        raise TrainingError(f"need at least two classes to train, got {', '.join(found) or 'none'}")
    return config.labels or tuple(found)


def describe(split: Split, labels: Sequence[str]) -> list[str]:
    """What was read, a line each: class counts in both halves, and what was skipped and why."""
    lines = [f"{len(split.train)} rows to train on, {len(split.dev)} held out"]
    train, dev = Counter(row.label for row in split.train), Counter(row.label for row in split.dev)
    lines += [f"  {label}: {train[label]} to train on, {dev[label]} held out" for label in labels]
    lines += [f"  warning: only {train[label]} rows of {label!r} to train on" for label in labels if train[label] < 10]
    lines += [f"  skipped {count}: {reason}" for reason, count in split.skipped.items()]
    return lines
