"""The part of a report that says what was evaluated on.

Owns its schema. Knows nothing of systems or figures.
"""

from __future__ import annotations

from pydantic import Field

from newsml.config.base import StrictModel


class Tables(StrictModel):
    """A half of a data set.

    Attributes:
        names: The tables it was read from.
        rows: How many rows.
        groups: Articles they come from.
        sha256: Of the rows as read, in order.
        classes: Rows of each class; empty for summaries.
    """

    names: tuple[str, ...]
    rows: int
    groups: int
    sha256: str
    classes: dict[str, int] = Field(default_factory=dict)


class Data(StrictModel):
    """A data set, with what was found wrong with it.

    Attributes:
        name: Its name.
        labels: The classes in order; empty for summaries.
        test: The rows evaluated.
        train: The rows that baselines learn from; None where there are none.
        partial: Whether ``limit`` left rows out: its figures are not comparable with published ones.
        skipped: Reason to number of rows that were left out.
        duplicates: Test rows that say the same as an earlier one (text and subject, white space and case aside).
        conflicts: Those among them with another gold label.
        overlap: Test rows whose text, or article, is also in train.
    """

    name: str
    labels: tuple[str, ...]
    test: Tables
    train: Tables | None
    partial: bool
    skipped: dict[str, int]
    duplicates: int
    conflicts: int
    overlap: int
