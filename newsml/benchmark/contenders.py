"""Who runs in a race: newsml, or a peer, as something that turns articles into answers.

Owns how each way does a task. Knows nothing of clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from newsml.article import Article
from newsml.benchmark.peers import PipelineClassifier, PlainEmbedder, PlainGenerator, nli_pipeline, with_peers
from newsml.config.benchmark import Contender, Race
from newsml.evaluation.extractive import lexrank
from newsml.models.classifier import Classifier
from newsml.models.embedder import Embedder
from newsml.models.generator import Generator
from newsml.models.load import DEFAULT_BASE, kind_of, load_classifier
from newsml.models.resolve import resolve
from newsml.tasks.judges import find_judges
from newsml.tasks.query import StanceQuery
from newsml.tasks.run import Runner, Steps, stream
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier
from newsml.text.sentences import split

SENTENCES = 3
"""Sentences of a summary."""

NLI_CHARACTERS = 4 * 256
"""Of an article's beginning that the NLI pipeline reads: some 256 tokens, once for every label."""

Run = Callable[[Sequence[Article]], list[str]]
"""Articles in, an answer each out."""


def prepared(race: Race, contender: Contender, labels: Sequence[str]) -> Run:
    """A contender with its models loaded.

    Args:
        race: What it does.
        contender: Who.
        labels: Zero-shot: the labels.

    Raises:
        ModelError: A model or backend is unknown.
        MissingDependencyError: The peer is not installed.
    """
    if contender.way == "lexrank":
        lexrank(["Says now whether sumy is there."], 1)
        return _lexrank
    if contender.way == "nli-pipeline":
        return partial(_entailed, labels, contender.batch_size)
    steps = _TASKS[race.task](race, contender, labels)
    if contender.way != "newsml":
        steps = with_peers(steps, partial(_stand_in, race, contender))
    return lambda articles: list(stream(articles, steps))


def _topics(race: Race, contender: Contender, labels: Sequence[str]) -> Callable[[Any], Steps[Any]]:
    chosen = list(labels) if race.task == "zero-shot" else None
    classifier = TopicClassifier.from_pretrained(race.model, labels=chosen, backend=contender.backend)
    return _answering(classifier.steps, lambda result: str(result.label))


def _claims(race: Race, contender: Contender, _: Sequence[str]) -> Callable[[Any], Steps[Any]]:
    detector = StanceDetector.from_pretrained(race.model, backend=contender.backend)
    return _answering(lambda article: detector.steps(StanceQuery(article, claim=race.claim)), lambda r: str(r.label))


def _summary(race: Race, contender: Contender, _: Sequence[str]) -> Callable[[Any], Steps[Any]]:
    name = race.task if race.model == "default" else race.model
    summarizer = Summarizer.from_pretrained(name, sentences=SENTENCES, backend=contender.backend)
    return _answering(summarizer.steps, lambda result: str(result.text))


_TASKS = {
    "topics": _topics,
    "zero-shot": _topics,
    "claims": _claims,
    "extractive": _summary,
    "abstractive": _summary,
}


def _answering(steps: Callable[[Any], Steps[Any]], answer: Callable[[Any], str]) -> Callable[[Any], Steps[str]]:
    def way(article: Article) -> Steps[str]:
        return answer((yield from steps(article)))

    return way


def _stand_in(race: Race, contender: Contender, runner: Runner) -> Runner:
    """What makes the forward passes of one of newsml's runners in a peer's way."""
    if isinstance(runner, Generator):
        return PlainGenerator(runner)
    if isinstance(runner, Embedder):
        return PlainEmbedder(runner, contender.batch_size)
    if isinstance(runner, Classifier):
        if race.task == "claims":  # On its shared base the adapter is unmerged, which no pipeline takes.
            found = find_judges(race.model)[0]
            runner = load_classifier(found, kind_of(found))
        return PipelineClassifier(runner, contender.batch_size)
    return runner


def _lexrank(articles: Sequence[Article]) -> list[str]:
    texts = [[sentence.text for sentence in split(article.text)] for article in articles]
    return [" ".join(sentences[i] for i in lexrank(sentences, SENTENCES)) for sentences in texts]


def _entailed(labels: Sequence[str], batch_size: int, articles: Sequence[Article]) -> list[str]:
    ask = nli_pipeline(str(resolve(DEFAULT_BASE).path), batch_size)
    found = ask([article.text[:NLI_CHARACTERS] for article in articles], candidate_labels=list(labels))
    return [str(one["labels"][0]) for one in found]
