"""What a corpus run is to do: the questions, the models, and the form of the answers.

Owns the settings, what makes no sense among them, and the key that says whether two runs may share an output folder.
Knows nothing of files or models.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from newsml.errors import ConfigError, suggest
from newsml.models.backend import chosen

TaskName = Literal["topics", "stance", "summary"]
Format = Literal["parquet", "jsonl"]

TASKS: tuple[TaskName, ...] = get_args(TaskName)
SHARD_ROWS = 1000
"""Rows of a shard: what a kill loses at most; on two cores one to two minutes of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The settings of a corpus run; two runs with the same settings, models and articles write the same bytes.

    Attributes:
        tasks: What to do, in one pass; kept in the order of ``TASKS``.
        claims: Stance: claims or headlines to ask every article about.
        targets: Stance: people, organisations, countries or policies to ask every article about.
        labels: Topics: labels of one's own instead of the model's.
        multi_label: Topics: whether an article may have several.
        threshold: Topics: least score of an assigned topic, 0 to 1; None takes the classifier's default.
        sentences: Length of summaries in sentences; or
        words: in words. Without either, three sentences.
        topics_model: Card name, folder or hub id.
        stance_model: Likewise.
        summary_model: Likewise; ``"extractive"`` or ``"abstractive"``.
        backend: What the models compute with, as in ``from_pretrained``; ``"auto"`` becomes the one that it chooses.
        shard_rows: Rows of the corpus in one shard.
        format: Of the results.

    Raises:
        ConfigError: Settings that make no sense, alone or together; ModelError: an unknown backend.
    """

    tasks: Sequence[TaskName]
    claims: Sequence[str] = ()
    targets: Sequence[str] = ()
    labels: Sequence[str] = ()
    multi_label: bool = False
    threshold: float | None = None
    sentences: int | None = None
    words: int | None = None
    topics_model: str = "default"
    stance_model: str = "default"
    summary_model: str = "extractive"
    backend: str = "torch"
    shard_rows: int = SHARD_ROWS
    format: Format = "parquet"

    def __post_init__(self) -> None:
        for name in ("tasks", "claims", "targets", "labels"):
            value = getattr(self, name)
            if isinstance(value, str) or not all(isinstance(one, str) and one.strip() for one in value):
                raise ConfigError(f"{name}: got {value!r:.60}, expected a list of texts, none of them empty")
            if name != "tasks" and len({" ".join(one.split()) for one in value}) < len(value):
                raise ConfigError(f"{name}: one is given twice, expected each once; leave the second out")
            object.__setattr__(self, name, tuple(value))
        for task in self.tasks:
            if task not in TASKS:
                raise ConfigError(f"task {task!r} is unknown; expected {', '.join(TASKS)}{suggest(task, TASKS)}")
        if not self.tasks:
            raise ConfigError(f"no task given; expected one or more of {', '.join(TASKS)}")
        object.__setattr__(self, "tasks", tuple(task for task in TASKS if task in self.tasks))
        if self.format not in get_args(Format):
            raise ConfigError(
                f"format {self.format!r} is unknown; expected parquet or jsonl{suggest(self.format, get_args(Format))}"
            )
        if self.shard_rows < 1:
            raise ConfigError(f"shard_rows: got {self.shard_rows}, expected 1 or more")
        object.__setattr__(self, "backend", chosen(self.backend))
        self._check_together()

    def _check_together(self) -> None:
        if "stance" in self.tasks and not (self.claims or self.targets):
            raise ConfigError("stance toward what? give at least one claim or target (--claim, --target)")
        if self.sentences is not None and self.words is not None:
            raise ConfigError(f"got {self.sentences} sentences and {self.words} words; give one length")
        defaults = {field.name: field.default for field in fields(self)}
        for task, names in _OF_TASK.items():
            idle = [name for name in names if getattr(self, name) != defaults[name]]
            if task not in self.tasks and idle:
                raise ConfigError(
                    f"{idle[0]} is given, but {task} is not among the tasks ({', '.join(self.tasks)}); add the task "
                    "or leave it out"
                )

    def settings(self) -> dict[str, Any]:
        """The settings as plain values, ready for ``json.dumps``."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


_OF_TASK = {
    "topics": ("labels", "multi_label", "threshold", "topics_model"),
    "stance": ("claims", "targets", "stance_model"),
    "summary": ("sentences", "words", "summary_model"),
}
"""The settings that have a meaning for one task only."""


def key_of(plain: Any) -> str:
    """A digest of plain values: equal values have equal keys, on every machine."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode("ascii")).hexdigest()
