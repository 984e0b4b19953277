"""``newsml config check``: what it prints and how it exits."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from newsml.cli.config import app
from newsml.config import load


@pytest.fixture
def faults_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"good.yaml": [], "bad.yaml": ["a: unknown key", "b: missing, this key is required"]}
    monkeypatch.setattr(load, "check", lambda path: known[Path(path).name])


@pytest.mark.usefixtures("faults_by_name")
def test_each_file_is_ok_or_lists_its_faults() -> None:
    done = CliRunner().invoke(app, ["check", "good.yaml", "bad.yaml", "good.yaml"])
    assert done.output.splitlines() == [
        "good.yaml: ok",
        "bad.yaml: 2 faults",
        "  a: unknown key",
        "  b: missing, this key is required",
        "good.yaml: ok",
    ]
    assert done.exit_code == 1


@pytest.mark.usefixtures("faults_by_name")
def test_sound_files_exit_with_zero() -> None:
    assert CliRunner().invoke(app, ["check", "good.yaml"]).exit_code == 0


def test_no_file_is_a_usage_error() -> None:
    assert CliRunner().invoke(app, ["check"]).exit_code == 2


def test_a_real_file_goes_through_the_real_check(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("kind: nonsense\n")
    done = CliRunner().invoke(app, ["check", str(tmp_path / "c.yaml"), str(tmp_path / "none.yaml")])
    assert done.exit_code == 1
    assert "kind: got 'nonsense', expected" in done.output
    assert "none.yaml: 1 fault\n  no such file, expected a YAML configuration" in done.output
