"""What everything fitted with the Hugging Face trainer shares.

Owns how a recipe's ``training`` section becomes training arguments, resuming and early stopping. Knows nothing of
losses or metrics.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import (
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from newsml.config.finetune import CLASSIFIED, FinetuneConfig
from newsml.errors import TrainingError
from newsml.models.backend import has_bf16
from newsml.models.torch_encoder import TorchEncoder
from newsml.training.data import Split, content
from newsml.training.processes import Released, count, is_first

LOG = "log.jsonl"
"""Beside the checkpoints: what the trainer logged, an object for every entry, with the step."""

STATE = "trainer_state.json"
"""The file of a checkpoint that is written last."""

EPOCH = "epoch.safetensors"
"""The file of a checkpoint with torch's random state at the start of its epoch."""

SHORT = 128
"""Longest inputs in tokens for which plain attention is faster on a processor."""

METRIC = "eval_metric"
"""What the trainer calls the chief figure on the held-out rows."""

Say = Callable[[str], None]
"""Receives a line of progress."""


def load_base(config: FinetuneConfig, folder: Path) -> TorchEncoder:
    """The encoder a recipe starts from.

    Raises:
        TrainingError: It reads fewer tokens than the recipe's inputs have.
    """
    encoder = TorchEncoder.load(folder, name=config.base)
    if config.training.max_tokens > encoder.max_tokens:
        raise TrainingError(
            f"training.max_tokens is {config.training.max_tokens}, but {config.base} reads {encoder.max_tokens} at most"
        )
    return encoder


def arguments(config: FinetuneConfig) -> Any:
    """The Hugging Face training arguments of a recipe."""
    training = config.training
    stops = {
        "eval_strategy": "steps",
        "eval_steps": training.save_steps,
        "load_best_model_at_end": True,
        "metric_for_best_model": METRIC,
        "greater_is_better": True,
        "restore_callback_states_from_checkpoint": True,
    }
    return TrainingArguments(
        output_dir=str(Path(config.output) / "checkpoints"),
        num_train_epochs=training.epochs,
        max_steps=training.max_steps or -1,
        learning_rate=training.learning_rate,
        warmup_steps=training.warmup,
        per_device_train_batch_size=training.batch_size,
        gradient_accumulation_steps=training.gradient_accumulation,
        weight_decay=training.weight_decay,
        lr_scheduler_type="linear",
        # Grouped batches are drawn by each process for itself, and several might not draw the same.
        train_sampling_strategy="group_by_length" if training.group_by_length and count() == 1 else "random",
        length_column_name="length",
        bf16=bf16(training.precision),
        use_cpu=not torch.cuda.is_available(),
        seed=config.seed,
        data_seed=config.seed,
        save_steps=training.save_steps,
        save_total_limit=1,
        logging_steps=50,
        report_to=[],
        remove_unused_columns=False,
        disable_tqdm=True,
        dataloader_num_workers=0,
        # A batch is computed in parts: broadcasting buffers before each would spoil the gradients of those before.
        ddp_broadcast_buffers=False,
        # Without a head on top, the base's pooler has an adapter that no loss reaches.
        ddp_find_unused_parameters=config.task not in CLASSIFIED,
        **(stops if training.patience else {}),
    )


def set_up(model: Any, config: FinetuneConfig) -> None:
    """Set the dropout of a recipe, what is kept for the way back, and on a processor plain attention.

    That is faster for short inputs alone: a step of MiniLM in bf16 on one core takes .59 s instead of .85 at 128
    tokens, as long at 192, and 6.4 instead of 3.4 at 512.
    """
    training = config.training
    plain = not torch.cuda.is_available() and bf16(training.precision) and training.max_tokens <= SHORT
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = config.training.dropout
        if isinstance(module, PreTrainedModel) and plain:
            module.set_attn_implementation("eager")
        if isinstance(module, PreTrainedModel) and config.training.gradient_checkpointing:
            module.gradient_checkpointing_enable({"use_reentrant": False})


def bf16(precision: str) -> bool:
    """Whether to compute in bf16: asked for, or ``auto`` and the hardware multiplies it natively."""
    return has_bf16() if precision == "auto" else precision == "bf16"


def fingerprint(config: FinetuneConfig, split: Split) -> str:
    """16 hex digits that change with anything that changes the weights: rows, labels, base, settings, seed."""
    recipe = config.model_dump_json(
        include={"task", "base", "method", "seed", "labels", "wording", "training", "contrast"}
    )
    digest = sha256(recipe.encode())
    for row in split.train:
        digest.update(content(row))
    return digest.hexdigest()[:16]


class OwnLossTrainer(Trainer):  # type: ignore[misc]  # transformers is untyped
    """The Hugging Face trainer for models that compute their own loss, under ``"loss"`` of what they return."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        """The loss of a batch, and the model's outputs where the trainer asks for them."""
        outputs = model(**inputs)
        return (outputs["loss"], outputs) if return_outputs else outputs["loss"]


class Progress(TrainerCallback):  # type: ignore[misc]  # transformers is untyped
    """Says how far a run is, how low its loss, and how long it will take."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self._started, self._first = 0.0, 0

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        """Note where the run starts, or resumes."""
        self._started, self._first = time.monotonic(), state.global_step
        if state.global_step:
            self.say(f"going on from step {state.global_step} of {state.max_steps}")

    def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Say a line."""
        if logs and METRIC in logs:
            self.say(f"step {state.global_step} of {state.max_steps}: {float(logs[METRIC]):.4f} on the held-out rows")
        if logs and "loss" in logs:
            rate = (time.monotonic() - self._started) / max(state.global_step - self._first, 1)
            left = rate * (state.max_steps - state.global_step) / 60
            self.say(
                f"step {state.global_step} of {state.max_steps}: loss {float(logs['loss']):.3f}, {left:.0f} min left"
            )


class EpochStart(TrainerCallback):  # type: ignore[misc]  # transformers is untyped
    """Lets an epoch that was broken off be taken up with its own order of rows.

    The trainer draws the order of grouped batches from torch's random state at the start of an epoch, and its
    checkpoints have the state of their step alone.
    """

    def __init__(self, checkpoint: Path | None) -> None:
        self._resumed = None if checkpoint is None else load_file(checkpoint / EPOCH)["state"]
        self._state: torch.Tensor | None = None

    def on_epoch_begin(self, _args: Any, _state: Any, _control: Any, **_: Any) -> None:
        """Go back to the state of the epoch that is taken up, and keep it for the checkpoints to come."""
        if self._resumed is not None:
            torch.set_rng_state(self._resumed)
            self._resumed = None
        self._state = torch.get_rng_state()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Write the state into a checkpoint that is about to be made."""
        if control.should_save and is_first() and self._state is not None:
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            folder.mkdir(exist_ok=True)
            save_file({"state": self._state}, folder / EPOCH)


def train(trainer: Any, run: str, say: Say) -> None:
    """Run a trainer, from its last whole checkpoint where there is one, and write its log.

    Args:
        trainer: The trainer.
        run: What the checkpoints must have been made with, by ``fingerprint``.
        say: Receives a line of progress now and then.

    Raises:
        TrainingError: The checkpoints in the folder are those of another recipe, or of other rows.
        Released: The weights are trained, and this is not the process that saves them.
    """
    output = Path(trainer.args.output_dir)
    output.mkdir(parents=True, exist_ok=True)
    last, note = last_checkpoint(output), output / "run"
    if last is not None and note.is_file() and note.read_text(encoding="utf-8") != run:
        raise TrainingError(
            f"{output} holds checkpoints of another recipe, or of other rows; remove the folder, or change output"
        )
    if is_first():
        note.write_text(run, encoding="utf-8")
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Progress(say))
    trainer.add_callback(EpochStart(last))
    # Losses are means over a batch: of several that make a step, the mean again. The trainer would leave it a sum.
    trainer.model_accepts_loss_kwargs = False
    trainer.train(resume_from_checkpoint=None if last is None else str(last))
    # Accelerate leaves the model computing in half precision; what is judged and saved answers in full.
    trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    if not is_first():
        raise Released
    lines = (json.dumps(entry, sort_keys=True) for entry in trainer.state.log_history)
    (output / LOG).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end; what a kill or a full disk left of later ones is removed."""
    by_step = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2]), reverse=True)
    for path in by_step:
        try:
            json.loads((path / STATE).read_text(encoding="utf-8"))
            (path / EPOCH).stat()
        except (OSError, ValueError):
            if is_first():
                shutil.rmtree(path, ignore_errors=True)
        else:
            return path
    return None
