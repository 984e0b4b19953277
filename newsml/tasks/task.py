"""What every task has in common: one item, a list, or a stream of any size, all through the one loop.

Owns ``predict``'s plumbing and the check of what is given to it. Knows nothing of what a task computes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic

from newsml.article import Article
from newsml.errors import ArticleError
from newsml.tasks.run import ItemT, ResultT, Steps, stream
from newsml.text.language import check_language


class Task(ABC, Generic[ItemT, ResultT]):
    """A model that answers one question about articles."""

    @abstractmethod
    def steps(self, item: ItemT) -> Steps[ResultT]:
        """The way of one item: yields the model calls it needs and returns the result."""

    def stream(self, items: Iterable[ItemT]) -> Iterator[ResultT]:
        """Results for any number of items, lazily and in order, holding a constant number of them.

        Args:
            items: Any iterable; an error in one item stops the stream there, after the results before it.

        Yields:
            One result per item.
        """
        return stream(items, self.steps)

    def predict_batch(self, items: Sequence[ItemT]) -> list[ResultT]:
        """Results for a list of items, in order."""
        return list(self.stream(items))


def check_article(article: object, languages: Sequence[str]) -> None:
    """Refuse what a model cannot read.

    Args:
        article: What the caller gave.
        languages: BCP 47 codes of the languages the model reads; none means any.

    Raises:
        ArticleError: It is no ``Article``, or in a language the model does not read.
    """
    if not isinstance(article, Article):
        raise ArticleError(
            f"expected an Article, got {type(article).__name__} ({article!r:.40}); make one with newsml.read(path) or "
            "newsml.Article(text=…); predict takes one, predict_batch a list"
        )
    check_language(article, languages)
