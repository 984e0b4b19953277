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
        (100, False, {}, "lora", "400 rows, 100 a class, no GPU"),
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


def test_what_a_recipe_leaves_open_depends_on_the_method(recipe: Any) -> None:
    rates = {}
    for method in ("lora", "full", "few-shot"):
        config = recipe(method=method)
        training = settled(config, choose(config, split(5), gpu=False)).training
        rates[method] = (training.learning_rate, training.epochs)
    assert rates == {"lora": (5e-4, 3.0), "full": (5e-5, 3.0), "few-shot": (5e-4, 10.0)}
    named = recipe(training={"learning_rate": 0.25, "epochs": 2})
    kept = settled(named, choose(named, split(5), gpu=False)).training
    assert (kept.learning_rate, kept.epochs) == (0.25, 2)


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
