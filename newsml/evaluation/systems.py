"""What can be evaluated: newsml's models, asked as a user asks them, and baselines.

Owns how a row becomes a question and a result becomes an answer. Knows nothing of figures or files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from newsml.article import Article, Span
from newsml.config.evaluate import EvaluateConfig, System
from newsml.errors import ArticleError, DataError, QueryError
from newsml.evaluation.data import Rows
from newsml.evaluation.predictions import NO_ANSWER
from newsml.io.rows import Row
from newsml.models.backend import loading_for
from newsml.models.card import Card
from newsml.models.resolve import Resolved, resolve
from newsml.results import (
    CLAIM_LABELS,
    NOT_MENTIONED,
    TARGET_LABELS,
    StanceResult,
    SummaryResult,
    TopicResult,
)
from newsml.tasks.query import StanceQuery
from newsml.tasks.run import Steps, stream
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system says of a row.

    Attributes:
        given: One class, none, or several; or the sentences of a summary.
        scores: Probability of each class; empty where the system has none.
        evidence: The spans it rests on.
        refused: Why the system did not read the row; empty where it did.
        repaired: Abstractive summaries: share of the sentences that were dropped or replaced by the article's own.
    """

    given: tuple[str, ...]
    scores: dict[str, float] = field(default_factory=dict)
    evidence: tuple[Span, ...] = ()
    refused: str = ""
    repaired: float | None = None


class Answering(Protocol):
    """A system, ready to answer."""

    def __call__(self, rows: Iterable[Row], /) -> Iterator[Answer]:
        """An answer for each row, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Which model a system is.

    Attributes:
        name: Card name, hub id or folder.
        revision: Its revision.
        card: Its model card, where it has one.
    """

    name: str
    revision: str
    card: Card | None


def identify(config: EvaluateConfig, system: System) -> Identity:
    """The model that a system stands for, fetched where it is not here yet.

    Raises:
        ModelError: The model is unknown.
        DownloadError: Its files cannot be fetched.
    """
    found = _resolve(config, system)
    return Identity(found.name, found.revision, found.card)


def load(config: EvaluateConfig, system: System, rows: Rows) -> Answering:
    """Load a system for a data set.

    Raises:
        ModelError: The model cannot do the task.
        DataError: A class of the data set is none of the model's labels.
    """
    with loading_for(system.backend):
        return _load(config, system, rows)


def _load(config: EvaluateConfig, system: System, rows: Rows) -> Answering:
    if config.task == "topics":
        return _topics(config, system, rows)
    if config.task == "summary":
        name = "extractive" if system.model == "default" else system.model
        length = {"sentences": system.sentences, "words": system.words, "ratio": system.ratio}
        summarizer = Summarizer.from_pretrained(name, revision=system.revision, **length)  # type: ignore[arg-type]
        return _Asking(summarizer.steps, _article, _summary_answer, {})
    own = CLAIM_LABELS if config.task == "claim-stance" else (*TARGET_LABELS, NOT_MENTIONED)
    _check_labels(system, own, rows)
    detector = StanceDetector.from_pretrained(system.model, revision=system.revision)
    query = partial(_query, config, rows)
    return _Asking(detector.steps, query, lambda result: _stance_answer(result, system, rows.labels))


Reading = Callable[[Iterable[Row]], Iterator[tuple[Span, ...]]]
"""The sentences of each row that a system judges, in order."""


def load_reading(config: EvaluateConfig, system: System, rows: Rows) -> Reading | None:
    """Load what says which sentences of an article a system judges; None where that is all of them.

    Raises:
        ModelError: The model cannot do the task.
    """
    if config.task in ("topics", "summary") or (config.task == "target-stance" and rows.dataset.scope == "text"):
        return None
    detector = StanceDetector.from_pretrained(system.model, revision=system.revision)
    return lambda asked: stream(asked, lambda row: detector.judged_on(_query(config, rows, row)))


def _query(config: EvaluateConfig, rows: Rows, row: Row) -> StanceQuery:
    if config.task == "claim-stance":
        return StanceQuery(_article(row), claim=row.claim)
    scope = rows.dataset.scope
    places = (row.span,) if row.span is not None and scope == "mentions" else None
    return StanceQuery(_article(row), target=row.target, scope=scope, places=places)


def _resolve(config: EvaluateConfig, system: System) -> Resolved:
    model: str | Path = system.model
    if config.task == "summary" and model == "default":
        model = "extractive"
    pair = Path(model).expanduser() / config.task.removesuffix("-stance")
    if config.task.endswith("-stance") and pair.is_dir():
        model = pair
    task = "topics-zero-shot" if system.zero_shot else None if config.task == "summary" else config.task
    return resolve(model, revision=system.revision, task=task)


def _topics(config: EvaluateConfig, system: System, rows: Rows) -> Answering:
    wording = {rows.dataset.wording.get(label, label): label for label in rows.labels}
    options: dict[str, Any] = {"template": system.template} if system.template is not None else {}
    classifier = TopicClassifier.from_pretrained(
        system.model,
        labels=list(wording) if system.zero_shot else None,
        multi_label=config.multi_label,
        threshold=system.threshold,
        revision=system.revision,
        **options,
    )
    names: dict[str, str | None] = {label: system.labels.get(label, label) for label in classifier.labels}
    if system.zero_shot:
        names = dict(wording)
    else:
        _check_labels(system, classifier.labels, rows)
    return _Asking(classifier.steps, _article, lambda result: _topic_answer(result, names))


@dataclass(frozen=True, slots=True)
class _Asking:
    """A newsml task asked row by row, through its one loop; a row it refuses to read is an answer too."""

    steps: Callable[[Any], Steps[Any]]
    question: Callable[[Row], Any]
    answer: Callable[[Any], Answer]
    nothing: Mapping[str, float] = field(default_factory=lambda: {NO_ANSWER: 1.0})

    def __call__(self, rows: Iterable[Row]) -> Iterator[Answer]:
        """An answer for each row, in order."""
        return stream(rows, self._steps)

    def _steps(self, row: Row) -> Steps[Answer]:
        try:
            return self.answer((yield from self.steps(self.question(row))))
        except (ArticleError, QueryError) as error:
            return Answer((), dict(self.nothing), refused=str(error))


def _check_labels(system: System, own: Sequence[str], rows: Rows) -> None:
    if unknown := [label for label in system.labels if label not in own]:
        raise DataError(f"system {system.name}: labels names {unknown[0]!r}, but the model has {', '.join(own)}")
    if lacking := sorted(set(rows.labels) - {system.labels.get(label, label) for label in own}):
        raise DataError(
            f"system {system.name} never answers {lacking[0]!r}, a class of {rows.dataset.name}; it has "
            f"{', '.join(own)}: say in its labels what they are called in the data, or set zero_shot for topics"
        )


def _article(row: Row) -> Article:
    return Article(row.text, title=row.title, id=row.id)


def _topic_answer(result: TopicResult, names: dict[str, str | None]) -> Answer:
    given = tuple(name for topic in result.labels if (name := names[topic.name]) is not None)
    return Answer(given, _renamed(result.scores.items(), names), result.evidence)


def _stance_answer(result: StanceResult, system: System, labels: Sequence[str]) -> Answer:
    names = {label: system.labels.get(label, label) for label in result.scores}
    name = names[result.label]
    scores = _renamed(result.scores.items(), names)
    if set(scores) - set(labels):  # Without the answers that the data set has no class for.
        scores = {label: score for label, score in scores.items() if label in labels or score > 0}
    return Answer((name,) if name is not None else (), scores, result.evidence)


def _summary_answer(result: SummaryResult) -> Answer:
    sentences = result.sentences or result.checked
    mended = sum(sentence.origin == "extracted" for sentence in result.checked) + len(result.dropped)
    share = mended / (len(result.checked) + len(result.dropped)) if result.checked else None
    return Answer(tuple(sentence.text for sentence in sentences), {}, result.sentences, repaired=share)


def _renamed(scores: Iterable[tuple[str, float]], names: dict[str, str | None]) -> dict[str, float]:
    renamed: dict[str, float] = {}
    for label, score in scores:
        name = names[label] if names[label] is not None else NO_ANSWER
        renamed[str(name)] = renamed.get(str(name), 0.0) + score
    return renamed
