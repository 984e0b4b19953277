"""From judged sentences to an answer about stance: their mean, and those that carry it.

Owns the rules of that reduction. Knows nothing of how sentences are found or judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from newsml.article import Article, Sentence, Span
from newsml.models.load import least_score
from newsml.results import NOT_MENTIONED, TARGET_LABELS, Scores, StanceResult
from newsml.tasks.judges import ClaimJudge, TargetJudge

EVIDENCE_SENTENCES = 3
"""Most sentences quoted for an answer."""

NEUTRAL_WEIGHT = 0.15
"""What a sentence without an attitude counts, beside 1 for one with a decided attitude: chosen on PerSenT dev, where
macro-F1 is .451 (a plain mean: .418); on held-out articles of article_analysis it is .705 (.653)."""


def sentence_weight(probabilities: np.ndarray) -> float:
    """What a sentence counts for its article, by its probabilities over ``TARGET_LABELS``: more, the more decided."""
    decided = 1.0 - float(probabilities[TARGET_LABELS.index("neutral")])
    return NEUTRAL_WEIGHT + (1 - NEUTRAL_WEIGHT) * decided


def reduced(rows: np.ndarray) -> Scores:
    """An article's stance toward a target, from those of its parts."""
    mean = np.average(rows, axis=0, weights=[sentence_weight(row) for row in rows])
    return Scores([*zip(TARGET_LABELS, mean, strict=True), (NOT_MENTIONED, 0.0)])


def result(
    kind: Literal["claim", "target"],
    article: Article,
    judge: ClaimJudge | TargetJudge,
    subject: str,
    scores: Scores,
    evidence: tuple[Span, ...],
    mentions: tuple[Span, ...] = (),
) -> StanceResult:
    """An answer with the sentences that carry it, strongest first, and where the target is named."""
    label, score = scores.best, scores[scores.best]
    # Of a target nobody names the score is 1: no model judged it, and it is never in doubt.
    confident = score >= least_score(judge.found.card)
    return StanceResult(
        article.id, judge.model, False, kind, subject, label, score, scores, evidence, mentions, confident
    )


def strongest(sentences: Sequence[Sentence], strength: Sequence[float]) -> tuple[Span, ...]:
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
