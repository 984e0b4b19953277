"""Turns rows into what a generator learns to answer: the prompts of use, with a reference as the answer.

Owns which sentences of an article go with a reference. Knows nothing of the trainer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from newsml.article import Article, Sentence
from newsml.io.rows import Row
from newsml.models.encoder import Embedder
from newsml.models.generator import Generator, Prompt
from newsml.tasks.briefs import HEADLINE_BRIEF_TOKENS, centrality, fitting, headline_prompt, summary_prompt
from newsml.tasks.evidence import units
from newsml.text.sentences import split
from newsml.text.support import unsupported
from newsml.training.examples import covering

HEADLINE = "headline"
"""Label of rows whose summary is a headline."""

MOST_SOURCES = 6
"""Sentences looked for that a reference was written from; the rest of a brief is what is most central."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A question and its answer.

    Attributes:
        prompt: As in use.
        answer: What the generator shall say.
    """

    prompt: Prompt
    answer: str


def dialogues(rows: Sequence[Row], generator: Generator, embedder: Embedder, *, max_tokens: int) -> list[Dialogue]:
    """The summary or headline of each row, asked for as in use.

    In use the generator reads an article's most central sentences. To train on, the sentences that the reference was
    written from come first: to learn from references that say more than was read is to learn to invent. For the same
    reason a reference ends before its first sentence with a number, name or quotation beyond what is read, and rows of
    which nothing is left are left out.

    Args:
        rows: Articles with a summary, or with a headline where the label says so.
        generator: Counts the tokens.
        embedder: Finds central sentences.
        max_tokens: Longest prompt and answer together.
    """
    articles = {row.text: Article(text=row.text) for row in rows}
    bodies = {text: units(article, embedder.encoder.count_tokens) for text, article in articles.items()}
    vectors = iter(embedder([sentence.text for body in bodies.values() for sentence in body]))
    ranked = {text: _ranked(np.stack([next(vectors) for _ in body])) for text, body in bodies.items()}
    made = (_dialogue(row, bodies[row.text], ranked[row.text], generator, max_tokens) for row in rows)
    return [dialogue for dialogue in made if dialogue is not None]


def _ranked(vectors: np.ndarray) -> list[int]:
    order: list[int] = np.argsort(-np.array(centrality(vectors)), kind="stable").tolist()
    return order


def _dialogue(
    row: Row, sentences: Sequence[Sentence], ranked: Sequence[int], generator: Generator, max_tokens: int
) -> Dialogue | None:
    headline = row.label == HEADLINE
    answer = [sentence.text for text in row.summary for sentence in split(text)]
    lengths = [generator.count_tokens(sentence.text) + 1 for sentence in sentences]
    sources = covering([sentence.text for sentence in sentences], answer, most=2 if headline else MOST_SOURCES)
    empty = headline_prompt(()) if headline else summary_prompt(row.title, (), len(answer))
    room = max_tokens - generator.prompt_tokens(empty) - generator.count_tokens(" ".join(answer)) - 1
    room = min(room, HEADLINE_BRIEF_TOKENS) if headline else room
    chosen = [sentences[i] for i in fitting([*sources, *ranked], lengths, max_tokens=room)]
    if sum(lengths[sentences.index(sentence)] for sentence in chosen) > room:
        return None
    read = Article(text="\n".join(sentence.text for sentence in chosen), title="" if headline else row.title)
    kept = list(takewhile(lambda line: not unsupported(line, read), answer))
    if not kept:
        return None
    prompt = headline_prompt(chosen) if headline else summary_prompt(row.title, chosen, len(kept))
    return Dialogue(prompt, " ".join(kept))
