"""Rows of JSONL, CSV and Parquet files, with their numbers, a constant number of them in memory.

Owns the formats. Knows nothing of articles, but for the columns that are to be read.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsml.article import MAX_CHARACTERS
from newsml.errors import NewsmlError, ReadError
from newsml.io.compressed import is_compressed, open_bytes, why
from newsml.io.decode import HEAD_BYTES, check_head
from newsml.io.record import check_columns

if TYPE_CHECKING:
    import pyarrow

LONGEST_ROW = 16 * MAX_CHARACTERS
"""Longest row, in characters of JSONL and bytes of CSV."""

_ROWS_AT_ONCE = 64
_UNDECODED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        number: 1 for the first row (CSV, Parquet; the header is not counted) or line (JSONL).
        where: File and number, for messages.
        record: Column names to values, or what is wrong with the row.
    """

    number: int
    where: str
    record: Mapping[str, Any] | NewsmlError


def jsonl_rows(name: str, *, encoding: str) -> Iterator[Row]:
    """Read a file of one JSON object a line; blank lines are passed over.

    Raises:
        ReadError: The file cannot be read, or not in this encoding.
    """
    _check_file(name, encoding=encoding)
    try:
        # surrogateescape lets the line be named on which a byte is not of this encoding.
        with io.TextIOWrapper(open_bytes(name), encoding, errors="surrogateescape", newline="\n") as lines:
            number = 0
            while line := lines.readline(LONGEST_ROW + 1):
                number += 1
                where = f"{name}, line {number}"
                if len(line) > LONGEST_ROW:
                    raise ReadError(f"{where}: over {LONGEST_ROW:,} characters; expected one JSON object a line")
                if number == 1:
                    line = line.removeprefix("\ufeff")
                if line.strip():
                    yield Row(number, where, _json_object(line, where, encoding))
    except UnicodeDecodeError as error:
        raise ReadError(f"{name}: not {encoding} after line {number} ({error.reason}); pass its encoding") from error
    except OSError as error:
        raise ReadError(f"{name}: cannot be read ({why(error)})") from error


def csv_rows(name: str, sources: Mapping[str, str], *, encoding: str, separator: str) -> Iterator[Row]:
    """Read a CSV file whose first row names the columns.

    Unquoted ``NaN``, ``NULL``, ``NA`` and nothing at all are missing values; everything else is a string.

    Raises:
        ReadError: The file cannot be read, is not CSV, or lacks a column.
    """
    import pyarrow
    from pyarrow import csv

    wrong: dict[int, str] = {}

    def note(row: Any) -> str:
        wrong[row.number - 1] = f"{row.actual_columns} values, expected {row.expected_columns}"
        return "skip"

    _check_file(name, encoding=encoding)
    reading = csv.ReadOptions(use_threads=False, block_size=LONGEST_ROW, encoding=encoding)
    parsing = csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=note)
    try:
        with csv.open_csv(_csv_source(name), reading, parsing) as table:
            there = table.schema.names
        used = _used(there, sources, name)
        wrong.clear()
        # As bytes, so that the row can be named that is not of this encoding; as no other type, so that 1984 stays.
        converting = csv.ConvertOptions(
            include_columns=used,
            column_types=dict.fromkeys(used, pyarrow.binary()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )
        with csv.open_csv(_csv_source(name), reading, parsing, converting) as table:
            yield from _csv_rows(table, name, wrong)
    except pyarrow.ArrowInvalid as error:
        raise ReadError(f"{name}: not CSV that can be read ({_one_line(error)})") from error
    except UnicodeDecodeError as error:
        raise ReadError(f"{name}: not {encoding} ({error.reason}); pass the encoding it was written in") from error
    except OSError as error:
        raise ReadError(f"{name}: cannot be read ({why(error)})") from error


def _csv_source(name: str) -> Any:
    return open_bytes(name) if is_compressed(name) else name


def parquet_rows(name: str, sources: Mapping[str, str]) -> Iterator[Row]:
    """Read a Parquet file.

    Raises:
        ReadError: The file cannot be read, is not Parquet, or lacks a column.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(name, pre_buffer=False) as file:
            used = _used(file.schema_arrow.names, sources, name)
            number = 0
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=used, use_threads=False):
                for record in batch.to_pylist():
                    number += 1
                    yield Row(number, f"{name}, row {number}", record)
    except (pyarrow.ArrowException, OSError) as error:
        raise ReadError(f"{name}: not Parquet that can be read ({_one_line(error)})") from error


def _json_object(line: str, where: str, encoding: str) -> Mapping[str, Any] | NewsmlError:
    undecoded = _UNDECODED.search(line)
    if undecoded:
        return ReadError(
            f"{where}: not {encoding} at character {undecoded.start() + 1} (0x{ord(undecoded[0]) - 0xDC00:02x}); "
            "pass the encoding the file was written in"
        )
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return ReadError(f"{where}: not JSON ({error})")
    if not isinstance(value, dict):
        return ReadError(f"{where}: expected a JSON object, got a {type(value).__name__}")
    return value


def _csv_rows(table: pyarrow.csv.CSVStreamingReader, name: str, wrong: Mapping[int, str]) -> Iterator[Row]:
    number = 0
    for batch in table:
        for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
            for values in batch.slice(start, _ROWS_AT_ONCE).to_pylist():
                number += 1
                while number in wrong:
                    yield Row(number, *_ragged(name, number, wrong[number]))
                    number += 1
                yield Row(number, f"{name}, row {number}", _decoded(values, f"{name}, row {number}"))
    for late in sorted(one for one in wrong if one > number):
        yield Row(late, *_ragged(name, late, wrong[late]))


def _ragged(name: str, number: int, what: str) -> tuple[str, ReadError]:
    where = f"{name}, row {number}"
    return where, ReadError(f"{where}: {what}; a text that holds the separator must be quoted")


def _decoded(values: Mapping[str, bytes | None], where: str) -> Mapping[str, Any] | NewsmlError:
    try:
        return {column: None if value is None else value.decode("utf-8") for column, value in values.items()}
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        return ReadError(f"{where}: not UTF-8 (byte 0x{byte:02x}); pass the encoding, such as encoding='cp1252'")


def _used(there: Sequence[str], sources: Mapping[str, str], name: str) -> list[str]:
    """The columns to read, each once; all that are asked for must be there."""
    check_columns(there, sources, where=name)
    used = list(dict.fromkeys(column for column in sources.values() if column in there))
    for column in used:
        if there.count(column) > 1:
            raise ReadError(f"{name}: {there.count(column)} columns are named {column!r}; rename all but one")
    return used


def _check_file(name: str, *, encoding: str) -> None:
    """Check that a file can be opened, holds something, and starts like text in this encoding."""
    try:
        with open_bytes(name) as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise ReadError(f"{name}: cannot be read ({why(error)})") from error
    if not head.strip():
        raise ReadError(f"{name}: the file is empty, expected a table of articles")
    check_head(head, name=name, encoding=encoding)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
