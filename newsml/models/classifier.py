"""Runner: text pairs to class logits, from any sequence-classification model.

Owns the ways such a model is held: whole (any folder), adapter merged into its base, adapter unmerged on a shared
``Encoder``, and a linear head of newsml's own on a base's mean vectors. Knows nothing of what the classes mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from newsml.errors import ModelError
from newsml.models.backend import current
from newsml.models.batches import Batch, TextPair, TokenCounter, run_batches
from newsml.models.embedder import unit_vectors
from newsml.models.encoder import Encoder, Head
from newsml.models.loading import loading
from newsml.models.threads import one_thread

HEAD_FILE = "mean_head.safetensors"
"""Beside the card, and beside an adapter where there is one: ``weight`` and ``bias`` of a head on mean vectors."""

MULTI_LABEL = "multi_label_classification"
"""What a configuration says of classes that do not exclude each other."""


class Classifier:
    """A sequence classifier.

    Attributes:
        labels: Class names in the order of the logits.
        max_tokens: Longest input in tokens, special tokens included.
        tokenizer: Its tokenizer.
        count_tokens: Tokens of each of some texts, without special tokens.
        multi_label: Whether its configuration says that a text may have several of the labels.
        model: The ``transformers`` model, where it is one and all its own.
    """

    def __init__(
        self,
        forward: Callable[[Batch], np.ndarray],
        tokenizer: Any,
        *,
        labels: Sequence[str],
        max_tokens: int,
        multi_label: bool = False,
        count_tokens: TokenCounter | None = None,
        model: Any = None,
    ) -> None:
        self._forward = forward
        self.multi_label = multi_label
        self.tokenizer = tokenizer
        self.count_tokens = TokenCounter(tokenizer) if count_tokens is None else count_tokens
        self.labels = tuple(labels)
        self.max_tokens = max_tokens
        self.model = model

    @classmethod
    def whole(cls, folder: Path) -> Classifier:
        """Load a ``...ForSequenceClassification`` model from a folder.

        Raises:
            ModelError: It cannot be loaded, or weights are missing.
        """
        from transformers import AutoModelForSequenceClassification

        from newsml.models.quiet import quiet
        from newsml.models.torch_encoder import load_tokenizer

        with loading(folder), quiet():
            model, outcome = AutoModelForSequenceClassification.from_pretrained(
                folder, dtype="float32", use_safetensors=True, output_loading_info=True
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

        from newsml.models.quiet import quiet
        from newsml.models.torch_encoder import load_tokenizer

        with loading(adapter), quiet():
            fitted = PeftModel.from_pretrained(new_classifier(base, labels)[0], adapter)
            return cls.around(fitted.merge_and_unload(), load_tokenizer(base), name=adapter.name)

    @classmethod
    def around(cls, model: Any, tokenizer: Any, *, name: str = "a classifier") -> Classifier:
        """Wrap a loaded model, which messages call by a name."""
        import torch

        from newsml.models.bf16 import Bf16Model
        from newsml.models.torch_encoder import numbers, tensors, to_device, token_limit

        model = to_device(model.eval())
        config = model.config
        compute = model
        if current() == "torch-bf16":
            compute = Bf16Model(model)
        elif current() == "onnx-int8":
            from newsml.models.onnx_int8 import int8

            compute = int8(model, tokenizer, name=name)

        def forward(batch: Batch) -> np.ndarray:
            with torch.inference_mode():
                return numbers(compute(**tensors(batch)).logits)

        return cls(
            forward,
            tokenizer,
            labels=[config.id2label[index] for index in range(config.num_labels)],
            max_tokens=token_limit(config, tokenizer),
            multi_label=config.problem_type == MULTI_LABEL,
            model=model,
        )

    @classmethod
    def shared(cls, encoder: Encoder, adapter: Path, labels: Sequence[str]) -> Classifier:
        """Put a PEFT adapter with its head on a shared encoder, unmerged."""
        name, stored = encoder.attach(adapter)
        logits = linear(
            stored, encoder.width, len(labels), f"adapter {adapter}", ("classifier.weight", "classifier.bias")
        )
        encoder.heads[name] = Head(tuple(labels), logits)
        return cls(
            lambda batch: logits(encoder.pooled(batch, name)),
            encoder.tokenizer,
            labels=labels,
            max_tokens=encoder.max_tokens,
            count_tokens=encoder.count_tokens,
        )

    @classmethod
    def on_means(cls, encoder: Encoder, folder: Path, labels: Sequence[str]) -> Classifier:
        """Put a head for mean vectors, and the adapter beside it where there is one, on a shared encoder, unmerged."""
        name = encoder.attach(folder)[0] if (folder / "adapter_config.json").is_file() else None
        with loading(folder):
            head = load_file(folder / HEAD_FILE)
        return cls.mean_head(encoder, head, labels, adapter=name)

    @classmethod
    def mean_head(
        cls, encoder: Encoder, head: dict[str, np.ndarray], labels: Sequence[str], *, adapter: str | None = None
    ) -> Classifier:
        """The same with a head that is loaded; ``adapter`` is one that the encoder carries."""
        logits = linear(head, encoder.width, len(labels), HEAD_FILE)
        return cls(
            lambda batch: logits(unit_vectors(encoder, batch, adapter)),
            encoder.tokenizer,
            labels=labels,
            max_tokens=encoder.max_tokens,
            count_tokens=encoder.count_tokens,
        )

    def __call__(self, inputs: Sequence[TextPair]) -> list[np.ndarray]:
        """Logits of each input, shape (number of labels,), in fp32."""
        return run_batches(inputs, self.tokenizer, self.max_tokens, self._forward)

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


def linear(
    head: dict[str, np.ndarray], width: int, count: int, where: str, names: tuple[str, str] = ("weight", "bias")
) -> Callable[[np.ndarray], np.ndarray]:
    """A linear layer from so many numbers to so many logits.

    Args:
        head: Its tensors.
        width: Numbers in.
        count: Labels.
        where: Where they lie, for messages.
        names: Of weight and bias among them.

    Raises:
        ModelError: They are not there, or do not fit.
    """
    weight, bias = (head.get(name) for name in names)
    if weight is None or bias is None or weight.shape != (count, width) or bias.shape != (count,):
        raise ModelError(
            f"{where} has no linear head for {count} labels (found {', '.join(head) or 'nothing'}); "
            f"expected {' and '.join(names)}"
        )
    weight, bias = weight.astype(np.float32), bias.astype(np.float32)

    def logits(values: np.ndarray) -> np.ndarray:
        """Of each row."""
        with one_thread():
            made: np.ndarray = values @ weight.T + bias
        return made

    return logits


def new_classifier(base: Path, labels: Sequence[str]) -> tuple[Any, set[str]]:
    """A base in fp32 with an untrained classification head for these labels, its weights drawn by torch's seed.

    Returns:
        The model, and the names of the weights that were drawn because the base has none: those of the head at least.
    """
    from transformers import AutoModelForSequenceClassification

    names = dict(enumerate(labels))
    model, loading_info = AutoModelForSequenceClassification.from_pretrained(
        base,
        dtype="float32",
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
