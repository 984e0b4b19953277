"""How much of a sentence's wording stands in the sentences it was written from, and how much of it in their order.

Owns the comparison of words. Like ``support``, it is a filter: what is left out can change what is said. Knows nothing
of models.
"""

from __future__ import annotations

from collections.abc import Iterable

from newsml.text.lexicon import FUNCTION_WORDS
from newsml.text.words import singular, words_of

STEM_LETTERS = 5
"""Words that agree in so many first letters count as forms of one word: *announced*, *announcement*."""


def grounded(generated: str, sources: Iterable[str]) -> float:
    """Share of a sentence's content words that stand in its sources, 0 to 1; 1 for a sentence without any.

    Args:
        generated: A sentence written by a model.
        sources: Sentences of its article.
    """
    wanted = _stems(generated)
    found = set().union(*map(_stems, sources))
    return len(wanted & found) / len(wanted) if wanted else 1.0


def in_order(generated: str, source: str) -> float:
    """Share of a sentence's words that stand in its source in the same order, 0 to 1; 1 for a sentence without words.

    The longest common subsequence, as in the precision of ROUGE-L (Lin 2004), over all words, function words included:
    who did what to whom is told by order.

    Args:
        generated: A sentence written by a model.
        source: The sentence it was written from.
    """
    said, read = _sequence(generated), _sequence(source)
    row = [0] * (len(read) + 1)
    for word in said:
        diagonal = 0
        for place, other in enumerate(read, start=1):
            above = row[place]
            row[place] = diagonal + 1 if word == other else max(above, row[place - 1])
            diagonal = above
    return row[-1] / len(said) if said else 1.0


def _sequence(text: str) -> list[str]:
    return [singular(word.key)[:STEM_LETTERS] for word in words_of(text)]


def _stems(text: str) -> frozenset[str]:
    keys = (singular(word.key) for word in words_of(text) if word.key not in FUNCTION_WORDS)
    return frozenset(key[:STEM_LETTERS] for key in keys)
