"""Generated summaries and headlines, each sentence checked against the article.

Owns the way long articles are summarized in parts, and the check. Knows nothing of prompts or decoding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from newsml.article import Article, Sentence, Span
from newsml.models.embedder import Embedder
from newsml.models.generator import Generator
from newsml.models.prompt import Generation
from newsml.models.resolve import Resolved
from newsml.results import ModelInfo, SummaryResult, SummarySentence
from newsml.tasks import rewrite
from newsml.tasks.briefs import parts_read, rewrites, whole_prompt
from newsml.tasks.evidence import units
from newsml.tasks.run import Call, Steps
from newsml.tasks.selection import Length
from newsml.text.sentences import split
from newsml.text.support import unsupported


class Abstractive:
    """Summaries by a generative model.

    Attributes:
        model: The model behind it.
    """

    def __init__(self, found: Resolved, generator: Generator, embedder: Embedder) -> None:
        self.model = ModelInfo(found.name, found.revision)
        self._generator = generator
        self._embedder = embedder

    def summary(self, article: Article, length: Length) -> Steps[SummaryResult]:
        """A summary: of a long article, the summary of its windows' summaries."""
        if rewrites(self._generator):
            checked = yield from rewrite.rewritten(article, length, self._generator, self._embedder)
            return result_of(article, self.model, checked)
        most, budget = length.limits(len(article.text.split()))
        count = most if length.words is None and length.ratio is None else max(1, round(budget / 22))
        texts = parts_read(article.text, self._generator)
        while True:
            made = yield Call(
                self._generator, [whole_prompt(self._generator, article.title, text, count) for text in texts]
            )
            parts = [sentence for generation in made for sentence in _sentences(generation)]
            if len(texts) == 1:
                break
            again = parts_read(" ".join(parts), self._generator)
            if len(again) >= len(texts):
                break
            texts = again
        return (yield from self._result(article, _fit(parts, article, count, budget)))

    def headline(self, article: Article) -> Steps[SummaryResult]:
        """A generated headline, of the opening or (small models) of the most central sentence."""
        if rewrites(self._generator):
            checked = yield from rewrite.headline(article, self._generator, self._embedder)
            return result_of(article, self.model, checked)
        text = parts_read(article.text, self._generator)[0]
        (generation,) = yield Call(self._generator, [whole_prompt(self._generator, article.title, text, 1)])
        line = next(iter(_sentences(generation)), generation.text)
        return (yield from self._result(article, [line]))

    def _result(self, article: Article, lines: list[str]) -> Steps[SummaryResult]:
        sentences = units(article, self._embedder.encoder.count_tokens)
        vectors = np.stack((yield Call(self._embedder, [*lines, *(sentence.text for sentence in sentences)])))
        cosines = vectors[: len(lines)] @ vectors[len(lines) :].T
        checked = [_checked(line, article, sentences, row) for line, row in zip(lines, cosines, strict=True)]
        return result_of(article, self.model, checked)


def result_of(
    article: Article, model: ModelInfo, checked: Sequence[SummarySentence], dropped: Sequence[str] = ()
) -> SummaryResult:
    """A summary of generated sentences, with the places of the article they rest on in its order."""
    sources: dict[tuple[bool, int], Span] = {}
    for span in (sentence.evidence for sentence in checked if sentence.evidence is not None):
        place = span.field == "text", span.start
        if place not in sources or (span.score or 0.0) > (sources[place].score or 0.0):
            sources[place] = span
    return SummaryResult(
        article_id=article.id,
        model=model,
        truncated=False,
        kind="abstractive",
        text=" ".join(sentence.text for sentence in checked),
        sentences=(),
        checked=tuple(checked),
        evidence=tuple(sources[place] for place in sorted(sources)),
        dropped=tuple(dropped),
    )


def _checked(line: str, article: Article, sentences: Sequence[Sentence], cosines: np.ndarray) -> SummarySentence:
    missing = unsupported(line, article)
    best = int(cosines.round(5).argmax())  # Of equal sentences the first, whatever the last digit says.
    return SummarySentence(line, not missing, missing, sentences[best].span(float(cosines[best])))


def _sentences(generation: Generation) -> list[str]:
    return [" ".join(sentence.text.split()) for sentence in split(generation.text)]


def _fit(parts: list[str], article: Article, most: int, budget: int) -> list[str]:
    """The sentences of a summary: supported ones first, then by order, as many as the length allows, in order."""
    distinct = list(dict.fromkeys(parts))
    ranked = sorted(range(len(distinct)), key=lambda i: (bool(unsupported(distinct[i], article)), i))
    chosen: list[int] = []
    words = 0
    for index in ranked:
        size = len(distinct[index].split())
        if len(chosen) < most and (not chosen or words + size <= budget):
            chosen.append(index)
            words += size
    return [distinct[i] for i in sorted(chosen)]
