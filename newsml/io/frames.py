"""Reads the labelled tables that a configuration names: joined, exploded, filtered, as records.

Owns formats and the columns a configuration asks for. Knows nothing of what the columns mean.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from newsml.config.tables import Join, Table
from newsml.errors import DataError, FileMissingError, MissingDependencyError, suggest

if TYPE_CHECKING:
    import pandas as pd


def read_table(root: Path, table: Table, where: str, skipped: Counter[str]) -> Iterator[Mapping[str, Any]]:
    """The records of a table.

    Args:
        root: Folder that the table's path is looked up in.
        table: The table, and how it is joined, exploded and filtered.
        where: What messages call it.
        skipped: Counts the rows that have nothing to be joined with.

    Raises:
        FileMissingError: A file is not there.
        DataError: A file cannot be read, or a column is missing.
    """
    frame = _read(root / table.path, where) if table.path is not None else _dataset(table, where)
    if frame.empty and not len(frame.columns):
        return
    if table.join is not None:
        frame = _joined(frame, _read(root / table.join.path, where), table.join, where, skipped)
    if table.explode is not None:
        frame = _exploded(frame, table.explode, where)
    _need(frame, [*table.columns.values(), *table.where], where)
    for column, values in table.where.items():
        kept = frame[frame[column].astype(str).isin(values)]
        if lost := len(frame) - len(kept):
            skipped[f"{column} is none of {', '.join(values)}"] += lost
        frame = kept
    yield from frame.to_dict("records")


def column_names(path: Path, where: str) -> list[str]:
    """The columns of a table, in its order.

    Raises:
        FileMissingError: The file is not there.
        DataError: It cannot be read.
    """
    return [str(name) for name in _read(path, where).columns]


def _joined(frame: pd.DataFrame, other: pd.DataFrame, join: Join, where: str, skipped: Counter[str]) -> pd.DataFrame:
    key = join.key
    _need(frame, [key], where)
    _need(other, [key], f"{where}: {join.path}")
    if not other[key].is_unique:
        twice = other[key][other[key].duplicated()].iloc[0]
        raise DataError(f"{where}: {join.path} has the {key} {twice} twice, expected it once to join on it")
    try:
        joined = frame.merge(other, on=key, how="inner")
    except ValueError as error:
        raise DataError(f"{where}: {join.path} cannot be joined on {key}: {error}") from error
    if lost := len(frame) - len(joined):
        skipped[f"no {key} of theirs in {join.path}"] += lost
    return joined


def _exploded(frame: pd.DataFrame, column: str, where: str) -> pd.DataFrame:
    import pandas as pd

    _need(frame, [column], where)
    frame = frame.explode(column, ignore_index=True).dropna(subset=[column])
    if all(isinstance(entry, str) for entry in frame[column]):
        return frame
    odd = next((entry for entry in frame[column] if not isinstance(entry, Mapping)), None)
    if odd is not None:
        raise DataError(
            f"{where}: column {column!r} holds {odd!r:.40}, expected lists of objects or of texts to explode"
        )
    parts = pd.DataFrame(list(frame[column]), index=frame.index)
    hidden = [column, *(name for name in parts.columns if name in frame.columns and name != column)]
    return frame.drop(columns=hidden).join(parts)


def _dataset(table: Table, where: str) -> pd.DataFrame:
    """A split of a data set in the Hugging Face format, from the hub, the cache or a folder."""
    import datasets

    try:
        return datasets.load_dataset(
            table.dataset, table.subset, split=table.split, revision=table.revision
        ).to_pandas()
    except ImportError as error:
        raise MissingDependencyError(f"{where}: {table.name} needs a package that is not installed: {error}") from error
    except Exception as error:  # the hub, the network and builders raise what they like
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{where}: the data set {table.name} cannot be loaded ({reason:.200}); where the hub cannot be reached, "
            "save the split as JSONL and name it with path"
        ) from error


def _read(path: Path, where: str) -> pd.DataFrame:
    import pandas as pd

    if not path.exists():
        raise FileMissingError(
            f"{where}: no file {path}; set data_root to the folder that holds it (--set data_root=…)"
        )
    kind = next((suffix for suffix in path.suffixes if suffix in (".jsonl", ".csv", ".tsv", ".parquet")), "")
    try:
        if kind == ".jsonl":
            return pd.DataFrame(_json_lines(path), dtype=object)
        if kind == ".parquet":
            return pd.read_parquet(path)
        if kind in (".csv", ".tsv"):
            # A TSV written by hand has no quoting: a stray quotation mark must not swallow the lines after it.
            quoting = {"sep": "\t", "quoting": 3} if kind == ".tsv" else {}
            frame = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=str, **quoting)
            if not isinstance(frame.index, pd.RangeIndex):
                raise ValueError("rows have more fields than its header; put fields that hold the separator in quotes")
            return frame
    except (ValueError, OSError, EOFError, zlib.error) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{where}: {path} cannot be read as {kind[1:]}: {reason:.200}") from error
    raise DataError(f"{where}: {path.name} has no known format; expected .jsonl, .csv, .tsv or .parquet (.gz)")


def _json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file, their values as they are: pandas' own reader makes dates of some."""
    records = []
    with _opened(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    record = json.loads(line)
                except json.JSONDecodeError as error:
                    raise ValueError(f"line {number}, column {error.colno}: {error.msg}") from error
                if not isinstance(record, dict):
                    raise ValueError(f"line {number} holds a {type(record).__name__}, expected an object")
                records.append(record)
    return records


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _need(frame: pd.DataFrame, columns: Sequence[str], where: str) -> None:
    for column in columns:
        if column not in frame.columns:
            have = [str(name) for name in frame.columns]
            raise DataError(f"{where}: no column {column!r}; it has {', '.join(have)}{suggest(column, have)}")
