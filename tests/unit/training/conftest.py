"""A recipe over a handful of rows on a tiny base, and what its runs are compared by."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from newsml.config.finetune import FinetuneConfig
from newsml.training.finetune import Outcome

WORDS = {"sport": "team match goal cup", "weather": "rain snow wind fog", "war": "troops nato russia border"}
TABLE = {"path": "rows.jsonl", "columns": {"text": "text", "label": "label"}}


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, Any]]:
    """Eighteen rows of three topics, which ``rows.jsonl`` in the test's folder holds."""
    made = [
        {"text": f"The {words.split()[n % 4]} of day {n}. It was {words.split()[(n + 1) % 4]}.", "label": label}
        for label, words in WORDS.items()
        for n in range(6)
    ]
    write(tmp_path, made)
    return made


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


@pytest.fixture
def put(tmp_path: Path) -> Callable[[list[dict[str, Any]]], None]:
    """Writes other rows into the table of the recipe."""
    return lambda rows: write(tmp_path, rows)


@pytest.fixture
def recipe(models: Path, tmp_path: Path, rows: list[dict[str, Any]]) -> Callable[..., FinetuneConfig]:  # noqa: ARG001
    """Makes a recipe over the eighteen rows."""

    def make(output: str = "out", **changes: Any) -> FinetuneConfig:
        training = {
            "max_steps": 4,
            "batch_size": 4,
            "max_tokens": 32,
            "lora_rank": 2,
            "precision": "fp32",
            "save_steps": 2,
        }
        content = {
            "kind": "finetune",
            "name": "tiny",
            "task": "topics",
            "base": str(models / "base"),
            "method": "lora",
            "data_root": str(tmp_path),
            "output": str(tmp_path / output),
            "train": [TABLE | {"dev": 0.34}],
            "card": {"summary": "Tiny."},
        } | changes
        content["training"] = training | changes.get("training", {})
        return FinetuneConfig.model_validate_json(json.dumps(content))

    return make


@pytest.fixture
def weights() -> Callable[[Outcome], dict[str, torch.Tensor]]:
    """Reads the tensors of a saved model."""

    def read(outcome: Outcome) -> dict[str, torch.Tensor]:
        (path,) = outcome.folder.glob("*model.safetensors")
        tensors: dict[str, torch.Tensor] = load_file(path)
        return tensors

    return read


@pytest.fixture
def assert_same(weights: Callable[[Outcome], dict[str, torch.Tensor]]) -> Callable[[Outcome, Outcome], None]:
    """Asserts that two runs made the same weights, to the last bit."""

    def check(one: Outcome, other: Outcome) -> None:
        left, right = weights(one), weights(other)
        assert left.keys() == right.keys()
        assert all(torch.equal(left[name], right[name]) for name in left)

    return check
