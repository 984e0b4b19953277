"""The articles that contenders read: of mixed lengths, or all of one.

Owns how they are made of a table's sentences. Knows nothing of tasks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import cycle
from pathlib import Path
from random import Random

from newsml.article import Article
from newsml.config.benchmark import Corpus
from newsml.io.corpus import read_corpus
from newsml.text.sentences import split


def mixed(corpus: Corpus, count: int, *, seed: int) -> list[Article]:
    """So many articles, their lengths drawn evenly on a logarithmic scale."""
    random = Random(seed)
    low, high = (math.log(words) for words in corpus.words)
    return _articles(corpus, [round(math.exp(random.uniform(low, high))) for _ in range(count)], random)


def of_length(corpus: Corpus, count: int, words: int, *, seed: int) -> list[Article]:
    """So many articles of about so many words each."""
    return _articles(corpus, [words] * count, Random(seed))


def _articles(corpus: Corpus, lengths: Sequence[int], random: Random) -> list[Article]:
    sentences = _sentences(corpus.path, corpus.text)
    endless = cycle(sentences)
    for _ in range(random.randrange(len(sentences))):
        next(endless)
    return [Article(" ".join(_taken(endless, words)), id=str(number)) for number, words in enumerate(lengths)]


@cache
def _sentences(path: str, column: str) -> tuple[str, ...]:
    """The sentences of a table's texts, in order; every race reads the same."""
    articles = read_corpus(Path(path), columns={"text": column})
    return tuple(sentence.text for article in articles for sentence in split(article.text))


def _taken(sentences: Iterator[str], words: int) -> Iterator[str]:
    """Sentences until there are so many words."""
    while words > 0:
        sentence = next(sentences)
        words -= len(sentence.split())
        yield sentence
