"""Whether an article is in a language that a model reads.

Owns the check and its threshold. Knows nothing of models: the caller says which languages they read.

The identifier is py3langid 0.4 (4.5 MB, 139 languages, needs only numpy), whose probabilities hold across lengths: with
``REFUSAL_PROBABILITY`` none of 44,000 headlines, cuts of 4 to 30 words and whole articles from US news sites was
refused, but for one cut that is French. Of one passage each in German, French, Spanish, Dutch, Russian, Arabic,
Tagalog and Chinese, the first 15 words were enough to refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from newsml.article import Article, require_words
from newsml.errors import ArticleError

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

REFUSAL_PROBABILITY = 0.01
"""An article is refused where the languages the model reads have less than this probability together."""

SHORTEST_JUDGED = 60
"""Bytes of UTF-8 that the letters of a text must fill to be judged: ten English words, twenty Chinese signs."""

_LONGEST_READ = 20_000  # Characters; the answer does not change after them.
_VARIETIES = {"en": ("pcm",), "ar": ("ary", "arz"), "zh": ("wuu", "yue"), "no": ("nn", "nb"), "fa": ("prs",)}
_NO_LANGUAGE = "zxx"  # ISO 639: no linguistic content, such as tables and code.


def check_language(article: Article, languages: Sequence[str]) -> None:
    """Refuse an article without a word, or one that is confidently in a language the model does not read.

    ``article.language`` is believed where it is given; else the language is detected from the text. Texts too short
    to judge (``SHORTEST_JUDGED``) pass, and so does everything where the identifier does not know ``languages``.

    Args:
        article: The article.
        languages: BCP 47 codes of the languages the model reads, such as ``["en"]``; none means any language.

    Raises:
        ArticleError: No letter is in the text; or the article is in another language (says which, how probably, and how
            to overrule it).
    """
    require_words(article)
    read = {_primary(language) for language in languages}
    if not read:
        return
    if article.language:
        if _primary(article.language) not in read:
            raise ArticleError(
                f"article {article.id!r}: its language is given as {article.language!r}, but the model reads "
                f"{', '.join(sorted(read))}; choose a model that reads it, or correct Article(language=…)"
            )
        return
    text = article.text[:_LONGEST_READ]
    if sum(len(letter.encode("utf-8", "replace")) for letter in text if letter.isalpha()) < SHORTEST_JUDGED:
        return
    ranked = _identifier().rank(text)
    probabilities = dict(ranked)
    if not read & probabilities.keys():
        return
    accepted = read | {variety for language in read for variety in _VARIETIES.get(language, ())} | {_NO_LANGUAGE}
    if sum(probabilities.get(language, 0.0) for language in accepted) >= REFUSAL_PROBABILITY:
        return
    detected, probability = ranked[0]
    own = sorted(read)[0]
    raise ArticleError(
        f"article {article.id!r}: its text looks like language {detected!r} (probability {probability:.2f}), but the "
        f'model reads {", ".join(sorted(read))}; if that is wrong, say so with Article(language="{own}") or '
        f"--language {own}"
    )


def prepare() -> None:
    """Unpack what finds out languages, a matter of half a second, while something else is waited for."""
    _identifier()


def _primary(language: str) -> str:
    return re.split("[-_]", language.strip().lower())[0]


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    """The identifier with probabilities that add up to 1; its own copy, so nobody else's settings reach it."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
