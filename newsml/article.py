"""The value types that every part of newsml passes around: Article, Span, Sentence.

Owns what an article is and how its id follows from its content. Standard library only; knows nothing of files
or models. Values are checked once, here, so that no callee checks them again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from newsml.errors import ArticleError

MAX_CHARACTERS = 1_000_000
"""Longest text accepted as one article: about 170,000 words, longer than most novels."""

Field = Literal["text", "title"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an article, quoted.

    Attributes:
        start: Offset of the first character, counted in characters from 0.
        end: Offset just past the last character.
        text: The characters themselves: ``article.text[start:end]`` (or ``article.title[start:end]``).
        field: Which field the offsets count in, ``"text"`` or ``"title"``.
        score: How strongly the span carries the result it stands in, or None where nothing scored it.
    """

    start: int
    end: int
    text: str
    field: Field = "text"
    score: float | None = None

    def __post_init__(self) -> None:
        if self.start < 0 or self.end - self.start != len(self.text):
            raise ValueError(f"span {self.start}:{self.end} does not fit its text of {len(self.text)} characters")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an article, with its place in it.

    Attributes:
        start: Offset of its first character in the field, counted from 0.
        end: Offset just past its last character.
        text: The sentence as it stands in the field, without surrounding white space.
        index: 0 for the first sentence of the field.
        field: Which field it stands in.
        paragraph: 0 for sentences of the first paragraph (blank lines part paragraphs).
    """

    start: int
    end: int
    text: str
    index: int
    field: Field = "text"
    paragraph: int = 0

    def span(self, score: float | None = None) -> Span:
        """The sentence as evidence, with an optional score."""
        return Span(self.start, self.end, self.text, self.field, score)


@dataclass(frozen=True, slots=True)
class Article:
    """A news article. Only ``text`` is required.

    Attributes:
        text: The body, exactly as read: all offsets of results count in it.
        title: The headline, or an empty string.
        id: A stable name; where none is given, 16 hex digits of the SHA-256 of title and text.
        url: Where it was published.
        source: Who published it.
        authors: Bylines, in order.
        published_at: Publication day or moment.
        language: BCP 47 code such as ``"en"`` or ``"de-AT"``; None lets the reader find out.

    Raises:
        ArticleError: The text is empty, holds NUL characters, or is over ``MAX_CHARACTERS`` long.
    """

    text: str
    title: str = ""
    id: str = ""
    url: str | None = None
    source: str | None = None
    authors: Sequence[str] = field(default=())
    published_at: date | datetime | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        where = f"article {self.id!r}" if self.id else "article"
        for name in ("text", "title", "id"):
            value = getattr(self, name)
            if not isinstance(value, str):
                raise ArticleError(f"{where}: {name} must be a string, got {type(value).__name__} ({value!r:.60})")
        if not self.text.strip():
            extra = "only a title" if self.title.strip() else "nothing but white space"
            raise ArticleError(f"{where}: no text to analyse, got {extra}; give the body of the article as text")
        if "\0" in self.text or "\0" in self.title:
            at = self.text.find("\0") if "\0" in self.text else self.title.find("\0")
            raise ArticleError(f"{where}: NUL character at offset {at}; this is not text, convert the file first")
        if len(self.text) > MAX_CHARACTERS or len(self.title) > MAX_CHARACTERS:
            raise ArticleError(
                f"{where}: {len(self.text):,} characters, at most {MAX_CHARACTERS:,} make one article; "
                "split it into its articles first"
            )
        authors = (self.authors,) if isinstance(self.authors, str) else tuple(self.authors)
        object.__setattr__(self, "authors", authors)
        if not self.id:
            digest = hashlib.sha256(f"{self.title}\0{self.text}".encode("utf-8", "surrogatepass"))
            object.__setattr__(self, "id", digest.hexdigest()[:16])

    def cut(self, span: Span) -> str:
        """The characters a span points at, cut out of the original text or title."""
        return (self.title if span.field == "title" else self.text)[span.start : span.end]


def require_words(article: Article) -> Article:
    """The article itself, if its text holds a letter at all.

    Raises:
        ArticleError: It holds none: a number, a row of symbols.
    """
    if not any(character.isalpha() for character in article.text):
        raise ArticleError(
            f"article {article.id!r}: no letter in {len(article.text):,} characters of text; expected written language"
        )
    return article
