"""The schema of ``kind: finetune`` configurations.

Owns what a fine-tuning recipe may say. Knows nothing of how it is carried out.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from newsml.config.base import StrictModel
from newsml.config.tables import Table
from newsml.config.training import Contrast, Method, Sweep, Training

Task = Literal[
    "topics", "topics-zero-shot", "claim-stance", "target-stance", "summary-extractive", "summary-abstractive"
]

FIELDS: dict[Task, tuple[str, ...]] = {
    "topics": ("text", "label"),
    "topics-zero-shot": ("text", "label"),
    "claim-stance": ("text", "claim", "label"),
    "target-stance": ("text", "target", "label"),
    "summary-extractive": ("text", "summary"),
    "summary-abstractive": ("text", "summary"),
}
"""Columns a source must map for each task."""

OPTIONAL: dict[Task, tuple[str, ...]] = {
    "topics": ("id", "title", "group", "secondary"),
    "topics-zero-shot": ("id", "title", "group"),
    "claim-stance": ("id", "title", "group"),
    "target-stance": ("id", "title", "group", "evidence", "start", "end"),
    "summary-extractive": ("id", "title", "group"),
    "summary-abstractive": ("id", "title", "group"),
}
"""Columns it may map: ``secondary`` is a second label that applies too, or empty; ``evidence`` is a list of verbatim
fragments, ``start`` and ``end`` are the target's offsets."""

CLASSIFIED: tuple[Task, ...] = ("topics", "claim-stance", "target-stance")
"""Tasks whose models are sequence classifiers."""

ANSWERS = ("summary", "headline")
"""What a generator can be taught: ``label`` says what a table has for a ``summary``; without it, summaries."""


class Source(Table):
    """A table of a recipe: what any labelled table says, and what becomes of its rows.

    Attributes:
        repeat: How often the rows stand in the training set.
        dev: Share of the groups held out for evaluation, 0 to 0.9; 1 keeps all rows for evaluation.
        stratified: Hold out this share of every label's groups, rather than of all; a label with one group is all
            trained on. Off, and for summaries, groups are drawn as by ``held_out`` of an evaluation.
    """

    repeat: int = Field(default=1, ge=1)
    dev: float = Field(default=0.0, ge=0.0, le=1.0)
    stratified: bool = True


class CardText(StrictModel):
    """What the model card says besides the figures of the run.

    Attributes:
        summary: One sentence: what the model does.
        licence: Licence of the weights.
        intended_use: What it is for.
        limits: What it cannot do.
        tried: What else was tried and what it gave, a sentence each.
    """

    summary: str
    licence: str = "Apache-2.0"
    intended_use: str = "Research on English news articles."
    limits: str = ""
    tried: tuple[str, ...] = ()


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
        base: Card name, hub id or folder of the encoder to start from; of ``summary-abstractive``, of the generator.
        start: Card name, hub id or folder of an adapter of the same task and base to go on from, by method ``lora``;
            ``lora_rank`` and ``lora_alpha`` are its own, and so are the labels.
        folds: Cross-validate: tables with ``dev`` above 0 are judged in so many folds of their groups, each by a model
            trained without it, and the model that is kept is trained on all rows. 0 holds out ``dev`` of them instead.
        method: ``head`` (scikit-learn's logistic regression on the mean vectors of the frozen base), ``few-shot`` (an
            adapter tuned so that texts of a class lie together, then such a head), ``lora`` (adapter and classification
            head), ``full`` (every weight); ``auto`` chooses by rows and hardware, and says why.
        data_root: Folder that ``path`` is looked up in.
        output: Folder for checkpoints and the saved model.
        seed: Fixes splits, draws, initial weights and batch order.
        multi_label: Topics: whether a row may have any number of labels, in a list or between ``separator``.
        labels: Class names in the order of the logits; empty reads them from the data, sorted.
        train: The labelled tables.
        wording: Zero-shot topics: other names of a label, drawn beside its own, so that none is learned by heart.
        training: How the weights are fitted.
        contrast: Zero-shot topics: how texts are compared with labels.
        sweep: A search over settings of ``training``.
        card: What the model card says.
        training_data: The data sets as the card names them.
    """

    kind: Literal["finetune"]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    task: Task
    base: str = "all-MiniLM-L6-v2"
    start: str | None = None
    method: Method = "auto"
    data_root: str = "."
    output: str
    seed: int = 1
    folds: int = Field(default=0, ge=0)
    multi_label: bool = False
    labels: tuple[str, ...] = ()
    train: tuple[Source, ...] = Field(min_length=1)
    wording: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    training: Training = Field(default_factory=Training)
    contrast: Contrast = Field(default_factory=Contrast)
    sweep: Sweep | None = None
    card: CardText
    training_data: tuple[TrainingData, ...] = ()

    @model_validator(mode="after")
    def _columns(self) -> FinetuneConfig:
        for number, source in enumerate(self.train):
            source.check_columns(FIELDS[self.task], OPTIONAL[self.task], f"train[{number}]", self.task)
            if source.stories and (source.dev < 1 or self.task != "claim-stance"):
                raise ValueError(f"train[{number}].stories: whole stories are held out of claim stance, with dev: 1")
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
        if self.method == "few-shot" and self.task not in CLASSIFIED:
            raise ValueError(f"method: few-shot fits {', '.join(CLASSIFIED)}, not {self.task}; take lora")
        if self.method == "full" and self.task == "summary-extractive":
            raise ValueError("method: sentence scorers are adapters beside a head of their own; take lora")
        if self.method not in ("auto", "lora") and self.task == "topics-zero-shot":
            raise ValueError("method: zero-shot topics are an adapter on an encoder; take lora")
        if self.start is not None and self.method not in ("auto", "lora"):
            raise ValueError(f"start: an adapter is gone on from by method lora, not {self.method}")
        if self.training.windows != 1 and self.task != "topics":
            raise ValueError(f"training.windows: goes with topics, not {self.task}")
        return self

    @model_validator(mode="after")
    def _several(self) -> FinetuneConfig:
        if not self.multi_label:
            return self
        if self.task != "topics":
            raise ValueError(f"multi_label: goes with topics, not {self.task}")
        odd = {
            "training.class_weights": self.training.class_weights != "none",
            "training.label_smoothing": self.training.label_smoothing > 0,
            "training.secondary": self.training.secondary > 0,
        }
        if given := [key for key, is_set in odd.items() if is_set]:
            raise ValueError(f"{given[0]}: does not go with multi_label, whose labels do not exclude each other")
        return self

    @model_validator(mode="after")
    def _judged(self) -> FinetuneConfig:
        if self.folds == 1 or (self.folds and self.task == "summary-extractive"):
            raise ValueError(f"folds: {self.folds}, expected 2 or more (classifiers only), or 0")
        held_out = any(source.dev for source in self.train)
        if self.folds and not held_out:
            raise ValueError("folds: no table is judged; give one of them a dev above 0")
        if self.sweep and (self.folds or not held_out):
            raise ValueError("sweep: trials are compared on held-out rows; give a table a dev above 0, and no folds")
        if not self.training.patience:
            return self
        if self.task not in CLASSIFIED or self.method in ("head", "few-shot"):
            raise ValueError("training.patience: goes with topics and stance by method lora or full")
        if self.folds or not held_out:
            raise ValueError("training.patience: needs held-out rows; give a table a dev above 0, and no folds")
        return self

    @model_validator(mode="after")
    def _zero_shot(self) -> FinetuneConfig:
        if self.task != "topics-zero-shot":
            if given := self.model_fields_set & {"wording", "contrast"}:
                raise ValueError(f"{min(given)}: goes with topics-zero-shot, not {self.task}")
            return self
        if self.labels:
            raise ValueError("labels: each table of topics-zero-shot has labels of its own; leave them out")
        odd = {
            "label_smoothing": self.training.label_smoothing > 0,
            "class_weights": self.training.class_weights != "none",
        }
        if given := {key for key, is_set in odd.items() if is_set}:
            raise ValueError(
                f"training.{min(given)}: does not go with topics-zero-shot, whose labels change from row to row"
            )
        return self
