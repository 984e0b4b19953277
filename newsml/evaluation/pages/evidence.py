"""Evidence inside the text it stands in.

Owns where a text is marked, by character offsets. Knows nothing of how marks look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from newsml.evaluation.report import Mistake, Quote


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a text under the same evidence.

    Attributes:
        text: Its characters.
        evidence: Numbers of the quotes that hold it, from 1; empty for text that is no evidence.
    """

    text: str
    evidence: tuple[int, ...]


def stretches(text: str, quotes: Sequence[Quote], field: Literal["text", "title"]) -> tuple[Stretch, ...]:
    """Cut a text where evidence begins and ends, so that quotes may overlap.

    Args:
        text: An article's title or text, possibly cut at its end.
        quotes: The evidence; that of the other field, and what does not stand where it says, is passed over.
        field: Which of the two it is.

    Returns:
        Stretches that make up the text; those of quote *n* together are its text, as far as it is not cut.
    """
    placed = [(n, quote) for n, quote in enumerate(quotes, start=1) if quote.field == field and _stands(quote, text)]
    edges = {0, len(text), *(min(end, len(text)) for _, quote in placed for end in (quote.start, quote.end))}
    cuts = sorted(edges)
    return tuple(
        Stretch(text[low:high], tuple(n for n, quote in placed if quote.start <= low < quote.end))
        for low, high in pairwise(cuts)
    )


def unseen(mistake: Mistake) -> tuple[tuple[int, Quote], ...]:
    """Evidence that the title and the text as shown do not hold whole, with its numbers."""
    shown = {"title": mistake.title, "text": mistake.text}
    return tuple(
        (number, quote)
        for number, quote in enumerate(mistake.evidence, start=1)
        if not _stands(quote, shown[quote.field]) or quote.end > len(shown[quote.field])
    )


def _stands(quote: Quote, text: str) -> bool:
    seen = text[quote.start : quote.end] if 0 <= quote.start < quote.end else ""
    return bool(seen) and quote.text.startswith(seen) and (len(seen) == len(quote.text) or quote.end > len(text))
