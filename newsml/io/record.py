"""One record (a JSON object, a table row) to one Article.

Owns which columns fill which fields and what their values may be. Knows nothing of files or formats.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from newsml.article import Article, require_words
from newsml.errors import ArticleError, ReadError, suggest

FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Article))
"""The fields of an Article that a record may fill."""


def resolve_columns(columns: Mapping[str, str] | None) -> dict[str, str]:
    """The column each field is read from: the one mapped, else the one of the same name.

    Args:
        columns: Our field name to their column name, such as ``{"text": "body", "title": "headline"}``.

    Raises:
        ReadError: A key is no field of an Article.
    """
    for name in columns or {}:
        if name not in FIELDS:
            raise ReadError(
                f"columns: no field {name!r} in an article; the fields are {', '.join(FIELDS)} "
                f"(write field: column){suggest(name, FIELDS)}"
            )
    return {name: (columns or {}).get(name, name) for name in FIELDS}


def check_columns(there: Collection[str], sources: Mapping[str, str], *, where: str) -> None:
    """Check that a table, or the first record of one, has the columns it is to be read from.

    Args:
        there: The columns there are.
        sources: What ``resolve_columns`` returned.
        where: What messages call the file.

    Raises:
        ReadError: The text column or a mapped column is missing; names the columns there are, and the near one.
    """
    for name, column in sources.items():
        if column in there or (name == column and name != "text"):
            continue
        known = ", ".join(repr(one) for one in list(there)[:20]) or "none"
        hint = f"; it looks separated by {_separator(there)!r}, expected commas" if _separator(there) else ""
        mapping = f"map yours with columns={{{name!r}: '…'}}"
        raise ReadError(
            f"{where}: no column {column!r} to read {name} from; the columns are {known}"
            f"{suggest(column, there)}{hint}; {mapping}"
        )


def to_article(
    record: Mapping[str, Any], sources: Mapping[str, str], *, where: str, language: str | None = None
) -> Article:
    """Make an Article of a record; columns that no field is read from are ignored.

    Args:
        record: Column names to values.
        sources: What ``resolve_columns`` returned.
        where: File and row, for messages.
        language: Language code that overrules the record's.

    Raises:
        ReadError: A value of the wrong type, or no text column.
        ArticleError: A text that is no article.
    """
    check_columns(record.keys(), {"text": sources["text"]}, where=where)
    values = {name: _value(name, record[column], where) for name, column in sources.items() if column in record}
    if language:
        values["language"] = language
    try:
        return require_words(Article(**{name: value for name, value in values.items() if value is not None}))
    except ArticleError as error:
        raise ArticleError(f"{where}: {error}") from error


def _value(name: str, value: Any, where: str) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        if name == "text":
            raise ReadError(f"{where}: text is missing ({value!r}); expected a string")
        return None
    if name == "authors":
        return _authors(value, where)
    if name == "published_at":
        return _moment(value, where)
    if name == "id" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ReadError(f"{where}: {name} must be a string, got {type(value).__name__} ({value!r:.60})")
    return value


def _authors(value: Any, where: str) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ReadError(f"{where}: authors must be a string or a list of strings, got {value!r:.60}")
    return tuple(name for name in names if name.strip())


def _moment(value: Any, where: str) -> date | None:
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        try:
            return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
        except ValueError as error:
            raise ReadError(
                f"{where}: published_at must be an ISO 8601 date such as 2014-06-19, got {value!r:.60}"
            ) from error
    raise ReadError(f"{where}: published_at must be an ISO 8601 string, got {type(value).__name__} ({value!r:.60})")


def _separator(there: Collection[str]) -> str | None:
    """The other separator that a table with a single column seems to have."""
    only = next(iter(there)) if len(there) == 1 else ""
    return next((separator for separator in ";\t|" if separator in only), None)
