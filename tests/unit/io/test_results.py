"""Results on disk: what is read back is what was written, in both formats, for every type."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from newsml.article import Span
from newsml.errors import FileMissingError, ReadError, WriteError
from newsml.io import read_results, write_results
from newsml.io.plain import RESULTS, columns_of
from newsml.results import ModelInfo, Result, Scores, StanceResult, SummaryResult, SummarySentence, Topic, TopicResult

MODEL = ModelInfo("tiny", "abc123")
SPAN = Span(0, 4, "Ü 😀.", score=0.5)
TOPICS = TopicResult(
    article_id="a",
    model=MODEL,
    truncated=False,
    label=None,
    score=0.4,
    labels=(Topic("rain", 0.4, None, ("weather", "rain")),),
    scores=Scores([("rain", 0.4), ("war", 0.4)]),
    subtopics=(Topic("drizzle", 0.1, "medtop:1"),),
    evidence=(SPAN, Span(1, 2, "x", "title")),
    confident=False,
)
STANCE = StanceResult("b", MODEL, True, "claim", "It rains.", "agree", 0.75, Scores([("agree", 0.75)]), (), (SPAN,))
CHECKED = (
    SummarySentence("It rained 9 mm.", False, ("9 mm",), SPAN),
    SummarySentence("Rain.", True, (), None, "extracted"),
)
SUMMARY = SummaryResult("c", MODEL, False, "abstractive", "It rained 9 mm. Rain.", (), CHECKED, (SPAN,), ("Snow.",))
BY_TASK: dict[str, Sequence[Result]] = {"topics": [TOPICS], "stance": [STANCE, STANCE], "summary": [SUMMARY]}


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@pytest.mark.parametrize("task", RESULTS)
def test_what_is_read_is_what_was_written(tmp_path: Path, task: str, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    write_results(path, BY_TASK[task], RESULTS[task])
    assert list(read_results(path, RESULTS[task])) == BY_TASK[task]
    first = path.read_bytes()
    write_results(path, BY_TASK[task], RESULTS[task])
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_none_at_all_and_folders(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "stance").mkdir()
    write_results(tmp_path / "stance" / f"2{suffix}", [STANCE], StanceResult)
    write_results(tmp_path / "stance" / f"1{suffix}", [], StanceResult)
    (tmp_path / "stance" / f".0{suffix}").write_text("unfinished")
    for path in (tmp_path, tmp_path / "stance"):
        assert list(read_results(path, StanceResult)) == [STANCE]


def test_a_table_has_the_columns_of_the_type(tmp_path: Path) -> None:
    write_results(tmp_path / "r.parquet", [TOPICS], TopicResult)
    table = pyarrow.parquet.read_table(tmp_path / "r.parquet")
    assert table.schema == columns_of(TopicResult)
    assert table.schema.names == list(TOPICS.to_dict())


def test_half_a_surrogate_pair_keeps_offsets(tmp_path: Path) -> None:
    odd = StanceResult(
        "\ud800", MODEL, False, "target", "X", "favor", 1.0, Scores([("favor", 1.0)]), (Span(0, 2, "a\ud800"),)
    )
    write_results(tmp_path / "r.jsonl", [odd], StanceResult)
    assert list(read_results(tmp_path / "r.jsonl", StanceResult)) == [odd]
    write_results(tmp_path / "r.parquet", [odd], StanceResult)
    (read,) = read_results(tmp_path / "r.parquet", StanceResult)
    assert (read.article_id, read.evidence) == ("\ufffd", (Span(0, 2, "a\ufffd"),))


def test_refusals(tmp_path: Path) -> None:
    write_results(tmp_path / "r.jsonl", [STANCE], StanceResult)
    write_results(tmp_path / "r.parquet", [STANCE], StanceResult)
    for name in ("r.jsonl", "r.parquet"):
        with pytest.raises(ReadError, match=rf"{name}, (line|row) 1: no SummaryResult"):
            list(read_results(tmp_path / name, SummaryResult))
    with pytest.raises(ReadError, match="expected TopicResult, StanceResult, SummaryResult"):
        read_results(tmp_path, Result)
    with pytest.raises(ReadError, match=r"no \.parquet or \.jsonl file"):
        read_results(_made(tmp_path / "empty"), StanceResult)
    with pytest.raises(FileMissingError, match="did you mean"):
        read_results(tmp_path / "r.parket", StanceResult)
    (tmp_path / "r.txt").write_text("x")
    with pytest.raises(ReadError, match=r"expected a \.parquet or \.jsonl"):
        list(read_results(tmp_path / "r.txt", StanceResult))
    (tmp_path / "bad.jsonl").write_text('{"article_id": "a"\n')
    with pytest.raises(ReadError, match="line 1: not JSON"):
        list(read_results(tmp_path / "bad.jsonl", StanceResult))


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"ends in \.jsonl or \.parquet"):
        write_results(tmp_path / "r.csv", [], StanceResult)
    for name in ("r.jsonl", "r.parquet"):
        with pytest.raises(WriteError, match="cannot be written"):
            write_results(tmp_path / "nowhere" / name, [], StanceResult)


def test_what_fails_half_way_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.jsonl"
    write_results(path, [STANCE], StanceResult)

    def full(_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="No space left"):
        write_results(path, [], StanceResult)
    monkeypatch.undo()
    assert list(read_results(path, StanceResult)) == [STANCE]
    assert list(tmp_path.iterdir()) == [path]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
