"""Many articles from tables, folders and lists of them, one at a time.

Owns the walk over files and rows, their numbers, duplicates, and what happens to rows that are no article. Knows
nothing of what the articles are for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from newsml.article import Article
from newsml.errors import ArticleError, NewsmlError, ReadError
from newsml.io.decode import check_encoding, decode
from newsml.io.read import HTML_SUFFIXES, check_path, json_records, read, read_bytes
from newsml.io.record import resolve_columns, to_article
from newsml.io.tables import Row, csv_rows, jsonl_rows, parquet_rows

TEXT_SUFFIXES = (".txt", ".text", ".md")
_TABLES: dict[str, Literal["jsonl", "csv", "tsv", "parquet", "json"]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".json": "json",
}

Duplicates = Literal["keep", "error", "skip"]
OnError = Callable[[int, NewsmlError], None]


@dataclass(slots=True)
class _Reading:
    """How one call of ``read_corpus`` reads, and what it has met so far."""

    sources: Mapping[str, str]
    encoding: str
    language: str | None
    on_error: OnError | None
    duplicates: Duplicates
    places: dict[str, str] = field(default_factory=dict)
    met: int = 0

    def fault(self, number: int, error: NewsmlError) -> None:
        self.met += 1
        if self.on_error is None:
            raise error
        self.on_error(number, error)


def read_corpus(
    path_or_paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    language: str | None = None,
    duplicates: Duplicates = "keep",
    on_error: OnError | None = None,
) -> Iterator[Article]:
    """Read articles one at a time, holding a constant number of them in memory.

    Read are ``.jsonl`` (an object a line), ``.csv`` and ``.tsv`` (first row: column names), ``.parquet``, ``.json`` (a
    list of objects, read whole), text files, and folders: every file of these kinds within, in the order of their
    paths, without hidden ones; other kinds are passed over, except HTML, which is refused.

    Args:
        path_or_paths: A file or folder, or several.
        columns: Our field name to their column name, such as ``{"text": "body", "title": "headline"}``; other fields
            are read from the columns of the same name, other columns are ignored. Nothing is guessed.
        encoding: Encoding of text, JSON and CSV files.
        language: BCP 47 code of all articles, which overrules their own.
        duplicates: What to do with an article whose id was met before (without an id column: the same title and
            text). ``"keep"`` yields it, so that there is one article a row and memory stays constant; ``"error"``
            raises a ReadError that names both places; ``"skip"`` passes over it. The last two remember every id.
        on_error: Called with the number of a row that is no article (from 1, the header not counted; the line in
            JSONL; the file's place in a folder) and the error; the row is then passed over. None raises instead. A
            fault of a whole table (format, encoding, missing column) always raises.

    Returns:
        An iterator over the articles. Missing paths and misspelt fields raise at once, the rest when it is met.

    Raises:
        FileMissingError: A path does not exist.
        ReadError: A path, row or column that cannot be read; no article at all.
        ArticleError: A row whose text is no article.
    """
    paths = [path_or_paths] if isinstance(path_or_paths, str | os.PathLike) else list(path_or_paths)
    names = [os.fspath(path) for path in paths]
    if not names:
        raise ReadError("no file or folder given to read a corpus from")
    if duplicates not in ("keep", "error", "skip"):
        raise ReadError(f"duplicates={duplicates!r}: expected 'keep', 'error' or 'skip'")
    check_encoding(encoding)
    for name in names:
        check_path(name)
    return _articles(names, _Reading(resolve_columns(columns), encoding, language, on_error, duplicates))


def _articles(names: list[str], reading: _Reading) -> Iterator[Article]:
    for name in names:
        if Path(name).is_dir():
            files = _files(name)
            if not files:
                raise ReadError(f"{name}: a folder without {', '.join((*TEXT_SUFFIXES, *_TABLES))} files")
        else:
            files = [name]
        for number, file in enumerate(files, 1):
            yield from _unrepeated(_of_file(file, number, reading), reading)
    if not reading.met:
        raise ReadError(f"{', '.join(names)}: no article in it")


def _files(folder: str) -> list[str]:
    """The files of the kinds we read below a folder, by path; hidden files and folders left out."""
    known = (*TEXT_SUFFIXES, *_TABLES, *HTML_SUFFIXES)
    found = []
    for place, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(place, name) for name in files if not name.startswith(".") and Path(name).suffix.lower() in known
        ]
    return [os.fspath(path) for path in sorted(found)]


def _refuse(error: OSError) -> None:
    raise ReadError(f"{error.filename}: a folder that cannot be read ({error.strerror})") from error


def _of_file(name: str, number: int, reading: _Reading) -> Iterator[tuple[str, int, Article]]:
    """The articles of one file with their place in words and their number."""
    kind = _TABLES.get(Path(name).suffix.lower())
    if kind is None:
        try:
            yield name, number, read(name, encoding=reading.encoding, language=reading.language)
        except (ReadError, ArticleError) as error:
            reading.fault(number, error)
        return
    unseen = {column: name for name, column in reading.sources.items() if column != name and name != "text"}
    for row in _rows(name, kind, reading):
        if isinstance(row.record, NewsmlError):
            reading.fault(row.number, row.record)
            continue
        for column in unseen.keys() & row.record.keys():
            del unseen[column]
        try:
            article = to_article(row.record, reading.sources, where=row.where, language=reading.language)
        except (ReadError, ArticleError) as error:
            reading.fault(row.number, error)
        else:
            yield row.where, row.number, article
    for column, field_name in unseen.items():
        raise ReadError(f"{name}: no row has the column {column!r} that {field_name} was to be read from")


def _rows(name: str, kind: str, reading: _Reading) -> Iterator[Row]:
    if kind == "jsonl":
        return jsonl_rows(name, encoding=reading.encoding)
    if kind == "parquet":
        return parquet_rows(name, reading.sources)
    if kind in ("csv", "tsv"):
        return csv_rows(name, reading.sources, encoding=reading.encoding, separator="\t" if kind == "tsv" else ",")
    records = json_records(decode(read_bytes(name), name=name, encoding=reading.encoding), name=name)
    return (Row(number, f"{name}, entry {number}", record) for number, record in enumerate(records, 1))


def _unrepeated(found: Iterable[tuple[str, int, Article]], reading: _Reading) -> Iterator[Article]:
    for where, number, article in found:
        reading.met += 1
        if reading.duplicates != "keep":
            first = reading.places.setdefault(article.id, where)
            if first != where:
                if reading.duplicates == "error":
                    reading.fault(
                        number,
                        ReadError(
                            f"{where}: the id {article.id!r} was met before, at {first}; make ids unique, or pass "
                            "duplicates='skip' or 'keep'"
                        ),
                    )
                continue
        yield article
