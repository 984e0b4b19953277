"""``newsml models``: lists, shows and fetches, for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from huggingface_hub import constants
from typer.testing import CliRunner

from newsml.cli.models import app
from newsml.errors import DownloadError, ModelError
from newsml.models.card import CARD_FILE, cards, read_card, write_card
from newsml.models.files import model_files

BASE = "all-MiniLM-L6-v2"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, a wide screen, and an index that holds nothing."""
    for name, value in {
        "NEWSML_HOME": tmp_path / "home",
        "COLUMNS": 200,
        "PIP_NO_INDEX": 1,
        "HF_HUB_OFFLINE": 1,
    }.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "home"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_list() -> None:
    lines = run("list").splitlines()
    assert len(lines) == len(cards()) + 1
    (row,) = [line for line in lines if line.startswith(BASE)]
    assert row.split() == [BASE, "base-encoder", "92", "MB", "Apache-2.0", "no"]


def test_list_for_machines() -> None:
    rows = json.loads(run("list", "--json"))
    assert {row["name"] for row in rows} == set(cards())
    assert {"name", "task", "bytes", "licence", "cached", "path"} == set(rows[0])


def test_show() -> None:
    text = run("show", BASE)
    for part in (BASE, "base-encoder", "512 tokens", "Apache-2.0", cards()[BASE].limits, cards()[BASE].revision):
        assert part in text


def test_show_figures_of_a_saved_folder(tmp_path: Path) -> None:
    card = cards()[BASE].model_copy(update={"name": "mine", "sources": (), "files": (), "summary": "Not [bold]."})
    path = write_card(card, tmp_path)
    figure = """figures:
- {metric: macro-F1, value: 0.5, low: 0.4, high: 0.6, baseline: {name: majority, value: 0.1}, data: a set, split: test,
   rows: 1000, command: newsml evaluate x.yaml, hardware: 2 cores, date: 2026-11-01}
"""
    path.write_text(path.read_text(encoding="utf-8") + figure, encoding="utf-8")
    text = run("show", str(tmp_path))
    for part in (
        "Not [bold].",
        "0.4 to 0.6",
        "0.1 (majority)",
        "a set, test",
        "1,000",
        "2 cores: newsml evaluate x.yaml",
    ):
        assert part in text


def test_show_says_how_far_scores_can_be_trusted(tmp_path: Path) -> None:
    calibration = {
        "method": "temperature", "temperature": 1.25, "rows": 400, "how": "400 held-out rows of 2 tables",
        "error_before": 0.081, "error": 0.034,
        "reliability": [
            {"low": 0.4, "high": 0.5, "rows": 100, "confidence": 0.45, "accuracy": 0.25},
            {"low": 0.9, "high": 1.0, "rows": 300, "confidence": 0.95, "accuracy": 0.95},
        ],
        "risk_coverage": [{"coverage": 0.5, "risk": 0.1}, {"coverage": 1.0, "risk": 0.3}],
        "abstention": {"threshold": 0.47, "rule": "halves [the] risk", "coverage": 0.62, "accuracy": 0.85},
    }  # fmt: skip
    card = cards()[BASE].model_copy(update={"name": "mine", "sources": (), "files": ()})
    path = write_card(card, tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + yaml.safe_dump({"calibration": calibration}), encoding="utf-8")
    lines = run("show", str(tmp_path)).splitlines()
    text = " ".join(" ".join(lines).split())
    for part in (
        "temperature 1.25; expected calibration error 0.034, without it 0.081 (400 held-out rows of 2 tables)",
        "not confident under 0.47: 62% of the rows are answered, 85% of those rightly, of all 70%; halves [the] risk",
        "50% 10.0%",
    ):
        assert part in text
    low, high = (next(line for line in lines if line.startswith(edge)) for edge in ("0.4 to 0.5", "0.9 to 1"))
    assert low.rstrip().endswith("  ━━━━━    |")
    assert high.rstrip().endswith("━" * 19 + "|")
    plain = run("show", BASE)
    assert "reliability" not in plain
    assert "abstains" not in plain
    shipped = cards()["claim-stance-minilm"].calibration
    assert shipped is not None
    assert f"temperature {shipped.temperature};" in run("show", "claim-stance-minilm")


def test_show_for_machines() -> None:
    shown = json.loads(run("show", BASE, "--json"))
    assert shown["files"][0].keys() == {"path", "sha256", "bytes"}
    assert shown["cached"] is False


def test_unknown_name() -> None:
    with pytest.raises(ModelError, match=f"did you mean '{BASE}'"):
        run("show", "all-minilm-l6")


def test_pull_from_a_folder(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"w")
    card = cards()[BASE].model_copy(update={"name": "tiny", "files": model_files(tmp_path, ["model.safetensors"])})
    monkeypatch.setattr("newsml.models.card.cards", lambda: {"tiny": card})
    monkeypatch.setattr("newsml.models.resolve.cards", lambda: {"tiny": card})
    text = run("pull", "--all", "--from", str(tmp_path))
    assert text.startswith(f"tiny: checked, in {home}")
    assert json.loads(run("list", "--json"))[0]["cached"] is True


def test_pull_without_network() -> None:
    with pytest.raises(DownloadError, match="no source could deliver it"):
        run("pull", BASE)


@pytest.mark.parametrize("arguments", [["pull"], ["pull", BASE, "--all"]])
def test_pull_needs_names_or_all(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_saved_card_reads_back(tmp_path: Path) -> None:
    write_card(cards()[BASE], tmp_path)
    assert (tmp_path / CARD_FILE).is_file()
    assert read_card(tmp_path) == cards()[BASE]
