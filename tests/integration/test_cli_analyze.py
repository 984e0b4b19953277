"""``newsml analyze`` as a user types it: the sample article on a screen and as JSON, several files, pipes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from newsml.models.cache import cache_folder
from newsml.results import CLAIM_LABELS, TARGET_LABELS

ROOT = Path(__file__).parents[2]
SAMPLE = "nato-russian-troop-buildup.txt"
CLAIM = "Russia is increasing its troops at Ukraine's border"
MODULE = [sys.executable, "-m", "newsml"]
ENGLISH = "The mayor said on Thursday that the city would close two bridges. Residents of the harbour protested. "

pytestmark = pytest.mark.model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copyfile(ROOT / "seeds" / SAMPLE, tmp_path / SAMPLE)
    return tmp_path


def newsml_command(
    *arguments: str, folder: Path, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command in a folder, in a plain environment."""
    plain = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR", "PYTHONWARNINGS")
    }
    return subprocess.run(
        [*MODULE, *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        env=plain | environment,
        check=False,
    )


def spans_in(value: Any) -> list[dict[str, Any]]:
    """Every span of a result."""
    if isinstance(value, list):
        return [span for entry in value for span in spans_in(entry)]
    if not isinstance(value, dict):
        return []
    inner = [span for entry in value.values() for span in spans_in(entry)]
    return [value, *inner] if {"start", "end", "text", "field"} <= value.keys() else inner


def test_the_sample_on_a_screen(folder: Path) -> None:
    done = newsml_command("analyze", SAMPLE, "--target", "Russia", "--claim", CLAIM, folder=folder, COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    for part in (
        "NATO warns of new Russian troop buildup",
        "Summary",
        "Topics",
        "medtop:",
        "Russia",
        CLAIM[:30],
        "models:",
    ):
        assert part in done.stdout
    assert any(label in done.stdout for label in TARGET_LABELS)
    assert any(label in done.stdout for label in CLAIM_LABELS)
    assert "    > " in done.stdout
    assert "--target" not in done.stdout  # Nothing was proposed.
    assert "\x1b" not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_several_files_as_json_with_one_that_fails(folder: Path) -> None:
    (folder / "empty.txt").touch()
    (folder / "emoji.txt").write_text(f"👩‍🚒 {ENGLISH}🎉🎉 Café naïve — “ok”. {ENGLISH}", encoding="utf-8")
    (folder / "long.txt").write_text("word and other words " * 1250 + "end.", encoding="utf-8")
    (folder / "surrogate.json").write_text(json.dumps({"text": f"Half \ud800 a pair. {ENGLISH}"}), encoding="utf-8")
    (folder / "controls.txt").write_text(f"\x1b[31m{ENGLISH}\x07\x0b\u202e{ENGLISH}", encoding="utf-8")
    names = [SAMPLE, "empty.txt", "emoji.txt", "long.txt", "surrogate.json", "controls.txt"]
    done = newsml_command("analyze", *names, "-", "--json", "--sentences", "2", folder=folder, stdin=ENGLISH)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "newsml: empty.txt: article: no text to analyse, got nothing but white space; "
        "give the body of the article as text"
    ]
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["file"] for result in results] == [name for name in (*names, "-") if name != "empty.txt"]
    for result in results:
        assert result["targets_proposed"]
        assert 1 <= len(result["summary"]["sentences"]) <= 2
        assert 0 < result["topics"]["score"] <= 1
        spans = spans_in({key: value for key, value in result.items() if key != "article"})
        assert spans
        for span in spans:
            assert result["article"][span["field"]][span["start"] : span["end"]] == span["text"]
    sample = results[0]
    assert "Russia" in {stance["subject"] for stance in sample["targets"]}
    assert all(stance["label"] in TARGET_LABELS for stance in sample["targets"])


def test_results_repeat_and_labels_of_ones_own(folder: Path) -> None:
    arguments = ["analyze", SAMPLE, "--json", "--label", "war", "--label", "football", "--claim", CLAIM]
    first, second = (newsml_command(*arguments, folder=folder) for _ in range(2))
    assert first.returncode == 0
    assert first.stdout == second.stdout
    (line,) = first.stdout.splitlines()
    result = json.loads(line)
    assert set(result["topics"]["scores"]) == {"war", "football"}
    assert [stance["subject"] for stance in result["claims"]] == [CLAIM]


def test_a_reader_that_goes_away_is_no_traceback(folder: Path) -> None:
    command = [*MODULE, "analyze", SAMPLE, SAMPLE, "--json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_where_models_cannot_be_exported_torch_computes_them(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    (home / "models").symlink_to(cache_folder() / "models", target_is_directory=True)
    (home / "onnx").write_text("no folder", encoding="utf-8")
    made = newsml_command("analyze", SAMPLE, "--json", folder=folder, NEWSML_HOME=str(home))
    assert made.returncode == 0
    assert made.stderr.startswith("computing with torch: cannot write to the cache folder")
    assert json.loads(made.stdout)["topics"]["label"] == "conflict, war and peace"
