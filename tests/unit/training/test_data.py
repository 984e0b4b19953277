"""Tables become rows: every row used, or skipped for a reason that is told; no group on both sides of the split."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from newsml.config.finetune import FinetuneConfig
from newsml.errors import DataError, FileMissingError
from newsml.io.rows import read_rows
from newsml.training.data import Split, read_split

CLAIMS = {"text": "text", "claim": "claim", "label": "label"}
TOPICS = {"text": "text", "label": "label"}


def recipe(root: Path, *sources: dict[str, Any], task: str = "topics", seed: int = 1) -> FinetuneConfig:
    content = {
        "kind": "finetune",
        "name": "tiny",
        "task": task,
        "data_root": str(root),
        "output": "out",
        "seed": seed,
        "train": [{"path": "rows.jsonl", "columns": TOPICS, **source} for source in sources or ({},)],
        "card": {"summary": "Tiny."},
    }
    return FinetuneConfig.model_validate_json(json.dumps(content))


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def topics(count: int, **extra: Any) -> list[dict[str, Any]]:
    return [{"text": f"Report {n}.", "label": "ab"[n % 2], **extra} for n in range(count)]


def test_columns_become_fields(tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", [{"body": "Rain fell.", "head": "Rain", "topic": "weather", "doc": 7}])
    columns = {"text": "body", "title": "head", "label": "topic", "group": "doc"}
    (row,) = read_split(recipe(tmp_path, {"columns": columns})).train
    assert (row.text, row.title, row.label, row.group, row.source) == ("Rain fell.", "Rain", "weather", "7", 0)


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "csv", "tsv", "parquet"])
def test_every_format_reads_alike(tmp_path: Path, kind: str) -> None:
    frame = pd.DataFrame([{"text": 'He said "no', "label": "None"}, {"text": "Rain fell.", "label": "2"}])
    path = tmp_path / f"rows.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "tsv":
        path.write_text('text\tlabel\nHe said "no\tNone\nRain fell.\t2\n', encoding="utf-8")
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        text = frame.to_json(orient="records", lines=True).encode()
        path.write_bytes(gzip.compress(text) if kind.endswith("gz") else text)
    rows = read_split(recipe(tmp_path, {"path": path.name})).train
    assert [(row.text, row.label) for row in rows] == [('He said "no', "None"), ("Rain fell.", "2")]


def test_a_second_table_is_joined_and_what_finds_no_partner_is_told(tmp_path: Path) -> None:
    pd.DataFrame({"Body ID": [1, 1, 2, 3], "Headline": list("pqrs"), "Stance": list("aabb")}).to_csv(tmp_path / "s.csv")
    pd.DataFrame({"Body ID": [1, 2], "articleBody": ["Rain fell.", "Snow fell."]}).to_csv(tmp_path / "b.csv")
    source = {
        "path": "s.csv",
        "join": {"path": "b.csv", "key": "Body ID"},
        "columns": {"text": "articleBody", "claim": "Headline", "label": "Stance"},
    }
    split = read_split(recipe(tmp_path, source, task="claim-stance"))
    assert [(row.text, row.claim) for row in split.train] == [
        ("Rain fell.", "p"),
        ("Rain fell.", "q"),
        ("Snow fell.", "r"),
    ]
    assert split.skipped == {"train[0] s.csv: no Body ID of theirs in b.csv": 1}


def test_a_join_on_a_key_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"id": [1], "label": ["a"]}).to_csv(tmp_path / "s.csv")
    pd.DataFrame({"id": [1, 1], "text": ["Rain.", "Snow."]}).to_csv(tmp_path / "b.csv")
    with pytest.raises(DataError, match=r"b\.csv has the id 1 twice"):
        read_split(recipe(tmp_path, {"path": "s.csv", "join": {"path": "b.csv", "key": "id"}}))


def test_a_list_of_objects_becomes_a_row_each(tmp_path: Path) -> None:
    claims = [{"claim": "It rained.", "label": "agree"}, {"claim": "It snowed.", "label": "disagree"}]
    write(
        tmp_path / "rows.jsonl",
        [
            {"id": "x", "text": "Rain fell.", "label": "hidden", "claims": claims},
            {"id": "y", "text": "Fog.", "claims": []},
        ],
    )
    source = {"columns": {**CLAIMS, "group": "id"}, "explode": "claims"}
    rows = read_split(recipe(tmp_path, source, task="claim-stance")).train
    assert [(row.group, row.claim, row.label) for row in rows] == [
        ("x", "It rained.", "agree"),
        ("x", "It snowed.", "disagree"),
    ]
    write(tmp_path / "rows.jsonl", [{"text": "Rain fell.", "points": ["It rained", "It poured"]}])
    texts = {"columns": {"text": "text", "claim": "points"}, "explode": "points", "label": "agree"}
    kept = recipe(tmp_path, texts, task="claim-stance").train[0]
    assert kept.label == "agree"
    skipped: Counter[str] = Counter()
    found = read_rows(tmp_path, kept, number=0, where="train[0]", skipped=skipped)
    assert [(row.claim, row.label) for row in found] == [("It rained", "agree"), ("It poured", "agree")]
    write(tmp_path / "rows.jsonl", [{"text": "Rain fell.", "label": "a", "claims": [3]}])
    with pytest.raises(DataError, match="expected lists of objects or of texts"):
        read_split(recipe(tmp_path, {"explode": "claims"}))


def test_labels_are_mapped_null_drops_and_an_unknown_one_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", [{"text": f"Report {n}.", "label": label} for n, label in enumerate((-1, 0, 1, 1))])
    split = read_split(recipe(tmp_path, {"labels": {"-1": "against", "0": None, "1": "favor"}}))
    assert [row.label for row in split.train] == ["against", "favor", "favor"]
    assert split.skipped == {"train[0] rows.jsonl: label '0', which labels maps to null": 1}
    write(tmp_path / "rows.jsonl", [{"text": "Rain.", "label": "agre"}])
    with pytest.raises(DataError, match=r"'agre' is not among the mapped ones.*did you mean 'agree'"):
        read_split(recipe(tmp_path, {"labels": {"agree": "favor", "disagree": None}}))


def test_whole_numbers_in_a_column_with_gaps_stay_whole(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text,label\nRain.,1\nSnow.,\nFog.,0\n", encoding="utf-8")
    split = read_split(recipe(tmp_path, {"path": "rows.csv", "labels": {"1": "yes", "0": "no"}}))
    assert [row.label for row in split.train] == ["yes", "no"]
    assert split.skipped == {"train[0] rows.csv: no label": 1}


def test_what_cannot_be_used_is_skipped_and_told(tmp_path: Path) -> None:
    write(
        tmp_path / "rows.jsonl",
        [
            {"text": None, "claim": "a", "label": "x"},
            {"text": float("nan"), "claim": "a", "label": "x"},
            {"text": "…", "claim": "a", "label": "x"},
            {"text": "Rain\0", "claim": "a", "label": "x"},
            {"text": "Rain fell over all of Oslo.", "claim": "a", "label": "x"},
            {"text": "By Reuters staff", "claim": "a", "label": "x"},
            {"text": "Rain.", "claim": None, "label": "x"},
            {"text": "Rain.", "claim": "a", "label": None},
            {"text": "Rain.", "claim": "a", "label": "x"},
        ],
    )
    split = read_split(recipe(tmp_path, {"columns": CLAIMS, "max_words": 3, "without": "^By "}, task="claim-stance"))
    assert len(split.train) == 1
    reasons = {reason.removeprefix("train[0] rows.jsonl: "): count for reason, count in split.skipped.items()}
    assert reasons == {
        "no text": 3,
        "text that is none: NUL characters, or too long": 1,
        "over 3 words": 1,
        "text with ^By ": 1,
        "no claim": 1,
        "no label": 1,
    }


def test_offsets_evidence_and_summaries(tmp_path: Path) -> None:
    base = {"text": "Rain fell.", "target": "Rain", "label": "favor"}
    write(tmp_path / "rows.jsonl", [{**base, "from": 0, "to": 4}, {**base, "from": None, "to": None}])
    spans = {"text": "text", "target": "target", "label": "label", "start": "from", "end": "to"}
    split = read_split(recipe(tmp_path, {"columns": spans}, task="target-stance"))
    assert [row.span for row in split.train] == [(0, 4)]
    assert split.skipped.total() == 1
    write(tmp_path / "rows.jsonl", [{**base, "evidence": ["Rain"]}, {**base, "evidence": None}])
    evidence = {"text": "text", "target": "target", "label": "label", "evidence": "evidence"}
    rows = read_split(recipe(tmp_path, {"columns": evidence}, task="target-stance")).train
    assert [row.evidence for row in rows] == [("Rain",), ()]
    write(
        tmp_path / "rows.jsonl",
        [{"text": "a", "s": "One."}, {"text": "b", "s": ["One.", "Two."]}, {"text": "c", "s": None}],
    )
    summaries = read_split(recipe(tmp_path, {"columns": {"text": "text", "summary": "s"}}, task="summary-extractive"))
    assert [row.summary for row in summaries.train] == [("One.",), ("One.", "Two.")]
    assert summaries.skipped == {"train[0] rows.jsonl: no summary": 1}


def test_where_limit_and_repeat(tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", [{**row, "part": n % 3} for n, row in enumerate(topics(30))])
    assert len(read_split(recipe(tmp_path, {"where": {"part": ["0", "2"]}})).train) == 20
    assert len(read_split(recipe(tmp_path, {"limit": 7})).train) == 7
    for others, left in (({}, 15), ({"*": 3}, 3)):
        counts = Counter(row.label for row in read_split(recipe(tmp_path, {"limit": {"a": 2, **others}})).train)
        assert counts == {"a": 2, "b": left}
    assert len(read_split(recipe(tmp_path, {"repeat": 3})).train) == 90
    assert len(read_split(recipe(tmp_path, {}, {"limit": 4, "dev": 1.0})).dev) == 4


def test_the_seed_decides_what_is_drawn(tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", topics(40))
    one, same, other = (read_split(recipe(tmp_path, {"limit": 9, "dev": 0.2}, seed=seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_no_group_stands_on_both_sides(tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", [{**row, "doc": n // 4} for n, row in enumerate(topics(80))])
    split = read_split(recipe(tmp_path, {"columns": {**TOPICS, "group": "doc"}, "dev": 0.25}))
    assert len({row.group for row in split.dev}) == 5
    assert disjoint(split)


def test_no_article_stands_on_both_sides_of_two_tables(tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", topics(20))
    write(tmp_path / "held.jsonl", [{**row, "doc": f"d{n}"} for n, row in enumerate(topics(6))])
    held = {"path": "held.jsonl", "dev": 1.0}
    split = read_split(recipe(tmp_path, {}, {**held, "columns": {**TOPICS, "group": "doc"}}))
    assert (len(split.train), len(split.dev)) == (14, 6)
    assert disjoint(split)
    assert split.skipped == {"training row whose article or story is held out in another table": 6}
    with pytest.raises(DataError, match="no training row left, 20 held out"):
        read_split(recipe(tmp_path, {"dev": 1.0}))


def test_unrelated_claims_are_those_of_other_articles_of_the_same_side(tmp_path: Path) -> None:
    write(
        tmp_path / "rows.jsonl",
        [{"text": f"Report {n}.", "claim": f"claim {n}", "label": "agree"} for n in range(20)],
    )
    split = read_split(recipe(tmp_path, {"columns": CLAIMS, "unrelated": 2, "dev": 0.25}, task="claim-stance"))
    for half in (split.train, split.dev):
        own = {row.claim: row.group for row in half if row.label == "agree"}
        made = [row for row in half if row.label == "unrelated"]
        assert len(made) == 2 * len(own)
        assert all(row.claim in own and own[row.claim] != row.group for row in made)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="--set data_root="):
        read_split(recipe(tmp_path))
    write(tmp_path / "rows.jsonl", [{"txt": "Rain.", "label": "a"}])
    with pytest.raises(DataError, match=r"no column 'text'; it has txt, label; did you mean 'txt'\?"):
        read_split(recipe(tmp_path))
    with pytest.raises(DataError, match="no column 'claims'"):
        read_split(recipe(tmp_path, {"explode": "claims"}))
    write(tmp_path / "rows.jsonl", [{"text": None, "label": "a"}])
    with pytest.raises(DataError, match="no usable row; 1 with no text"):
        read_split(recipe(tmp_path))
    (tmp_path / "rows.jsonl").write_text('{"text": "Rain."', encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read as jsonl"):
        read_split(recipe(tmp_path))
    (tmp_path / "rows.jsonl").write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(DataError, match="line 1 holds a list"):
        read_split(recipe(tmp_path))
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(b'{"text": "Rain."}' * 999)[:40])
    with pytest.raises(DataError, match="cannot be read as jsonl"):
        read_split(recipe(tmp_path, {"path": "rows.jsonl.gz"}))
    (tmp_path / "rows.xlsx").write_text("?", encoding="utf-8")
    with pytest.raises(DataError, match="no known format"):
        read_split(recipe(tmp_path, {"path": "rows.xlsx"}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": {"text": "text"}}, "label not mapped"),
        ({"columns": {**TOPICS, "titel": "head"}}, "'titel' is none of .*did you mean 'title'"),
        ({"columns": {**TOPICS, "claim": "c"}}, "'claim' is none of"),
    ],
)
def test_columns_are_checked_before_anything_is_read(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recipe(tmp_path, changes)
    spans = {"text": "t", "target": "x", "label": "l", "start": "from"}
    with pytest.raises(ValueError, match="start and end belong together"):
        recipe(tmp_path, {"columns": spans}, task="target-stance")


def disjoint(split: Split) -> bool:
    dev = {row.group for row in split.dev} | {row.text for row in split.dev}
    return not any(row.group in dev or row.text in dev for row in split.train)
