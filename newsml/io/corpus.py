"""Many articles from tables, folders and lists of them, one at a time.

Owns the walk over files and rows, their numbers, duplicates, and what happens to rows that are no article. Knows
nothing of what the articles are for. ``entries`` is the walk, with its bad rows; ``read_corpus`` is the articles of it.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from newsml.article import Article
from newsml.errors import ArticleError, FileMissingError, NewsmlError, ReadError
from newsml.io.compressed import refuse_packed_parquet, suffix_of
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a corpus.

    Attributes:
        where: File and row, for messages.
        number: From 1: the row, the header not counted; the line in JSONL; the file's place in a folder.
        found: The article, or why the row is none.
    """

    where: str
    number: int
    found: Article | NewsmlError


@dataclass(frozen=True, slots=True)
class _Reading:
    """How one call reads."""

    sources: Mapping[str, str]
    encoding: str
    language: str | None


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
    list of objects, read whole), text files, each also with ``.gz`` or ``.zst`` behind (except Parquet), and folders:
    every file of these kinds within, in the order of their paths, without hidden ones; other kinds are passed over,
    except HTML, which is refused.

    Args:
        path_or_paths: A file or folder, or several; or patterns such as ``"2024-*.jsonl.gz"`` or ``"news/**/*.txt"``,
            whose files are read in the order of their paths.
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
    if duplicates not in ("keep", "error", "skip"):
        raise ReadError(f"duplicates={duplicates!r}: expected 'keep', 'error' or 'skip'")
    found = entries(path_or_paths, columns=columns, encoding=encoding, language=language)
    return _articles(found, duplicates, on_error)


def entries(
    path_or_paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    language: str | None = None,
) -> Iterator[Entry]:
    """Walk over every row of a corpus, also those that are no article, one at a time and always in the same order.

    Args:
        path_or_paths: As in ``read_corpus``.
        columns: As in ``read_corpus``.
        encoding: As in ``read_corpus``.
        language: As in ``read_corpus``.

    Returns:
        An iterator over the rows. Missing paths and misspelt fields raise at once, the rest when it is met.

    Raises:
        FileMissingError: A path does not exist, or a pattern matches nothing.
        ReadError: A fault of a whole file; no row at all.
    """
    paths = [path_or_paths] if isinstance(path_or_paths, str | os.PathLike) else list(path_or_paths)
    if not paths:
        raise ReadError("no file or folder given to read a corpus from")
    check_encoding(encoding)
    names = [name for path in paths for name in _named(os.fspath(path))]
    return _entries(names, _Reading(resolve_columns(columns), encoding, language))


def _named(name: str) -> list[str]:
    """The path itself, or those that match it where it is a pattern and no path."""
    if not glob.has_magic(name) or Path(name).exists():
        check_path(name)
        return [name]
    found = sorted(glob.glob(name, recursive=True))  # noqa: PTH207  # A path's own cannot take an absolute pattern.
    if "**" in name:  # It matches folders and the files in them.
        found = [path for path in found if not Path(path).is_dir()]
    if not found:
        raise FileMissingError(f"{name}: no file matches this pattern")
    return found


def _entries(names: list[str], reading: _Reading) -> Iterator[Entry]:
    met = False
    for name in names:
        if Path(name).is_dir():
            files = _files(name)
            if not files:
                raise ReadError(f"{name}: a folder without {', '.join((*TEXT_SUFFIXES, *_TABLES))} files")
        else:
            files = [name]
        for number, file in enumerate(files, 1):
            for entry in _of_file(file, number, reading):
                met = True
                yield entry
    if not met:
        raise ReadError(f"{', '.join(names)}: no article in it")


def _articles(found: Iterable[Entry], duplicates: Duplicates, on_error: OnError | None) -> Iterator[Article]:
    places: dict[str, str] = {}
    for entry in found:
        article: Article | NewsmlError | None = entry.found
        if isinstance(article, Article) and duplicates != "keep":
            article = _unless_met(entry, article, places, duplicates)
        if isinstance(article, Article):
            yield article
        elif article is not None and on_error is None:
            raise article
        elif article is not None and on_error is not None:
            on_error(entry.number, article)


def _unless_met(
    entry: Entry, article: Article, places: dict[str, str], duplicates: Duplicates
) -> Article | NewsmlError | None:
    """The article; where its id was met before an error, or nothing."""
    first = places.setdefault(article.id, entry.where)
    if first == entry.where:
        return article
    if duplicates == "skip":
        return None
    return ReadError(
        f"{entry.where}: the id {article.id!r} was met before, at {first}; make ids unique, or pass "
        "duplicates='skip' or 'keep'"
    )


def _files(folder: str) -> list[str]:
    """The files of the kinds we read below a folder, by path; hidden files and folders left out."""
    known = (*TEXT_SUFFIXES, *_TABLES, *HTML_SUFFIXES)
    found = []
    for place, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in files if not name.startswith(".") and suffix_of(name) in known]
    return [os.fspath(path) for path in sorted(found)]


def _refuse(error: OSError) -> None:
    raise ReadError(f"{error.filename}: a folder that cannot be read ({error.strerror})") from error


def _of_file(name: str, number: int, reading: _Reading) -> Iterator[Entry]:
    kind = _TABLES.get(suffix_of(name))
    if kind is None:
        try:
            yield Entry(name, number, read(name, encoding=reading.encoding, language=reading.language))
        except (ReadError, ArticleError) as error:
            yield Entry(name, number, error)
        return
    unseen = {column: name for name, column in reading.sources.items() if column != name and name != "text"}
    for row in _rows(name, kind, reading):
        if isinstance(row.record, NewsmlError):
            yield Entry(row.where, row.number, row.record)
            continue
        for column in unseen.keys() & row.record.keys():
            del unseen[column]
        try:
            article = to_article(row.record, reading.sources, where=row.where, language=reading.language)
        except (ReadError, ArticleError) as error:
            yield Entry(row.where, row.number, error)
        else:
            yield Entry(row.where, row.number, article)
    for column, field_name in unseen.items():
        raise ReadError(f"{name}: no row has the column {column!r} that {field_name} was to be read from")


def _rows(name: str, kind: str, reading: _Reading) -> Iterator[Row]:
    if kind == "jsonl":
        return jsonl_rows(name, encoding=reading.encoding)
    if kind == "parquet":
        refuse_packed_parquet(name)
        return parquet_rows(name, reading.sources)
    if kind in ("csv", "tsv"):
        return csv_rows(name, reading.sources, encoding=reading.encoding, separator="\t" if kind == "tsv" else ",")
    records = json_records(decode(read_bytes(name), name=name, encoding=reading.encoding), name=name)
    return (Row(number, f"{name}, entry {number}", record) for number, record in enumerate(records, 1))
