"""The adapter that a recipe goes on from, where it names one.

Owns what such an adapter must be. Knows nothing of how it is trained.
"""

from __future__ import annotations

from pathlib import Path

from newsml.config.finetune import CLASSIFIED, FinetuneConfig
from newsml.errors import TrainingError
from newsml.models.classifier import HEAD_FILE
from newsml.models.resolve import resolve


def start_labels(config: FinetuneConfig) -> tuple[str, ...]:
    """The labels of the adapter that a classifier goes on from; empty where there is none."""
    if config.start is None or config.task not in CLASSIFIED:
        return ()
    card = resolve(config.start, task=config.task).card
    return (card.labels or ()) if card else ()


def start_folder(config: FinetuneConfig) -> Path | None:
    """The folder of the adapter to go on from; None where the recipe starts from its base alone.

    Raises:
        TrainingError: It is no adapter of newsml's, or one of another task, base or labels.
        ModelError: It cannot be found.
    """
    if config.start is None:
        return None
    found = resolve(config.start, task=config.task)
    card, path = found.card, found.path
    if card is None or not (path / "adapter_config.json").is_file() or (path / HEAD_FILE).is_file():
        raise TrainingError(
            f"start: {config.start} is no adapter, expected one that newsml finetune made (method lora)"
        )
    if card.task != config.task:
        raise TrainingError(f"start: {config.start} is an adapter for {card.task}, expected {config.task}")
    if card.base is None or resolve(card.base).name != resolve(config.base).name:
        raise TrainingError(f"start: {config.start} is an adapter on {card.base}, but base is {config.base}")
    if config.labels and tuple(config.labels) != (card.labels or ()):
        raise TrainingError(
            f"start: the labels of {config.start} are {', '.join(card.labels or ()) or 'none'}, but the recipe's "
            f"{', '.join(config.labels)}; leave labels out, and map the data's with labels of the table"
        )
    return path
