"""Results read back from the files that hold them.

Owns the walk over files and how a row becomes a result. Knows nothing of runs: a folder is the files in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from newsml.errors import NewsmlError, ReadError, suggest
from newsml.io.compressed import suffix_of
from newsml.io.plain import RESULTS, from_plain
from newsml.io.read import check_path
from newsml.io.tables import Row, jsonl_rows, parquet_rows
from newsml.results import Result

ResultT = TypeVar("ResultT", bound=Result)

_SUFFIXES = (".parquet", ".jsonl")


def read_results(path: str | os.PathLike[str], kind: type[ResultT]) -> Iterator[ResultT]:
    """Read results one at a time.

    Args:
        path: A ``.jsonl`` (also ``.jsonl.gz``, ``.jsonl.zst``) or ``.parquet`` file of results of one task, a folder
            of them, read in the order of their names, or the output folder of ``newsml predict``, which has a folder
            for each task.
        kind: ``TopicResult``, ``StanceResult`` or ``SummaryResult``.

    Returns:
        An iterator over the results, equal to those written (half surrogate pairs excepted, see ``write_results``).

    Raises:
        FileMissingError: There is no such path.
        ReadError: No results in it, or not results of this kind.
    """
    name = os.fspath(path)
    task = next((task for task, one in RESULTS.items() if one is kind), None)
    if task is None:
        known = [one.__name__ for one in RESULTS.values()]
        given = getattr(kind, "__name__", repr(kind))
        raise ReadError(f"results of kind {given}: expected {', '.join(known)}{suggest(given, known)}")
    check_path(name)
    return _results(_files(name, task), kind)


def _files(name: str, task: str) -> list[str]:
    if not Path(name).is_dir():
        return [name]
    folder = Path(name, task) if Path(name, task).is_dir() else Path(name)
    found = [entry for entry in sorted(folder.iterdir()) if suffix_of(entry.name) in _SUFFIXES]
    files = [os.fspath(entry) for entry in found if not entry.name.startswith((".", "_"))]
    if not files:
        raise ReadError(f"{folder}: no .parquet or .jsonl file of results in it")
    return files


def _results(files: list[str], kind: type[ResultT]) -> Iterator[ResultT]:
    for file in files:
        for row in _rows(file, kind):
            if isinstance(row.record, NewsmlError):
                raise row.record
            try:
                result = from_plain(kind, row.record)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise ReadError(f"{row.where}: no {kind.__name__} ({' '.join(str(error).split()):.200})") from error
            yield result


def _rows(name: str, kind: type[Result]) -> Iterator[Row]:
    if not Path(name).stat().st_size:  # JSONL of a shard of which every row was rejected.
        return iter(())
    if suffix_of(name) == ".parquet":
        known = kind.__dataclass_fields__.keys() & _columns(name)
        return parquet_rows(name, {column: column for column in known})
    if suffix_of(name) == ".jsonl":
        return jsonl_rows(name, encoding="utf-8")
    raise ReadError(f"{name}: expected a .parquet or .jsonl file of results")


def _columns(name: str) -> list[str]:
    import pyarrow
    from pyarrow import parquet

    try:
        names: list[str] = parquet.read_schema(name).names
    except (pyarrow.ArrowException, OSError):
        return []  # Not Parquet: ``parquet_rows`` says so.
    return names
