"""Turns rows into what a generator learns to answer: the prompts of use, and (a sentence of) a reference as the answer.

Owns which sentence of an article goes with which of a reference, and which references teach to invent. Knows nothing of
the trainer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsml.article import Article
from newsml.io.rows import Row
from newsml.models.generator import Generator
from newsml.models.prompt import Prompt
from newsml.tasks.briefs import (
    WINDOW_TOKENS,
    headline_prompt,
    parts_read,
    rewrites,
    sentence_prompt,
    whole_prompt,
)
from newsml.tasks.candidates import faithful, is_shorter
from newsml.text.grounding import in_order
from newsml.text.sentences import split
from newsml.text.support import unsupported

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
    """What a model is asked in use, with the answer that a reference gives.

    A small causal model rewrites sentences: each sentence of each reference that shortens one of its article. Other
    models summarize: each reference whole, of the first part of its article that is read at once.

    Left out are answers with a number, name or quotation beyond what is read, those that do not fit, and of sentences
    those that share too few words with what is read or too many.

    Args:
        rows: Articles with a summary, or with a headline where the label says so.
        generator: Counts the tokens.
        max_tokens: Longest prompt and answer together; of a sequence-to-sequence model, of each.
    """
    if rewrites(generator):
        made = (dialogue for row in rows for dialogue in _sentences(row))
    else:
        made = (dialogue for row in rows for dialogue in _whole(row, generator, max_tokens))
    return [dialogue for dialogue in made if _tokens(dialogue, generator) <= max_tokens]


def _tokens(dialogue: Dialogue, generator: Generator) -> int:
    question, answer = generator.prompt_tokens(dialogue.prompt), len(generator.answer_ids(dialogue.answer))
    return max(question, answer) if generator.is_seq2seq else question + answer


def _whole(row: Row, generator: Generator, max_tokens: int) -> Iterator[Dialogue]:
    answer = " ".join(" ".join(row.summary).split())
    room = max_tokens
    if not generator.is_seq2seq:
        wording = generator.prompt_tokens(whole_prompt(generator, row.title, "", 1))
        room = max(max_tokens - len(generator.answer_ids(answer)) - wording, 1)
    text = next(iter(parts_read(row.text, generator, max_tokens=min(room, WINDOW_TOKENS))), "")
    if not unsupported(answer, Article(text=text, title=row.title)):
        yield Dialogue(whole_prompt(generator, row.title, text, len(split(answer))), answer)


def _sentences(row: Row) -> Iterator[Dialogue]:
    sentences = split(row.text)
    for answer in (sentence.text for text in row.summary for sentence in split(text)):
        shares = [in_order(answer, sentence.text) for sentence in sentences]
        best = max(range(len(shares)), key=lambda i: (shares[i], -i), default=None)
        if best is None or shares[best] < LEAST_IN_ORDER:
            continue
        source = sentences[best]
        if is_shorter(answer, source.text) and faithful(answer, source.text):
            yield Dialogue(headline_prompt(source) if row.label == HEADLINE else sentence_prompt(source), answer)
