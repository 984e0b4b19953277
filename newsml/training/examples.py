"""Turns rows into model inputs, worded exactly as the tasks word them in use.

Owns which sentences of a row a model is trained on. Knows nothing of the trainer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from newsml.article import Article, Sentence
from newsml.errors import TrainingError
from newsml.io.rows import Row
from newsml.models.batches import TextPair
from newsml.models.embedder import Embedder
from newsml.models.encoder import Encoder
from newsml.tasks.evidence import UNIT_TOKENS, nearest, units
from newsml.tasks.inputs import (
    CLAIM_SENTENCES,
    SPECIAL_TOKENS,
    Passage,
    claim_pair,
    target_pair,
    target_windows,
    topic_pair,
    topic_title,
    topic_windows,
)
from newsml.text.mentions import find_mentions
from newsml.text.windows import pieces

MAX_TARGET_SENTENCES = 3
"""Sentences a document-level target label is trained on: more would let long articles outweigh short ones."""


@dataclass(frozen=True, slots=True)
class Example:
    """One input with its label.

    Attributes:
        pair: What the classifier reads.
        label: Class name.
        row: Number of the row it comes from.
        weight: Its part in the row's decision.
        secondary: Name of a class that applies too, or empty.
        labels: Topics: all labels of the row.
    """

    pair: TextPair
    label: str
    row: int
    weight: float = 1.0
    secondary: str = ""
    labels: tuple[str, ...] = ()


def claim_examples(rows: Sequence[Row], encoder: Encoder, *, max_tokens: int, training: bool) -> list[Example]:
    """Each row's claim with the sentences nearest to it; to evaluate, also with each of them alone, as in use."""
    keys = list(dict.fromkeys((row.title, row.text) for row in rows))
    sentences = {key: units(Article(text=key[1], title=key[0]), encoder.count_tokens) for key in keys}
    texts = list(dict.fromkeys([row.claim for row in rows] + [s.text for key in keys for s in sentences[key]]))
    vectors = dict(zip(texts, Embedder(encoder)(texts), strict=True))
    lengths = dict(zip(texts, encoder.count_tokens(texts), strict=True))
    examples = []
    for number, row in enumerate(rows):
        own = sentences[row.title, row.text]
        chosen = nearest(
            vectors[row.claim],
            [vectors[sentence.text] for sentence in own],
            [lengths[sentence.text] for sentence in own],
            count=CLAIM_SENTENCES,
            max_tokens=max(max_tokens - SPECIAL_TOKENS - lengths[row.claim], 1),
        )
        near = [own[i] for i in chosen]
        examples.append(Example(claim_pair(row.claim, near), row.label, number))
        if not training:
            share = 1 / len(near)
            examples += [Example(claim_pair(row.claim, [alone]), row.label, number, weight=share) for alone in near]
    return examples


def target_examples(rows: Sequence[Row], encoder: Encoder, *, max_tokens: int, training: bool) -> list[Example]:
    """Each row's sentence with its target; of a whole article, several sentences.

    To train on, an article gives the sentences that its annotators quoted; to evaluate, the sentences that name the
    target, as in use. A text over the budget without a marked target becomes its windows.
    """
    examples = []
    for number, row in enumerate(rows):
        if row.evidence is not None and not training:
            sentences = units(Article(text=row.text), encoder.count_tokens)
            named = {mention.sentence.start: mention for mention in reversed(find_mentions(row.target, sentences))}
            pairs = [target_pair(Passage.of(mention), row.target) for mention in named.values()]
        elif row.evidence is not None:
            pairs = [target_pair(passage, row.target) for passage in _article_sentences(row, encoder)]
        elif row.span is not None:
            pairs = [target_pair(_around(row.text, row.span, encoder), row.target)]
        else:
            cut = target_windows(row.text, row.target, encoder.count_tokens, max_tokens=max_tokens)
            pairs = [target_pair(Passage(window.text), row.target) for window in cut]
        examples += [Example(pair, row.label, number) for pair in pairs]
    return examples


def _around(text: str, span: tuple[int, int], encoder: Encoder) -> Passage:
    """A sentence and the place of its target; of an over-long sentence, the piece that holds the target."""
    whole = Sentence(0, len(text), text, 0)
    for piece in pieces([whole], encoder.count_tokens, max_tokens=UNIT_TOKENS):
        if piece.start <= span[0] < piece.end:
            return Passage(piece.text, (span[0] - piece.start, min(span[1], piece.end) - piece.start))
    raise TrainingError(f"target offsets {span[0]}:{span[1]} lie outside the text of {len(text)} characters")


def _article_sentences(row: Row, encoder: Encoder) -> Iterable[Passage]:
    sentences = units(Article(text=row.text), encoder.count_tokens)
    fragments = [(row.text.find(fragment), len(fragment)) for fragment in row.evidence or ()]
    spans = [(start, start + length) for start, length in fragments if start >= 0]
    named = re.compile(re.escape(row.target), re.IGNORECASE)
    chosen = [s for s in sentences if any(s.start < end and start < s.end for start, end in spans)]
    chosen = chosen or [s for s in sentences if named.search(s.text)]
    for sentence in chosen[:MAX_TARGET_SENTENCES]:
        found = named.search(sentence.text)
        yield Passage(sentence.text, found.span() if found else None)


def topic_examples(rows: Sequence[Row], encoder: Encoder, *, max_tokens: int, most: int) -> list[Example]:
    """Each row's windows with its title, the first ``most`` of them, or all where it is 0."""
    examples = []
    for number, row in enumerate(rows):
        article = Article(text=row.text, title=row.title)
        title = topic_title(article, encoder.count_tokens, max_tokens=max_tokens)
        cut = topic_windows(article, encoder.count_tokens, max_tokens=max_tokens)
        for window in cut[: most or None]:
            pair, length = topic_pair(title, window), float(window.tokens)
            examples.append(Example(pair, row.label, number, length, row.secondary, row.labels))
    return examples


def oracle(sentences: Sequence[str], reference: Sequence[str], *, most: int = 4) -> set[int]:
    """The sentences nearest to a reference summary, by greedy ROUGE-1 + ROUGE-2 F1 (Nallapati et al. 2017)."""
    bags = [_grams(sentence) for sentence in sentences]
    goal = _grams(" ".join(reference))
    chosen: set[int] = set()
    best = 0.0
    while len(chosen) < most:
        gains = {
            index: _overlap([bags[i] for i in sorted(chosen | {index})], goal)
            for index in range(len(sentences))
            if index not in chosen
        }
        index = max(gains, key=lambda i: (gains[i], -i), default=-1)
        if index < 0 or gains[index] <= best:
            break
        best = gains[index]
        chosen.add(index)
    return chosen


def _grams(text: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    return frozenset(words), frozenset(pairwise(words))


def _overlap(
    parts: Sequence[tuple[frozenset[str], frozenset[tuple[str, str]]]],
    goal: tuple[frozenset[str], frozenset[tuple[str, str]]],
) -> float:
    total = 0.0
    for order in (0, 1):
        made = frozenset().union(*(part[order] for part in parts))
        common = len(made & goal[order])
        total += 2 * common / max(len(made) + len(goal[order]), 1)
    return total
