"""Stance of an article toward a claim or a target, with the sentences that carry it.

Owns the choice of sentences, the rules that reduce them to one answer, and their order as evidence. Knows nothing of
how a judge computes.

Claims: the sentences nearest to the claim are judged together; each of them is then judged alone, and those that carry
the answer best are its evidence. Targets: every sentence that names the target is judged; the article's stance is the
mean of their probabilities, each weighted by how decided it is (``NEUTRAL_WEIGHT``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from newsml.article import Article, Sentence, Span
from newsml.errors import ModelError, QueryError
from newsml.models.encoder import Embedder, Encoder
from newsml.models.load import save_model
from newsml.results import CLAIM_LABELS, NOT_MENTIONED, TARGET_LABELS, Scores, StanceResult
from newsml.tasks.evidence import nearest, units
from newsml.tasks.inputs import CLAIM_SENTENCES, SPECIAL_TOKENS, Question
from newsml.tasks.judges import ClaimJudge, TargetJudge, load_judges
from newsml.tasks.run import Call, Steps
from newsml.tasks.task import Task, check_article
from newsml.text.mentions import Mention, find_mentions

EVIDENCE_SENTENCES = 3
"""Most sentences quoted for an answer."""

NEUTRAL_WEIGHT = 0.15
"""What a sentence without an attitude counts, beside 1 for one with a decided attitude: chosen on PerSenT dev, where
macro-F1 is .451 (a plain mean: .418); on held-out articles of article_analysis it is .705 (.653)."""


@dataclass(frozen=True, slots=True)
class StanceQuery:
    """What is asked of an article.

    Attributes:
        article: The article.
        claim: A claim or headline; or
        target: a person, organisation, country or policy. Exactly one of the two.

    Raises:
        QueryError: Neither or both are given, or the one given is empty.
    """

    article: Article
    claim: str | None = None
    target: str | None = None

    def __post_init__(self) -> None:
        if (self.claim is None) == (self.target is None):
            raise QueryError(f"give a claim or a target, got {'both' if self.claim is not None else 'neither'}")
        subject = self.claim if self.claim is not None else self.target
        if not isinstance(subject, str) or not subject.strip():
            raise QueryError(f"the {'claim' if self.claim is not None else 'target'} must be text, got {subject!r:.60}")


class StanceDetector(Task[StanceQuery, StanceResult]):
    """Finds the stance of an article toward a claim or a target."""

    def __init__(
        self,
        *,
        embedder: Embedder,
        claim_judge: ClaimJudge | None = None,
        target_judge: TargetJudge | None = None,
        languages: Sequence[str] = (),
    ) -> None:
        self._embedder = embedder
        self._count = embedder.encoder.count_tokens
        self._claim_judge = claim_judge
        self._target_judge = target_judge
        self._languages = tuple(languages)

    @classmethod
    def from_pretrained(
        cls, model: str | Path = "default", *, revision: str | None = None, encoder: Encoder | None = None
    ) -> Self:
        """Load a stance model.

        Args:
            model: ``"default"`` loads the default claim and target models on one copy of their base. Else a card name,
                folder or hub id of a claim- or target-stance classifier, an NLI model, or a causal or chat model.
            revision: Commit of a hub id.
            encoder: A loaded copy of the default base to share with other tasks.

        Raises:
            ModelError: The model is unknown or cannot judge stance.
            DownloadError: Its files cannot be fetched.
        """
        judges = load_judges(model, revision=revision, encoder=encoder)
        return cls(
            embedder=Embedder(judges.encoder),
            claim_judge=judges.claim,
            target_judge=judges.target,
            languages=judges.languages,
        )

    @property
    def judges_targets(self) -> bool:
        """Whether it can be asked about targets."""
        return self._target_judge is not None

    def predict(self, article: Article, *, claim: str | None = None, target: str | None = None) -> StanceResult:
        """The stance of one article toward a claim or a target.

        Args:
            article: The article.
            claim: A claim or headline; the answer is one of ``CLAIM_LABELS``.
            target: A person, organisation, country or policy; the answer is one of ``TARGET_LABELS`` or
                *not mentioned*.

        Raises:
            QueryError: Neither or both are given, or the one given is empty or too long.
            ModelError: The model judges only the other kind.
            ArticleError: The article is in a language the model does not read.
        """
        return self.predict_batch([StanceQuery(article, claim=claim, target=target)])[0]

    def steps(self, item: StanceQuery) -> Steps[StanceResult]:
        """The way of one query: sentences, judgement, reduction, evidence."""
        check_article(item.article, self._languages)
        if item.claim is not None:
            return (yield from self._claim(item.article, " ".join(item.claim.split())))
        return (yield from self._target(item.article, " ".join((item.target or "").split())))

    def _units(self, article: Article, judge: ClaimJudge | TargetJudge) -> tuple[Sentence, ...]:
        """The sentences, none longer than ``UNIT_TOKENS`` to the embedder or to the judge, whose tokens may differ."""

        def count(texts: Sequence[str]) -> list[int]:
            return [max(pair) for pair in zip(self._count(texts), judge.count_tokens(texts), strict=True)]

        return units(article, count)

    def _claim(self, article: Article, claim: str) -> Steps[StanceResult]:
        judge = self._claim_judge
        if judge is None:
            raise ModelError("this model judges targets only; load a claim-stance model for claims")
        count = judge.count_tokens
        length = count([claim])[0]
        if length > judge.max_tokens // 2:
            raise QueryError(f"claim of {length} tokens, expected a sentence of at most {judge.max_tokens // 2}")
        sentences = self._units(article, judge)
        query, *vectors = yield Call(self._embedder, [claim, *(sentence.text for sentence in sentences)])
        room = judge.max_tokens - SPECIAL_TOKENS - length
        lengths = count([sentence.text for sentence in sentences])
        chosen = nearest(query, vectors, lengths, count=CLAIM_SENTENCES, max_tokens=room)
        near = [sentences[i] for i in chosen]
        cosines = [float(vectors[i] @ query) for i in chosen]
        whole, *alone = yield from judge.probabilities(
            [Question(claim, tuple(near), max(cosines))]
            + [Question(claim, (sentence,), cosine) for sentence, cosine in zip(near, cosines, strict=True)]
        )
        label = CLAIM_LABELS[int(np.argmax(whole))]
        strength = [float(row[CLAIM_LABELS.index(label)]) * max(c, 0.0) for row, c in zip(alone, cosines, strict=True)]
        return StanceResult(
            article_id=article.id,
            model=judge.model,
            truncated=False,
            kind="claim",
            subject=claim,
            label=label,
            score=float(whole.max()),
            scores=Scores(zip(CLAIM_LABELS, whole, strict=True)),
            evidence=() if label == "unrelated" else _strongest(near, strength),
        )

    def _target(self, article: Article, target: str) -> Steps[StanceResult]:
        judge = self._target_judge
        if judge is None:
            raise ModelError("this model judges claims only; load a target-stance model for targets")
        sentences = self._units(article, judge)
        title = [sentence for sentence in sentences if sentence.field == "title"]
        body = [sentence for sentence in sentences if sentence.field == "text"]
        mentions = find_mentions(target, body, title) if any(c.isalnum() for c in target) else ()
        first: dict[tuple[str, int], Mention] = {}
        for mention in mentions:
            first.setdefault((mention.sentence.field, mention.sentence.start), mention)
        if not first:
            return self._not_mentioned(article, target, judge)
        named = list(first.values())
        rows = np.stack((yield from judge.probabilities(target, named)))
        weights = np.array([sentence_weight(row) for row in rows])
        mean = np.average(rows, axis=0, weights=weights)
        label = TARGET_LABELS[int(mean.argmax())]
        strength = rows[:, TARGET_LABELS.index(label)]
        return StanceResult(
            article_id=article.id,
            model=judge.model,
            truncated=False,
            kind="target",
            subject=target,
            label=label,
            score=float(mean.max()),
            scores=Scores([*zip(TARGET_LABELS, mean, strict=True), (NOT_MENTIONED, 0.0)]),
            evidence=_strongest([mention.sentence for mention in named], [float(value) for value in strength]),
            mentions=tuple(mention.span() for mention in mentions),
        )

    @staticmethod
    def _not_mentioned(article: Article, target: str, judge: TargetJudge) -> StanceResult:
        scores = Scores([(NOT_MENTIONED, 1.0), *((label, 0.0) for label in TARGET_LABELS)])
        return StanceResult(article.id, judge.model, False, "target", target, NOT_MENTIONED, 1.0, scores, ())

    def save_pretrained(self, folder: str | Path) -> None:
        """Save the model so that plain ``transformers`` loads it, with its card.

        Args:
            folder: Made where it does not exist. Two models, one for claims and one for targets, are saved in the
                folders ``claim`` and ``target`` in it.

        Raises:
            WriteError: The folder cannot be written.
        """
        judges = {"claim": self._claim_judge, "target": self._target_judge}
        found = {name: judge.found for name, judge in judges.items() if judge is not None}
        if len({id(model) for model in found.values()}) == 1:
            save_model(next(iter(found.values())), Path(folder))
        else:
            for name, model in found.items():
                save_model(model, Path(folder) / name)


def sentence_weight(probabilities: np.ndarray) -> float:
    """What a sentence counts for its article, by its probabilities over ``TARGET_LABELS``: more, the more decided."""
    decided = 1.0 - float(probabilities[TARGET_LABELS.index("neutral")])
    return NEUTRAL_WEIGHT + (1 - NEUTRAL_WEIGHT) * decided


def _strongest(sentences: Sequence[Sentence], strength: Sequence[float]) -> tuple[Span, ...]:
    """The best sentences of the body, at least half as strong as the first of them, strongest first.

    Headlines are written by editors and seldom carry their own evidence: the title is quoted, instead of the body, only
    where no sentence of the body is half as strong.
    """
    order = sorted(range(len(sentences)), key=lambda i: -strength[i])
    body = [i for i in order if sentences[i].field == "text"]
    if not body or 2 * strength[body[0]] < strength[order[0]]:
        body = [i for i in order if sentences[i].field == "title"]
    kept = [i for i in body if 2 * strength[i] >= strength[body[0]]]
    return tuple(sentences[i].span(strength[i]) for i in kept[:EVIDENCE_SENTENCES])
