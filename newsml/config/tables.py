"""How a configuration names a labelled table, and which of its columns mean what.

Owns the part of the schemas that training and evaluation share. Knows nothing of how a table is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from newsml.config.base import StrictModel
from newsml.errors import suggest

Count = Annotated[int, Field(ge=0)]


class Join(StrictModel):
    """A second table that supplies more columns.

    Attributes:
        path: The table, under ``data_root``.
        key: Name of the column both share.
    """

    path: str
    key: str


class Table(StrictModel):
    """A table of labelled rows, and which of its columns to take.

    It is a file (JSONL, CSV, TSV or Parquet, also gzipped) or one split of a data set in the Hugging Face format.

    Attributes:
        path: The file, under ``data_root``; or
        dataset: a hub id, or a folder in that format.
        subset: The data set's configuration, where it has several.
        split: The data set's split.
        revision: Commit of a hub id.
        columns: newsml's field names to the table's column names.
        join: A second table that supplies more columns.
        explode: Column of lists, each entry of which becomes a row: of objects, with their fields as columns; of
            texts, with the text in the column itself.
        where: Keep only rows whose column has one of the values listed.
        separator: What stands between the labels of a cell of text that holds several, such as ``;``.
        label: The label of every row, for a table whose rows are all of one class and have no column for it.
        labels: The table's labels to newsml's; a label mapped to null is dropped, one not listed is a fault.
        limit: At most so many rows; or so many for each label that is named, ``"*"`` for the others. Drawn with the
            seed.
        unrelated: Claim stance: so many claims from other articles are added to each article as *unrelated*. Target
            stance: so many targets of other texts are added to each text as *neutral*.
        stories: Claim stance: keep only this share of the stories, drawn with the seed. A story is what related claims
            link: articles that share a claim, claims that share an article. Their claims are paired anew with articles
            of other kept stories until 73 % are *unrelated*, the share of the Fake News Challenge.
        max_words: Leave out rows whose text is longer, in words.
        without: Leave out rows in whose text this regular expression is found (Python's ``re.search``; ``^`` is the
            start of the text).
    """

    path: str | None = None
    dataset: str | None = None
    subset: str | None = None
    split: str | None = None
    revision: str | None = None
    columns: dict[str, str]
    join: Join | None = None
    explode: str | None = None
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    separator: str | None = Field(default=None, min_length=1)
    label: str | None = None
    labels: dict[str, str | None] | None = None
    limit: Count | dict[str, Count] | None = None
    unrelated: int = Field(default=0, ge=0)
    stories: float | None = Field(default=None, gt=0, lt=1)
    max_words: int | None = Field(default=None, ge=1)
    without: str | None = Field(default=None, min_length=1)

    @property
    def name(self) -> str:
        """What messages and reports call the table."""
        name = self.path or ":".join(part for part in (self.dataset, self.subset, self.split) if part)
        return f"{name}, whole stories" if self.stories else name

    @field_validator("without")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _place(self) -> Table:
        if (self.path is None) == (self.dataset is None):
            raise ValueError("path or dataset: give one of the two, a file or a data set")
        if self.dataset is not None and self.split is None:
            raise ValueError(f"split: missing, say which split of {self.dataset} to take")
        if given := [key for key in ("subset", "split", "revision") if self.path and getattr(self, key) is not None]:
            raise ValueError(f"{given[0]}: a file has none; it goes with dataset")
        return self

    def check_columns(self, needed: Sequence[str], optional: Sequence[str], where: str, task: str) -> None:
        """Check that the columns a task needs are mapped, and no others.

        Raises:
            ValueError: One is missing, unknown, or given twice.
        """
        if "label" in self.columns and self.label is not None:
            raise ValueError(f"{where}.label: label is mapped to a column and given for every row; keep one of them")
        given = (*self.columns, *(("label",) if self.label is not None else ()))
        if missing := [field for field in needed if field not in given]:
            raise ValueError(f"{where}.columns: task {task} needs {', '.join(needed)}; {', '.join(missing)} not mapped")
        known = (*needed, *optional)
        if unknown := [field for field in self.columns if field not in known]:
            hint = suggest(unknown[0], known)
            raise ValueError(f"{where}.columns: {unknown[0]!r} is none of {', '.join(known)}{hint}")
        if ("start" in self.columns) != ("end" in self.columns):
            raise ValueError(f"{where}.columns: start and end belong together, got only one of them")
