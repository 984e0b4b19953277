"""Cuts a run of sentences into windows that fit a model.

Owns the rule: whole sentences, in order, as many as the token budget holds; only a sentence that is longer than the
whole budget is cut inside, at white space. Knows nothing of models: the caller brings the function that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsml.article import Sentence

Count = Callable[[Sequence[str]], Sequence[int]]
"""Number of tokens of each text, without special tokens."""

_LONGEST_PIECE = 20  # Characters per token of the budget; no language has words so long for the tokens they take.


@dataclass(frozen=True, slots=True)
class Window:
    """A run of sentences that a model reads at once.

    Attributes:
        start: Offset of the first character in the text.
        end: Offset just past the last one.
        text: The characters in between, as they stand.
        sentences: The sentences in it. A sentence cut inside appears as its pieces, each with the index of the whole.
        tokens: Length in tokens, without special tokens: at most the budget.
    """

    start: int
    end: int
    text: str
    sentences: tuple[Sentence, ...]
    tokens: int


def windows(text: str, sentences: Sequence[Sentence], count: Count, *, max_tokens: int) -> tuple[Window, ...]:
    """Cut an article into windows at sentence ends.

    Args:
        text: The text the sentences' offsets count in.
        sentences: Sentences in order, all of one field.
        count: Counts tokens the way the model's tokenizer does, without special tokens.
        max_tokens: Budget of one window in tokens, without special tokens; at least 1.

    Returns:
        Windows that together hold every sentence once, each at most ``max_tokens`` long by ``count``.
    """
    if max_tokens < 1:
        raise ValueError(f"max_tokens must be at least 1, got {max_tokens}")
    fitting = pieces(sentences, count, max_tokens=max_tokens)
    lengths = count([piece.text for piece in fitting])
    made: list[Window] = []
    first = 0
    while first < len(fitting):
        last, total = first, 0
        while last < len(fitting) and total + lengths[last] <= max_tokens:
            total += lengths[last]
            last += 1
        made.append(_fit(text, list(fitting[first : max(last, first + 1)]), count, max_tokens))
        first += len(made[-1].sentences)
    return tuple(made)


def _fit(text: str, chosen: list[Sentence], count: Count, max_tokens: int) -> Window:
    """The window over the chosen sentences, less the last ones where white space between them costs tokens too."""
    while True:
        start, end = chosen[0].start, chosen[-1].end
        tokens = count([text[start:end]])[0]
        if tokens <= max_tokens or len(chosen) == 1:
            return Window(start, end, text[start:end], tuple(chosen), tokens)
        chosen = chosen[:-1]


def pieces(sentences: Sequence[Sentence], count: Count, *, max_tokens: int) -> tuple[Sentence, ...]:
    """The sentences, with those over the budget cut at white space into pieces that keep offsets and index."""
    if not sentences:
        return ()
    made: list[Sentence] = []
    for sentence, tokens in zip(sentences, count([s.text for s in sentences]), strict=True):
        made.extend([sentence] if tokens <= max_tokens else _cut(sentence, count, max_tokens))
    return tuple(made)


def _cut(sentence: Sentence, count: Count, max_tokens: int) -> list[Sentence]:
    """The pieces of an over-long sentence, found by bisection over its characters, cut at white space if there is any.

    A single character over the budget, of which there are none in practice, is a piece of its own.
    """
    text, made, start = sentence.text, [], 0
    while start < len(text):
        low, high = start + 1, min(len(text), start + _LONGEST_PIECE * max_tokens)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if count([text[start:middle]])[0] <= max_tokens else (low, middle - 1)
        if low < len(text):
            low = next((place for place in range(low, start, -1) if text[place].isspace()), low)
        piece = text[start:low].rstrip()
        first = sentence.start + start
        made.append(Sentence(first, first + len(piece), piece, sentence.index, sentence.field, sentence.paragraph))
        start = next((place for place in range(low, len(text)) if not text[place].isspace()), len(text))
    return made
