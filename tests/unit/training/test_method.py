"""Which method is chosen where a recipe names none, and that it is said why."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from newsml.io.rows import Row
from newsml.training.data import Split
from newsml.training.finetune import finetune
from newsml.training.method import choose, settled


def split(each: int, classes: int = 4) -> Split:
    rows = tuple(Row("Rain.", str(n), 0, labels=(str(n % classes),)) for n in range(each * classes))
    return Split(rows, (), Counter(), Counter())


@pytest.mark.parametrize(
    ("each", "gpu", "changes", "method", "reason"),
    [
        (5, False, {}, "few-shot", "20 rows, 5 a class"),
        (5, True, {}, "few-shot", "20 rows, 5 a class"),
        (100, False, {}, "few-shot", "400 rows, 100 a class"),
        (5, False, {"multi_label": True}, "few-shot", "20 rows, 5 a class"),
        (200, False, {}, "lora", "800 rows, 200 a class, no GPU"),
        (2000, False, {}, "head", "8,000 rows and no GPU; an adapter would take"),
        (2000, False, {"training": {"epochs": 1}}, "lora", "8,000 rows"),
        (2000, True, {}, "full", "8,000 rows and a GPU"),
        (5, False, {"training": {"patience": 2}}, "lora", "patience"),
        (5, False, {"method": "head"}, "head", "the recipe says so"),
        (5, False, {"task": "topics-zero-shot"}, "lora", "an adapter on its base"),
    ],
)
def test_rows_and_hardware_choose(
    recipe: Any, each: int, gpu: bool, changes: dict[str, Any], method: str, reason: str
) -> None:
    choice = choose(recipe(**{"method": "auto", **changes}), split(each), gpu=gpu)
    assert choice.method == method
    assert reason in choice.reason


def test_stance_is_never_left_to_a_handful(recipe: Any) -> None:
    columns = {"text": "text", "claim": "claim", "label": "label"}
    source = {"path": "rows.jsonl", "columns": columns, "dev": 0.5}
    assert choose(recipe(method="auto", task="claim-stance", train=[source]), split(5), gpu=False).method == "lora"


def test_what_a_recipe_leaves_open_depends_on_the_method_and_the_rows(recipe: Any) -> None:
    def left_open(method: str, rows: int, **changes: Any) -> tuple[float | None, float | None]:
        config = recipe(**{"method": method, **changes})
        training = settled(config, choose(config, split(5), gpu=False), rows).training
        return training.learning_rate, training.epochs

    assert [left_open("lora", rows) for rows in (20, 2000, 20_000)] == [(5e-4, 20), (5e-4, 5), (5e-4, 3)]
    assert [left_open("few-shot", rows) for rows in (20, 340, 2000)] == [(5e-4, 10), (5e-4, 5), (5e-4, 2)]
    assert left_open("full", 2000) == (5e-5, 5)
    table = [{"path": "rows.jsonl", "columns": {"text": "text", "summary": "label"}}]
    assert left_open("lora", 20, task="summary-abstractive", train=table) == (5e-4, 3)
    assert left_open("lora", 20, training={"learning_rate": 0.25, "epochs": 2}) == (0.25, 2)


def test_the_choice_is_said_and_recorded(recipe: Any) -> None:
    said: list[str] = []
    outcome = finetune(recipe(method="auto"), say=said.append)
    assert "method few-shot: 12 rows, 4 a class" in said
    record = json.loads((outcome.folder / "training.json").read_text(encoding="utf-8"))
    assert record["method"] == {"name": "few-shot", "reason": "12 rows, 4 a class"}
    assert record["config"]["method"] == "few-shot"
    assert record["config"]["training"]["epochs"] == 10


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "few-shot", "task": "topics-zero-shot"}, "few-shot fits topics, claim-stance, target-stance"),
        ({"method": "full", "task": "topics-zero-shot"}, "take lora"),
        ({"task": "topics-zero-shot", "training": {"windows": 0}}, "goes with topics"),
    ],
)
def test_methods_that_do_not_fit_a_task_are_refused(recipe: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recipe(**changes)
