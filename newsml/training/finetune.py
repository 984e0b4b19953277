"""Fine-tuning: from a recipe to a saved, calibrated, evaluated model folder.

Owns the order of the steps and what a run leaves behind. Knows nothing of how rows become inputs or how a kind of
model is fitted.
"""

from __future__ import annotations

import errno
import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError

from newsml.config.finetune import FinetuneConfig
from newsml.errors import NewsmlError, TrainingError, WriteError, suggest
from newsml.models.backend import device
from newsml.models.calibration import Calibration
from newsml.models.card import write_card
from newsml.models.files import model_files
from newsml.models.resolve import resolve
from newsml.training.cards import Figures, Made, make_card, note_base
from newsml.training.data import Split, folds, label_name, read_split
from newsml.training.method import Choice, choose, settled
from newsml.training.processes import Released, is_first
from newsml.training.start import start_labels
from newsml.training.trainer import LOG

NOT_WRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
"""What the system says where it does not write."""

RARE = 10
"""Rows of a class under which a warning is said."""


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


def finetune(
    config: FinetuneConfig, *, command: str = "newsml finetune RECIPE", say: Callable[[str], None] = lambda _: None
) -> Outcome:
    """Carry out a recipe.

    Checkpoints lie in ``output/checkpoints``; a killed run started again goes on from the last one. The model lies
    in ``output/model``: a PEFT adapter with its head (``lora``, ``few-shot``), a head (``head``), a whole model
    (``full``), and the card. The folder is replaced once everything is done, so that what lies there is always whole.

    Args:
        config: The recipe.
        command: What was typed, for the card.
        say: Receives a line of progress now and then.

    Returns:
        Where the model lies and how it does on the held-out rows. In the processes of a data-parallel run but the first
        there are no figures, and the model may not be saved yet.

    Raises:
        FileMissingError: A table is not there.
        TrainingError: The data cannot be trained on.
        ModelError: The base cannot be loaded.
        WriteError: The output folder cannot be written.
    """
    started = time.monotonic()
    say = say if is_first() else _silent
    say(f"reading {len(config.train)} tables under {config.data_root}")
    split = read_split(config)
    labels = label_names(config, split)
    for line in describe(split, labels):
        say(line)
    choice = choose(config, split, gpu=device().type != "cpu")
    config = settled(config, choice, len(split.train))
    say(f"method {choice.method}: {choice.reason}")
    base = resolve(config.base)
    output = Path(config.output)
    try:
        config, made = _made(config, split, labels, base.path, say)
    except Released:
        return Outcome(output / "model", {}, labels)
    minutes = (time.monotonic() - started) / 60
    record = _record(config, split, labels, choice, made) | {"minutes": round(minutes, 1)}
    with writing(made.folder):
        text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
        (made.folder / "training.json").write_text(text, encoding="utf-8")
        note_base(made.folder, base)
        weights = model_files(made.folder, sorted(path.name for path in made.folder.glob("*.safetensors")))
        card = make_card(config, base, labels, made.calibration, made.figures, command)
        write_card(card.model_copy(update={"files": weights}), made.folder)
        shutil.rmtree(output / "model", ignore_errors=True)
        folder = made.folder.rename(output / "model")
    say(f"saved {folder} after {minutes:.0f} minutes")
    return Outcome(folder, made.figures, labels)


def _record(
    config: FinetuneConfig, split: Split, labels: Sequence[str], choice: Choice, made: Made
) -> dict[str, object]:
    """What ``training.json`` says of a run: figures, method, labels, data, doubts, and the whole recipe."""
    return {
        "figures": {key: measured.record() for key, measured in made.figures.items()},
        "method": {"name": choice.method, "reason": choice.reason},
        "labels": labels,
        "label2id": {label: number for number, label in enumerate(labels)},
        "calibration": made.calibration.model_dump(mode="json") if made.calibration else None,
        "rows": {"train": len(split.train), "dev": len(split.dev)},
        "data": split.fingerprint,
        "classes": Counter(label for row in split.train for label in row.labels),
        "skipped": split.skipped,
        "doubts": split.doubts,
        "trials": made.trials,
        "config": config.model_dump(mode="json"),
    }


def _silent(_: str) -> None:
    """Say nothing."""


def _made(
    config: FinetuneConfig, split: Split, labels: Sequence[str], base: Path, say: Callable[[str], None]
) -> tuple[FinetuneConfig, Made]:
    """A model in a folder of its own, and the recipe that made it: of a sweep, that of the best trial."""
    if config.sweep is not None:
        from newsml.training.sweep import sweep

        return sweep(config, lambda trial: _fitted(trial, split, labels, base, say), say)
    return config, _fitted(config, split, labels, base, say)


def _fitted(
    config: FinetuneConfig, split: Split, labels: Sequence[str], base: Path, say: Callable[[str], None]
) -> Made:
    """Fit a model into ``output/model.partial``, with the trainer's log beside it."""
    output = Path(config.output)
    with writing(output):
        folder = _emptied(output / "model.partial")
        figures, calibration = _fit(config, split, labels, base, folder, say)
        log = output / "checkpoints" / LOG
        if config.method != "head" and log.is_file():
            shutil.copyfile(log, folder / "training.jsonl")
    return Made(folder, figures, calibration)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns what libraries raise where a disk is full, or a folder not to be written, into one line.

    Raises:
        WriteError: Something could not be written.
    """
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        wrote = isinstance(error, SafetensorError) or "PytorchStreamWriter" in str(error)
        if isinstance(error, NewsmlError) or not (wrote or (isinstance(error, OSError) and error.errno in NOT_WRITTEN)):
            raise
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise WriteError(
            f"{folder}: cannot be written ({reason:.200}); make room or choose another output. Checkpoints written "
            "before are whole: the same command goes on from the last"
        ) from error


def _emptied(folder: Path) -> Path:
    if not is_first():
        return folder
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
    from newsml.training.evaluate import Judged, evaluate
    from newsml.training.few_shot import fit_few_shot
    from newsml.training.head import fit_head

    if config.method == "head" and not is_first():
        raise Released
    fit = {"head": fit_head, "few-shot": fit_few_shot}.get(config.method, fit_classifier)
    judged: list[Judged | None] = []
    for number, fold in enumerate(folds(config, split) if config.folds else (), start=1):
        say(f"fold {number} of {config.folds}: {len(fold.train)} rows to train on, {len(fold.dev)} held out")
        place = Path(config.output) / f"fold-{number}"
        recipe = config.model_copy(update={"output": str(place)})
        with suppress(Released):  # The first process judges the fold, the others go on to the next.
            judged.append(fit(recipe, fold, labels, base, _emptied(place / "model"), say))
    judged.append(fit(config, split, labels, base, folder, say))
    return evaluate(config, [part for part in judged if part is not None], say)


def label_names(config: FinetuneConfig, split: Split) -> tuple[str, ...]:
    """The class names in the order of the logits.

    Raises:
        TrainingError: Fewer than two classes, or a label the recipe does not list.
    """
    if config.task.startswith("summary-") or config.task == "topics-zero-shot":
        return ()
    found = sorted({label for row in split.train for label in row.labels})
    named = tuple(dict.fromkeys(map(label_name, config.labels or start_labels(config))))
    everything = {label for row in (*split.train, *split.dev) for label in row.labels}
    if unknown := sorted(everything - set(named or found)):
        known = f"{', '.join(named)}" if named else "those to train on"
        raise TrainingError(
            f"label {unknown[0]!r} is in the data but not in labels ({known}){suggest(unknown[0], named or found)}; "
            f"the data have {len(everything)} labels, expected {len(named or found)}: add it to labels, or map it to "
            "another or to null"
        )
    if len(found) < 2:
        raise TrainingError(f"need at least two classes to train, got {', '.join(found) or 'none'}")
    return named or tuple(found)


def describe(split: Split, labels: Sequence[str]) -> list[str]:
    """What was read, a line each: class counts in both halves, and what was skipped and why."""
    lines = [f"{len(split.train)} rows to train on, {len(split.dev)} held out"]
    train, dev = (Counter(label for row in half for label in row.labels) for half in (split.train, split.dev))
    lines += [f"  {label}: {train[label]} to train on, {dev[label]} held out" for label in labels]
    lines += [
        f"  warning: only {count} row{'s' * (count != 1)} of {label!r} to train on"
        for label in labels
        if (count := train[label]) < RARE
    ]
    lines += [f"  warning: {doubt}: {count}" for doubt, count in split.doubts.items()]
    lines += [f"  skipped {count}: {reason}" for reason, count in split.skipped.items()]
    return lines
