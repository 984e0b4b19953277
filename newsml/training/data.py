"""Turns the tables of a recipe into labelled rows, split by group.

Owns the mapping of columns and labels, draws and the dev split. Knows nothing of file formats, models or tokens.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from newsml.article import MAX_CHARACTERS
from newsml.config.finetune import FinetuneConfig, Source
from newsml.errors import TrainingError, suggest
from newsml.training.tables import read_table


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled row.

    Attributes:
        text: The article, passage or sentence.
        group: Rows of one group never stand on both sides of a split: the mapped group, else the text itself.
        source: Number of the table it comes from, in the order of the recipe.
        label: Class name; empty for summaries.
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
    label: str = ""
    title: str = ""
    claim: str = ""
    target: str = ""
    span: tuple[int, int] | None = None
    evidence: tuple[str, ...] | None = None
    summary: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """Rows for training and for evaluation, with what was left out and why.

    Attributes:
        train: Rows to fit.
        dev: Rows to evaluate on; no group of theirs is in ``train``.
        skipped: Reason to number of rows.
    """

    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    skipped: Counter[str]


def read_split(config: FinetuneConfig) -> Split:
    """Read every table of a recipe.

    Raises:
        FileMissingError: A table is not there.
        TrainingError: A column is missing, a label is unknown, or no row is left.
    """
    train: list[Row] = []
    dev: list[Row] = []
    skipped: Counter[str] = Counter()
    for number, source in enumerate(config.train):
        rows = _rows(config, number, source, skipped)
        held = _held_out({row.group for row in rows}, source.dev, config.seed)
        halves = [row for row in rows if row.group not in held], [row for row in rows if row.group in held]
        for half, into, repeat in ((halves[0], train, source.repeat), (halves[1], dev, 1)):
            random = Random(f"{config.seed} {number} {into is dev}")
            drawn = half + _unrelated(half, source.unrelated, random)
            if source.limit is not None and (into is train or source.dev == 1):
                drawn = _draw(drawn, source.limit, random)
            into.extend(drawn * repeat)
    groups, texts = {row.group for row in dev}, {row.text for row in dev}
    kept = [row for row in train if row.group not in groups and row.text not in texts]
    skipped["training row whose article is held out in another table"] += len(train) - len(kept)
    if not kept:
        raise TrainingError(f"no training row left, {len(dev)} held out; check limit and dev")
    return Split(tuple(kept), tuple(dev), +skipped)


def _rows(config: FinetuneConfig, number: int, source: Source, skipped: Counter[str]) -> list[Row]:
    where = f"train[{number}] {source.path}"
    rows: list[Row] = []
    seen: Counter[str] = Counter()
    for record in read_table(Path(config.data_root), source, where, seen):
        values = {field: record[column] for field, column in source.columns.items()}
        row, reason = _row(values, source, number, where)
        if row is None:
            seen[reason] += 1
        else:
            rows.append(row)
    skipped.update({f"{where}: {reason}": count for reason, count in seen.items()})
    if not rows:
        reasons = ", ".join(f"{count} with {reason}" for reason, count in seen.items())
        raise TrainingError(f"{where}: no usable row; {reasons or 'the table is empty'}")
    return rows


def _row(values: Mapping[str, Any], source: Source, number: int, where: str) -> tuple[Row | None, str]:
    """A record as a row, or why it is none."""
    text = values["text"]
    if not isinstance(text, str) or not any(c.isalpha() for c in text):
        return None, "no text"
    if "\0" in text or len(text) > MAX_CHARACTERS:
        return None, "text that is none: NUL characters, or too long"
    if source.max_words and len(text.split()) > source.max_words:
        return None, f"over {source.max_words} words"
    for field in ("claim", "target", "label"):
        if field in values and not _written(values[field]):
            return None, f"no {field}"
    label = source.label or _label(_written(values.get("label")), source, where)
    if label is None:
        return None, f"label {_written(values['label'])!r}, which labels maps to null"
    try:
        span = (int(values["start"]), int(values["end"])) if "start" in values else None
    except (TypeError, ValueError):
        return None, "no offsets of the target"
    evidence, summary = values.get("evidence"), _texts(values.get("summary"))
    if "summary" in values and not summary:
        return None, "no summary"
    title = _written(values.get("title"))
    row = Row(
        text=text,
        group=_written(values.get("group")) or sha256(" ".join(text.split()).encode()).hexdigest()[:16],
        source=number,
        label=label,
        title="" if "\0" in title else title,
        claim=_written(values.get("claim")),
        target=_written(values.get("target")),
        span=span,
        evidence=_texts(evidence) if "evidence" in values else None,
        summary=summary,
    )
    return row, ""


def _written(value: Any) -> str:
    """A cell as text; empty where nothing stands in it. Whole numbers lose the .0 that a gap in their column gives."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if str(value).strip() else ""


def _texts(value: Any) -> tuple[str, ...]:
    """A cell that holds a text or a list of them."""
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str):
        return tuple(text for text in map(_written, value) if text)
    return tuple(text for text in (_written(value),) if text)


def _label(label: str, source: Source, where: str) -> str | None:
    if source.labels is None or not label:
        return label
    if label not in source.labels:
        raise TrainingError(
            f"{where}: label {label!r} is not among the mapped ones ({', '.join(source.labels)})"
            f"{suggest(label, source.labels)}; add it to labels, or map it to null to drop its rows"
        )
    return source.labels[label]


def _held_out(groups: set[str], share: float, seed: int) -> set[str]:
    ordered = sorted(groups)
    Random(seed).shuffle(ordered)
    return set(ordered[: round(len(ordered) * share)])


def _unrelated(rows: list[Row], count: int, random: Random) -> list[Row]:
    """Each article with ``count`` claims of other articles."""
    if not count:
        return []
    articles = {row.group: row for row in rows}
    made: list[Row] = []
    for group, article in sorted(articles.items()):
        others = [row for row in random.sample(rows, min(len(rows), 20 * count)) if row.group != group]
        made.extend(replace(article, claim=other.claim, label="unrelated") for other in others[:count])
    return made


def _draw(rows: list[Row], limit: int | dict[str, int], random: Random) -> list[Row]:
    shuffled = random.sample(rows, len(rows))
    if isinstance(limit, int):
        return shuffled[:limit]
    taken: Counter[str] = Counter()
    drawn = []
    for row in shuffled:
        taken[row.label] += 1
        if taken[row.label] <= limit.get(row.label, len(rows)):
            drawn.append(row)
    return drawn
