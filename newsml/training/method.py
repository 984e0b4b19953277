"""What a recipe leaves open: its method, by rows, rows per class and hardware, and the passes over the rows.

Owns the rules and their reasons. Knows nothing of how a method works.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsml.config.finetune import CLASSIFIED, FinetuneConfig
from newsml.training.data import Split

FEW = 100
"""Rows of a class, on average, up to which ``few-shot`` is the best of the methods (docs/finetuning.md)."""

FEW_ROWS = 2000
"""Training rows up to which that has been measured."""

PASSES: dict[str, tuple[int, int, int]] = {"few-shot": (2, 10, 1_700)}
"""Of a method the fewest passes over the rows, the most, and rows times passes that it aims at in between."""

OTHER_PASSES = (3, 20, 10_000)
"""The same of the other methods. ``few-shot`` reads every row with another; few rows are read more often than many."""

PROCESSOR_ROWS = 20_000
"""Training rows times passes that an adapter takes in about half an hour on two cores: a tenth of a second each."""

WHOLE_ROWS = 5_000
"""Training rows from which on a GPU every weight is tuned: fewer are learned by heart."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A method and why.

    Attributes:
        method: ``head``, ``few-shot``, ``lora`` or ``full``.
        reason: In a few words.
    """

    method: str
    reason: str


def choose(config: FinetuneConfig, split: Split, *, gpu: bool) -> Choice:
    """The method of a recipe that says ``auto``; of any other, its own.

    Args:
        config: The recipe.
        split: Its rows.
        gpu: Whether there is one.
    """
    if config.method != "auto":
        return Choice(config.method, "the recipe says so")
    if config.task not in CLASSIFIED:
        return Choice("lora", f"{config.task} is an adapter on its base")
    if config.start is not None:
        return Choice("lora", f"goes on from {config.start}")
    rows = len(split.train)
    if gpu and rows >= WHOLE_ROWS:
        return Choice("full", f"{rows:,} rows and a GPU")
    if config.task != "topics":
        return Choice("lora", f"{config.task} compares two texts, which a base has to be taught")
    if config.training.patience:
        return Choice("lora", "training.patience goes with a method that is trained in steps")
    each = rows / max(len({label for row in split.train for label in row.labels}), 1)
    if each <= FEW and rows <= FEW_ROWS:
        return Choice("few-shot", f"{rows} rows, {each:.0f} a class")
    passes = config.training.epochs or epochs(config, "lora", rows)
    if not gpu and rows * passes > PROCESSOR_ROWS:
        return Choice(
            "head", f"{rows:,} rows and no GPU; an adapter would take {rows * passes / 36_000:.0f} hours or more"
        )
    return Choice("lora", f"{rows:,} rows, {each:.0f} a class, {'a GPU' if gpu else 'no GPU'}")


def epochs(config: FinetuneConfig, method: str, rows: int) -> float:
    """Passes over so many rows where the recipe names none."""
    least, most, read = PASSES.get(method, OTHER_PASSES)
    return least if config.task not in CLASSIFIED else min(max(round(read / rows), least), most)


def settled(config: FinetuneConfig, choice: Choice, rows: int) -> FinetuneConfig:
    """The recipe with its method, and with what else depends on it and on the number of rows, filled in."""
    training = config.training.settled(choice.method, epochs=epochs(config, choice.method, rows))
    return config.model_copy(update={"method": choice.method, "training": training})
