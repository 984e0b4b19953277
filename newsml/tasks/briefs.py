"""What a generator reads of an article, and how it is asked: the same in training and in use.

Owns the prompts, how central a sentence is, and what counts of an answer. Knows nothing of models' names.
"""

from __future__ import annotations

import numpy as np

from newsml.article import Article, Sentence
from newsml.models.encoder import Embedder
from newsml.models.generator import Generation, Prompt
from newsml.tasks.evidence import central, units
from newsml.tasks.run import Call, Steps
from newsml.text.sentences import split

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

REWRITE_PROMPT = (
    "You're an AI assistant for text re-writing. Rewrite the input text to make it more concise while preserving its "
    "core meaning."
)
"""Likewise (HuggingFaceTB/smoltalk, smol-rewrite)."""

BEAMS = 4
"""Beams that a sentence is decoded with, each a candidate."""

SENTENCE_TOKENS = 80
HEADLINE_TOKENS = 40

_COUNTS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


def embedded_title(article: Article, embedder: Embedder) -> Steps[np.ndarray | None]:
    """The unit vector of the title; None where there is none."""
    if not article.title.strip():
        return None
    (vector,) = yield Call(embedder, [article.title])
    return np.asarray(vector)


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
    return [float(cosine) + LEAD_BONUS / (1 + index) for index, cosine in enumerate(central(vectors))]


def summary_system(count: int) -> str:
    """How a summary of at most so many sentences is asked for."""
    return SUMMARY_PROMPT.format(count=_COUNTS.get(count, str(count)))


def sentence_prompt(source: Sentence) -> Prompt:
    """The question for a sentence of a summary, as the tuned summarizer knows it.

    It reads one sentence of the article: of more, a model of 135 M parameters mixes up who did what.
    """
    return Prompt(text=" ".join(source.text.split()), system=REWRITE_PROMPT, max_new_tokens=SENTENCE_TOKENS)


def headline_prompt(source: Sentence) -> Prompt:
    """The question for a headline, as the tuned summarizer knows it."""
    return Prompt(text=" ".join(source.text.split()), system=HEADLINE_PROMPT, max_new_tokens=HEADLINE_TOKENS)


def whole_lines(generation: Generation) -> list[str]:
    """The first sentence of each candidate, whole ones alone, the likeliest first."""
    found = []
    for made in (generation, *generation.others):
        sentences = split(made.text)
        if sentences and (made.finished or len(sentences) > 1):
            found.append(" ".join(sentences[0].text.split()))
    return list(dict.fromkeys(found))
