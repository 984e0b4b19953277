"""Words of texts that stand for what they are about: labels that nobody had to annotate.

Owns which words tell. Knows nothing of models or rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from newsml.text.lexicon import FUNCTION_WORDS

_WORD = re.compile(r"[^\W\d_]{4,}")

COMMON = 0.01
"""Share of the texts beyond which a word tells nothing of any."""


def own_words(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """The telling words of each text: in lower case, of four letters or more, in two texts at least and not in many.

    Args:
        texts: The texts; a word is judged by how many of them have it.

    Returns:
        A tuple for each text, in alphabetical order; empty where it has no such word.
    """
    found = [{word.lower() for word in _WORD.findall(text)} - FUNCTION_WORDS for text in texts]
    counts = Counter(word for words in found for word in words)
    most = max(COMMON * len(texts), 2)
    return [tuple(sorted(word for word in words if 2 <= counts[word] <= most)) for words in found]
