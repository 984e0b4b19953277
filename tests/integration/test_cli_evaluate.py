"""``newsml evaluate`` and ``newsml compare`` as a user types them: the samples, a run taken up again, and refusals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from newsml.cli.main import app
from newsml.evaluation.compare import read_report

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "configs" / "evaluate").glob("sample-*.yaml"))
NEWSML = [sys.executable, "-m", "newsml"]
CONFIG = """
kind: evaluate
name: tiny
task: topics
output: out
data:
- name: days
  test: [{path: test.jsonl, columns: {text: text, label: label}}]
baselines: [majority, stratified]
bootstrap: {samples: 50}
html: false
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"text": f"Day {n} came.", "label": "rain" if n % 3 else "sun"} for n in range(600)]
    (tmp_path / "test.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*NEWSML, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_a_run_prints_its_figures_and_where_the_report_is(folder: Path) -> None:
    ran = run(folder, "evaluate", "tiny.yaml", "--set", "bootstrap.samples=0")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[0].strip() == "days, 600 rows"
    assert "0.667" in ran.stdout
    assert "out/report.json" in ran.stdout
    assert "Traceback" not in ran.stderr
    assert (folder / "out" / "report.md").is_file()
    again = run(folder, "evaluate", "tiny.yaml", "--set", "bootstrap.samples=0")
    assert again.stdout == ran.stdout


def test_the_script_is_the_same_command(folder: Path) -> None:
    script = [sys.executable, str(ROOT / "scripts" / "evaluate.py"), "tiny.yaml"]
    ran = subprocess.run(
        script, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert ran.returncode == 0, ran.stderr
    assert "days, 600 rows" in ran.stdout


def test_two_systems_are_compared(folder: Path) -> None:
    run(folder, "evaluate", "tiny.yaml")
    ran = run(folder, "compare", "out", "out", "--a", "majority", "--b", "stratified", "--samples", "200")
    assert ran.returncode == 0, ran.stderr
    assert "McNemar, exact" in ran.stdout
    plain = run(folder, "compare", "out", "out", "--a", "majority", "--b", "stratified", "--samples", "200", "--json")
    assert [entry["figure"] for entry in json.loads(plain.stdout)] == ["macro-F1", "accuracy"]
    wrong = run(folder, "compare", "out", "nowhere")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1)
    assert "no report.json" in wrong.stderr


def test_one_failure_does_not_stop_the_others(folder: Path) -> None:
    missing = CONFIG.replace("test.jsonl", "none.jsonl").replace("output: out", "output: other")
    (folder / "missing.yaml").write_text(missing, encoding="utf-8")
    ran = run(folder, "evaluate", "missing.yaml", "tiny.yaml")
    assert ran.returncode == 1
    assert "days, 600 rows" in ran.stdout
    assert "newsml: missing.yaml: data[0].test[0] none.jsonl: no file" in ran.stderr
    assert "Traceback" not in ran.stderr
    same = run(folder, "evaluate", "tiny.yaml", "tiny.yaml")
    assert same.returncode == 1
    assert "two configurations write to out" in same.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("data[0].test[0].columns.label=topic", "no column 'topic'"),
        ("data[0].labels=[sun]", "has the label 'rain', expected one of sun"),
        ("baselines=[lead-3]", "'lead-3' does not fit topics"),
        ("baselines=[tfidf]", "tfidf learns from train rows"),
        ("bootstrap.level=2", "bootstrap.level"),
        ("baselins=[majority]", "baselins"),
    ],
)
def test_what_cannot_be_evaluated_is_said_in_one_place(folder: Path, change: str, message: str) -> None:
    ran = run(folder, "evaluate", "tiny.yaml", "--set", change)
    assert ran.returncode == 1
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
    assert not (folder / "out" / "report.json").exists()


def test_an_interrupted_run_says_how_to_go_on(folder: Path) -> None:
    wait = (
        "import newsml.evaluation.run as r, os, signal\n"
        "def stop(*a): os.kill(os.getpid(), signal.SIGINT)\n"
        "r.read_data = stop\n"
        "import sys; sys.argv = ['newsml', 'evaluate', 'tiny.yaml']\n"
        "from newsml.cli.main import main; main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", wait], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 128 + signal.SIGINT
    assert "interrupted; run the same command again to go on with out" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.model
@pytest.mark.parametrize("config", SAMPLES, ids=lambda path: path.stem)
def test_the_samples_run_and_run_again_without_a_network(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    monkeypatch.chdir(ROOT)
    arguments = ["evaluate", str(config), "--set", f"output={tmp_path}", "--set", "bootstrap.samples=100"]
    if config.stem == "sample-claims":  # Every claim with every article would take a minute.
        arguments += ["--set", "data[0].test[0].limit=60"]
    first = CliRunner().invoke(app, arguments)
    assert first.exit_code == 0, first.output
    report = read_report(tmp_path)
    models = [cell for cell in report.cells if not cell.baseline]
    rivals = [cell for cell in report.cells if cell.baseline and cell.system != "cosine"]
    assert models
    assert all(cell.rows >= 40 for cell in report.cells)
    # A chance ranking of sentences is no rival worth the name: summaries of the opening are hard to beat.
    if report.task != "summary":
        assert max(m.figures[0].value for m in models) > max(r.figures[0].value for r in rivals)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<svg" in page

    def refused(*_: object, **__: object) -> None:
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refused)
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 0, again.output
    assert {c.sha256 for c in read_report(tmp_path).cells} == {c.sha256 for c in report.cells}
