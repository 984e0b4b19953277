"""Data sets: what is read, how it is split, and that nothing that flatters a system stays unsaid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from newsml.errors import DataError, FileMissingError
from newsml.evaluation.data import read_data
from tests.unit.evaluation.sets import claims, evaluation, topics, write


def test_rows_get_ids_labels_and_a_fingerprint(tmp_path: Path) -> None:
    topics(tmp_path / "test.jsonl", 6)
    rows = read_data(evaluation(tmp_path), 0)
    assert [row.id for row in rows.test] == ["0", "1", "2", "3", "4", "5"]
    assert rows.labels == ("sport", "weather")
    assert (rows.about.test.rows, rows.about.test.groups) == (6, 6)
    assert rows.about.test.classes == {"sport": 3, "weather": 3}
    assert rows.about.train is None
    assert not rows.about.partial
    again = read_data(evaluation(tmp_path), 0)
    assert again == rows
    topics(tmp_path / "test.jsonl", 6, suffix="!")
    assert read_data(evaluation(tmp_path), 0).about.test.sha256 != rows.about.test.sha256


def test_a_limit_makes_the_report_partial(tmp_path: Path) -> None:
    topics(tmp_path / "test.jsonl", 20)
    rows = read_data(evaluation(tmp_path, table={"limit": 5}), 0)
    assert rows.about.partial
    assert len(rows.test) == 5
    assert not read_data(evaluation(tmp_path, table={"limit": 500}), 0).about.partial
    with pytest.raises(DataError, match=r"no row of test\.jsonl has the label 'spor'"):
        read_data(evaluation(tmp_path, table={"limit": {"spor": 5}}), 0)


def test_held_out_groups_are_on_one_side(tmp_path: Path) -> None:
    articles = [{"text": f"Rain on day {n // 4}.", "label": "weather" if n % 2 else "sport"} for n in range(80)]
    write(tmp_path / "test.jsonl", articles)
    rows = read_data(evaluation(tmp_path, data={"held_out": 0.25}), 0)
    assert len(rows.test) == 20
    assert len(rows.train) == 60
    assert not {row.group for row in rows.test} & {row.group for row in rows.train}
    assert rows.about.overlap == 0


def test_duplicates_conflicts_and_overlap_are_counted(tmp_path: Path) -> None:
    write(
        tmp_path / "test.jsonl",
        [
            {"text": "Rain fell.", "label": "weather"},
            {"text": "rain  FELL.", "label": "weather"},
            {"text": "Rain fell.", "label": "sport"},
            {"text": "Snow fell.", "label": "weather"},
        ],
    )
    write(tmp_path / "train.jsonl", [{"text": "Snow\nfell.", "label": "weather"}])
    about = read_data(evaluation(tmp_path, train=[{"path": "train.jsonl"}]), 0).about
    assert (about.duplicates, about.conflicts, about.overlap) == (2, 1, 1)


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    write(
        tmp_path / "test.jsonl",
        [
            {"text": "Rain fell.", "label": "weather"},
            {"text": "", "label": "weather"},
            {"text": "Snow.", "label": None},
            {"text": "Snow.", "label": float("nan")},
            {"text": "Goal.", "label": "old"},
        ],
    )
    about = read_data(evaluation(tmp_path, table={"labels": {"weather": "weather", "old": None}}), 0).about
    assert about.test.rows == 1
    assert sorted(about.skipped.values()) == [1, 1, 2]
    assert any("no text" in reason for reason in about.skipped)


def test_a_headline_alone_is_read_as_text(tmp_path: Path) -> None:
    write(tmp_path / "test.jsonl", [{"text": "", "title": "OIL PRICES RISE", "label": "a"}])
    columns = {"text": "text", "title": "title", "label": "label"}
    (row,) = read_data(evaluation(tmp_path, columns=columns), 0).test
    assert (row.text, row.title) == ("OIL PRICES RISE", "")


def test_claims_of_one_article_share_its_id_and_get_their_own(tmp_path: Path) -> None:
    write(
        tmp_path / "test.jsonl",
        [
            {"id": "x", "text": "Rain fell.", "claims": [{"claim": "It rained", "label": "agree"}] * 1
             + [{"claim": "It snowed", "label": "disagree"}]},
            {"id": "y", "text": "Snow fell.", "claims": [{"claim": "Snow", "label": "agree"}]},
        ],
    )  # fmt: skip
    columns = {"id": "id", "text": "text", "claim": "claim", "label": "label", "group": "id"}
    config = evaluation(
        tmp_path, task="claim-stance", columns=columns, table={"explode": "claims"}, baselines=["majority"]
    )
    rows = read_data(config, 0)
    assert [row.id for row in rows.test] == ["x#1", "x#2", "y"]
    assert rows.about.test.groups == 2


def test_unrelated_claims_come_from_other_articles(tmp_path: Path) -> None:
    claims(tmp_path / "test.jsonl", 8)
    columns = {"text": "text", "claim": "claim", "label": "label"}
    config = evaluation(tmp_path, task="claim-stance", columns=columns, table={"unrelated": 1}, baselines=["majority"])
    added = read_data(config, 0).test[8:]
    assert len(added) == 8
    assert {row.labels for row in added} == {("unrelated",)}
    assert read_data(config, 0).about.test.classes == {"agree": 2, "disagree": 2, "discuss": 2, "unrelated": 10}
    assert all(row.claim.split()[-1] not in row.text for row in added)


def test_faults_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=r"data\[0\]\.test\[0\] test\.jsonl: no file"):
        read_data(evaluation(tmp_path), 0)
    topics(tmp_path / "test.jsonl", 4)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"data": {"labels": ["sport", "wether"]}}, r"row '1' has the label 'weather'.*did you mean 'wether'"),
        ({"columns": {"text": "body", "label": "label"}}, "no column 'body'"),
        ({"data": {"held_out": 0.01}}, r"data\[0\] d: no row to evaluate on"),
        ({"columns": {"text": "text", "label": "label", "id": "label"}}, "the id 'sport' stands 2 times"),
    ]
    for change, message in cases:
        with pytest.raises(DataError, match=message):
            read_data(evaluation(tmp_path, **change), 0)
    topics(tmp_path / "test.jsonl", 4, labels=(["sport", "war"],))
    with pytest.raises(DataError, match="a row has the labels sport, war, expected one"):
        read_data(evaluation(tmp_path), 0)
    assert read_data(evaluation(tmp_path, multi_label=True), 0).test[0].labels == ("sport", "war")


def test_a_split_of_a_data_set_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    topics(folder / "test.jsonl", 4)
    table = {"path": None, "dataset": str(folder), "split": "test"}
    rows = read_data(evaluation(tmp_path, table=table), 0)
    assert len(rows.test) == 4
    assert rows.about.test.names == (f"{folder}:test",)
    with pytest.raises(DataError, match=r"cannot be loaded \(.*save the split as JSONL"):
        read_data(evaluation(tmp_path, table={**table, "split": "dev"}), 0)


def test_a_claim_that_an_article_has_is_never_its_unrelated_one(tmp_path: Path) -> None:
    write(
        tmp_path / "test.jsonl",
        [{"text": f"Rain on day {n}.", "claim": "It rained", "label": "agree"} for n in range(9)],
    )
    columns = {"text": "text", "claim": "claim", "label": "label"}
    config = evaluation(tmp_path, task="claim-stance", columns=columns, table={"unrelated": 2})
    rows = read_data(config, 0)
    assert (len(rows.test), rows.about.conflicts) == (9, 0)


def test_train_labels_are_checked_and_held_out_articles_leave_train(tmp_path: Path) -> None:
    topics(tmp_path / "test.jsonl", 8)
    topics(tmp_path / "train.jsonl", 8, labels=("sport", "war"))
    config = evaluation(tmp_path, train=[{"path": "train.jsonl"}], data={"labels": ["sport", "weather"]})
    with pytest.raises(DataError, match=r"a train row .* has the label 'war'"):
        read_data(config, 0)
    topics(tmp_path / "train.jsonl", 8)
    about = read_data(evaluation(tmp_path, train=[{"path": "train.jsonl"}], data={"held_out": 0.5}), 0).about
    assert about.overlap == 0
    assert about.train is not None
    assert about.train.names == ("train.jsonl", "test.jsonl")


def test_tables_keep_what_is_written_in_them(tmp_path: Path) -> None:
    columns = {"text": "text", "label": "label", "id": "id"}
    (tmp_path / "test.csv").write_text("id,text,label\n001,Rain.,01\n1,Snow.,1\n", encoding="utf-8")
    rows = read_data(evaluation(tmp_path, columns=columns, table={"path": "test.csv"}), 0)
    assert [(row.id, row.label) for row in rows.test] == [("001", "01"), ("1", "1")]
    (tmp_path / "test.csv").write_text("text,label\nRain, and snow.,a\nFog, too.,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="more fields than its header"):
        read_data(evaluation(tmp_path, table={"path": "test.csv"}), 0)
    (tmp_path / "test.jsonl").write_text('\ufeff{"text": "Rain.", "label": "a"}\n{"text": \n', encoding="utf-8")
    with pytest.raises(DataError, match="line 2, column"):
        read_data(evaluation(tmp_path), 0)
    (tmp_path / "test.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="the table is empty"):
        read_data(evaluation(tmp_path), 0)


def test_rows_of_several_labels_may_have_none_but_not_a_list_as_text(tmp_path: Path) -> None:
    topics(tmp_path / "test.jsonl", 4, labels=(["sport", "war"], []))
    rows = read_data(evaluation(tmp_path, multi_label=True), 0)
    assert [row.labels for row in rows.test] == [("sport", "war"), ()] * 2
    (tmp_path / "test.csv").write_text("text,label\nRain.,\"['a', 'b']\"\n", encoding="utf-8")
    with pytest.raises(DataError, match="a list written as text"):
        read_data(evaluation(tmp_path, multi_label=True, table={"path": "test.csv"}), 0)
