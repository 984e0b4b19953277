"""A search over settings: trials kept, taken up again, the best one's model saved; and what cannot be searched."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from newsml.errors import MissingDependencyError, TrainingError
from newsml.models.card import read_card
from newsml.training import finetune as module
from newsml.training.finetune import finetune

SEARCH = {"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}, "lora_rank": [2, 4]}


def sweep(trials: int, **search: Any) -> dict[str, Any]:
    return {"trials": trials, "search": search or SEARCH}


def test_the_best_trial_is_kept_and_all_are_recorded(recipe: Any, assert_same: Any) -> None:
    pytest.importorskip("optuna")
    said: list[str] = []
    outcome = finetune(recipe(sweep=sweep(2)), say=said.append)
    record = json.loads((outcome.folder / "training.json").read_text(encoding="utf-8"))
    assert len(record["trials"]) == 2
    best = max(record["trials"], key=lambda trial: trial["value"])
    assert best["value"] == pytest.approx(outcome.figures["all: model"].figures[0].value)
    assert {name: record["config"]["training"][name] for name in SEARCH} == {name: best[name] for name in SEARCH}
    assert sum(line.startswith("trial 2 of 2: learning_rate ") for line in said) == 2
    assert all("the weights were chosen by" in figure.split for figure in read_card(outcome.folder).figures)
    alone = {name: best[name] for name in SEARCH}
    assert_same(outcome, finetune(recipe("alone", training=alone)))


def test_a_sweep_that_was_broken_off_takes_up_its_trial_and_counts_those_before(
    recipe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("optuna")
    plain, fitted = module._fitted, []

    def broken(config: Any, *rest: Any) -> Any:
        fitted.append(config.training.learning_rate)
        if len(fitted) == 2:
            raise KeyboardInterrupt
        return plain(config, *rest)

    monkeypatch.setattr(module, "_fitted", broken)
    searched = recipe(sweep=sweep(2, learning_rate={"low": 1e-4, "high": 1e-2}))
    with pytest.raises(KeyboardInterrupt):
        finetune(searched)
    outcome = finetune(searched)
    record = json.loads((outcome.folder / "training.json").read_text(encoding="utf-8"))
    assert [trial["learning_rate"] for trial in record["trials"]] == fitted[:2]
    assert fitted[2] == fitted[1]
    assert len(list((Path(searched.output) / "trials").glob("*/checkpoints"))) == 2


def test_a_sweep_without_its_package_names_the_command_that_installs_it(
    recipe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'newsml\[sweep\]'"):
        finetune(recipe(sweep=sweep(1)))


def test_a_sweep_runs_in_one_process(recipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TrainingError, match="one process, got 2"):
        finetune(recipe(sweep=sweep(1)))


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"learning_rat": [1e-4]}, "'learning_rat' is no setting of training; did you mean 'learning_rate'"),
        ({"lora_rank": []}, "the list is empty"),
        ({"lora_rank": [0]}, r"search\.lora_rank: 0 does not fit training\.lora_rank"),
        ({"lora_rank": ["many"]}, "'many' does not fit"),
        ({"warmup": {"low": 0.5, "high": 0.1}}, "low 0.5 is not below high 0.1"),
        ({"warmup": {"low": 0.5, "high": 2.0}}, "2.0 does not fit"),
    ],
)
def test_only_settings_of_training_are_searched(recipe: Any, search: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recipe(sweep={"search": search})


def test_a_sweep_needs_held_out_rows(recipe: Any) -> None:
    with pytest.raises(ValueError, match="sweep: trials are compared on held-out rows"):
        recipe(sweep=sweep(1), folds=3)
