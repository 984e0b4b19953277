"""The command line as a whole: it starts fast and light, and says what it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import newsml

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "peft", "sklearn", "datasets", "pandas", "pyarrow")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["models", "list"], ["analyze", "--help"], ["predict", "--help"]], ids=" ".join
)
def test_light_commands_load_nothing_heavy(arguments: list[str]) -> None:
    code = f"""
import sys, newsml.cli.main
sys.argv = ["newsml", *{arguments!r}]
try:
    newsml.cli.main.main()
except SystemExit as end:
    assert not end.code, end.code
assert not set({HEAVY!r}) & set(sys.modules), set({HEAVY!r}) & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_version() -> None:
    done = subprocess.run([sys.executable, "-m", "newsml", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"newsml {newsml.__version__}\n"


def test_the_script_is_the_same_command() -> None:
    for command in (["-m", "newsml", "finetune"], [str(ROOT / "scripts" / "finetune.py")]):
        done = subprocess.run([sys.executable, *command, "none.yaml"], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith("newsml: none.yaml: ")
