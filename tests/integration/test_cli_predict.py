"""``newsml predict`` as a user types it: a run, the same run again, another run in its place, and wrong usage."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from newsml.io import read_results
from newsml.results import StanceResult, TopicResult

ROOT = Path(__file__).parents[2]
SCRIPT = [sys.executable, str(ROOT / "scripts" / "predict.py")]
MODULE = [sys.executable, "-m", "newsml", "predict"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"key": n, "body": f"Rain fell in Oslo for {n} days. NATO warned Russia."} for n in range(5)]
    lines = [json.dumps(row) for row in [*rows, {"key": 9, "body": ""}, rows[0]]]
    (tmp_path / "news.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def carried_out(command: list[str], *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_a_run_the_same_again_and_another_in_its_place(folder: Path, models: Path) -> None:
    asked = [
        "--task",
        "stance,topics",
        "--input",
        "*.jsonl",
        "--output",
        "out",
        "--target",
        "NATO",
        "--format",
        "jsonl",
    ]
    asked += ["--column", "text=body", "--column", "id=key", "--shard-rows", "3"]
    asked += ["--topics", str(models / "learned"), "--stance", str(models / "stance")]
    done = carried_out(MODULE, *asked, folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "7 rows, 3 shards",
        "out/topics: 5 results",
        "out/stance: 5 results",
        "out/rejected.jsonl: 1 duplicate, 1 unreadable",
    ]
    assert done.stderr == "7 rows, 0 done before\n"
    assert [result.article_id for result in read_results(folder / "out", TopicResult)] == list("01234")
    assert {result.subject for result in read_results(folder / "out", StanceResult)} == {"NATO"}

    again = carried_out(SCRIPT, *asked, folder=folder)
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert again.stderr == "7 rows, 7 done before\n"

    other = carried_out(MODULE, *asked, "--threshold", "0.5", folder=folder)
    assert (other.returncode, other.stdout) == (1, "")
    assert other.stderr.startswith("newsml: out holds a run with other settings (threshold: null there, 0.5 now)")


WRONG = {
    ("--task", "topcs"): "did you mean 'topics'",
    ("--task", "stance"): "give at least one claim or target",
    ("--task", "topics", "--column", "body"): "expected FIELD=NAME",
    ("--task", "topics", "--engine", "spark"): "expected local or ray",
    ("--task", "topics", "--gpus", "0.5"): "go with --engine ray",
    ("--task", "topics", "--input", "none*.csv"): "no file matches this pattern",
    ("--task", "topics", "--topics", "./tpoics"): "does not exist",
}


def test_wrong_wishes_have_one_line(folder: Path) -> None:
    # All in one process: what takes long is to load the libraries.
    code = f"""
import sys
from newsml.cli.main import main
for arguments in {list(WRONG)!r}:
    sys.argv = ["newsml", "predict", "--input", "news.jsonl", "--output", "out", *arguments]
    try:
        main()
    except SystemExit as end:
        assert end.code == 1, (arguments, end.code)
"""
    done = carried_out([sys.executable, "-c", code], folder=folder)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == len(WRONG), done.stderr
    for line, (arguments, says) in zip(lines, WRONG.items(), strict=True):
        assert line.startswith("newsml: "), arguments
        assert says in line, arguments


def test_a_run_without_any_answer_exits_with_one(folder: Path) -> None:
    asked = ["--task", "topics", "--input", "news.jsonl", "--output", "out", "--column", "text=boddy"]
    done = carried_out(MODULE, *asked, folder=folder)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "out/rejected.jsonl: 7 unreadable")
    assert "did you mean 'body'" in (folder / "out" / "rejected.jsonl").read_text()


def test_wrong_usage_exits_with_two(folder: Path) -> None:
    for arguments in (["--task", "topics"], ["--task", "topics", "--input", "news.jsonl"]):
        done = carried_out(MODULE, *arguments, folder=folder)
        assert done.returncode == 2
        assert "Missing option" in done.stderr
