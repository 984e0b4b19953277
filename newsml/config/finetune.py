"""The schema of ``kind: finetune`` configurations.

Owns what a fine-tuning recipe may say. Knows nothing of how it is carried out.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from newsml.config.base import StrictModel
from newsml.config.tables import Table

Task = Literal["topics", "claim-stance", "target-stance", "summary-extractive", "summary-abstractive"]

FIELDS: dict[Task, tuple[str, ...]] = {
    "topics": ("text", "label"),
    "claim-stance": ("text", "claim", "label"),
    "target-stance": ("text", "target", "label"),
    "summary-extractive": ("text", "summary"),
    "summary-abstractive": ("text", "summary"),
}
"""Columns a source must map for each task."""

OPTIONAL: dict[Task, tuple[str, ...]] = {
    "topics": ("id", "title", "group"),
    "claim-stance": ("id", "title", "group"),
    "target-stance": ("id", "title", "group", "evidence", "start", "end"),
    "summary-extractive": ("id", "title", "group"),
    "summary-abstractive": ("id", "title", "group"),
}
"""Columns it may map: ``evidence`` is a list of verbatim fragments, ``start`` and ``end`` are the target's offsets."""

ANSWERS = ("summary", "headline")
"""What a generator can be taught: ``label`` says what a table has for a ``summary``; without it, summaries."""


class Source(Table):
    """A table of a recipe: what any labelled table says, and what becomes of its rows.

    Attributes:
        repeat: How often the rows stand in the training set.
        dev: Share of the groups held out for evaluation, 0 to 0.9; 1 keeps all rows for evaluation.
    """

    repeat: int = Field(default=1, ge=1)
    dev: float = Field(default=0.0, ge=0.0, le=1.0)


class Training(StrictModel):
    """How the weights are fitted.

    Attributes:
        epochs: Passes over the training rows.
        max_steps: Stop after so many optimiser steps (0: no limit).
        learning_rate: Peak of a linear schedule with warm-up.
        warmup: Share of the steps in which the rate rises, 0 to 1.
        batch_size: Rows a step.
        weight_decay: Decoupled weight decay (AdamW).
        label_smoothing: Mass given to the other labels, 0 to 1.
        class_weights: ``"none"``, or ``"balanced"``: inverse class frequency; ``"root"``: its square root.
        max_tokens: Longest input in tokens, special tokens included.
        lora_rank: Rank of the low-rank updates (method ``lora``).
        lora_alpha: Their scale is ``lora_alpha / lora_rank``.
        dropout: Dropout in the base and in front of the low-rank updates. On a processor drawing it takes as long as
            all the rest of a step, so that the same time without it buys twice the examples.
        group_by_length: Batches of near-equal length: faster, but where a class goes with a length the batches are
            lopsided, and training can collapse.
        precision: ``"auto"`` computes in bf16 where the processor or GPU has it, else fp32.
        save_steps: A checkpoint every so many steps; a killed run resumes from the last.
    """

    epochs: float = Field(default=3.0, gt=0)
    max_steps: int = Field(default=0, ge=0)
    learning_rate: float = Field(default=5e-4, gt=0)
    warmup: float = Field(default=0.1, ge=0, le=1)
    batch_size: int = Field(default=16, ge=1)
    weight_decay: float = Field(default=0.01, ge=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    class_weights: Literal["none", "balanced", "root"] = "none"
    max_tokens: int = Field(default=256, ge=16)
    lora_rank: int = Field(default=16, ge=1)
    lora_alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    group_by_length: bool = True
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    save_steps: int = Field(default=200, ge=1)


class CardText(StrictModel):
    """What the model card says besides the figures of the run.

    Attributes:
        summary: One sentence: what the model does.
        licence: Licence of the weights.
        intended_use: What it is for.
        limits: What it cannot do.
    """

    summary: str
    licence: str = "Apache-2.0"
    intended_use: str = "Research on English news articles."
    limits: str = ""


class TrainingData(StrictModel):
    """A data set, as the model card names it.

    Attributes:
        name: Its usual name, with a citation.
        licence: As its authors state it.
    """

    name: str
    licence: str


class FinetuneConfig(StrictModel):
    """A fine-tuning recipe.

    Attributes:
        kind: Marks the file as a recipe.
        name: Name of the model it makes.
        task: What the model does.
        base: Card name, hub id or folder of the encoder to start from; of ``summary-abstractive``, of the chat model.
        method: ``lora`` (adapter and head), ``full`` (every weight), ``head`` (scikit-learn's logistic regression on
            the frozen base's vectors, saved as its classification head).
        data_root: Folder that ``path`` is looked up in.
        output: Folder for checkpoints and the saved model.
        seed: Fixes splits, draws, initial weights and batch order.
        labels: Class names in the order of the logits; empty reads them from the data, sorted.
        train: The labelled tables.
        training: How the weights are fitted.
        card: What the model card says.
        training_data: The data sets as the card names them.
    """

    kind: Literal["finetune"]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    task: Task
    base: str = "all-MiniLM-L6-v2"
    method: Literal["lora", "full", "head"] = "lora"
    data_root: str = "."
    output: str
    seed: int = 1
    labels: tuple[str, ...] = ()
    train: tuple[Source, ...] = Field(min_length=1)
    training: Training = Field(default_factory=Training)
    card: CardText
    training_data: tuple[TrainingData, ...] = ()

    @model_validator(mode="after")
    def _columns(self) -> FinetuneConfig:
        for number, source in enumerate(self.train):
            source.check_columns(FIELDS[self.task], OPTIONAL[self.task], f"train[{number}]", self.task)
            if self.task == "summary-abstractive" and source.label not in (None, *ANSWERS):
                expected = " or ".join(ANSWERS)
                raise ValueError(
                    f"train[{number}].label: got {source.label!r}, expected {expected}: what summary holds"
                )
        return self

    @model_validator(mode="after")
    def _method(self) -> FinetuneConfig:
        if self.method == "head" and self.task != "topics":
            raise ValueError(f"method: head fits topics only, not {self.task}; take lora")
        if self.method == "full" and self.task == "summary-extractive":
            raise ValueError("method: sentence scorers are adapters beside a head of their own; take lora")
        return self
