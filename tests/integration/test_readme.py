"""README is what a newcomer types first: its Python runs, and its output is what the command prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.compile(r"<!-- output: (?P<command>.+?) -->\n```text\n(?P<output>.*?)```", re.DOTALL)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.model
def test_python_examples_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    examples = blocks("python")
    assert examples, "README has no Python example"
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for example in examples:
        exec(compile(example, "README.md", "exec"), names)
    assert capsys.readouterr().out.count("\n") >= 12


@pytest.mark.model
def test_printed_output_is_what_the_command_prints() -> None:
    shown = list(SHOWN.finditer(README))
    assert shown, "README shows no output"
    for block in shown:
        command = block["command"].removeprefix("newsml ")
        import shlex

        ran = subprocess.run(
            [sys.executable, "-m", "newsml", *shlex.split(command)],
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "100"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert _lines(ran.stdout) == _lines(block["output"])


def test_every_python_example_of_the_documentation_compiles() -> None:
    for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("seeds/*.md")]:
        for example in re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            compile(example, str(path), "exec")


def _lines(text: str) -> list[str]:
    """Lines without trailing blanks, numbers rounded away: scores may differ in the last digit between processors."""
    return [re.sub(r"\d*\.\d+", "#", line).rstrip() for line in text.strip("\n").splitlines()]
