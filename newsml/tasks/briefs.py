"""What a generator reads of an article, and how it is asked: the same in training and in use.

Owns the prompts of summaries and headlines, and the choice of sentences they hold. Knows nothing of models' names or of
decoding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from newsml.article import Article, Sentence
from newsml.models.encoder import Embedder
from newsml.models.generator import Prompt
from newsml.tasks.evidence import units
from newsml.tasks.run import Call, Steps

SUMMARY_PROMPT = (
    "Provide a concise, objective summary of the input text in up to {count} sentences, focusing on key actions and "
    "intentions without using second or third person pronouns."
)
"""SmolLM2 was tuned on this wording, with *three* for the count (HuggingFaceTB/smoltalk, smol-summarize)."""

HEADLINE_PROMPT = (
    "Extract and present the main key point of the input text in one very short sentence, including essential details "
    "like dates or locations if necessary."
)
"""Likewise (HuggingFaceTB/smoltalk, smol-summarize)."""

LEAD_BONUS = 0.3
"""Added to the first sentence's centrality, a half of it to the second's, and so on: news opens with the news."""

BRIEF_TOKENS = 400
"""Tokens of an article that a tuned summarizer reads at once: its most central sentences; longer articles give several
such briefs."""

HEADLINE_BRIEF_TOKENS = 120
"""Tokens that a tuned summarizer reads for a headline."""

_COUNTS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


def embedded_body(article: Article, embedder: Embedder) -> Steps[tuple[list[Sentence], np.ndarray]]:
    """The sentences of an article's text, and their unit vectors, shape (sentences, width)."""
    sentences = [s for s in units(article, embedder.encoder.count_tokens) if s.field == "text"]
    vectors = yield Call(embedder, [sentence.text for sentence in sentences])
    return sentences, np.stack(vectors)


def centrality(vectors: np.ndarray) -> list[float]:
    """Cosine of each sentence to the centroid, with a bonus for the opening (Radev et al. 2004).

    Args:
        vectors: (sentences, width) unit vectors, in article order.
    """
    centroid = vectors.mean(axis=0)
    cosines = vectors @ (centroid / max(float(np.linalg.norm(centroid)), 1e-9))
    return [float(cosine) + LEAD_BONUS / (1 + index) for index, cosine in enumerate(cosines)]


def fitting(order: Iterable[int], lengths: Sequence[int], *, max_tokens: int) -> list[int]:
    """The sentences that fit a budget, taken in an order of preference.

    Args:
        order: Indices, the best first; one that stands twice is taken once.
        lengths: Of all sentences, in tokens.
        max_tokens: Most tokens together; the first sentence is taken even where it is longer.

    Returns:
        Indices in article order.
    """
    chosen: list[int] = []
    left = max_tokens
    for index in order:
        if index not in chosen and (not chosen or lengths[index] <= left):
            chosen.append(int(index))
            left -= lengths[index]
    return sorted(chosen)


def summary_system(count: int) -> str:
    """How a summary of at most so many sentences is asked for."""
    return SUMMARY_PROMPT.format(count=_COUNTS.get(count, str(count)))


def summary_text(title: str, sentences: Sequence[Sentence]) -> str:
    """What a tuned summarizer reads: the title, and sentences of the article, each on a line of its own."""
    lines = [" ".join(sentence.text.split()) for sentence in sentences]
    return "\n".join([" ".join(title.split()), *lines]).strip()


def summary_prompt(title: str, sentences: Sequence[Sentence], count: int, *, max_new_tokens: int = 128) -> Prompt:
    """The question for a summary, as the tuned summarizer knows it."""
    text = summary_text(title, sentences)
    return Prompt(text=text, system=summary_system(count), max_new_tokens=max_new_tokens)


def headline_prompt(sentences: Sequence[Sentence], *, max_new_tokens: int = 40) -> Prompt:
    """The question for a headline, as the tuned summarizer knows it: without the title, which it would only repeat."""
    return Prompt(text=summary_text("", sentences), system=HEADLINE_PROMPT, max_new_tokens=max_new_tokens)
