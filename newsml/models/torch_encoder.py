"""An encoder that torch computes, in fp32 or bf16, or ONNX Runtime in int8.

Owns loading, the adapters, and what the forward pass computes with. Knows nothing of articles or tasks.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from newsml.errors import ModelError
from newsml.models.architecture import POSITIONS_AFTER_PADDING
from newsml.models.backend import current, device
from newsml.models.batches import Batch
from newsml.models.bf16 import Bf16Model
from newsml.models.encoder import Encoder
from newsml.models.loading import loading
from newsml.models.quiet import quiet


class TorchEncoder(Encoder):
    """A base encoder that was loaded by ``transformers``.

    Attributes:
        model: The ``transformers`` model.
    """

    def __init__(self, model: Any, tokenizer: Any, *, name: str) -> None:
        limit = token_limit(model.config, tokenizer)
        super().__init__(tokenizer, name=name, max_tokens=limit, width=model.config.hidden_size)
        self.model = model.eval()
        self._backend = current()
        self._int8: dict[str | None, Any] = {}
        self._bf16: Bf16Model | None = None
        self._adapters: set[str] = set()
        self._lock = threading.RLock()
        self._merged = False

    @classmethod
    def load(cls, folder: Path, *, name: str) -> TorchEncoder:
        """Load a base encoder in fp32 from a folder with ``config.json``, tokenizer and safetensors.

        Raises:
            ModelError: It cannot be loaded.
        """
        with loading(folder), quiet():
            model = AutoModel.from_pretrained(folder, dtype=torch.float32, use_safetensors=True)
            return cls(to_device(model), load_tokenizer(folder), name=name)

    def attach(self, folder: Path) -> tuple[str, dict[str, np.ndarray]]:
        """As of every encoder."""
        from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
        from safetensors.torch import load_file

        with loading(folder), quiet():
            config = LoraConfig.from_pretrained(folder)
            stored = load_file(folder / "adapter_model.safetensors")
        prefix = f"{self.model.base_model_prefix}."
        tensors = {key.removeprefix("base_model.model.").removeprefix(prefix): stored[key] for key in stored}
        lora = {key: value for key, value in tensors.items() if ".lora_" in key}
        config.modules_to_save, config.task_type = None, None
        config.inference_mode = True
        name = f"{folder.name.replace('.', '-')}-{len(self._adapters)}"
        try:
            with quiet():
                inject_adapter_in_model(config, self.model, adapter_name=name)
                outcome = set_peft_model_state_dict(self.model, lora, adapter_name=name)
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"adapter {folder} does not fit the base {self.name} ({' '.join(str(error).split()):.120}); "
                "use the base its card names"
            ) from error
        missing = [key for key in outcome.missing_keys if f".{name}." in key]
        if odd := [*outcome.unexpected_keys, *missing]:
            raise ModelError(
                f"adapter {folder} does not fit the base {self.name}: only the "
                f"{'adapter' if outcome.unexpected_keys else 'base'} has {odd[0]}; use the base its card names"
            )
        self.model.to(self.model.dtype).eval()
        self._adapters.add(name)
        return name, {key: value.float().numpy() for key, value in tensors.items() if ".lora_" not in key}

    def merge(self) -> None:
        """As of every encoder; the base alone is gone."""
        from peft.tuners.tuners_utils import BaseTunerLayer

        if len(self._adapters) != 1:
            raise ModelError(f"{self.name} carries {len(self._adapters)} adapters; only a single one can be merged")
        for module in self.model.modules():
            if isinstance(module, BaseTunerLayer):
                module.merge(adapter_names=list(self._adapters))
        self._merged = True

    def means(self, batch: Batch, weights: np.ndarray, adapter: str | None) -> np.ndarray:
        """As of every encoder."""
        with torch.inference_mode(), self.using(adapter) as model:
            hidden = model(**tensors(batch)).last_hidden_state.float()
            return numbers(torch.from_numpy(weights).to(hidden.device) @ hidden)

    def pooled(self, batch: Batch, adapter: str | None) -> np.ndarray:
        """As of every encoder."""
        with torch.inference_mode(), self.using(adapter) as model:
            return numbers(model(**tensors(batch)).pooler_output)

    def save(self, folder: Path) -> None:
        """Write base and tokenizer so that plain ``transformers`` loads them.

        Raises:
            ModelError: Adapters are attached.
        """
        if self._adapters:
            raise ModelError(f"{self.name} carries the adapters of other tasks; load it alone to save it")
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    @contextmanager
    def using(self, adapter: str | None) -> Iterator[Any]:
        """The base model with one adapter switched on, or with none."""
        from peft.tuners.tuners_utils import BaseTunerLayer

        if self._merged and adapter is None:
            raise ModelError(f"{self.name} has an adapter merged into it; load another copy for plain vectors")
        with self._lock:
            for module in self.model.modules() if self._adapters and not self._merged else ():
                if isinstance(module, BaseTunerLayer):
                    module.enable_adapters(adapter is not None)
                    if adapter is not None:
                        module.set_adapter(adapter, inference_mode=True)
            yield self._computing(adapter)

    def _computing(self, adapter: str | None) -> Any:
        """What computes the base with the adapter that is switched on."""
        if self._backend == "torch-bf16":
            if self._bf16 is None:
                self._bf16 = Bf16Model(self.model)  # Not before the first use: adapters are merged in fp32.
            return self._bf16
        return self._in_int8(adapter) if self._backend == "onnx-int8" else self.model

    def _in_int8(self, adapter: str | None) -> Any:
        """The int8 form of the base with the adapter that is switched on, merged."""
        if adapter not in self._int8:
            from newsml.models.onnx_int8 import int8

            unmerged = None if self._merged else adapter
            head = self.heads.get(adapter)
            tokenizer = copy.deepcopy(self.tokenizer)  # Whose state is in use beside this.
            self._int8[adapter] = int8(self.model, tokenizer, name=self.name, adapter=unmerged, head=head)
        return self._int8[adapter]


def tensors(batch: Batch) -> dict[str, torch.Tensor]:
    """A batch where models compute."""
    where = device()
    made = {name: torch.from_numpy(values) for name, values in batch.items()}
    if where.type == "cpu":
        return made
    return {name: values.pin_memory().to(where, non_blocking=True) for name, values in made.items()}


def unit_tensors(model: Any, batch: Any) -> torch.Tensor:
    """Mean last hidden states of a padded batch, scaled to unit length, for learning: (batch, width)."""
    hidden = model(**batch).last_hidden_state.float()
    mask = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
    return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)


def numbers(values: torch.Tensor) -> np.ndarray:
    """What a model gave, in fp32 on the processor."""
    found: np.ndarray = values.float().cpu().numpy()
    return found


def token_limit(config: Any, tokenizer: Any) -> int:
    """Longest input of a loaded model in tokens, special tokens included."""
    positions = getattr(config, "max_position_embeddings", None) or 0
    if config.model_type in POSITIONS_AFTER_PADDING:
        positions -= (config.pad_token_id or 0) + 1
    return min(limit for limit in (positions, tokenizer.model_max_length) if limit > 0)


def load_tokenizer(folder: Path) -> Any:
    """The fast tokenizer of a model folder, silent about long texts (windows take care of them)."""
    return AutoTokenizer.from_pretrained(folder, use_fast=True)


def to_device(model: Any) -> Any:
    """The model, moved to ``device()``."""
    return model.to(device())
