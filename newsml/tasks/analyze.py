"""Everything about an article at once: summary, topics, stance toward claims and targets.

Owns the sharing: one copy of the base, every task's adapter on it, and all tasks in one run of the loop. Knows nothing
of screens or files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Self

from newsml.article import Article
from newsml.errors import QueryError
from newsml.models.backend import loading_for
from newsml.models.load import load_base
from newsml.results import Analysis
from newsml.tasks.query import StanceQuery
from newsml.tasks.run import Steps, stream, together
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier
from newsml.text.salience import salient_targets
from newsml.text.sentences import split

PROPOSED_TARGETS = 3
"""Targets proposed where the caller names none."""


class Analyzer:
    """The three tasks on one shared base.

    Attributes:
        topics: The topics classifier.
        stance: The stance detector.
        summarizer: The summarizer.
    """

    def __init__(self, *, topics: TopicClassifier, stance: StanceDetector, summarizer: Summarizer) -> None:
        self.topics = topics
        self.stance = stance
        self.summarizer = summarizer

    @classmethod
    def from_pretrained(
        cls,
        *,
        topics: str = "default",
        stance: str = "default",
        summary: str = "extractive",
        labels: Sequence[str] | None = None,
        sentences: int | None = None,
        backend: str | None = None,
    ) -> Self:
        """Load the models of an analysis; the defaults share one copy of their base, adapters unmerged.

        Args:
            topics: Topics model.
            stance: Stance model.
            summary: Summarizer.
            labels: Labels for zero-shot topics; None takes the model's own.
            sentences: Length of the summary in sentences.
            backend: As in ``TopicClassifier.from_pretrained``.
        """
        with loading_for(backend):
            encoder = load_base()
            return cls(
                topics=TopicClassifier.from_pretrained(topics, labels=labels, encoder=encoder),
                stance=StanceDetector.from_pretrained(stance, encoder=encoder),
                summarizer=Summarizer.from_pretrained(summary, sentences=sentences, encoder=encoder),
            )

    def analyze(
        self, article: Article, *, targets: Sequence[str] | None = None, claims: Sequence[str] = ()
    ) -> Analysis:
        """Analyse one article.

        Args:
            article: The article.
            targets: People, organisations, countries or policies; None proposes the most salient names.
            claims: Claims or headlines.

        Raises:
            ArticleError: The article is in a language the models do not read.
        """
        return next(self.stream([article], targets=targets, claims=claims))

    def stream(
        self, articles: Iterable[Article], *, targets: Sequence[str] | None = None, claims: Sequence[str] = ()
    ) -> Iterator[Analysis]:
        """Analyse any number of articles, lazily and in order.

        Raises:
            QueryError: ``targets`` or ``claims`` is a string rather than a list of them.
        """
        for name, value in (("targets", targets), ("claims", claims)):
            if isinstance(value, str):
                raise QueryError(f"{name} must be a list, got the string {value!r:.60}; write [{value!r:.60}]")
        return stream(articles, lambda article: self._steps(article, targets, tuple(claims)))

    def _steps(self, article: Article, targets: Sequence[str] | None, claims: Sequence[str]) -> Steps[Analysis]:
        proposed = targets is None and self.stance.judges_targets
        asked = propose_targets(article) if proposed else tuple(targets or ())
        queries = [StanceQuery(article, target=target) for target in asked]
        queries += [StanceQuery(article, claim=claim) for claim in claims]
        summary, topics, *stances = yield from together(
            [
                self.summarizer.steps(article),
                self.topics.steps(article),
                *(self.stance.steps(query) for query in queries),
            ]
        )
        return Analysis(
            article=article,
            summary=summary,
            topics=topics,
            targets=tuple(stances[: len(asked)]),
            claims=tuple(stances[len(asked) :]),
            targets_proposed=proposed,
        )


def propose_targets(article: Article) -> tuple[str, ...]:
    """The names an article is most about, for want of a caller's own."""
    title = split(article.title, field="title") if article.title.strip() else ()
    return salient_targets(split(article.text), title, count=PROPOSED_TARGETS)


def analyze(article: Article, *, targets: Sequence[str] | None = None, claims: Sequence[str] = ()) -> Analysis:
    """Analyse one article with the default models, which are loaded once and kept.

    Args:
        article: The article.
        targets: People, organisations, countries or policies; None proposes the most salient names.
        claims: Claims or headlines.

    Returns:
        Summary, topics, and a stance for each target and claim.

    Raises:
        ArticleError: The article is in a language the models do not read.
        DownloadError: The models cannot be fetched.
    """
    return _default().analyze(article, targets=targets, claims=claims)


@cache
def _default() -> Analyzer:
    return Analyzer.from_pretrained()
