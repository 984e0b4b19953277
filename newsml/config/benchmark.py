"""The schema of ``kind: benchmark`` configurations.

Owns what a benchmark may say. Knows nothing of clocks or models.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from newsml.config.base import StrictModel

Way = Literal["newsml", "pipeline", "nli-pipeline", "lexrank", "generate"]
"""Who does a task: newsml, or what a user would take instead.

``pipeline``: the same weights, windows and reduction, the forward passes by transformers' own text-classification
pipeline (and, for the sentences of claims, its tokenizer and model in batches as they come). ``nli-pipeline``:
transformers' zero-shot-classification pipeline on an NLI model of the size of newsml's base, with an untrained head:
its cost, not its answers. ``lexrank``: sumy. ``generate``: the same prompts, ``model.generate`` in fp32 one by one.
"""

Task = Literal["topics", "claims", "zero-shot", "extractive", "abstractive"]

WAYS: dict[Task, tuple[Way, ...]] = {
    "topics": ("newsml", "pipeline"),
    "claims": ("newsml", "pipeline"),
    "zero-shot": ("newsml", "nli-pipeline"),
    "extractive": ("newsml", "lexrank"),
    "abstractive": ("newsml", "generate"),
}
"""The ways that each task can be done."""


class Contender(StrictModel):
    """One way to do a task.

    Attributes:
        name: What tables call it.
        way: Who does it.
        backend: Of newsml: what models compute with.
        batch_size: Of a pipeline.
    """

    name: str
    way: Way = "newsml"
    backend: str = "torch"
    batch_size: int = Field(default=16, ge=1)


class Curve(StrictModel):
    """Cost as one thing grows.

    Attributes:
        words: Lengths of the articles in words; or
        labels: numbers of zero-shot labels.
        articles: How many are timed at each value.
    """

    words: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()
    articles: int = Field(default=8, ge=1)

    @model_validator(mode="after")
    def _one(self) -> Curve:
        if bool(self.words) == bool(self.labels) or min((*self.words, *self.labels), default=0) < 2:
            raise ValueError("give words or labels, a list of numbers from 2 on")
        return self


class Race(StrictModel):
    """Contenders at one task, timed in turn on the same articles.

    Attributes:
        name: What tables call it.
        task: What they do.
        model: Card name, folder or hub id; ``"default"`` is the task's default.
        articles: How many, drawn from the corpus.
        claim: Claims: what every article is asked.
        labels: Zero-shot: the labels.
        contenders: The last is the peer that the others are compared with.
        curve: Instead of the corpus' mixed lengths, or of ``labels``: one value after the other.
    """

    name: str
    task: Task
    model: str = "default"
    articles: int = Field(default=100, ge=1)
    claim: str = "The government is to blame."
    labels: tuple[str, ...] = ("politics", "sport", "business", "science", "culture")
    contenders: tuple[Contender, ...] = Field(min_length=1)
    curve: Curve | None = None

    @model_validator(mode="after")
    def _fitting(self) -> Race:
        for contender in self.contenders:
            if contender.way not in WAYS[self.task]:
                expected = ", ".join(WAYS[self.task])
                raise ValueError(f"way: {contender.way} does not do {self.task}; expected {expected}")
        if len({contender.name for contender in self.contenders}) < len(self.contenders):
            raise ValueError("contenders: two have the same name")
        if self.curve and self.curve.labels and self.task != "zero-shot":
            raise ValueError(f"curve.labels: goes with zero-shot, not {self.task}")
        return self


class Corpus(StrictModel):
    """Articles of mixed lengths, made of a table's texts.

    Attributes:
        path: A table. An article is the beginning of one of its texts, or more of them where that is too short.
        text: Its column.
        words: Shortest and longest article in words; lengths between them are drawn evenly on a logarithmic scale.
    """

    path: str = "seeds/labelled.jsonl"
    text: str = "text"
    words: tuple[int, int] = (50, 2000)


class BenchmarkConfig(StrictModel):
    """A benchmark.

    Attributes:
        kind: Marks the file as a benchmark.
        name: What reports call it.
        output: Folder of ``benchmark.json`` and ``benchmark.md``.
        seed: Fixes the articles.
        repeats: How often each contender is timed, in turn with the others.
        corpus: What is read.
        races: What is timed.
        memory: Whether peak memory is measured too, of each contender in a process of its own.
    """

    kind: Literal["benchmark"]
    name: str
    output: str
    seed: int = 1
    repeats: int = Field(default=5, ge=1)
    corpus: Corpus = Corpus()
    races: tuple[Race, ...] = Field(min_length=1)
    memory: bool = True
