"""The rows of a corpus in their shards, with what is known of each before any model reads it.

Owns the numbering, the duplicates and the keys of shards: a row's place in the input alone says which shard it is in.
Knows nothing of models or of output.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from newsml.article import Article
from newsml.io.corpus import Entry
from newsml.io.record import resolve_columns, to_article

Reason = Literal["unreadable", "duplicate", "refused"]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row has no answer.

    Attributes:
        row: Its place in the input, from 0.
        where: File and row in words.
        reason: ``"unreadable"`` (no article), ``"duplicate"`` (its id was met before) or ``"refused"`` (by a model).
        message: What is wrong and what to do.
        article_id: Its id, where it is an article.
        task: The task whose model refused it; None where no model was asked.
    """

    row: int
    where: str
    reason: Reason
    message: str
    article_id: str | None = None
    task: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the input.

    Attributes:
        number: Its place in the input, from 0.
        where: File and row in words.
        found: The article to be read, or why there is none.
    """

    number: int
    where: str
    found: Article | Rejection

    def to_dict(self) -> dict[str, Any]:
        """The row as plain values, for another process; ``from_dict`` makes it again."""
        if isinstance(self.found, Rejection):
            found: dict[str, Any] = {name: getattr(self.found, name) for name in Rejection.__slots__}
            return {"number": self.number, "where": self.where, "rejection": found}
        plain = {name: getattr(self.found, name) for name in ("text", "title", "id", "language")}
        return {"number": self.number, "where": self.where, "article": plain}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Row:
        """The row of plain values; of an article what models read: text, title, id and language."""
        if "rejection" in plain:
            return cls(plain["number"], plain["where"], Rejection(**plain["rejection"]))
        article = to_article(plain["article"], resolve_columns(None), where=plain["where"])
        return cls(plain["number"], plain["where"], article)


@dataclass(frozen=True, slots=True)
class Shard:
    """A stretch of the input, before it is read by a model.

    Attributes:
        number: From 0.
        rows: How many rows it has, bad ones and duplicates included.
        key: Digest of the settings and of every row in it.
        earlier_key: Likewise of the first rows only, where an earlier run knew the shard with so many; else None.
    """

    number: int
    rows: int
    key: str
    earlier_key: str | None = None


class Ids:
    """Where each article id stands first, in a database on disk that is gone with the object.

    About 28 bytes a row on the disk (in SQLite's folder for temporary files: ``SQLITE_TMPDIR``, else ``TMPDIR``, else
    /var/tmp) and a cache of ``CACHE_KIB`` in memory, whatever the number of rows.
    """

    CACHE_KIB = 16_384

    def __init__(self) -> None:
        # An empty name is SQLite's for a file that no other process sees, and that a killed process does not leave.
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.execute(f"PRAGMA cache_size = -{self.CACHE_KIB}")
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.execute("CREATE TABLE met (id BLOB PRIMARY KEY, first INTEGER) WITHOUT ROWID")
        self._base.execute("BEGIN")

    def first(self, article_id: str, row: int) -> int:
        """The row where an id was met first: this one, where it was not met before."""
        digest = hashlib.blake2b(article_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if self._base.execute("INSERT OR IGNORE INTO met VALUES (?, ?)", (digest, row)).rowcount:
            return row
        found: int = self._base.execute("SELECT first FROM met WHERE id = ?", (digest,)).fetchone()[0]
        return found

    def close(self) -> None:
        """Remove the database."""
        self._base.close()


def in_shards(entries: Iterable[Entry], ids: Ids, shard_rows: int) -> Iterator[list[Row]]:
    """The rows of a corpus, numbered, duplicates marked, in shards of so many rows (the last may have fewer)."""
    rows = (_row(number, entry, ids) for number, entry in enumerate(entries))
    while shard := list(islice(rows, shard_rows)):
        yield shard


def plan(
    shards: Iterable[list[Row]],
    settings_key: str,
    known: Mapping[int, int],
    advance: Callable[[int], None],
) -> list[Shard]:
    """Number and key every shard.

    Args:
        shards: What ``in_shards`` yields.
        settings_key: Digest of what else the answers follow from.
        known: Rows of the shards of an earlier run, by number.
        advance: Told the number of rows of each shard that was read.
    """
    made = []
    for number, rows in enumerate(shards):
        before = known.get(number, len(rows))
        earlier = key(rows[:before], settings_key) if before < len(rows) else None
        made.append(Shard(number, len(rows), key(rows, settings_key), earlier))
        advance(len(rows))
    return made


def key(rows: Iterable[Row], settings_key: str) -> str:
    """Digest of the settings and of what models read of each row, in order."""
    digest = hashlib.sha256(settings_key.encode("ascii"))
    for row in rows:
        found = row.found
        if isinstance(found, Article):
            parts = (found.id, found.title, found.text, found.language or "")
        else:
            parts = (found.reason, found.article_id or "", "", "")
        for part in parts:
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "little"))
            digest.update(encoded)
    return digest.hexdigest()


def _row(number: int, entry: Entry, ids: Ids) -> Row:
    found = entry.found
    if not isinstance(found, Article):
        return Row(number, entry.where, Rejection(number, entry.where, "unreadable", str(found)))
    first = ids.first(found.id, number)
    if first != number:
        message = f"the id {found.id!r} stands first in row {first} (counted from 0), which is answered"
        return Row(number, entry.where, Rejection(number, entry.where, "duplicate", message, found.id))
    return Row(number, entry.where, found)
