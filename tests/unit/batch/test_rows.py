"""Rows in shards: numbered by place, duplicates found, keys that follow from what models read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from newsml.article import Article
from newsml.batch.rows import Ids, Rejection, Row, in_shards, key, plan
from newsml.io.corpus import entries
from tests.unit.batch.corpora import ROWS, write_corpus


def shards_of(path: Path, rows: Sequence[Any], shard_rows: int = 5) -> list[list[Row]]:
    with closing(Ids()) as ids:
        return list(in_shards(entries(write_corpus(path, list(rows))), ids, shard_rows))


def test_every_row_is_in_its_place(tmp_path: Path) -> None:
    shards = shards_of(tmp_path / "c.jsonl", ROWS)
    assert [len(shard) for shard in shards] == [5, 5, 5, 2]
    rows = [row for shard in shards for row in shard]
    assert [row.number for row in rows] == list(range(17))
    rejected = {row.number: row.found.reason for row in rows if isinstance(row.found, Rejection)}
    assert rejected == {7: "unreadable", 8: "duplicate", 11: "unreadable"}
    duplicate = rows[8].found
    assert isinstance(duplicate, Rejection)
    assert duplicate.article_id == "a2"
    assert "row 2" in duplicate.message


def test_rows_go_to_another_process_and_come_back(tmp_path: Path) -> None:
    for row in (row for shard in shards_of(tmp_path / "c.jsonl", ROWS) for row in shard):
        assert Row.from_dict(json.loads(json.dumps(row.to_dict()))) == row


def test_ids_remember_the_first_place_of_each() -> None:
    with closing(Ids()) as ids:
        assert [ids.first(name, row) for row, name in enumerate(("a", "b", "a", "\ud800", "b", "\ud800"))] == [
            0, 1, 0, 3, 1, 3,
        ]  # fmt: skip


def test_keys_follow_from_what_models_read() -> None:
    def row(**changed: Any) -> Row:
        return Row(0, "here", Article(**{"text": "Text.", "title": "T", "id": "a"} | changed))

    same = key([row()], "settings")
    assert key([Row(9, "elsewhere", row(source="Post").found)], "settings") == same
    changes: list[dict[str, Any]] = [{"text": "Text"}, {"title": ""}, {"id": "b"}, {"language": "en"}]
    others = {key([row(**changed)], "settings") for changed in changes} | {key([row()], "other"), key([], "settings")}
    assert len(others | {same}) == 7
    assert key([row(text="ab", title="c")], "") != key([row(text="a", title="bc")], "")


def test_a_plan_knows_the_rows_that_were_there_before(tmp_path: Path) -> None:
    counted: list[int] = []
    whole = plan(shards_of(tmp_path / "c.jsonl", ROWS), "s", {}, counted.append)
    assert [(shard.number, shard.rows, shard.earlier_key) for shard in whole] == [
        (0, 5, None),
        (1, 5, None),
        (2, 5, None),
        (3, 2, None),
    ]
    assert counted == [5, 5, 5, 2]
    before = plan(shards_of(tmp_path / "c.jsonl", ROWS[:13]), "s", {}, counted.append)
    grown = plan(shards_of(tmp_path / "c.jsonl", ROWS), "s", {0: 5, 1: 5, 2: 3}, counted.append)
    assert grown[:2] == before[:2] == whole[:2]
    assert (grown[2].key, grown[2].earlier_key) == (whole[2].key, before[2].key)
