"""Turns rows into what a generator learns to answer: the prompts of use, with a sentence of a reference as the answer.

Owns which sentences of an article go with which of a reference. Knows nothing of the trainer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsml.article import Article
from newsml.io.rows import Row
from newsml.models.generator import Generator, Prompt
from newsml.tasks.briefs import SOURCES, headline_prompt, sentence_prompt
from newsml.text.grounding import grounded
from newsml.text.sentences import split
from newsml.text.support import unsupported
from newsml.training.examples import covering

HEADLINE = "headline"
"""Label of rows whose summary is a headline."""

LEAST_GROUNDED = 0.6
"""Content words of an answer that stand in what was read, as a share: of the references of article_analysis a half has
more. To learn from the others is to learn to invent."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A question and its answer.

    Attributes:
        prompt: As in use.
        answer: What the generator shall say.
    """

    prompt: Prompt
    answer: str


def dialogues(rows: Sequence[Row], generator: Generator, *, max_tokens: int) -> list[Dialogue]:
    """Each sentence of each reference, asked for with the sentences of its article that it was written from.

    Left out are answers with a number, name or quotation beyond what is read, those that share too few words with it,
    and those that do not fit.

    Args:
        rows: Articles with a summary, or with a headline where the label says so.
        generator: Counts the tokens.
        max_tokens: Longest prompt and answer together.
    """
    made = (dialogue for row in rows for dialogue in _dialogues(row))
    return [d for d in made if generator.prompt_tokens(d.prompt) + len(generator.answer_ids(d.answer)) <= max_tokens]


def _dialogues(row: Row) -> Iterator[Dialogue]:
    sentences = split(row.text)
    texts = [sentence.text for sentence in sentences]
    for answer in (sentence.text for text in row.summary for sentence in split(text)):
        sources = [sentences[i] for i in sorted(covering(texts, [answer], most=SOURCES))]
        if not sources:
            continue
        read = Article(text="\n".join(source.text for source in sources))
        if not unsupported(answer, read) and grounded(answer, [source.text for source in sources]) >= LEAST_GROUNDED:
            prompt = headline_prompt(sources) if row.label == HEADLINE else sentence_prompt(sources)
            yield Dialogue(prompt, answer)
