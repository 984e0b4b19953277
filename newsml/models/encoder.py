"""One copy of a base encoder, with any number of LoRA adapters on it.

Owns tokenising, token-budget batches and the forward pass; the runners on top of it (``Embedder``, ``Classifier``,
``SentenceScorer``) only name the head they put on the hidden states. Knows nothing of articles or tasks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from transformers import AutoModel, AutoTokenizer

from newsml.errors import ModelError, NewsmlError
from newsml.models.architecture import POSITIONS_AFTER_PADDING
from newsml.models.backend import current
from newsml.models.quiet import quiet

BATCH_TOKENS = 4096
"""Padded tokens of one forward pass: 16 texts of 256 tokens."""


@dataclass(frozen=True, slots=True)
class TextPair:
    """The input of a classifier: one text, or two that it compares.

    Attributes:
        first: Text, or claim, or sentence.
        second: The other text of the pair; None for single-text models.
    """

    first: str
    second: str | None = None


class Encoder:
    """A base encoder shared by runners.

    Attributes:
        max_tokens: Longest input in tokens, special tokens included.
        name: What messages call the model.
        heads: By adapter, what turns the base's outputs into logits, where labels are to be read off them.
    """

    def __init__(self, model: Any, tokenizer: Any, *, name: str) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.name = name
        self.max_tokens = token_limit(model.config, tokenizer)
        self._backend = current()
        self._int8: dict[str | None, Any] = {}
        self.heads: dict[str | None, Callable[[Any], torch.Tensor]] = {}
        self._adapters: set[str] = set()
        self._lock = threading.RLock()
        self._merged = False

    @classmethod
    def load(cls, folder: Path, *, name: str) -> Encoder:
        """Load a base encoder in fp32 from a folder with ``config.json``, tokenizer and safetensors.

        Raises:
            ModelError: It cannot be loaded.
        """
        with loading(folder):
            model = AutoModel.from_pretrained(folder, dtype=torch.float32, use_safetensors=True)
            return cls(to_device(model), load_tokenizer(folder), name=name)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special tokens."""
        return count_tokens(self.tokenizer, texts)

    def attach(self, folder: Path) -> tuple[str, dict[str, torch.Tensor]]:
        """Put a PEFT adapter on the base, unmerged.

        Args:
            folder: Holds ``adapter_config.json`` and ``adapter_model.safetensors``.

        Returns:
            What ``using`` calls it, and the tensors of the file that belong to no base layer: the classification head.

        Raises:
            ModelError: It was made for another base, or weights are missing.
        """
        from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
        from safetensors.torch import load_file

        with loading(folder):
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
        return name, {key: value for key, value in tensors.items() if ".lora_" not in key}

    def merge(self) -> None:
        """Fold the one attached adapter into the weights: faster, but the base alone is gone."""
        from peft.tuners.tuners_utils import BaseTunerLayer

        if len(self._adapters) != 1:
            raise ModelError(f"{self.name} carries {len(self._adapters)} adapters; only a single one can be merged")
        for module in self.model.modules():
            if isinstance(module, BaseTunerLayer):
                module.merge(adapter_names=list(self._adapters))
        self._merged = True

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
            if self._backend == "torch-bf16" and self.model.dtype != torch.bfloat16:
                self.model.to(torch.bfloat16)  # Not before the first use: adapters are merged in fp32.
            for module in self.model.modules() if self._adapters and not self._merged else ():
                if isinstance(module, BaseTunerLayer):
                    module.enable_adapters(adapter is not None)
                    if adapter is not None:
                        module.set_adapter(adapter, inference_mode=True)
            yield self._in_int8(adapter) if self._backend == "onnx-int8" else self.model

    def _in_int8(self, adapter: str | None) -> Any:
        """The int8 form of the base with the adapter that is switched on, merged."""
        if adapter not in self._int8:
            from newsml.models.onnx_int8 import int8

            unmerged = None if self._merged else adapter
            head = self.heads.get(adapter)
            self._int8[adapter] = int8(self.model, self.tokenizer, name=self.name, adapter=unmerged, head=head)
        return self._int8[adapter]


def run_batches(
    inputs: Sequence[TextPair],
    tokenizer: Any,
    max_tokens: int,
    forward: Callable[[Any], torch.Tensor],
    *,
    truncate: bool = False,
) -> list[np.ndarray]:
    """Tokenise, batch by length under ``BATCH_TOKENS``, run ``forward``, and restore the order.

    Equal inputs are computed once: several questions about one article embed its sentences a single time.

    Args:
        inputs: Texts or pairs.
        tokenizer: The model's tokenizer.
        max_tokens: The model's limit, special tokens included.
        forward: Maps a padded batch to a tensor whose first axis is the batch.
        truncate: Cut longer texts (only where the caller records or does not need the rest).

    Raises:
        ModelError: An input is longer than the model reads and ``truncate`` is off.
    """
    distinct = list(dict.fromkeys(inputs))
    encoded = encode_all(tokenizer, distinct, max_tokens if truncate else None)
    lengths = [len(entry["input_ids"]) for entry in encoded]
    if inputs and max(lengths) > max_tokens:
        raise ModelError(
            f"input of {max(lengths)} tokens for a model that reads {max_tokens}; "
            "windows must be cut before they reach the model"
        )
    outputs: dict[TextPair, np.ndarray] = {}
    for chosen in batches(lengths):
        batch = tokenizer.pad([encoded[i] for i in chosen], return_tensors="pt")
        with torch.inference_mode():
            values = forward(batch.to(device())).float().cpu().numpy()
        outputs.update(zip((distinct[i] for i in chosen), values, strict=True))
    return [outputs[pair] for pair in inputs]


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices in batches of near-equal length, each of at most ``BATCH_TOKENS`` padded tokens."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
        if batch and (len(batch) + 1) * lengths[index] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def count_tokens(tokenizer: Any, texts: Sequence[str]) -> list[int]:
    """Tokens of each text under a tokenizer, without special tokens."""
    if not texts:
        return []
    whole = [valid(text) for text in texts]
    return [len(ids) for ids in tokenizer(whole, add_special_tokens=False, verbose=False)["input_ids"]]


def valid(text: str) -> str:
    """Text of the same length that tokenizers take: half a surrogate pair, as in data cut inside an emoji, is ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Keeps libraries quiet while they load a model's files, and turns what they raise over them into one line.

    Raises:
        ModelError: The files are missing, damaged, or do not fit together.
    """
    try:
        with quiet():
            yield
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        if isinstance(error, NewsmlError):
            raise
        reason = " ".join(str(error).split())
        raise ModelError(f"{folder}: cannot be loaded ({reason:.200}); save or fetch the model again") from error


def token_limit(config: Any, tokenizer: Any) -> int:
    """Longest input of a loaded model in tokens, special tokens included."""
    positions = getattr(config, "max_position_embeddings", None) or 0
    if config.model_type in POSITIONS_AFTER_PADDING:
        positions -= (config.pad_token_id or 0) + 1
    return min(limit for limit in (positions, tokenizer.model_max_length) if limit > 0)


def load_tokenizer(folder: Path) -> Any:
    """The fast tokenizer of a model folder, silent about long texts (windows take care of them)."""
    return AutoTokenizer.from_pretrained(folder, use_fast=True)


def device() -> torch.device:
    """The first GPU where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def to_device(model: Any) -> Any:
    """The model, moved to ``device()``."""
    return model.to(device())


def encode(tokenizer: Any, pair: TextPair, max_tokens: int | None) -> Any:
    """Token ids and masks of a text or pair; ``max_tokens`` cuts the longer of the two, None cuts nothing."""
    return encode_all(tokenizer, [pair], max_tokens)[0]


def encode_all(tokenizer: Any, pairs: Sequence[TextPair], max_tokens: int | None) -> list[dict[str, list[int]]]:
    """The same of many at once, which the tokenizer shares out among the cores."""
    options: dict[str, Any] = {"truncation": True, "max_length": max_tokens} if max_tokens else {}
    made: dict[int, dict[str, list[int]]] = {}
    for paired in (False, True):
        places = [place for place, pair in enumerate(pairs) if (pair.second is not None) == paired]
        if not places:
            continue
        first = [valid(pairs[place].first) for place in places]
        second = [valid(pairs[place].second or "") for place in places] if paired else None
        columns = tokenizer(first, second, verbose=False, **options)
        for row, place in enumerate(places):
            made[place] = {name: columns[name][row] for name in columns}
    return [made[place] for place in range(len(pairs))]
