"""What is asked of an article about stance.

Owns the query and its checks. Knows nothing of how it is answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from newsml.article import Article
from newsml.errors import QueryError

Scope = Literal["mentions", "text"]


@dataclass(frozen=True, slots=True)
class StanceQuery:
    """What is asked of an article.

    Attributes:
        article: The article.
        claim: A claim or headline; or
        target: a person, organisation, country or policy. Exactly one of the two.
        scope: What a target is judged on: ``"mentions"``, the sentences that name it (the answer is *not mentioned*
            where none does), or ``"text"``, all of the text, for topics that a text is about without naming them.
        places: Where the text names the target, as start and end offsets, for callers who know better than a search
            for the name: annotated data, or another program's coreference. None searches.

    Raises:
        QueryError: Neither or both are given, the one given is empty; the scope is unknown or goes with a claim; or a
            place lies outside the text.
    """

    article: Article
    claim: str | None = None
    target: str | None = None
    scope: Scope = "mentions"
    places: tuple[tuple[int, int], ...] | None = None

    def __post_init__(self) -> None:
        if (self.claim is None) == (self.target is None):
            raise QueryError(f"give a claim or a target, got {'both' if self.claim is not None else 'neither'}")
        subject = self.claim if self.claim is not None else self.target
        if not isinstance(subject, str) or not subject.strip():
            raise QueryError(f"the {'claim' if self.claim is not None else 'target'} must be text, got {subject!r:.60}")
        if self.scope not in get_args(Scope):
            raise QueryError(f"scope {self.scope!r:.40} is unknown; expected 'mentions' or 'text'")
        if self.scope != "mentions" and self.claim is not None:
            raise QueryError("scope goes with a target; a claim is always judged on the sentences nearest to it")
        if self.places is not None and (self.target is None or self.scope != "mentions"):
            raise QueryError("places goes with a target judged on its mentions")
        for start, end in self.places or ():
            if not 0 <= start < end <= len(self.article.text):
                raise QueryError(f"place {start}:{end} lies outside the text of {len(self.article.text)} characters")
