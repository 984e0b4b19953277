"""The Hugging Face trainer's settings, shared by everything that is fitted with it.

Owns how a recipe's ``training`` section becomes training arguments, and resuming. Knows nothing of losses.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from newsml.config.finetune import FinetuneConfig

Say = Callable[[str], None]
"""Receives a line of progress."""


def arguments(config: FinetuneConfig, **extra: Any) -> Any:
    """The Hugging Face training arguments of a recipe."""
    training = config.training
    return TrainingArguments(
        output_dir=str(Path(config.output) / "checkpoints"),
        num_train_epochs=training.epochs,
        max_steps=training.max_steps or -1,
        learning_rate=training.learning_rate,
        warmup_steps=training.warmup,
        per_device_train_batch_size=training.batch_size,
        weight_decay=training.weight_decay,
        lr_scheduler_type="linear",
        train_sampling_strategy="group_by_length",
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
        dataloader_num_workers=0,
        **extra,
    )


def bf16(precision: str) -> bool:
    """Whether to compute in bf16: asked for, or ``auto`` and the hardware multiplies it natively."""
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def train(trainer: Any) -> None:
    """Run a trainer, from its last checkpoint where there is one."""
    output = Path(trainer.args.output_dir)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(output)) if output.is_dir() else None)
