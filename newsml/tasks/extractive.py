"""Summaries made of the article's own sentences.

Owns the way from sentence scores to a summary. Knows nothing of files.
"""

from __future__ import annotations

import numpy as np

from newsml.article import Article, Sentence
from newsml.models.embedder import Embedder
from newsml.models.scorer import SentenceScorer, SentenceWindow
from newsml.results import ModelInfo, SummaryResult
from newsml.tasks.evidence import central
from newsml.tasks.labelers import expit
from newsml.tasks.run import Call, Steps
from newsml.tasks.selection import Length, select
from newsml.text.sentences import split
from newsml.text.windows import Count, windows


class Extractive:
    """Scores sentences with a trained scorer, or by their similarity to the whole article.

    Attributes:
        model: The model behind it.
    """

    def __init__(self, runner: SentenceScorer | Embedder, model: ModelInfo, *, max_tokens: int) -> None:
        self.model = model
        self._runner = runner
        self._max_tokens = min(max_tokens, runner.encoder.max_tokens)

    def summary(self, article: Article, length: Length) -> Steps[SummaryResult]:
        """The best sentences, in article order."""
        sentences, scores = yield from self._scores(article)
        chosen = tuple(sentences[i].span(scores[i]) for i in select(sentences, scores, length))
        return SummaryResult(
            article_id=article.id,
            model=self.model,
            truncated=False,
            kind="extractive",
            text=" ".join(" ".join(span.text.split()) for span in chosen),
            sentences=chosen,
            checked=(),
            evidence=chosen,
        )

    def headline(self, article: Article) -> Steps[SummaryResult]:
        """The best sentence."""
        return (yield from self.summary(article, Length(sentences=1)))

    def _scores(self, article: Article) -> Steps[tuple[list[Sentence], list[float]]]:
        """Every sentence of the body with its probability of belonging in a summary (or cosine to the article)."""
        count = self._runner.encoder.count_tokens
        made = scored_windows(article, count, max_tokens=self._max_tokens)
        if isinstance(self._runner, SentenceScorer):
            logits = np.concatenate((yield Call(self._runner, [window for window, _ in made])))
            scores = expit(logits)
        else:
            texts = [sentence.text for _, sentences in made for sentence in sentences]
            scores = central(np.stack((yield Call(self._runner, texts))))
        return _whole(article, [sentence for _, sentences in made for sentence in sentences], scores)


def scored_windows(
    article: Article, count: Count, *, max_tokens: int
) -> list[tuple[SentenceWindow, tuple[Sentence, ...]]]:
    """An article's windows as a sentence scorer reads them, with their sentences.

    Args:
        article: The article.
        count: Counts tokens, without special tokens.
        max_tokens: Longest window in tokens, special tokens included.
    """
    sentences = split(article.text)
    made = []
    for window in windows(article.text, sentences, count, max_tokens=max_tokens - 2):
        spans = tuple((s.start - window.start, s.end - window.start) for s in window.sentences)
        scored = SentenceWindow(window.text, spans, window.sentences[0].index, len(sentences))
        made.append((scored, window.sentences))
    return made


def _whole(article: Article, parts: list[Sentence], scores: np.ndarray) -> tuple[list[Sentence], list[float]]:
    """Sentences that windows cut are put together again, with the best score of their pieces."""
    best: dict[int, float] = {}
    for part, score in zip(parts, scores, strict=True):
        best[part.index] = max(best.get(part.index, -1.0), float(score))
    sentences = list(split(article.text))
    return sentences, [best[sentence.index] for sentence in sentences]
