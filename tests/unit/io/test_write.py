"""Results to JSONL: whole, or not there."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsml.errors import DownloadError, WriteError
from newsml.io import write_jsonl
from newsml.results import ModelInfo, Scores, StanceResult


def result(article_id: str) -> StanceResult:
    scores = Scores([("agree", 0.75), ("disagree", 0.25)])
    return StanceResult(article_id, ModelInfo("m", "1"), False, "claim", "Ü 😀", "agree", 0.75, scores, ())


def test_one_object_a_line_in_order(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    assert write_jsonl(path, (result(name) for name in "abc")) == 3
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [row["article_id"] for row in rows] == ["a", "b", "c"]
    assert rows[0]["subject"] == "Ü 😀"
    assert rows[0]["scores"] == {"agree": 0.75, "disagree": 0.25}
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.jsonl"]


def test_nothing_is_left_when_the_results_fail(tmp_path: Path) -> None:
    def broken() -> Iterator[StanceResult]:
        yield result("a")
        raise DownloadError("no network")

    (tmp_path / "out.jsonl").write_text("old")
    with pytest.raises(DownloadError, match="no network"):
        write_jsonl(tmp_path / "out.jsonl", broken())
    assert (tmp_path / "out.jsonl").read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.jsonl"]


def test_places_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="a folder"):
        write_jsonl(tmp_path, [])
    with pytest.raises(WriteError, match="cannot be written"):
        write_jsonl(tmp_path / "nowhere" / "out.jsonl", [])


def test_link_is_followed_and_a_pipe_written_to(tmp_path: Path) -> None:
    (tmp_path / "real.jsonl").write_text("old")
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    write_jsonl(tmp_path / "link.jsonl", [result("a")])
    assert (tmp_path / "link.jsonl").is_symlink()
    assert json.loads((tmp_path / "real.jsonl").read_text("utf-8"))["article_id"] == "a"
    assert write_jsonl(os.devnull, [result("a")]) == 1
    assert not Path(os.devnull).is_file()


def test_half_a_surrogate_pair_is_escaped(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "out.jsonl", [result("\ud800")])
    assert json.loads((tmp_path / "out.jsonl").read_text("utf-8"))["article_id"] == "\ud800"
