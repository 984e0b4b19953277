"""Results to a file of one JSON object a line.

Owns the file: whole or not there at all. Knows nothing of what the results say.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from newsml.errors import WriteError
from newsml.results import Analysis, Result


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
