"""``newsml benchmark CONFIG``: a table on the screen, a report on the disk, and what is wrong with a configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from newsml.cli.main import app


@pytest.fixture
def plan(tmp_path: Path, models: Path) -> Path:
    (tmp_path / "texts.jsonl").write_text(json.dumps({"text": "Rain fell in Oslo. It snowed."}), encoding="utf-8")
    contenders = [{"name": "ours"}, {"name": "theirs", "way": "pipeline"}]
    race = {"name": "topics", "task": "topics", "model": str(models / "topics"), "articles": 2}
    content = {
        "kind": "benchmark",
        "name": "tiny",
        "output": str(tmp_path / "out"),
        "corpus": {"path": str(tmp_path / "texts.jsonl"), "words": [4, 12]},
        "races": [{**race, "contenders": contenders}],
        "memory": False,
    }
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path / "plan.yaml"


def test_it_prints_a_table_and_writes_a_report(plan: Path) -> None:
    done = CliRunner().invoke(app, ["benchmark", str(plan), "--set", "repeats=1"])
    assert done.exit_code == 0, done.output
    assert "articles/s" in done.output
    assert "theirs" in done.output
    record = json.loads((plan.parent / "out" / "benchmark.json").read_text(encoding="utf-8"))
    assert record["config"]["repeats"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("races[0].contenders[0].backend=fast", "backend 'fast' is unknown"),
        ("races[0].contenders[0].way=sumy", "races[0].contenders[0].way"),
        ("corpus.path=nowhere.jsonl", "nowhere.jsonl"),
    ],
)
def test_what_is_wrong_is_a_line(plan: Path, change: str, message: str) -> None:
    done = CliRunner().invoke(app, ["benchmark", str(plan), "--set", change])
    assert done.exit_code == 1
    assert message in done.output
    assert "Traceback" not in done.output
