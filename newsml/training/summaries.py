"""Turns rows into what a generator learns to answer: the prompts of use, with a sentence of a reference as the answer.

Owns which sentence of an article goes with which of a reference. Knows nothing of the trainer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsml.io.rows import Row
from newsml.models.generator import Generator, Prompt
from newsml.tasks.briefs import headline_prompt, sentence_prompt
from newsml.tasks.candidates import faithful, is_shorter
from newsml.text.grounding import in_order
from newsml.text.sentences import split

HEADLINE = "headline"
"""Label of rows whose summary is a headline."""

LEAST_IN_ORDER = 0.8
"""Words of an answer that its source holds in the same order, as a share. To learn from the others, which put two
sentences into one or reword them, is to learn to invent."""


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
    """Each sentence of each reference that shortens one of its article, asked for with that one.

    Left out are answers with a number, name or quotation beyond what is read, those that share too few words with it
    or too many, and those that do not fit.

    Args:
        rows: Articles with a summary, or with a headline where the label says so.
        generator: Counts the tokens.
        max_tokens: Longest prompt and answer together.
    """
    made = (dialogue for row in rows for dialogue in _dialogues(row))
    return [d for d in made if generator.prompt_tokens(d.prompt) + len(generator.answer_ids(d.answer)) <= max_tokens]


def _dialogues(row: Row) -> Iterator[Dialogue]:
    sentences = split(row.text)
    for answer in (sentence.text for text in row.summary for sentence in split(text)):
        shares = [in_order(answer, sentence.text) for sentence in sentences]
        best = max(range(len(shares)), key=lambda i: (shares[i], -i), default=None)
        if best is None or shares[best] < LEAST_IN_ORDER:
            continue
        source = sentences[best]
        if is_shorter(answer, source.text) and faithful(answer, source.text):
            yield Dialogue(headline_prompt(source) if row.label == HEADLINE else sentence_prompt(source), answer)
