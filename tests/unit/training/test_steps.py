"""How weights come step by step: accumulated, recomputed, stopped early, killed and taken up again."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import PreTrainedModel, Trainer

from newsml.errors import TrainingError, WriteError
from newsml.models.card import read_card
from newsml.models.classifier import Classifier
from newsml.training import classifiers, trainer
from newsml.training.finetune import finetune


def kill(monkeypatch: pytest.MonkeyPatch, step: int, run: Any) -> None:
    """Run until a step is over."""
    plain = trainer.Progress

    class Doomed(plain):  # type: ignore[misc, valid-type]
        def on_step_end(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
            if state.global_step == step:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "Progress", Doomed)
        with pytest.raises(KeyboardInterrupt):
            run()


@pytest.mark.parametrize(
    "changes",
    [
        {"training": {"max_steps": 9, "gradient_accumulation": 2, "dropout": 0.2}},
        {"method": "full", "training": {"max_steps": 9, "patience": 9}},
        {"method": "few-shot", "training": {"max_steps": 9}},
    ],
    ids=["accumulated", "judged on the way", "few-shot"],
)
def test_killed_at_a_random_step_a_run_ends_in_the_same_weights(
    recipe: Any, monkeypatch: pytest.MonkeyPatch, assert_same: Any, changes: dict[str, Any]
) -> None:
    whole = finetune(recipe("whole", **changes))
    step = Random().randint(2, 8)  # Whichever it is: a failure says it.
    kill(monkeypatch, step, lambda: finetune(recipe("killed", **changes)))
    said: list[str] = []
    resumed = finetune(recipe("killed", **changes), say=said.append)
    saved = (step - 1) // 2 * 2  # A step's checkpoint is written once the step is over, when the kill comes.
    assert (f"going on from step {saved} of 9" in said) == (saved > 0), f"killed at step {step}: {said}"
    assert_same(whole, resumed)


def test_two_batches_that_make_a_step_have_the_effect_of_one_twice_as_large(recipe: Any, weights: Any) -> None:
    # Four steps of eight rows; the order of the rows is the same, since batches are not grouped by length.
    training = {"group_by_length": False, "max_steps": 1, "learning_rate": 0.01}
    one = weights(finetune(recipe("one", training={**training, "batch_size": 8})))
    two = weights(finetune(recipe("two", training={**training, "batch_size": 4, "gradient_accumulation": 2})))
    for name in one:
        torch.testing.assert_close(one[name], two[name], atol=1e-6, rtol=1e-4)


def test_layers_computed_anew_make_the_same_weights(
    recipe: Any, assert_same: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    plain = PreTrainedModel.gradient_checkpointing_enable

    def noted(self: Any, options: Any) -> None:
        asked.append(options)
        plain(self, options)

    monkeypatch.setattr(PreTrainedModel, "gradient_checkpointing_enable", noted)
    kept = finetune(recipe("kept"))
    assert asked == []
    anew = finetune(recipe("anew", training={"gradient_checkpointing": True}))
    assert asked
    assert_same(kept, anew)


def test_training_stops_where_the_metric_no_longer_rises_and_keeps_the_best(
    recipe: Any, monkeypatch: pytest.MonkeyPatch, assert_same: Any, weights: Any
) -> None:
    figures = [0.2, 0.5, 0.4, 0.5]
    monkeypatch.setattr(classifiers, "chief", lambda *_: figures.pop(0))
    said: list[str] = []
    changes = {"training": {"max_steps": 40, "save_steps": 2, "patience": 2, "learning_rate": 0.01}}
    stopped = finetune(recipe("stopped", **changes), say=said.append)
    assert "step 4 of 40: 0.5000 on the held-out rows" in said
    assert not any(line.startswith("step 10 ") for line in said)
    log = [json.loads(line) for line in (stopped.folder / "training.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log if trainer.METRIC in entry] == [2, 4, 6, 8]
    assert all("which the weights were chosen by" in figure.split for figure in read_card(stopped.folder).figures)
    (best,) = (stopped.folder.parent / "checkpoints").glob("checkpoint-*")
    assert best.name == "checkpoint-4"
    assert load_file(best / "adapter_model.safetensors").keys() == weights(stopped).keys()
    for name, tensor in load_file(best / "adapter_model.safetensors").items():
        assert torch.equal(tensor, weights(stopped)[name])
    figures = [0.4, 0.5]
    assert_same(stopped, finetune(recipe("stopped", **changes)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "head"}, "method lora or full"),
        ({"task": "topics-zero-shot"}, "topics and stance"),
        ({"folds": 2}, "no folds"),
        ({"train": [{"path": "rows.jsonl", "columns": {"text": "text", "label": "label"}}]}, "dev above 0"),
    ],
)
def test_patience_needs_steps_and_held_out_rows(recipe: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recipe(**changes, training={"patience": 1})


def test_a_full_disk_leaves_the_last_checkpoint_whole(
    recipe: Any, monkeypatch: pytest.MonkeyPatch, assert_same: Any
) -> None:
    whole = finetune(recipe("whole"))
    plain = Trainer._save_optimizer_and_scheduler

    def full(self: Any, folder: str) -> None:
        if folder.endswith("-4"):
            raise OSError(errno.ENOSPC, "No space left on device")
        plain(self, folder)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_save_optimizer_and_scheduler", full)
        with pytest.raises(WriteError, match=r"No space left on device\); make room .* goes on from the last"):
            finetune(recipe("full"))
    checkpoints = Path(recipe("full").output) / "checkpoints"
    assert {path.name for path in checkpoints.glob("checkpoint-*")} == {"checkpoint-2", "checkpoint-4"}
    said: list[str] = []
    assert_same(whole, finetune(recipe("full"), say=said.append))
    assert "going on from step 2 of 4" in said
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", _no_room)
        with pytest.raises(WriteError, match="make room"):
            finetune(recipe("full"))
    assert read_card(checkpoints.parent / "model").name == "tiny"


def _no_room(*_: Any, **__: Any) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_checkpoint_that_was_broken_off_is_passed_over(tmp_path: Path) -> None:
    assert trainer.last_checkpoint(tmp_path) is None
    for step, state in ((8, "{}"), (10, '{"step'), (12, None)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}" / trainer.EPOCH).touch()
        if state is not None:
            (tmp_path / f"checkpoint-{step}" / trainer.STATE).write_text(state)
    assert trainer.last_checkpoint(tmp_path) == tmp_path / "checkpoint-8"
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-8"]


def test_a_saved_model_that_answers_otherwise_is_an_error(recipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Classifier.merged

    def damaged(*args: Any) -> Any:
        made = plain(*args)
        with torch.no_grad():
            made.model.classifier.bias += 0.1
        return made

    monkeypatch.setattr(Classifier, "merged", damaged)
    with pytest.raises(TrainingError, match=r"does not answer as the fitted one: logits lie up to 0\.1 apart"):
        finetune(recipe())
