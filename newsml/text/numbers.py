"""Numbers in English text and what they amount to: ``40,000``, ``40 thousand``, ``$3.5m``, ``twelve``, ``seventh``.

Owns the reading of numbers. Knows nothing of what they count; the unit (percent, dollars, years) is left aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


def _counted(words: str, *, start: int = 0, step: int = 1) -> dict[str, int]:
    return {word: step * number for number, word in enumerate(words.split(), start)}


_SMALL = _counted(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
) | _counted("twenty thirty forty fifty sixty seventy eighty ninety", start=2, step=10)
_RANKS = _counted(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "dozen": 12.0}
_SUFFIXES = {"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9, "b": 1e9, "tn": 1e12}

_SPELLED = "|".join(sorted([*_SMALL, *_RANKS], key=len, reverse=True))
_NUMBER = re.compile(
    r"(?<![\w.,])(?<![^\W\d_]-)(?P<figure>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<suffix>[a-z]{1,3})?(?!\w|,\d)"
    rf"(?:[\s-](?P<scale>{'|'.join(_SCALES)})s?\b)?"
    rf"|(?<!\w)(?P<spelled>(?:{_SPELLED})(?:[\s-](?:{_SPELLED}))?)(?:[\s-](?P<spelled_scale>{'|'.join(_SCALES)})s?)?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text.

    Attributes:
        text: As written, with its scale word.
        value: What it amounts to.
        figure: What its figures alone amount to: 3.5 for ``3.5 million``.
        spelled: True where it is written in letters.
    """

    text: str
    value: float
    figure: float
    spelled: bool


def numbers_of(text: str) -> Iterator[Number]:
    """Read the numbers of a text.

    Figures with thousands separators, decimals, ordinal endings, decades (``1990s``) and scales, and numbers spelled
    out up to ninety-nine with a scale. Figures inside a word (``MH17``, ``COVID-19``) are part of a name.

    Args:
        text: English text.

    Yields:
        The numbers in order.
    """
    for found in _NUMBER.finditer(text):
        written, scale = found["figure"], found["scale"] or found["spelled_scale"]
        figure = float(written.replace(",", "")) if written else _spelled(found["spelled"])
        factor = _SUFFIXES.get((found["suffix"] or "").lower(), 1.0) * (_SCALES[scale.lower()] if scale else 1.0)
        yield Number(found.group(), round(figure * factor, 6), figure, written is None)


def _spelled(text: str) -> float:
    parts = [part.lower() for part in re.split(r"[\s-]", text)]
    values = [_SMALL.get(part, _RANKS.get(part, 0)) for part in parts]
    tens_and_unit = len(values) == 2 and values[0] >= 20 and 0 < values[1] < 10
    return float(sum(values)) if tens_and_unit else float(values[0])
