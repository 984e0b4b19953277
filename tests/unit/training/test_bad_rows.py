"""What is wrong with labelled rows is an error that says what to do, or a skip that is told and recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from newsml.errors import DataError, TrainingError
from newsml.training.data import read_split
from newsml.training.finetune import finetune, label_names

TABLE = {"path": "rows.jsonl", "columns": {"text": "text", "label": "label"}}


def test_a_class_with_one_row_is_warned_of_and_trained_on(recipe: Any, put: Any, rows: list[dict[str, Any]]) -> None:
    put([*rows, {"text": "The tax rose.", "label": "economy"}])
    said: list[str] = []
    outcome = finetune(recipe(method="few-shot", train=[TABLE | {"dev": 0.34, "stratified": True}]), say=said.append)
    assert "  warning: only 1 row of 'economy' to train on" in said
    assert "economy" in outcome.labels


def test_empty_texts_and_missing_labels_are_skipped_and_recorded(
    recipe: Any, put: Any, rows: list[dict[str, Any]]
) -> None:
    put([*rows, {"text": "", "label": "war"}, {"text": "Rain.", "label": float("nan")}, {"text": 7, "label": "war"}])
    said: list[str] = []
    outcome = finetune(recipe(method="head"), say=said.append)
    record = json.loads((outcome.folder / "training.json").read_text(encoding="utf-8"))
    assert record["skipped"] == {"train[0] rows.jsonl: no text": 2, "train[0] rows.jsonl: no label": 1}
    assert "  skipped 2: train[0] rows.jsonl: no text" in said


def test_a_column_of_numbers_is_no_text(recipe: Any, put: Any) -> None:
    put([{"text": 3.5 + n, "label": "ab"[n % 2]} for n in range(6)])
    with pytest.raises(DataError, match=r"no usable row; 6 with no text; column 'text' holds 8\.5, expected prose"):
        finetune(recipe())


def test_one_class_only(recipe: Any, put: Any) -> None:
    put([{"text": f"Report {'x' * n}.", "label": "war"} for n in range(6)])
    with pytest.raises(TrainingError, match="at least two classes to train, got war"):
        finetune(recipe())


def test_held_out_rows_that_are_the_training_rows_are_not_trained_on(recipe: Any, rows: list[dict[str, Any]]) -> None:
    both = recipe(train=[TABLE, TABLE | {"dev": 1.0}])
    with pytest.raises(DataError, match="no training row left, 18 held out, 18 left out since they are held out too"):
        finetune(both)
    assert len(rows) == 18


def test_a_label_more_than_the_recipe_names(recipe: Any, put: Any) -> None:
    names = [f"topic {n:02}" for n in range(40)]
    put([{"text": f"Report {'x' * n}.", "label": label} for n, label in enumerate([*names, "topic 4"])])
    with pytest.raises(
        TrainingError, match=r"'topic 4' is in the data .* did you mean 'topic .* have 41 .* expected 40"
    ):
        finetune(recipe(labels=names, train=[TABLE]))


def test_rows_that_repeat_or_contradict_others_are_warned_of(recipe: Any, put: Any, rows: list[dict[str, Any]]) -> None:
    put([*rows, rows[0], {**rows[1], "label": "weather"}])
    said: list[str] = []
    outcome = finetune(recipe(method="head"), say=said.append)
    assert "  warning: rows that repeat another in rows.jsonl: 1" in said
    assert "  warning: rows of equal text and different labels in rows.jsonl: 2" in said
    record = json.loads((outcome.folder / "training.json").read_text(encoding="utf-8"))
    assert sum(record["doubts"].values()) == 3


def test_identifiers_of_iptc_topics_stand_for_their_names(recipe: Any, put: Any, rows: list[dict[str, Any]]) -> None:
    ids = {"sport": "medtop:15000000", "weather": "medtop:17000000", "war": "medtop:20000056"}
    put([{**row, "label": ids[row["label"]]} for row in rows])
    named = recipe(labels=["sport", "medtop:17000000", "medtop:20000056"])
    split = read_split(named)
    assert label_names(named, split) == ("sport", "weather", "armed conflict")
    assert {row.label for row in (*split.train, *split.dev)} == {"sport", "weather", "armed conflict"}
    put([{**row, "label": "medtop:99"} for row in rows])
    with pytest.raises(DataError, match=r"train\[0\]: no topic 'medtop:99'"):
        read_split(named)


def test_a_stratified_split_holds_out_the_share_of_every_label_and_no_group_twice(recipe: Any, put: Any) -> None:
    counts = {"a": 50, "b": 20, "c": 5, "d": 1}
    put([{"text": f"{label} {'x' * n}.", "label": label} for label, count in counts.items() for n in range(count)])
    split = read_split(recipe(train=[TABLE | {"dev": 0.2, "stratified": True}]))
    held = {label: sum(row.label == label for row in split.dev) for label in counts}
    assert (held["a"], held["b"], held["c"], held["d"]) == (10, 4, 1, 0)
    assert not {row.group for row in split.dev} & {row.group for row in split.train}
    put([{"text": f"Rain {'x' * n}.", "label": "ab"[n % 2], "doc": n // 4} for n in range(80)])
    columns = {"text": "text", "label": "label", "group": "doc"}
    grouped = read_split(recipe(train=[TABLE | {"dev": 0.25, "stratified": True, "columns": columns}]))
    assert not {row.group for row in grouped.dev} & {row.group for row in grouped.train}
    assert len(grouped.dev) == 20


def test_the_fingerprint_of_the_data_changes_with_a_row(recipe: Any, put: Any, rows: list[dict[str, Any]]) -> None:
    before = read_split(recipe()).fingerprint
    assert before == read_split(recipe()).fingerprint
    put([*rows, {"text": "More rain.", "label": "weather"}])
    assert before != read_split(recipe()).fingerprint
