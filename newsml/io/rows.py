"""Turns the records of a labelled table into rows: columns and labels mapped, what cannot be used left out and counted.

Owns what a labelled row is. Knows nothing of file formats, splits or models.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from newsml.article import MAX_CHARACTERS
from newsml.config.tables import Table
from newsml.errors import DataError, suggest
from newsml.io.frames import read_table

NO_TEXT = "no text"
"""Why a row is left out whose text has no letter in it, or is none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled row.

    Attributes:
        text: The article, passage or sentence.
        group: Rows of one group never stand on both sides of a split: the mapped group, else the text itself.
        source: Number of the table it comes from, in the order of the configuration.
        id: As the table has it, or empty.
        label: Class name; empty for summaries and where there are several.
        labels: Topics: the class names of a row whose table has lists of them.
        secondary: Topics: the name of a second class that applies too, or empty.
        title: Headline, or an empty string.
        claim: Claim stance: the claim.
        target: Target stance: the target.
        span: Target stance: offsets of the target in the text, where the table has them.
        evidence: Target stance: verbatim fragments that carry the label, where the table has them.
        summary: Summaries: the reference sentences.
    """

    text: str
    group: str
    source: int
    id: str = ""
    label: str = ""
    labels: tuple[str, ...] = ()
    secondary: str = ""
    title: str = ""
    claim: str = ""
    target: str = ""
    span: tuple[int, int] | None = None
    evidence: tuple[str, ...] | None = None
    summary: tuple[str, ...] = ()


def read_rows(
    root: Path, table: Table, *, number: int, where: str, skipped: Counter[str], several: bool = False
) -> list[Row]:
    """The rows of a table.

    Args:
        root: Folder that the table's path is looked up in.
        table: The table, its columns and labels.
        number: What ``Row.source`` says.
        where: What messages call the table.
        skipped: Counts the rows that are left out, by reason.
        several: Whether a row may have several labels.

    Raises:
        FileMissingError: The table is not there.
        DataError: It cannot be read, a column is missing, a label is unknown, a row has several where one is expected,
            or no row is left.
    """
    where = f"{where} {table.name}"
    rows: list[Row] = []
    seen: Counter[str] = Counter()
    odd: Any = None
    for record in read_table(root, table, where, seen):
        values = {field: record[column] for field, column in table.columns.items()}
        row, reason = _row(values, table, number, where, several=several)
        if row is None:
            seen[reason] += 1
            odd = values["text"] if reason == NO_TEXT and _written(values["text"]) else odd
        elif len(row.labels) > 1 and not several:
            raise DataError(
                f"{where}: a row has the labels {', '.join(row.labels)}, expected one; multi_label: true allows several"
            )
        else:
            rows.append(row)
    skipped.update({f"{where}: {reason}": count for reason, count in seen.items()})
    if not rows:
        reasons = ", ".join(f"{count} with {reason}" for reason, count in seen.items())
        hint = f"; column {table.columns['text']!r} holds {odd!r:.40}, expected prose" if odd is not None else ""
        raise DataError(f"{where}: no usable row; {reasons or 'the table is empty'}{hint}")
    return rows


def _row(values: Mapping[str, Any], table: Table, number: int, where: str, *, several: bool) -> tuple[Row | None, str]:
    """A record as a row, or why it is none."""
    text, title = values["text"], _written(values.get("title"))
    if not _worded(text) and _worded(title):
        text, title = title, ""  # News agencies send items that are a headline and nothing else.
    if not isinstance(text, str) or not _worded(text):
        return None, NO_TEXT
    if "\0" in text or len(text) > MAX_CHARACTERS:
        return None, "text that is none: NUL characters, or too long"
    if table.max_words and len(text.split()) > table.max_words:
        return None, f"over {table.max_words} words"
    if table.without and re.search(table.without, text):
        return None, f"text with {table.without}"
    for field in ("claim", "target"):
        if field in values and not _written(values[field]):
            return None, f"no {field}"
    given = (table.label,) if table.label else _texts(values.get("label"))
    if table.separator:
        given = tuple(part.strip() for label in given for part in label.split(table.separator) if part.strip())
    elif several and isinstance(values.get("label"), str) and given and given[0].lstrip().startswith("["):
        raise DataError(
            f"{where}: the label {given[0]!r:.60} is a list written as text; give the table as JSONL or Parquet"
        )
    if "label" in values and not given and not (several and _listed(values["label"])):
        return None, "no label"
    mapped = given if table.label else [_label(label, table, where) for label in given]
    labels = tuple(dict.fromkeys(label for label in mapped if label is not None))
    if given and not labels:
        return None, f"label {given[0]!r}, which labels maps to null"
    secondary = _written(values.get("secondary"))
    secondary = (_label(secondary, table, where) or "") if secondary else ""
    try:
        span = (int(values["start"]), int(values["end"])) if "start" in values else None
    except (TypeError, ValueError):
        return None, "no offsets of the target"
    evidence, summary = values.get("evidence"), _texts(values.get("summary"))
    if "summary" in values and not summary:
        return None, "no summary"
    row = Row(
        text=text,
        group=_written(values.get("group"))
        or sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16],
        source=number,
        id=_written(values.get("id")),
        label=labels[0] if len(labels) == 1 else "",
        labels=labels,
        secondary=secondary,
        title="" if "\0" in title else title,
        claim=_written(values.get("claim")),
        target=_written(values.get("target")),
        span=span,
        evidence=_texts(evidence) if "evidence" in values else None,
        summary=summary,
    )
    return row, ""


def _worded(text: object) -> bool:
    return isinstance(text, str) and any(c.isalpha() for c in text)


def _written(value: Any) -> str:
    """A cell as text; empty where nothing stands in it. Whole numbers lose the .0 that a gap in their column gives."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if str(value).strip() else ""


def _listed(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)


def _texts(value: Any) -> tuple[str, ...]:
    """A cell that holds a text or a list of them."""
    if _listed(value):
        return tuple(text for text in map(_written, value) if text)
    return tuple(text for text in (_written(value),) if text)


def _label(label: str, table: Table, where: str) -> str | None:
    if table.labels is None:
        return label
    if label not in table.labels:
        raise DataError(
            f"{where}: label {label!r} is not among the mapped ones ({', '.join(table.labels)})"
            f"{suggest(label, table.labels)}; add it to labels, or map it to null to drop its rows"
        )
    return table.labels[label]
