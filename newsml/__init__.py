"""newsml turns news articles into stance, summaries and topics, each with the sentences that carry it.

The names below are loaded when first used: importing newsml takes no model and no heavy library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from newsml.article import Article, Sentence, Span
from newsml.errors import NewsmlError
from newsml.io import read, read_corpus
from newsml.results import Analysis, StanceResult, SummaryResult, Topic, TopicResult

if TYPE_CHECKING:
    from newsml.tasks.analyze import Analyzer, analyze
    from newsml.tasks.query import StanceQuery
    from newsml.tasks.stance import StanceDetector
    from newsml.tasks.summarize import Summarizer
    from newsml.tasks.topics import TopicClassifier

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "Analyzer",
    "Article",
    "NewsmlError",
    "Sentence",
    "Span",
    "StanceDetector",
    "StanceQuery",
    "StanceResult",
    "Summarizer",
    "SummaryResult",
    "Topic",
    "TopicClassifier",
    "TopicResult",
    "analyze",
    "read",
    "read_corpus",
]

_LAZY = {
    "Analyzer": "newsml.tasks.analyze",
    "analyze": "newsml.tasks.analyze",
    "StanceDetector": "newsml.tasks.stance",
    "StanceQuery": "newsml.tasks.query",
    "Summarizer": "newsml.tasks.summarize",
    "TopicClassifier": "newsml.tasks.topics",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'newsml' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
