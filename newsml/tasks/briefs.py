"""What a generator reads of an article, and how it is asked: the same in training and in use.

Owns the prompts, how central a sentence is, and what counts of an answer. Knows nothing of models' names.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from newsml.article import Article, Sentence
from newsml.models.embedder import Embedder
from newsml.models.generator import Generator
from newsml.models.prompt import Generation, Prompt
from newsml.tasks.evidence import central, units
from newsml.tasks.run import Call, Steps
from newsml.text.sentences import split
from newsml.text.windows import windows

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

WINDOW_TOKENS = 1024
"""Most tokens of an article in one prompt: models lose the thread beyond."""

SMALL = 1_000_000_000
"""Parameters under which a causal model is given one sentence at a time (see ``rewrite``)."""

TOKENS_PER_SENTENCE = 48

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


def rewrites(generator: Generator) -> bool:
    """Whether a model is given sentences to rewrite, one at a time, rather than an article to summarize."""
    return not generator.is_seq2seq and generator.parameters < SMALL


def parts_read(text: str, generator: Generator, *, max_tokens: int = WINDOW_TOKENS) -> list[str]:
    """An article's text in parts that a model reads at once, cut at sentence ends.

    Args:
        text: The text.
        generator: Counts the tokens, and says how many it reads.
        max_tokens: Most tokens of a part, special tokens included.
    """
    limit = generator.max_tokens or WINDOW_TOKENS + max_tokens
    # A source has the whole context to itself; a prompt shares it with its wording and the answer.
    room = limit if generator.is_seq2seq else max(limit // 2, limit - WINDOW_TOKENS // 2)
    room = min(max_tokens, room) - (generator.prompt_tokens(Prompt("")) if generator.is_seq2seq else 0)

    def count(texts: Sequence[str]) -> list[int]:
        return [generator.count_tokens(text) for text in texts]

    return [window.text for window in windows(text, split(text), count, max_tokens=max(room, 1))]


def whole_prompt(generator: Generator, title: str, text: str, count: int) -> Prompt:
    """The question for so many sentences on (a part of) an article, of a model that reads one whole."""
    tokens = min(TOKENS_PER_SENTENCE * count, max((generator.max_tokens or 4096) // 4, 16))
    if generator.is_seq2seq:
        return Prompt(text=text, max_new_tokens=tokens)
    return Prompt(text=f"{title}\n\n{text}".strip(), system=summary_system(count), max_new_tokens=tokens)


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
