"""Files that may be compressed: what their name says they hold, and their bytes.

Owns which compressions are read. Knows nothing of what the bytes mean.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from newsml.errors import ReadError

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
"""Suffixes behind the usual one, as in ``corpus.jsonl.gz``, and what the file is compressed with."""


def suffix_of(name: str) -> str:
    """The suffix that says what a file holds, in lower case: ``".csv"`` of ``"a.csv"`` and of ``"a.CSV.gz"``."""
    path = Path(name)
    return Path(path.stem if path.suffix.lower() in COMPRESSIONS else name).suffix.lower()


def is_compressed(name: str) -> bool:
    """Whether the name says that the file is compressed."""
    return Path(name).suffix.lower() in COMPRESSIONS


def open_bytes(name: str) -> IO[bytes]:
    """Open a file for reading, unpacked on the way where its name says that it is compressed.

    Several compressed parts one after the other, as tools that append write them, are read as one.

    Raises:
        OSError: It cannot be opened; also later, where the compressed data are damaged or cut off.
    """
    if not is_compressed(name):
        return open(name, "rb")
    import pyarrow

    stream: Any = pyarrow.CompressedInputStream(pyarrow.OSFile(name), COMPRESSIONS[Path(name).suffix.lower()])
    return stream  # type: ignore[no-any-return]


def why(error: OSError) -> str:
    """The reason in an error of reading, on one line: the system's words, else those of the unpacking library."""
    return " ".join((error.strerror or str(error)).split())[:200]


def refuse_packed_parquet(name: str) -> None:
    """Parquet is compressed inside and read from its end; a packed one cannot be.

    Raises:
        ReadError: The file is a Parquet file that was compressed as a whole.
    """
    if is_compressed(name) and suffix_of(name) == ".parquet":
        raise ReadError(f"{name}: Parquet is compressed inside; unpack the file first")
