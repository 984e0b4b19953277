"""Which method a recipe is carried out by where it leaves that open: by rows, rows per class and hardware.

Owns the rule and its reasons. Knows nothing of how a method works.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsml.config.finetune import FinetuneConfig
from newsml.training.data import Split

FEW = 16
"""Rows of a class, on average, up to which the contrast of pairs is worth its time."""

FEW_ROWS = 1000
"""Training rows up to which it takes minutes: every one is read ten times and more."""

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
    if config.task not in ("topics", "claim-stance", "target-stance"):
        return Choice("lora", f"{config.task} is an adapter on its base")
    if config.start is not None:
        return Choice("lora", f"goes on from {config.start}")
    rows = len(split.train)
    if gpu and rows >= WHOLE_ROWS:
        return Choice("full", f"{rows:,} rows and a GPU")
    if config.task != "topics":
        return Choice("lora", f"{config.task} compares two texts, which a base has to be taught")
    if config.multi_label:
        return Choice("lora", "labels do not exclude each other")
    if config.training.patience:
        return Choice("lora", "training.patience goes with a method that is trained in steps")
    each = rows / max(len({label for row in split.train for label in row.labels}), 1)
    if each <= FEW and rows <= FEW_ROWS:
        return Choice("few-shot", f"{rows} rows, {each:.0f} a class")
    passes = config.training.settled("lora").epochs or 0
    if not gpu and rows * passes > PROCESSOR_ROWS:
        return Choice(
            "head", f"{rows:,} rows and no GPU; an adapter would take {rows * passes / 36_000:.0f} hours or more"
        )
    return Choice("lora", f"{rows:,} rows, {each:.0f} a class, {'a GPU' if gpu else 'no GPU'}")


def settled(config: FinetuneConfig, choice: Choice) -> FinetuneConfig:
    """The recipe with its method, and with what else depends on it, filled in."""
    training = config.training.settled(choice.method)
    return config.model_copy(update={"method": choice.method, "training": training})
