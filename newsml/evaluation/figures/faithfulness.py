"""How far an article supports its summary, in the judgement of a model.

Owns two figures of a row: ``similarity`` by sentence vectors, and ``NLI entailment``. Knows nothing of references, nor
of where summaries come from.

Both are means over the summary's sentences of the best that any place of the article offers, and both are measures of
a model: a high value is no proof. A summary without a sentence has neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsml.article import Article, Sentence
from newsml.errors import ModelError
from newsml.models.batches import TextPair
from newsml.models.classifier import Classifier
from newsml.models.embedder import Embedder
from newsml.models.load import kind_of, load_base, load_classifier, refuse
from newsml.models.resolve import resolve
from newsml.tasks.inputs import SPECIAL_TOKENS
from newsml.tasks.labelers import Entailment
from newsml.text.sentences import split
from newsml.text.windows import Count, pieces, windows

Row: TypeAlias = tuple[Article, Sequence[str]]
"""An article and the sentences of its summary."""

ROWS_AT_ONCE = 32
"""Rows whose sentences are batched together."""

_Job: TypeAlias = tuple[int, list[str], list[str]]
"""Number of a row, what its article offers, and what its summary says."""


class Similarity:
    """Cosine of each summary sentence with the sentence of the article that is nearest to it; their mean, -1 to 1.

    A sentence longer than the encoder reads is cut at white space, and each piece counts as a sentence.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._room = embedder.encoder.max_tokens - SPECIAL_TOKENS

    def __call__(self, rows: Sequence[Row]) -> list[float | None]:
        """The similarity of each row; None where the summary has no sentence.

        Raises:
            ModelError: The model computes NaN.
        """
        return _in_batches(rows, self._batch)

    def _batch(self, rows: Sequence[Row]) -> list[float | None]:
        count = self._embedder.encoder.count_tokens
        jobs = [
            (number, _fitting(split(article.text), count, self._room), _fitting(_listed(summary), count, self._room))
            for number, (article, summary) in enumerate(rows)
            if any(sentence.strip() for sentence in summary)
        ]
        vectors = iter(self._embedder([text for _, offered, said in jobs for text in (*offered, *said)]))
        values: list[float | None] = [None] * len(rows)
        for number, offered, said in jobs:
            places = np.stack([next(vectors) for _ in offered])
            sentences = np.stack([next(vectors) for _ in said])
            values[number] = _mean_of_best(places @ sentences.T, rows[number][0], self._embedder.encoder.name)
        return values


class EntailmentScore:
    """Probability that the article entails each summary sentence, by an NLI model; their mean, 0 to 1.

    As SummaC-ZS (Laban et al. 2022): for each sentence of the summary the highest probability of entailment over places
    of the article, then the mean. The places are pairs of neighbouring sentences, each sentence with the next. Pairs
    that the model cannot read at once are taken sentence by sentence, longer sentences piece by piece; a summary
    sentence over half of what it reads counts as its pieces.

    Args:
        classifier: An NLI model.
        name: What messages call it.

    Raises:
        ModelError: The classifier's labels are not those of NLI.
    """

    def __init__(self, classifier: Classifier, *, name: str) -> None:
        self._classifier = classifier
        self._entailment = Entailment(classifier)
        self._name = name
        self._room = classifier.max_tokens - SPECIAL_TOKENS

    def __call__(self, rows: Sequence[Row]) -> list[float | None]:
        """The entailment of each row; None where the summary has no sentence.

        Raises:
            ModelError: The model computes NaN.
        """
        return _in_batches(rows, self._batch)

    def _batch(self, rows: Sequence[Row]) -> list[float | None]:
        jobs = list(self._jobs(rows))
        pairs = [TextPair(premise, claim) for _, offered, said in jobs for premise in offered for claim in said]
        logits = iter(self._classifier(pairs))
        values: list[float | None] = [None] * len(rows)
        for number, offered, said in jobs:
            own = np.stack([next(logits) for _ in range(len(offered) * len(said))])
            entailed = self._entailment.probabilities(own)[..., 0].reshape(len(offered), len(said))
            values[number] = _mean_of_best(entailed, rows[number][0], self._name)
        return values

    def _jobs(self, rows: Sequence[Row]) -> Iterator[_Job]:
        count = self._classifier.count_tokens
        for number, (article, summary) in enumerate(rows):
            if said := _fitting(_listed(summary), count, self._room // 2):
                yield number, premises(article, count, max_tokens=self._room - max(count(said))), said


def premises(article: Article, count: Count, *, max_tokens: int) -> list[str]:
    """The places of an article that may entail a sentence: each sentence with the next.

    Args:
        article: The article.
        count: Counts tokens, without special tokens.
        max_tokens: Longest place, in tokens; pairs over it fall apart into sentences, sentences into pieces.
    """
    sentences = split(article.text)
    pairs = [sentences[first : first + 2] for first in range(max(len(sentences) - 1, 1))]
    texts = [article.text[pair[0].start : pair[-1].end] for pair in pairs]
    found: list[str] = []
    for pair, text, tokens in zip(pairs, texts, count(texts), strict=True):
        cut = tokens > max_tokens
        found += [part.text for part in windows(article.text, pair, count, max_tokens=max_tokens)] if cut else [text]
    return list(dict.fromkeys(found))


def load_similarity(name: str | None = None) -> Similarity:
    """Similarity by the vectors of an encoder.

    Args:
        name: Card name, folder or hub id; None is the default base.

    Raises:
        ModelError: There is no such model.
    """
    return Similarity(Embedder(load_base(name)))


def load_entailment(name: str) -> EntailmentScore:
    """Entailment by an NLI model.

    Args:
        name: Card name, folder or hub id.

    Raises:
        ModelError: There is no such model, or it is no NLI model.
    """
    found = resolve(name)
    kind = kind_of(found)
    if kind != "nli":
        raise refuse(found, kind, "an NLI model: a sequence classifier with a class named entailment")
    return EntailmentScore(load_classifier(found, kind), name=found.name)


def _in_batches(rows: Sequence[Row], batch: Callable[[Sequence[Row]], list[float | None]]) -> list[float | None]:
    return [value for start in range(0, len(rows), ROWS_AT_ONCE) for value in batch(rows[start : start + ROWS_AT_ONCE])]


def _listed(summary: Sequence[str]) -> list[Sentence]:
    return [Sentence(0, len(text), text, index) for index, text in enumerate(summary) if text.strip()]


def _fitting(sentences: Sequence[Sentence], count: Count, room: int) -> list[str]:
    return [piece.text for piece in pieces(sentences, count, max_tokens=room)]


def _mean_of_best(table: NDArray[np.float32], article: Article, model: str) -> float:
    """Mean over the columns, summary sentences, of the best of the rows, places of the article."""
    value = float(table.max(axis=0).mean())
    if not np.isfinite(value):
        raise ModelError(f"article {article.id!r}: {model} computes {value} for its summary; use another model")
    return value
