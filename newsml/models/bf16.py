"""A model's forward pass in bf16.

Owns what is kept in fp32, and the few shapes that kernels are made for. Knows nothing of articles or tasks.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch

ROW_TOKENS = 128
"""Batches of short texts get rows until they are whole multiples of so many tokens. A kernel is made, and kept, for
each number of tokens; without this the memory of a long run grows by a fifth."""


class Bf16Model:
    """Answers as the ``transformers`` model does whose weights it turns to bf16; a classifier's head stays in fp32."""

    def __init__(self, model: Any) -> None:
        base = getattr(model, model.base_model_prefix, None)
        if base is None:
            model.to(torch.bfloat16)
        else:
            for part in model.children():
                if part is base:
                    part.to(torch.bfloat16)
                else:
                    part.register_forward_pre_hook(_widened)
        self._model = model

    def __call__(self, **batch: torch.Tensor) -> SimpleNamespace:
        """What the model gives of a padded batch: its outputs that are tensors."""
        rows, width = batch["input_ids"].shape
        short = -rows % max(ROW_TOKENS // width, 1)
        if short:
            batch = {name: torch.cat([values, values[-1:].expand(short, -1)]) for name, values in batch.items()}
        outputs = self._model(**batch)
        return SimpleNamespace(**{name: value[:rows] for name, value in outputs.items() if torch.is_tensor(value)})


def _widened(_: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a layer in fp32 gets of layers in bf16."""
    return tuple(one.float() if torch.is_tensor(one) and one.is_floating_point() else one for one in inputs)
