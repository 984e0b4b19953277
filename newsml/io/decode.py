"""Bytes to text, or a clear word on why they are none.

Owns encodings and the signatures of files that are not text. Knows nothing of articles or paths: callers pass the
name that messages show.
"""

from __future__ import annotations

import codecs

from newsml.errors import ReadError, suggest

HEAD_BYTES = 4096
"""So many first bytes tell what a file is."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive (also the form of .docx, .xlsx, .odt and .epub)"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"BZh91AY", "bzip2-compressed data"),
    (b"\xfd7zXZ", "xz-compressed data"),
    (b"\x28\xb5\x2f\xfd", "zstandard-compressed data"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office file"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet file; name it .parquet and read it with read_corpus"),
    (b"\x7fELF", "a program"),
)
_HTML_STARTS = ("<!doctype html", "<html", "<?xml")
_COMMON_ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "ascii", "cp1251")


def decode(data: bytes, *, name: str, encoding: str = "utf-8") -> str:
    """Decode the bytes of a text file; a byte order mark at its start is dropped.

    Args:
        data: The whole file.
        name: What messages call it.
        encoding: Any text encoding that Python knows.

    Raises:
        ReadError: Not text, or not in that encoding; says at which byte, what it looks like and what to pass.
    """
    check_head(data, name=name, encoding=encoding)
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ReadError(f"{name}: {_not_decodable(error, encoding)}") from error
    if "\0" in text:
        raise ReadError(f"{name}: NUL character at offset {text.index(chr(0))}: binary data, expected text")
    return text


def check_head(data: bytes, *, name: str, encoding: str = "utf-8") -> None:
    """Look at the first bytes of a file and refuse what cannot be text in this encoding.

    Raises:
        ReadError: An unknown encoding, a file format that is not text, or text in UTF-16 or UTF-32 not asked for.
    """
    check_encoding(encoding)
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            raise ReadError(f"{name}: looks like {what}; expected text: extract the text first")
    head = data[:HEAD_BYTES]
    if b"\0" not in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return
    if not codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
        wide = _wide_encoding(head)
        if wide:
            raise ReadError(
                f"{name}: looks like {wide.upper()}, not {encoding}; pass encoding={wide!r} (--encoding {wide})"
            )
        if head.startswith(b"MZ"):
            raise ReadError(f"{name}: looks like a Windows program; expected text")
        raise ReadError(f"{name}: NUL byte at byte {head.index(0)}: binary data, expected text")


def check_encoding(encoding: str) -> None:
    """Refuse an encoding that Python does not know, or that is not one of text.

    Raises:
        ReadError: With near names.
    """
    try:
        "".encode(encoding)
    except (LookupError, ValueError) as error:
        near = suggest(encoding, _COMMON_ENCODINGS)
        raise ReadError(f"unknown encoding {encoding!r}; expected one such as 'utf-8' or 'cp1252'{near}") from error


def check_not_html(text: str, *, name: str) -> None:
    """Refuse HTML and XML, whose tags are no sentences.

    Raises:
        ReadError: The text starts like HTML or XML.
    """
    if text[:200].lstrip().lower().startswith(_HTML_STARTS):
        raise ReadError(f"{name}: HTML or XML, which is not read yet; extract the text of the article first")


def _wide_encoding(head: bytes) -> str | None:
    """UTF-32 or UTF-16 by byte order mark; UTF-16 by NULs in every other place, as Latin script has them."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    half = len(head) // 2
    low, high = head[0::2].count(0), head[1::2].count(0)
    if half >= 2 and high > 0.6 * half and low < 0.1 * half:
        return "utf-16-le"
    if half >= 2 and low > 0.6 * half and high < 0.1 * half:
        return "utf-16-be"
    return None


def _not_decodable(error: UnicodeDecodeError, encoding: str) -> str:
    at = f"not {encoding} at byte {error.start}"
    if error.start >= len(error.object) - 3 and "end of data" in error.reason:
        return f"{at}: it ends in the middle of a character; the file seems to be cut off, get it again"
    byte = error.object[error.start]
    if codecs.lookup(encoding).name != "utf-8":
        return f"{at} (0x{byte:02x}); pass the encoding the file was written in"
    # 0x80 to 0x9f are control characters in Latin-1 but quotation marks and dashes in Windows-1252.
    guess = "cp1252" if any(0x80 <= one <= 0x9F for one in error.object) else "latin-1"
    return f"{at} (0x{byte:02x}); it looks like {guess}: pass encoding={guess!r} (--encoding {guess})"
