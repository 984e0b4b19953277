"""Reads the labelled tables of a recipe into rows, split by group.

Owns column mapping, label mapping, draws and the dev split. Knows nothing of models or tokens.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from newsml.config.finetune import FinetuneConfig, Source
from newsml.errors import FileMissingError, TrainingError, suggest

if TYPE_CHECKING:
    import pandas as pd


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
    groups = {row.group for row in dev}
    kept = [row for row in train if row.group not in groups]
    skipped["training row whose article is held out in another table"] += len(train) - len(kept)
    if not kept:
        raise TrainingError(f"no training row left of {sum(skipped.values()) + len(dev)} read; check limit and dev")
    return Split(tuple(kept), tuple(dev), +skipped)


def _rows(config: FinetuneConfig, number: int, source: Source, skipped: Counter[str]) -> list[Row]:
    where = f"train[{number}] {source.path}"
    rows: list[Row] = []
    for record in _table(Path(config.data_root), source, where).to_dict("records"):
        values = {field: record[column] for field, column in source.columns.items()}
        text, label = values["text"], values.get("label", "")
        if not isinstance(text, str) or not any(c.isalpha() for c in text):
            skipped[f"{where}: no text (got {type(text).__name__})"] += 1
            continue
        if source.max_words and len(text.split()) > source.max_words:
            skipped[f"{where}: over {source.max_words} words"] += 1
            continue
        if "label" in values:
            if label is None or (isinstance(label, float) and math.isnan(label)):
                skipped[f"{where}: no label"] += 1
                continue
            label = _label(str(label), source, where)
            if label is None:
                continue
        rows.append(_row(text, label, values, number))
    if not rows:
        raise TrainingError(f"{where}: no usable row; {dict(skipped) or 'the table is empty'}")
    return rows


def _row(text: str, label: str, values: dict[str, Any], number: int) -> Row:
    group = values.get("group")
    span = (int(values["start"]), int(values["end"])) if "start" in values else None
    evidence, summary = values.get("evidence"), values.get("summary", ())
    title = values.get("title", "")
    return Row(
        text=text,
        group=str(group) if group is not None else hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16],
        source=number,
        label=label,
        title=title if isinstance(title, str) else "",
        claim=str(values.get("claim", "")),
        target=str(values.get("target", "")),
        span=span,
        evidence=None if evidence is None else tuple(str(fragment) for fragment in evidence),
        summary=(summary,) if isinstance(summary, str) else tuple(str(sentence) for sentence in summary),
    )


def _label(label: str, source: Source, where: str) -> str | None:
    if source.labels is None:
        return label
    if label not in source.labels:
        raise TrainingError(
            f"{where}: label {label!r} is not among the mapped ones ({', '.join(source.labels)})"
            f"{suggest(label, source.labels)}; add it to labels, or map it to null to drop its rows"
        )
    return source.labels[label]


def _table(root: Path, source: Source, where: str) -> pd.DataFrame:
    frame = _read(root / source.path, where)
    if source.join is not None:
        other = _read(root / source.join.path, where)
        for table in (frame, other):
            _need(table, [source.join.key], where)
        frame = frame.merge(other, on=source.join.key, how="inner", validate="many_to_one")
    if source.explode is not None:
        import pandas as pd

        _need(frame, [source.explode], where)
        frame = frame.explode(source.explode, ignore_index=True).dropna(subset=[source.explode])
        parts = pd.DataFrame(list(frame[source.explode]), index=frame.index)
        frame = frame.drop(columns=[source.explode, *(c for c in parts.columns if c in frame.columns)]).join(parts)
    _need(frame, [*source.columns.values(), *source.where], where)
    for column, values in source.where.items():
        frame = frame[frame[column].astype(str).isin(values)]
    return frame


def _read(path: Path, where: str) -> pd.DataFrame:
    import pandas as pd

    if not path.exists():
        raise FileMissingError(f"{where}: no file {path}; set data_root to the folder that holds it (--set data_root=…)")
    kind = next((suffix for suffix in path.suffixes if suffix in (".jsonl", ".csv", ".tsv", ".parquet")), "")
    try:
        if kind == ".jsonl":
            return pd.read_json(path, lines=True, dtype=False, convert_dates=False)
        if kind == ".parquet":
            return pd.read_parquet(path)
        if kind in (".csv", ".tsv"):
            # A TSV written by hand has no quoting: a stray quotation mark must not swallow the lines after it.
            quoting = {"sep": "\t", "quoting": 3} if kind == ".tsv" else {}
            return pd.read_csv(path, keep_default_na=False, na_values=[""], **quoting)
    except (ValueError, OSError) as error:
        raise TrainingError(f"{where}: {path} cannot be read as {kind[1:]}: {error}") from error
    raise TrainingError(f"{where}: {path.name} has no known format; expected .jsonl, .csv, .tsv or .parquet (.gz)")


def _need(frame: pd.DataFrame, columns: Sequence[str], where: str) -> None:
    for column in columns:
        if column not in frame.columns:
            have = [str(name) for name in frame.columns]
            raise TrainingError(f"{where}: no column {column!r}; it has {', '.join(have)}{suggest(column, have)}")


def _held_out(groups: set[str], share: float, seed: int) -> set[str]:
    ordered = sorted(groups)
    Random(seed).shuffle(ordered)
    return set(ordered[: round(len(ordered) * share)])


def _unrelated(rows: list[Row], count: int, random: Random) -> list[Row]:
    """Each article with ``count`` claims of other articles."""
    if not count:
        return []
    articles = {row.group: row for row in rows}
    made = []
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
