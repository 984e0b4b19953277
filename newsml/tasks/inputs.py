"""How a task words its question to a classifier: the same in training and in use.

Owns the input format of each task. Knows nothing of models or results.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from newsml.article import Article, Sentence
from newsml.models.batches import TextPair
from newsml.text.mentions import Mention
from newsml.text.sentences import split
from newsml.text.windows import Count, Window, windows

CLAIM_SENTENCES = 5
"""Sentences a claim is judged on: the title, or else the first one, and the nearest ones by cosine."""

CLAIM_TOKENS = 192
"""Longest claim-stance input in tokens, special tokens included."""

SPECIAL_TOKENS = 4
"""Room for special tokens around a pair: 3 in BERT, 4 in RoBERTa."""

JOINT_TOKENS = 2
"""Room for what ``one_text`` puts between title and text."""


@dataclass(frozen=True, slots=True)
class Question:
    """A claim and sentences to judge it on.

    Attributes:
        claim: The claim.
        sentences: The sentences, in reading order.
        cosine: Similarity of the claim and the nearest of them.
    """

    claim: str
    sentences: tuple[Sentence, ...]
    cosine: float


def claim_pair(claim: str, evidence: Sequence[Sentence]) -> TextPair:
    """A claim, without a full stop, and the sentences it is judged on.

    The hypotheses of NLI data end in a full stop, headlines never do: with it a model would learn where a claim comes
    from, and NLI data have no *discuss*.
    """
    return TextPair(claim.removesuffix("."), " ".join(sentence.text for sentence in evidence))


@dataclass(frozen=True, slots=True)
class Passage:
    """What an attitude toward a target is judged on.

    Attributes:
        text: A sentence, or a longer text that need not name the target.
        span: Offsets of the target in the text; None where it is not named.
    """

    text: str
    span: tuple[int, int] | None = None

    @classmethod
    def of(cls, mention: Mention) -> Passage:
        """The sentence of a mention."""
        start, length = mention.start - mention.sentence.start, len(mention.sentence.text)
        return cls(mention.sentence.text, (start, min(start + len(mention.text), length)))


def target_pair(passage: Passage, target: str) -> TextPair:
    """A passage, the target between brackets where it is named, and the target itself, as asked."""
    text = passage.text
    if passage.span is not None:
        start, end = passage.span
        text = f"{text[:start]}[ {text[start:end]} ]{text[end:]}"
    return TextPair(text, target)


def target_windows(text: str, target: str, count: Count, *, max_tokens: int) -> tuple[Window, ...]:
    """A text in windows that leave room for a target, which need not be named in it.

    Args:
        text: The text.
        target: The target as asked.
        count: Counts tokens, without special tokens.
        max_tokens: Longest input in tokens, target and special tokens included.
    """
    return windows(text, split(text), count, max_tokens=max(max_tokens - SPECIAL_TOKENS - count([target])[0], 1))


def topic_windows(article: Article, count: Count, *, max_tokens: int) -> tuple[Window, ...]:
    """The text in windows that leave room for the title, which goes with each.

    Args:
        article: The article.
        count: Counts tokens, without special tokens.
        max_tokens: Longest input in tokens, title and special tokens included.
    """
    title = count([article.title])[0] if article.title else 0
    room = max_tokens - SPECIAL_TOKENS - min(title, max_tokens // 4)
    return windows(article.text, split(article.text), count, max_tokens=room)


def topic_title(article: Article, count: Count, *, max_tokens: int) -> str:
    """The title on one line; of one over a quarter of the budget, as many words as fit."""
    words = article.title.split()

    def too_long(number: int) -> bool:
        return count([" ".join(words[:number])])[0] > max_tokens // 4

    fitting = len(words)
    if words and too_long(fitting):
        fitting = bisect_left(range(1, len(words) + 1), True, key=too_long)
    return " ".join(words[:fitting])


def topic_pair(title: str, window: Window) -> TextPair:
    """A window with the title in front, where there is one."""
    return TextPair(title, window.text) if title else TextPair(window.text)


def one_text(pair: TextPair) -> str:
    """A window with its title as one text, for models that take no pairs."""
    return pair.first if pair.second is None else f"{pair.first}. {pair.second}"
