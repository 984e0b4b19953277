"""How much of a sentence's wording stands in the sentences it was written from.

Owns the comparison of content words. Like ``support``, it is a filter: words in another order can say something else.
Knows nothing of models.
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


def _stems(text: str) -> frozenset[str]:
    keys = (singular(word.key) for word in words_of(text) if word.key not in FUNCTION_WORDS)
    return frozenset(key[:STEM_LETTERS] for key in keys)
