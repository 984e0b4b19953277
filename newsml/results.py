"""What the tasks return: frozen values with scores, evidence and the model that made them.

Owns the result types and the label sets of the field. Standard library only; knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from newsml.article import Article, Span

CLAIM_LABELS = ("agree", "disagree", "discuss", "unrelated")
"""Stance of an article toward a claim: the four classes of the Fake News Challenge, stage 1 (FNC-1, 2017)."""

TARGET_LABELS = ("favor", "against", "neutral")
"""Stance toward a target: the classes of SemEval-2016 Task 6, with neutral for its ``none``."""

NOT_MENTIONED = "not mentioned"
"""The fourth answer to a target: no sentence of the article names it."""


class Scores(Mapping[str, float]):
    """Probabilities by label, highest first; immutable, hashable, picklable.

    Single-label scores add up to 1; multi-label scores lie each between 0 and 1.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[tuple[str, float]]) -> None:
        ranked = sorted(((label, float(score)) for label, score in items), key=lambda item: -item[1])
        self._items: tuple[tuple[str, float], ...] = tuple(ranked)

    def __getitem__(self, label: str) -> float:
        for name, score in self._items:
            if name == label:
                return score
        raise KeyError(f"{label!r}: the labels are {', '.join(repr(name) for name, _ in self._items)}")

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and dict(self) == dict(other)

    def __repr__(self) -> str:
        return "Scores(" + ", ".join(f"{name}={score:.3f}" for name, score in self._items) + ")"

    def __reduce__(self) -> tuple[type[Scores], tuple[tuple[tuple[str, float], ...]]]:
        return Scores, (self._items,)

    @property
    def best(self) -> str:
        """The label with the highest score."""
        return self._items[0][0]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The model behind a result.

    Attributes:
        name: Card name, hub id or folder.
        revision: Hub commit, package version, or the first digits of the weights' SHA-256.
    """

    name: str
    revision: str


@dataclass(frozen=True, slots=True)
class Result:
    """What every result carries.

    Attributes:
        article_id: ``Article.id`` of the article it is about.
        model: The model that made it.
        truncated: True where part of the article was not read. Long articles are read in windows, so the
            defaults never set it; a caller's own limit may.
    """

    article_id: str
    model: ModelInfo
    truncated: bool

    def to_dict(self) -> dict[str, Any]:
        """The result as plain lists, dicts, strings and numbers, ready for ``json.dumps``."""
        return _plain(self)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic an article has.

    Attributes:
        name: IPTC name or the caller's label.
        score: Probability, 0 to 1.
        id: NewsCode such as ``"medtop:16000000"``; None for labels without one.
        path: Names from the top of the hierarchy down to this topic.
    """

    name: str
    score: float
    id: str | None = None
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicResult(Result):
    """The topics of an article.

    Attributes:
        label: Name of the best topic, or None where it stays under the threshold (abstained).
        score: Its probability, 0 to 1 (of the best topic, also where abstained).
        labels: The topics assigned: one at most, or with ``multi_label`` all at or over the threshold; best first.
        scores: Probability of every label.
        subtopics: Topics of the next level under the best one, ranked; empty for labels without a hierarchy.
        evidence: The sentences that carry the label, strongest first.
        confident: Whether ``score`` is at least the one under which the model's card advises to abstain
            (``calibration.abstention``); True where the card names none. The label stands either way: to abstain,
            pass over results that are not confident, or set ``threshold``.
    """

    label: str | None
    score: float
    labels: tuple[Topic, ...]
    scores: Scores
    subtopics: tuple[Topic, ...]
    evidence: tuple[Span, ...]
    confident: bool = True


@dataclass(frozen=True, slots=True)
class StanceResult(Result):
    """The stance of an article toward a claim or a target.

    Attributes:
        kind: ``"claim"`` or ``"target"``.
        subject: The claim or target asked about.
        label: One of ``CLAIM_LABELS``; or one of ``TARGET_LABELS`` or ``NOT_MENTIONED``.
        score: Its probability, 0 to 1.
        scores: Probability of every label.
        evidence: The sentences that carry the label, strongest first; empty for *unrelated* and *not mentioned*.
        mentions: For targets: every place that names it, in order of the article.
        confident: Whether ``score`` is at least the one under which the model's card advises to abstain
            (``calibration.abstention``); True where the card names none, and for *not mentioned*, which no model
            judges. The label stands either way: to abstain, pass over results that are not confident.
    """

    kind: Literal["claim", "target"]
    subject: str
    label: str
    score: float
    scores: Scores
    evidence: tuple[Span, ...]
    mentions: tuple[Span, ...] = ()
    confident: bool = True


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """A generated sentence, checked against the article.

    Attributes:
        text: The sentence.
        supported: True where every number, name and quotation in it stands in the article.
        unsupported: Those that do not, as written.
        evidence: The article's sentence nearest to it, with the cosine similarity as its score.
        origin: ``"generated"``, or ``"extracted"`` where the article's own sentence stands in for a generated one that
            it did not support.
    """

    text: str
    supported: bool
    unsupported: tuple[str, ...]
    evidence: Span | None
    origin: Literal["generated", "extracted"] = "generated"


@dataclass(frozen=True, slots=True)
class SummaryResult(Result):
    """A summary of an article.

    Attributes:
        kind: ``"extractive"`` or ``"abstractive"``.
        text: The summary.
        sentences: Extractive: the chosen sentences in article order, with offsets and scores. Abstractive: empty.
        checked: Abstractive: each generated sentence with what the article does not support. Extractive: empty.
        evidence: The article's sentences the summary rests on.
        dropped: Abstractive: generated sentences left out because the article does not support them.
        words: Length of ``text`` in words (white-space tokens).
    """

    kind: Literal["extractive", "abstractive"]
    text: str
    sentences: tuple[Span, ...]
    checked: tuple[SummarySentence, ...]
    evidence: tuple[Span, ...]
    dropped: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        """Number of white-space tokens in the summary."""
        return len(self.text.split())

    @property
    def supported(self) -> bool:
        """True where no generated sentence holds a number, name or quotation that the article lacks."""
        return all(sentence.supported for sentence in self.checked)


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything ``newsml.analyze`` finds in one article.

    Attributes:
        article: The article itself.
        summary: Its summary.
        topics: Its topics.
        targets: Stance toward each target, in the order asked or, where proposed, most salient first.
        claims: Stance toward each claim, in the order asked.
        targets_proposed: True where the targets were found in the article rather than given.
    """

    article: Article
    summary: SummaryResult
    topics: TopicResult
    targets: tuple[StanceResult, ...]
    claims: tuple[StanceResult, ...]
    targets_proposed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The analysis as plain lists, dicts, strings and numbers, ready for ``json.dumps``."""
        return _plain(self)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, Scores):
        return dict(value)
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
