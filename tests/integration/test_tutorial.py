"""The fine-tuning tutorial is typed in from its first line to its last, and shows what it shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from newsml.cli.main import app
from newsml.models.cache import cache_folder

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "finetuning.md"
BLOCK = re.compile(r"(?:<!-- output: (?P<of>.+?) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)
BASE = "all-MiniLM-L6-v2"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the sample articles, and a cache folder of its own with the base model alone."""
    shutil.copytree(cache_folder() / "models" / BASE, tmp_path / "home" / "models" / BASE)
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.setenv("NEWSML_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.model
def test_the_tutorial_does_what_it_says(place: Path) -> None:
    names: dict[str, object] = {}
    printed: dict[str, str] = {}
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8").split("\n## Which method when")[0]):
        text = block["text"]
        if block["kind"] == "python":
            exec(compile(text, PAGE.name, "exec"), names)
        elif block["kind"] == "yaml":
            file = text.partition("\n")[0].removeprefix("# ")
            (place / file).write_text(text, encoding="utf-8")
        elif block["kind"] == "console":
            for command in text.splitlines():
                result = CliRunner().invoke(app, command.split()[1:])
                assert result.exit_code == 0, f"{command}: {result.output}"
                printed[command] = result.stdout
        else:
            assert lines(printed[block["of"]]) == lines(text)
    assert len(printed) > 4
    assert (place / "runs" / "desks-report" / "report.html").stat().st_size > 10_000
    assert (place / "runs" / "desks-again" / "model" / "mean_head.safetensors").is_file()
    assert not (place / "home" / "cards" / "desks.yaml").exists()


def lines(text: str) -> list[str]:
    """Lines without trailing blanks, numbers rounded away: scores may differ in the last digit between processors."""
    return [re.sub(r"\d*\.\d+", "#", line).rstrip() for line in text.strip("\n").splitlines()]
