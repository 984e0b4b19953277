"""The peers' side of a race: forward passes as a user of plain ``transformers`` makes them, on the same weights.

Owns what stands in for newsml's runners. Knows nothing of clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import torch

from newsml.models.batches import TextPair
from newsml.models.classifier import Classifier
from newsml.models.embedder import Embedder
from newsml.models.generator import Generator
from newsml.models.prompt import Generation, Prompt
from newsml.models.torch_encoder import TorchEncoder, unit_tensors
from newsml.tasks.run import Call, Runner, Steps


class PipelineClassifier:
    """``transformers.pipeline("text-classification")``: pairs to logits, in batches as they come."""

    def __init__(self, classifier: Classifier, batch_size: int) -> None:
        from transformers import pipeline

        self._labels = classifier.labels
        self._pipeline = pipeline(
            "text-classification", model=classifier.model, tokenizer=classifier.tokenizer, batch_size=batch_size
        )

    def __call__(self, inputs: Sequence[TextPair]) -> list[np.ndarray]:
        """Logits of each pair, shape (labels,)."""
        asked = [{"text": pair.first, "text_pair": pair.second} if pair.second else pair.first for pair in inputs]
        found = self._pipeline(asked, top_k=None, function_to_apply="none")
        scores = [{one["label"]: one["score"] for one in answer} for answer in found]
        return [np.array([answer[label] for label in self._labels]) for answer in scores]


class PlainEmbedder:
    """A tokenizer and a model, in batches as they come: texts to unit vectors."""

    def __init__(self, embedder: Embedder, batch_size: int) -> None:
        assert isinstance(embedder.encoder, TorchEncoder)
        self._encoder, self._adapter, self._size = embedder.encoder, embedder.adapter, batch_size

    def __call__(self, inputs: Sequence[str]) -> list[np.ndarray]:
        """A vector of each text."""
        return [row for first in range(0, len(inputs), self._size) for row in self._rows(inputs[first:][: self._size])]

    def _rows(self, texts: Sequence[str]) -> Iterator[np.ndarray]:
        encoder = self._encoder
        batch = encoder.tokenizer(
            list(texts), padding=True, truncation=True, max_length=encoder.max_tokens, return_tensors="pt"
        )
        with torch.inference_mode(), encoder.using(self._adapter) as model:
            yield from unit_tensors(model, batch).numpy()


class PlainGenerator:
    """``model.generate`` in fp32, one prompt after the other, with as many candidates."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    def __call__(self, inputs: Sequence[Prompt]) -> list[Generation]:
        """A text of each prompt."""
        return [self._generator([prompt])[0] for prompt in inputs]


def with_peers(steps: Callable[[Any], Steps[Any]], stand_in: Callable[[Runner], Runner]) -> Callable[[Any], Steps[Any]]:
    """A task whose model calls go to the peers' runners; everything else stays as it is."""
    made: dict[int, Runner] = {}

    def kept(runner: Runner) -> Runner:
        if id(runner) not in made:
            made[id(runner)] = stand_in(runner)
        return made[id(runner)]

    def redirected(item: Any) -> Steps[Any]:
        """The way of one item, its calls handed on."""
        way = steps(item)
        try:
            call = next(way)
            while True:
                call = way.send((yield Call(kept(call.runner), call.inputs)))
        except StopIteration as stop:
            return stop.value

    return redirected


@cache
def nli_pipeline(folder: str, batch_size: int) -> Any:
    """Transformers' zero-shot pipeline on a base with an untrained NLI head: for what it costs."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    labels = {0: "contradiction", 1: "neutral", 2: "entailment"}
    names = {name: number for number, name in labels.items()}
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3, id2label=labels, label2id=names)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return pipeline("zero-shot-classification", model=model.eval(), tokenizer=tokenizer, batch_size=batch_size)
