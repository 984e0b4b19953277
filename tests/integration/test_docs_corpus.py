"""docs/corpus.md: its schema is that of the files, and its examples run."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from newsml.io.plain import RESULTS, columns_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "corpus.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"(?P<mark><!-- spark -->\n)?```python\n(?P<code>.*?)```", re.DOTALL)


def worded(kind: Any) -> str:
    """A column type as the page writes it."""
    import pyarrow

    if pyarrow.types.is_map(kind):
        return f"map<{worded(kind.key_type)}, {worded(kind.item_type)}>"
    if pyarrow.types.is_list(kind):
        return f"list<{worded(kind.value_type)}>"
    if pyarrow.types.is_struct(kind):
        return f"struct<{', '.join(f'{named(field)}: {worded(field.type)}' for field in kind)}>"
    return str(kind)


def named(field: Any) -> str:
    return f"{field.name}{'?' if field.nullable else ''}"


def test_the_schema_is_that_of_the_files() -> None:
    table = PAGE.split("<!-- schema -->\n", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    assert table == [
        f"| {task} | {named(field)} | {worded(field.type)} |"
        for task, kind in RESULTS.items()
        for field in columns_of(kind)
    ]


@pytest.mark.model
def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    examples = [found["code"] for found in EXAMPLE.finditer(PAGE) if not found["mark"]]
    assert len(examples) == 3
    for code in examples:
        exec(compile(code, "corpus.md", "exec"), names)
    assert names["totals"].rows == len(names["table"]) == capsys.readouterr().out.count("\n") == 12


def test_the_spark_example_runs(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not installed")
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    (code,) = (found["code"] for found in EXAMPLE.finditer(PAGE) if found["mark"])
    names: dict[str, Any] = {}
    exec(compile(code.replace('"default"', repr(str(models / "learned"))), "corpus.md", "exec"), names)
    try:
        rows = names["found"].collect()
    finally:
        names["spark"].stop()
    assert len(rows) == 12
    assert all(row.topic in ("sport", "weather", "war") and 0 < row.score <= 1 for row in rows)
