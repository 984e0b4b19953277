"""How much of a sentence's wording stands, in the same order, in the sentence it was written from.

Owns the comparison of words. Like ``support``, it is a filter: what is left out can change what is said. Knows nothing
of models.
"""

from __future__ import annotations

from newsml.text.words import singular, words_of

STEM_LETTERS = 5
"""Words that agree in so many first letters count as forms of one word: *announced*, *announcement*."""


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
