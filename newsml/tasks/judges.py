"""Who judges stance: a classifier trained for it, an NLI model, or a causal model asked in words.

Owns how each kind of model is asked and how its answer becomes probabilities over the stance labels. Knows nothing of
which sentences to ask about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from newsml.errors import ModelError
from newsml.models.batches import TextPair
from newsml.models.classifier import Classifier, softmax
from newsml.models.encoder import Encoder
from newsml.models.generator import Generator
from newsml.models.load import kind_of, load_base, load_classifier, refuse, temperature
from newsml.models.resolve import Resolved, find_card, resolve
from newsml.results import CLAIM_LABELS, TARGET_LABELS, ModelInfo
from newsml.tasks.chosen import ChosenClaimJudge, ChosenTargetJudge
from newsml.tasks.inputs import CLAIM_TOKENS, Passage, Question, claim_pair, target_pair
from newsml.tasks.labelers import Entailment, expit
from newsml.tasks.run import Call, Steps

RELATED_COSINE = 0.45
"""NLI models do not know *unrelated*: a neutral verdict means *discuss* where the nearest sentence is at least this
similar to the claim, *unrelated* where it is less, by a logistic curve of width ``RELATED_WIDTH``."""

RELATED_WIDTH = 0.05

SYNONYMS = {
    "favor": ("favor", "favour", "pro", "support", "positive", "for"),
    "against": ("against", "con", "oppose", "negative", "anti"),
    "neutral": ("neutral", "none", "neither"),
    **{label: (label,) for label in CLAIM_LABELS},
}
"""What other models call the stance labels."""


class Judge(Protocol):
    """What both kinds of judge have."""

    @property
    def found(self) -> Resolved:
        """Where the model behind it comes from."""
        ...

    @property
    def model(self) -> ModelInfo:
        """The model behind it."""
        ...

    @property
    def max_tokens(self) -> int:
        """Longest input in tokens, special tokens included."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text, without special tokens."""
        ...


class ClaimJudge(Judge, Protocol):
    """Judges claims."""

    def probabilities(self, questions: Sequence[Question]) -> Steps[list[np.ndarray]]:
        """Probabilities over ``CLAIM_LABELS`` for each question."""
        ...


class TargetJudge(Judge, Protocol):
    """Judges targets."""

    def probabilities(self, target: str, passages: Sequence[Passage]) -> Steps[list[np.ndarray]]:
        """Probabilities over ``TARGET_LABELS`` for each passage."""
        ...


class _Classified:
    """A judge around a sequence classifier, its labels put in the order of the stance labels."""

    def __init__(self, found: Resolved, classifier: Classifier, wanted: Sequence[str], max_tokens: int) -> None:
        self.found = found
        self.classifier = classifier
        self.model = ModelInfo(found.name, found.revision)
        self.max_tokens = min(max_tokens, classifier.max_tokens)
        self._order = order_of(classifier.labels, wanted)
        self._temperature = temperature(found.card)

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text, without special tokens."""
        return self.classifier.count_tokens(texts)

    def _judge(self, pairs: Sequence[TextPair]) -> Steps[list[np.ndarray]]:
        logits = yield Call(self.classifier, pairs)
        return [softmax(row, temperature=self._temperature)[self._order] for row in logits]


class TrainedClaimJudge(_Classified):
    """A classifier trained on pairs of claim and sentences."""

    def probabilities(self, questions: Sequence[Question]) -> Steps[list[np.ndarray]]:
        """Probabilities over ``CLAIM_LABELS`` for each question."""
        return (yield from self._judge([claim_pair(question.claim, question.sentences) for question in questions]))


class TrainedTargetJudge(_Classified):
    """A classifier trained on pairs of passage and target."""

    def probabilities(self, target: str, passages: Sequence[Passage]) -> Steps[list[np.ndarray]]:
        """Probabilities over ``TARGET_LABELS`` for each passage."""
        return (yield from self._judge([target_pair(passage, target) for passage in passages]))


class _Entailed:
    """A judge around an NLI model."""

    def __init__(self, found: Resolved, classifier: Classifier) -> None:
        self.found = found
        self.classifier = classifier
        self.model = ModelInfo(found.name, found.revision)
        self.max_tokens = classifier.max_tokens
        self._entailment = Entailment(classifier)

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text, without special tokens."""
        return self.classifier.count_tokens(texts)

    def _verdicts(self, pairs: Sequence[TextPair]) -> Steps[np.ndarray]:
        return self._entailment.probabilities(np.stack((yield Call(self.classifier, pairs))))


class EntailedClaimJudge(_Entailed):
    """The sentences entail the claim, contradict it, or neither (see ``RELATED_COSINE``)."""

    def probabilities(self, questions: Sequence[Question]) -> Steps[list[np.ndarray]]:
        """Probabilities over ``CLAIM_LABELS`` for each question."""
        pairs = [TextPair(" ".join(s.text for s in question.sentences), question.claim) for question in questions]
        verdicts = yield from self._verdicts(pairs)
        related = expit(np.array([(question.cosine - RELATED_COSINE) / RELATED_WIDTH for question in questions]))
        return [
            np.array([entails, contradicts, neutral * share, neutral * (1 - share)])
            for (entails, contradicts, neutral), share in zip(verdicts, related, strict=True)
        ]


class EntailedTargetJudge(_Entailed):
    """The passage entails that its author is for the target, or against it."""

    hypotheses = ("The author is in favor of {}.", "The author is against {}.")

    def probabilities(self, target: str, passages: Sequence[Passage]) -> Steps[list[np.ndarray]]:
        """Probabilities over ``TARGET_LABELS`` for each passage."""
        pairs = [
            TextPair(passage.text, hypothesis.format(target)) for passage in passages for hypothesis in self.hypotheses
        ]
        entails = (yield from self._verdicts(pairs))[:, 0].reshape(-1, 2)
        rows = [np.array([favor, against, (1 - favor) * (1 - against)]) for favor, against in entails]
        return [row / row.sum() for row in rows]


def order_of(labels: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where the wanted stance labels stand among a model's own.

    Raises:
        ModelError: One of them is not there under any of its usual names.
    """
    own = {label.lower().strip(): index for index, label in enumerate(labels)}
    order = [next((own[name] for name in SYNONYMS[label] if name in own), None) for label in wanted]
    found = [index for index in order if index is not None]
    if len(found) < len(wanted) or len(labels) != len(wanted):
        raise ModelError(f"labels {', '.join(labels)} do not fit; expected {', '.join(wanted)}")
    return found


@dataclass(frozen=True, slots=True)
class Judges:
    """What a stance model judges with.

    Attributes:
        claim: Judge of claims, or None.
        target: Judge of targets, or None.
        encoder: The base that finds the sentences to judge.
        languages: BCP 47 codes of the languages it reads; empty where that is not known.
    """

    claim: ClaimJudge | None
    target: TargetJudge | None
    encoder: Encoder
    languages: tuple[str, ...]


def load_judges(model: str | Path, *, revision: str | None, encoder: Encoder | None) -> Judges:
    """Load the judges of a stance model.

    Args:
        model: ``"default"``, a card, a folder (also one with the folders ``claim`` and ``target``) or a hub id.
        revision: Commit of a hub id.
        encoder: A loaded base; adapters made for it share it.

    Raises:
        ModelError: The model judges neither claims nor targets.
    """
    claims, targets = find_judges(model, revision=revision)
    card = claims.card or targets.card
    base = card.base if card else None
    if encoder is None or base is not None:
        encoder = load_base(base, encoder=encoder)
    claim, target = _load(claims, encoder)
    if targets is not claims:
        target = _load(targets, encoder)[1]
    return Judges(claim, target, encoder, card.languages if card else ())


def find_judges(model: str | Path, *, revision: str | None = None) -> tuple[Resolved, Resolved]:
    """The models for claims and for targets; one and the same where a name stands for a single model.

    Args:
        model: As in ``load_judges``.
        revision: Commit of a hub id.

    Raises:
        ModelError: The name is unknown.
        DownloadError: The files cannot be fetched.
    """
    if model == "default":
        return (
            resolve("default", revision=revision, task="claim-stance"),
            resolve("default", revision=revision, task="target-stance"),
        )
    claims, targets = (Path(model).expanduser() / name for name in ("claim", "target"))
    if claims.is_dir() and targets.is_dir() and (isinstance(model, Path) or find_card(model) is None):
        return resolve(claims), resolve(targets)
    found = resolve(model, revision=revision)
    return found, found


def _load(found: Resolved, encoder: Encoder) -> tuple[ClaimJudge | None, TargetJudge | None]:
    kind = kind_of(found)
    if kind == "nli":
        classifier = load_classifier(found, kind)
        return EntailedClaimJudge(found, classifier), EntailedTargetJudge(found, classifier)
    if kind in ("causal", "chat"):
        generator = Generator.load(found.path, name=found.name)
        return ChosenClaimJudge(found, generator), ChosenTargetJudge(found, generator)
    wanted = ("claim-stance", "target-stance")
    if kind not in ("newsml-adapter", "sequence-classifier") or (found.card and found.card.task not in wanted):
        raise refuse(found, kind, "a stance classifier, an NLI model, or a causal or chat model")
    classifier = load_classifier(found, kind, encoder=encoder)
    limit = found.card.max_tokens if found.card else classifier.max_tokens
    if len(classifier.labels) == len(CLAIM_LABELS):
        return TrainedClaimJudge(found, classifier, CLAIM_LABELS, min(limit, CLAIM_TOKENS)), None
    return None, TrainedTargetJudge(found, classifier, TARGET_LABELS, limit)
