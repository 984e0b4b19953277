"""One article from one file, or from a piece of text.

Owns what a text file and a JSON file mean, and what is refused before it is read. Knows nothing of corpora.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from newsml.article import MAX_CHARACTERS, Article, require_words
from newsml.errors import ArticleError, FileMissingError, ReadError, suggest
from newsml.io.compressed import is_compressed, open_bytes, suffix_of, why
from newsml.io.decode import check_not_html, decode
from newsml.io.record import resolve_columns, to_article

MAX_BYTES = 4 * MAX_CHARACTERS
"""Largest file read as one article: no character takes more than four bytes of UTF-8."""

LONGEST_TITLE = 300
"""A first line of more characters than this is a paragraph, not a title."""

CORPUS_SUFFIXES = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
HTML_SUFFIXES = (".html", ".htm", ".xhtml")

_TITLE_LINE = re.compile(r"(?P<title>[^\r\n]+)(?:\r\n|\r|\n)[^\S\r\n]*(?:\r\n|\r|\n)")
_BLANK_LINES = re.compile(r"(?:[^\S\r\n]*(?:\r\n|\r|\n))+")


def read(
    path: str | os.PathLike[str],
    *,
    encoding: str = "utf-8",
    title: str | None = None,
    language: str | None = None,
) -> Article:
    """Read one article from a file.

    A ``.json`` file holds an object with ``text`` and optionally the other fields of an Article (or a list of one such
    object). Any other file is text: a first line of at most ``LONGEST_TITLE`` characters that a blank line follows is
    the title, and what follows is the text, kept to the character; without such a line all of it is the text.

    Args:
        path: The file.
        encoding: Its encoding; a byte order mark is dropped.
        title: The title, where the file's own is not wanted; no line is then taken out of a text file. ``""`` gives
            an article without a title.
        language: BCP 47 code of its language, which overrules the file's own; None lets the models find out.

    Returns:
        The article. Its id follows from title and text unless a JSON file gives one.

    Raises:
        FileMissingError: There is no such file; near names are offered.
        ReadError: A folder, a table, HTML, a binary file, too large, another encoding, or not the JSON expected.
        ArticleError: Readable, but no article: empty, only a title, too long.
    """
    name = os.fspath(path)
    suffix = suffix_of(name)
    if suffix in HTML_SUFFIXES and Path(name).is_file():
        raise ReadError(f"{name}: HTML is not read yet; extract the text of the article first")
    if suffix in CORPUS_SUFFIXES and Path(name).is_file():
        raise ReadError(f"{name}: a {suffix} file holds many articles; read it with newsml.read_corpus({name!r})")
    content = decode(read_bytes(name, limit=MAX_BYTES), name=name, encoding=encoding)
    if suffix == ".json":
        records = json_records(content, name=name)
        if len(records) != 1:
            raise ReadError(
                f"{name}: a list of {len(records)} articles, expected one; read it with newsml.read_corpus({name!r})"
            )
        record = records[0] if title is None else {**records[0], "title": title}
        return to_article(record, resolve_columns(None), where=name, language=language)
    return read_text(content, name=name, title=title, language=language)


def read_text(
    content: str | bytes,
    *,
    encoding: str = "utf-8",
    title: str | None = None,
    language: str | None = None,
    name: str = "standard input",
) -> Article:
    """Make an article of text that is already in memory, by the rules of a text file (see ``read``).

    Args:
        content: The text; bytes are decoded first.
        encoding: Encoding of bytes.
        title: As in ``read``.
        language: As in ``read``.
        name: What messages call the text.

    Raises:
        ReadError: Bytes that are not text in this encoding, or HTML.
        ArticleError: Text that is no article: empty, only a title, too long.
    """
    text = decode(content, name=name, encoding=encoding) if isinstance(content, bytes) else content
    text = text.removeprefix("\ufeff")
    check_not_html(text, name=name)
    text = _without_blank_lines(text)
    if title is None:
        title, text = _title_and_text(text)
    try:
        return require_words(Article(text=text, title=title, language=language))
    except ArticleError as error:
        raise ArticleError(f"{name}: {error}") from error


def read_bytes(name: str, *, limit: int | None = None) -> bytes:
    """The bytes of a file that exists, may be read and is not too large.

    Args:
        name: Its path.
        limit: Most bytes to accept; a larger file is refused before it is read.

    Raises:
        FileMissingError: It does not exist.
        ReadError: It is a folder, may not be read, or is too large.
    """
    check_path(name)
    path = Path(name)
    if path.is_dir():
        raise ReadError(f"{name}: a folder, expected a file; read it with newsml.read_corpus({name!r})")
    try:
        size = 0 if is_compressed(name) else path.stat().st_size
        if limit is None or size <= limit:
            with open_bytes(name) as file:
                data = file.read() if limit is None else file.read(limit + 1)
                size = len(data)
    except OSError as error:
        raise ReadError(f"{name}: cannot be read ({why(error)})") from error
    if limit is not None and size > limit:
        raise ReadError(
            f"{name}: {size:,} bytes or more, at most {limit:,} make one article; split it into its articles first "
            "(a .jsonl of them is read by newsml.read_corpus)"
        )
    return data


def check_path(name: str) -> None:
    """Check that a path exists.

    Raises:
        FileMissingError: It does not; offers near names in the same folder.
        ReadError: No path at all.
    """
    if not name or "\0" in name:
        raise ReadError(f"{name!r}: not a path")
    path = Path(name)
    try:
        if path.exists():
            return
        folder = path.parent
        siblings = [entry.name for entry in folder.iterdir()] if folder.is_dir() else None
    except OSError as error:
        raise ReadError(f"{name:.80}: cannot be read ({error.strerror or error})") from error
    if siblings is None:
        raise FileMissingError(f"{name}: no such file; there is no folder {os.fspath(folder)!r} either")
    raise FileMissingError(f"{name}: no such file or folder{suggest(path.name, siblings)}")


def json_records(content: str, *, name: str) -> list[dict[str, Any]]:
    """The objects of a JSON text: one object, or a list of them.

    Raises:
        ReadError: Not JSON, or not an object or a list of objects.
    """
    try:
        value = json.loads(content)
    except json.JSONDecodeError as error:
        hint = "; one object a line is JSONL: name it .jsonl" if error.msg == "Extra data" else ""
        raise ReadError(f"{name}: not JSON at line {error.lineno}, column {error.colno}: {error.msg}{hint}") from error
    except (ValueError, RecursionError) as error:
        raise ReadError(f"{name}: JSON that cannot be read ({error})") from error
    records = value if isinstance(value, list) else [value]
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            what = f"entry {number} is" if isinstance(value, list) else "it holds"
            raise ReadError(f"{name}: expected a JSON object with a text, but {what} a {type(record).__name__}")
    return records


def _without_blank_lines(text: str) -> str:
    """The text from its first line that is not blank."""
    blank = _BLANK_LINES.match(text)
    return text[blank.end() :] if blank else text


def _title_and_text(text: str) -> tuple[str, str]:
    line = _TITLE_LINE.match(text)
    if not line or len(line["title"].strip()) > LONGEST_TITLE:
        return "", text
    return line["title"].strip(), _without_blank_lines(text[line.end() :])
