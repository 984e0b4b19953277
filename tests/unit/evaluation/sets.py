"""Small data sets and configurations for the tests of evaluations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from newsml.config.evaluate import EvaluateConfig

WORDS = {"sport": "goal match team cup", "weather": "rain snow wind storm", "war": "troops border tank siege"}


def topics(path: Path, count: int, *, labels: Sequence[Any] = ("sport", "weather"), suffix: str = "") -> None:
    """Rows whose words tell their label."""
    lines = []
    for number in range(count):
        label = labels[number % len(labels)]
        words = " ".join(WORDS.get(name, name) for name in ([label] if isinstance(label, str) else label))
        lines.append({"text": f"The {words} of day {number}.{suffix}", "title": f"Day {number}", "label": label})
    write(path, lines)


def claims(path: Path, count: int) -> None:
    """Articles with a claim each, one class after the other."""
    labels = ("agree", "disagree", "discuss", "unrelated")
    write(
        path,
        [
            {
                "text": f"Russia met council {n}. It rained.",
                "claim": f"Rain fell {n}",
                "label": labels[n % 4],
            }
            for n in range(count)
        ],
    )


def write(path: Path, records: Sequence[dict[str, Any]]) -> None:
    """A JSONL file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def evaluation(
    folder: Path,
    *,
    task: str = "topics",
    columns: dict[str, str] | None = None,
    table: dict[str, Any] | None = None,
    train: Sequence[dict[str, Any]] = (),
    data: dict[str, Any] | None = None,
    **rest: Any,
) -> EvaluateConfig:
    """An evaluation on ``test.jsonl`` of a folder, with plain column names and few samples."""
    own = columns or {"text": "text", "label": "label"}
    body = {
        "kind": "evaluate",
        "name": "test",
        "task": task,
        "data_root": str(folder),
        "output": str(folder / "out"),
        "data": [
            {
                "name": "d",
                "test": [{"path": "test.jsonl", "columns": own, **(table or {})}],
                "train": [{"columns": own, **entry} for entry in train],
                **(data or {}),
            }
        ],
        "bootstrap": {"samples": 50},
        "html": False,
        "errors_shown": 3,
        **rest,
    }
    if not body.get("systems") and not body.get("baselines"):
        body["baselines"] = ["lead-3" if task == "summary" else "majority"]
    return EvaluateConfig.model_validate_json(json.dumps(body))
