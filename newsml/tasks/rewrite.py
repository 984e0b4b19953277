"""Abstractive summaries by small models: the most central sentences, each rewritten on its own.

Owns the choice of sentences, the prompts, and the ranking of candidates by support and closeness. Knows nothing of
decoding. Small models invent when they read whole articles; a sentence at a time they stay close to it, its source is
known, and no article is too long.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from newsml.article import Article, Sentence
from newsml.models.embedder import Embedder
from newsml.models.generator import Generator
from newsml.models.prompt import Prompt
from newsml.results import SummarySentence
from newsml.tasks.briefs import (
    BEAMS,
    HEADLINE_PROMPT,
    HEADLINE_TOKENS,
    REWRITE_PROMPT,
    centrality,
    embedded_body,
    whole_lines,
)
from newsml.tasks.run import Call, Steps
from newsml.tasks.selection import Length, select
from newsml.text.support import unsupported

REWRITE_TOKENS = 64
CLOSEST = 0.7
"""A rewriting less similar to its source than this (cosine) is given up for the source itself."""

HEADLINE_WORDS = 12


def rewritten(
    article: Article, length: Length, generator: Generator, embedder: Embedder
) -> Steps[list[SummarySentence]]:
    """The most central sentences in article order, each rewritten where a rewriting stays close to it."""
    sentences, vectors = yield from embedded_body(article, embedder)
    chosen = select(sentences, centrality(vectors), length)
    sources = [sentences[i] for i in chosen]
    return (yield from _best(article, sources, vectors[chosen], REWRITE_PROMPT, REWRITE_TOKENS, generator, embedder))


def headline(article: Article, generator: Generator, embedder: Embedder) -> Steps[list[SummarySentence]]:
    """The most central sentence, boiled down to a line."""
    sentences, vectors = yield from embedded_body(article, embedder)
    best = select(sentences, centrality(vectors), Length(sentences=1))
    sources = [sentences[i] for i in best]
    return (yield from _best(article, sources, vectors[best], HEADLINE_PROMPT, HEADLINE_TOKENS, generator, embedder))


def _best(
    article: Article,
    sources: Sequence[Sentence],
    vectors: np.ndarray,
    system: str,
    tokens: int,
    generator: Generator,
    embedder: Embedder,
) -> Steps[list[SummarySentence]]:
    prompts = [
        Prompt(text=source.text, system=system, max_new_tokens=tokens, num_beams=BEAMS, candidates=BEAMS)
        for source in sources
    ]
    made = yield Call(generator, prompts)
    candidates = [whole_lines(generation) for generation in made]
    flat = [line for lines in candidates for line in lines]
    embedded = iter((yield Call(embedder, flat))) if flat else iter(())
    chosen = []
    for source, vector, lines in zip(sources, vectors, candidates, strict=True):
        ranked = []
        for line in lines:
            cosine = float(next(embedded) @ vector)
            longer = max(len(line.split()) - HEADLINE_WORDS, 0) if system == HEADLINE_PROMPT else 0
            score = cosine - _faults(line, source, article) - 0.03 * longer
            if cosine >= CLOSEST:
                ranked.append((score, cosine, line))
        best = max(ranked, key=lambda entry: entry[0], default=None)
        text = best[2] if best else " ".join(source.text.split())
        missing = unsupported(text, article)
        chosen.append(SummarySentence(text, not missing, missing, source.span(best[1] if best else 1.0)))
    return chosen


def _faults(line: str, source: Sentence, article: Article) -> float:
    """What a candidate loses for what its source (.2 each) and the whole article (.6 each) do not hold."""
    alone = Article(text=source.text, title=article.title)
    return 0.2 * len(unsupported(line, alone)) + 0.6 * len(unsupported(line, article))
