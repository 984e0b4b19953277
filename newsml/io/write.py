"""Results to files: JSON Lines, or Parquet.

Owns the files: whole or not there at all. Knows nothing of what the results say.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from newsml.errors import WriteError
from newsml.io.plain import columns_of
from newsml.results import Analysis, Result

PART = ".part"
"""How the names of unfinished files end; they begin with a dot."""

_HALVES = re.compile("[\ud800-\udfff]")


def write_jsonl(path: str | os.PathLike[str], results: Iterable[Result | Analysis]) -> int:
    """Write results, one JSON object a line, in UTF-8.

    A temporary file beside it takes the lines and replaces the file once all are written: whatever goes wrong, also
    in the iterable, there is never a file that looks whole and is not.

    Args:
        path: The file; one that is there is replaced.
        results: Read one at a time.

    Returns:
        How many were written.

    Raises:
        WriteError: The folder is missing or not writable, or the disk is full.
    """
    name = os.fspath(path)
    target = Path(os.path.realpath(name))  # The file a link points to is replaced, not the link.
    if target.is_dir():
        raise WriteError(f"{name}: a folder, expected a file to write to")
    # What is no regular file (a pipe, /dev/stdout) cannot be replaced, only written to.
    direct = target.exists() and not target.is_file()
    part = target if direct else target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    count = 0
    with _errors_named(name):
        file = part.open("wb")
    try:
        for result in results:  # Outside ``_errors_named``: the errors of the iterable are its own.
            line = _line(result)
            with _errors_named(name):
                file.write(line)
            count += 1
        with _errors_named(name):
            file.close()
            if not direct:
                part.replace(target)
    finally:
        with _errors_named(name):
            file.close()
            if not direct:
                part.unlink(missing_ok=True)
    return count


def write_results(path: str | os.PathLike[str], results: Sequence[Result], kind: type[Result]) -> None:
    """Write the results of one task, whole and kept safe from a power cut (see ``replacing``).

    Args:
        path: A ``.jsonl`` file (an object a line) or a ``.parquet`` file (zstd; the columns are ``columns_of(kind)``).
        results: Any number of them, also none. Half surrogate pairs are escaped in JSONL; Parquet, which holds UTF-8
            only, has U+FFFD in their place, so that offsets stay true.
        kind: Their type.

    Raises:
        WriteError: Another suffix; the folder is missing or not writable, or the disk is full.
    """
    target = Path(path)
    if target.suffix not in (".jsonl", ".parquet"):
        raise WriteError(f"{target}: expected a name that ends in .jsonl or .parquet")
    if target.suffix == ".jsonl":
        with replacing(target) as part:
            part.write_bytes(b"".join(map(_line, results)))
        return
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.Table.from_pylist([_row(result) for result in results], schema=columns_of(kind))
    with replacing(target) as part:
        parquet.write_table(table, part, compression="zstd")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place to write a file to, which takes the place of ``path`` once all is on the disk; on an error nothing does.

    Raises:
        WriteError: It cannot be written.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
    with _errors_named(os.fspath(path)):
        try:
            yield part
            _sync(part)
            part.replace(path)
            _sync(path.parent)
        finally:
            part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if os.name == "nt" and path.is_dir():  # Windows has no such call for folders.
        return
    file = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _row(result: Result) -> dict[str, Any]:
    plain = result.to_dict()
    try:
        json.dumps(plain, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        plain = _valid(plain)
    return {
        name: list(value.items()) if isinstance(value, dict) and name == "scores" else value
        for name, value in plain.items()
    }


def _valid(value: Any) -> Any:
    """The value with U+FFFD for every half of a surrogate pair."""
    if isinstance(value, str):
        return _HALVES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_valid(key): _valid(item) for key, item in value.items()}
    return [_valid(item) for item in value] if isinstance(value, list) else value


def _line(result: Result | Analysis) -> bytes:
    plain = result.to_dict()
    try:
        return json.dumps(plain, ensure_ascii=False).encode("utf-8") + b"\n"
    except UnicodeEncodeError:  # Half of a surrogate pair, which JSON can only say escaped.
        return json.dumps(plain).encode("ascii") + b"\n"


@contextmanager
def _errors_named(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WriteError(f"{name}: cannot be written ({error.strerror or error})") from error
