"""A package index in a folder, and cards of tiny models that come from it."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from newsml.models.card import Card

FILES = {
    "config.json": b'{"architectures": ["BertModel"]}',
    "sub/vocab.txt": b"a\nb\n",
    "model.safetensors": b"w" * 999,
}
"""What the tiny models of these tests consist of."""


class Recorder:
    """A progress that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.bytes: list[tuple[int, int]] = []

    def say(self, message: str) -> None:
        self.said.append(message)

    def advance(self, done: int, total: int) -> None:
        self.bytes.append((done, total))


@pytest.fixture
def screen() -> Recorder:
    return Recorder()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, in use."""
    folder = tmp_path / "home"
    monkeypatch.setenv("NEWSML_HOME", str(folder))
    return folder


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the pip of the child process takes for the only package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


@pytest.fixture
def add_wheel(index: Path) -> Callable[[str, Mapping[str, bytes]], Path]:
    """Put a package of version 1.0 with these members into the index."""

    def add(package: str, members: Mapping[str, bytes]) -> Path:
        name = package.replace("-", "_")
        info = f"{name}-1.0.dist-info"
        path = index / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for member, content in members.items():
                wheel.writestr(member, content)
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
        return path

    return add


@pytest.fixture
def make_card() -> Callable[..., Card]:
    """Make the card of a tiny base, with whatever a test changes."""

    def make(*, files: Mapping[str, bytes] = FILES, **changes: Any) -> Card:
        content: dict[str, Any] = {
            "name": "tiny",
            "task": "base-encoder",
            "summary": "A tiny encoder.",
            "max_tokens": 16,
            "languages": ("en",),
            "licence": "Apache-2.0",
            "limits": "It knows nothing.",
            "intended_use": "Tests.",
            "sources": (
                {"kind": "index", "packages": ("tiny-model==1.0",), "folder": "tiny_model/model", "bytes": 1500},
            ),
            "files": tuple(
                {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
                for path, data in files.items()
            ),
        }
        return Card.model_validate(content | changes)

    return make
