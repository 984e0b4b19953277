"""What the repository may hold, read from the files git knows or would take in."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_BYTES = 10 * 1024 * 1024
MOST_BYTES_OF_ADAPTERS = 25 * 1000 * 1000
PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".joblib", ".npy"}
# Spelled so that this file does not find itself.
MACHINE_PATH = re.compile(rf"(?<![\w./])/(?:{'work'}|{'root'}|home/\w+)/")


def repository_files() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = done.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_there_are_files_to_read() -> None:
    assert ROOT / "pyproject.toml" in repository_files()
    assert Path(__file__) in repository_files()


def test_no_file_is_large() -> None:
    assert [path.name for path in repository_files() if path.stat().st_size > MOST_BYTES] == []


def test_the_shipped_adapters_are_small() -> None:
    weights = [path for path in repository_files() if "models/weights/" in path.as_posix()]
    assert len({path.parent for path in weights}) > 3
    assert sum(path.stat().st_size for path in weights) < MOST_BYTES_OF_ADAPTERS


def test_no_file_is_a_pickle() -> None:
    assert [path.name for path in repository_files() if path.suffix in PICKLES] == []


def test_no_text_holds_a_path_of_the_machine_it_was_written_on() -> None:
    found = []
    for path in repository_files():
        content = path.read_bytes()
        if b"\0" in content[:8192]:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
            if MACHINE_PATH.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip():.80}")
    assert found == []


def test_the_package_states_its_licences_and_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in project["license-files"]:
        assert (ROOT / name).stat().st_size > 0
    assert f"## [{project['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for credited in ("all-MiniLM-L6-v2", "all-mpnet-base-v2", "SmolLM2-135M-Instruct", "IPTC", "CC BY 4.0"):
        assert credited in notice


def test_the_ci_script_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text(encoding="utf-8").startswith("#!")
