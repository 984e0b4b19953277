"""Runner: text pairs to class logits, from any sequence-classification model.

Owns the ways such a model is held: whole (any folder), adapter merged into its base, adapter unmerged on a shared
``Encoder``, and a linear head of newsml's own on a base's mean vectors. Knows nothing of what the classes mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

from newsml.errors import ModelError
from newsml.models.backend import current
from newsml.models.batches import TextPair, count_tokens, run_batches
from newsml.models.bf16 import Bf16Model
from newsml.models.embedder import unit_vectors
from newsml.models.encoder import Encoder, load_tokenizer, loading, to_device, token_limit

HEAD_FILE = "mean_head.safetensors"
"""Beside the card, and beside an adapter where there is one: ``weight`` and ``bias`` of a head on mean vectors."""


class Classifier:
    """A sequence classifier.

    Attributes:
        labels: Class names in the order of the logits.
        max_tokens: Longest input in tokens, special tokens included.
        tokenizer: Its tokenizer.
    """

    def __init__(
        self,
        forward: Callable[[Any], torch.Tensor],
        tokenizer: Any,
        *,
        labels: Sequence[str],
        max_tokens: int,
        model: Any = None,
    ) -> None:
        self._forward = forward
        self.tokenizer = tokenizer
        self.labels = tuple(labels)
        self.max_tokens = max_tokens
        self.model = model

    @classmethod
    def whole(cls, folder: Path) -> Classifier:
        """Load a ``...ForSequenceClassification`` model from a folder.

        Raises:
            ModelError: It cannot be loaded, or weights are missing.
        """
        with loading(folder):
            model, outcome = AutoModelForSequenceClassification.from_pretrained(
                folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True
            )
            if missing := sorted(outcome["missing_keys"]):
                # transformers fills the gap with random numbers, and says so in a report that nobody reads.
                raise ModelError(f"{folder}: its files lack the weights {missing[0]}; save or fetch the model again")
            return cls.around(model, load_tokenizer(folder), name=folder.name)

    @classmethod
    def merged(cls, base: Path, adapter: Path, labels: Sequence[str]) -> Classifier:
        """Load a base, put a PEFT adapter with its head on it, and merge it into the weights.

        Raises:
            ModelError: One of the two cannot be loaded, or they do not fit together.
        """
        from peft import PeftModel

        with loading(adapter):
            fitted = PeftModel.from_pretrained(new_classifier(base, labels)[0], adapter)
            return cls.around(fitted.merge_and_unload(), load_tokenizer(base), name=adapter.name)

    @classmethod
    def around(cls, model: Any, tokenizer: Any, *, name: str = "a classifier") -> Classifier:
        """Wrap a loaded model, which messages call by a name."""
        model = to_device(model.eval())
        config = model.config
        compute = model
        if current() == "torch-bf16":
            compute = Bf16Model(model)
        elif current() == "onnx-int8":
            from newsml.models.onnx_int8 import int8

            compute = int8(model, tokenizer, name=name)
        return cls(
            lambda batch: compute(**batch).logits,
            tokenizer,
            labels=[config.id2label[index] for index in range(config.num_labels)],
            max_tokens=token_limit(config, tokenizer),
            model=model,
        )

    @classmethod
    def shared(cls, encoder: Encoder, adapter: Path, labels: Sequence[str]) -> Classifier:
        """Put a PEFT adapter with its head on a shared encoder, unmerged."""
        name, head = encoder.attach(adapter)
        try:
            linear = torch.nn.Linear(encoder.model.config.hidden_size, len(labels))
            linear.load_state_dict({"weight": head["classifier.weight"], "bias": head["classifier.bias"]})
        except (KeyError, RuntimeError) as error:
            raise ModelError(
                f"adapter {adapter} has no linear head for {len(labels)} labels "
                f"(found {', '.join(head) or 'nothing'}); expected classifier.weight and classifier.bias"
            ) from error
        linear = to_device(linear.eval())

        def logits(outputs: Any) -> torch.Tensor:
            found: torch.Tensor = linear(outputs.pooler_output.float())
            return found

        def forward(batch: Any) -> torch.Tensor:
            with encoder.using(name) as model:
                return logits(model(**batch))

        encoder.heads[name] = logits

        return cls(forward, encoder.tokenizer, labels=labels, max_tokens=encoder.max_tokens)

    @classmethod
    def on_means(cls, encoder: Encoder, folder: Path, labels: Sequence[str]) -> Classifier:
        """Put a head for mean vectors, and the adapter beside it where there is one, on a shared encoder, unmerged."""
        name = encoder.attach(folder)[0] if (folder / "adapter_config.json").is_file() else None
        with loading(folder):
            linear = torch.nn.Linear(encoder.model.config.hidden_size, len(labels))
            linear.load_state_dict(load_file(folder / HEAD_FILE))
        return cls.mean_head(encoder, linear, labels, adapter=name)

    @classmethod
    def mean_head(
        cls, encoder: Encoder, linear: torch.nn.Linear, labels: Sequence[str], *, adapter: str | None = None
    ) -> Classifier:
        """The same with a head that is loaded; ``adapter`` is one that the encoder carries."""
        linear = to_device(linear.eval())

        def forward(batch: Any) -> torch.Tensor:
            with encoder.using(adapter) as model:
                logits: torch.Tensor = linear(unit_vectors(model, batch))
                return logits

        return cls(forward, encoder.tokenizer, labels=labels, max_tokens=encoder.max_tokens)

    def __call__(self, inputs: Sequence[TextPair]) -> list[np.ndarray]:
        """Logits of each input, shape (number of labels,), in fp32."""
        return run_batches(inputs, self.tokenizer, self.max_tokens, self._forward)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special tokens."""
        return count_tokens(self.tokenizer, texts)

    def save(self, folder: Path) -> None:
        """Write model and tokenizer so that plain ``transformers`` loads them.

        Raises:
            ModelError: The classifier is an unmerged adapter on a shared base.
        """
        if self.model is None:
            raise ModelError("this classifier shares its base with others; load it alone to save it")
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def new_classifier(base: Path, labels: Sequence[str]) -> tuple[Any, set[str]]:
    """A base in fp32 with an untrained classification head for these labels, its weights drawn by torch's seed.

    Returns:
        The model, and the names of the weights that were drawn because the base has none: those of the head at least.
    """
    names = dict(enumerate(labels))
    model, loading_info = AutoModelForSequenceClassification.from_pretrained(
        base,
        dtype=torch.float32,
        use_safetensors=True,
        num_labels=len(names),
        id2label=names,
        label2id={name: index for index, name in names.items()},
        output_loading_info=True,
    )
    return model, set(loading_info["missing_keys"])


def softmax(logits: np.ndarray, *, temperature: float = 1.0) -> np.ndarray:
    """Probabilities of logits over the last axis, softened by a temperature (Guo et al. 2017)."""
    shifted = logits / temperature
    shifted = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    probabilities: np.ndarray = shifted / shifted.sum(axis=-1, keepdims=True)
    return probabilities
