"""Recipes that go on from an adapter instead of from their base alone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from newsml.errors import ModelError, TrainingError
from newsml.training.finetune import finetune

STILL = {"max_steps": 1, "learning_rate": 1e-30, "weight_decay": 0}
SUMMARIES = {
    "task": "summary-extractive",
    "train": [{"path": "rows.jsonl", "columns": {"text": "text", "summary": "label"}, "dev": 0.34}],
}


@pytest.mark.parametrize(
    "changes", [{}, {"task": "topics-zero-shot"}, SUMMARIES], ids=["topics", "zero-shot", "summary"]
)
def test_training_starts_at_the_weights_of_the_adapter(recipe: Any, changes: dict[str, Any]) -> None:
    steep = {"training": {"learning_rate": 1e-2}}
    first = finetune(recipe("first", **changes, **steep)).folder
    again = finetune(recipe("again", **changes, start=str(first), training=STILL)).folder
    fresh = finetune(recipe("fresh", **changes, training=STILL)).folder
    names = sorted(path.name for path in first.glob("*.safetensors"))
    assert names
    for name in names:
        old, kept, new = (load_file(folder / name) for folder in (first, again, fresh))
        assert all(torch.equal(old[key], kept[key]) for key in old)
        assert any(not torch.equal(old[key], new[key]) for key in old)


def test_the_method_is_then_an_adapter_and_the_labels_are_its_own(recipe: Any) -> None:
    first = finetune(recipe("first")).folder
    table = {"path": "rows.jsonl", "columns": {"text": "text", "label": "label"}, "dev": 0.34}
    fewer = table | {"labels": {"sport": "sport", "weather": "weather", "war": None}}
    said: list[str] = []
    outcome = finetune(recipe(start=str(first), method="auto", train=[fewer]), say=said.append)
    assert outcome.labels == ("sport", "war", "weather")
    assert f"method lora: goes on from {first}" in said


def test_what_cannot_be_gone_on_from(recipe: Any, models: Path, tmp_path: Path) -> None:
    other = shutil.copytree(models / "base", tmp_path / "other")
    first, whole = finetune(recipe("first")).folder, finetune(recipe("whole", method="full")).folder
    odd: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"start": str(models / "nowhere")}, ModelError, "nowhere"),
        ({"start": str(whole)}, TrainingError, "is no adapter, expected one that newsml finetune made"),
        ({"start": str(first), **SUMMARIES}, TrainingError, "an adapter for topics, expected summary-extractive"),
        (
            {"start": str(first), "labels": ["war", "sport", "weather"]},
            TrainingError,
            "labels of .* are sport, war, weather",
        ),
        ({"start": str(first), "base": str(other)}, TrainingError, "an adapter on .*base, but base is .*other"),
    ]
    for changes, kind, message in odd:
        with pytest.raises(kind, match=message):
            finetune(recipe(**changes))
    with pytest.raises(ValueError, match="gone on from by method lora, not head"):
        recipe(start=str(first), method="head")
