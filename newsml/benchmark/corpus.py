"""The articles that contenders read: of mixed lengths, or all of one.

Owns how they are made of a table's sentences. Knows nothing of tasks.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from random import Random

from newsml.article import Article
from newsml.config.benchmark import Corpus
from newsml.io.corpus import read_corpus
from newsml.text.sentences import split


def mixed(corpus: Corpus, articles: int, *, seed: int) -> list[Article]:
    """So many articles, their lengths drawn evenly on a logarithmic scale."""
    random = Random(seed)
    low, high = (math.log(words) for words in corpus.words)
    return _articles(corpus, [round(math.exp(random.uniform(low, high))) for _ in range(articles)], random)


def of_length(corpus: Corpus, articles: int, words: int, *, seed: int) -> list[Article]:
    """So many articles of about so many words each."""
    return _articles(corpus, [words] * articles, Random(seed))


def _articles(corpus: Corpus, lengths: Sequence[int], random: Random) -> list[Article]:
    texts = _texts(corpus.path, corpus.text)
    starts = random.sample(range(len(texts)), len(texts))
    used: Counter[str] = Counter()
    return [
        Article(" ".join(_taken(texts, starts[number % len(texts)], words, used)), id=str(number))
        for number, words in enumerate(lengths)
    ]


@cache
def _texts(path: str, column: str) -> tuple[tuple[str, ...], ...]:
    """The sentences of each of a table's texts; every race reads the same."""
    articles = read_corpus(Path(path), columns={"text": column})
    return tuple(tuple(sentence.text for sentence in split(article.text)) for article in articles)


def _taken(texts: Sequence[Sequence[str]], start: int, words: int, used: Counter[str]) -> Iterator[str]:
    """Sentences from the beginning of a text on, and on into the next ones, until there are so many words.

    One that comes again gets a number: newsml would compute the same sentence only once, a peer every time.
    """
    for place in count(start):
        for sentence in texts[place % len(texts)]:
            used[sentence] += 1
            taken = f"({used[sentence]}) {sentence}" if used[sentence] > 1 else sentence
            yield taken
            words -= len(taken.split())
            if words <= 0:
                return
