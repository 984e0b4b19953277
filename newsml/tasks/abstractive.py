"""Generated summaries and headlines, each sentence checked against the article.

Owns the prompts, the way long articles are summarized in parts, and the check. Knows nothing of decoding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from newsml.article import Article, Sentence, Span
from newsml.models.encoder import Embedder
from newsml.models.generator import Generation, Generator, Prompt
from newsml.models.resolve import Resolved
from newsml.results import ModelInfo, SummaryResult, SummarySentence
from newsml.tasks import rewrite
from newsml.tasks.briefs import summary_system
from newsml.tasks.evidence import units
from newsml.tasks.run import Call, Steps
from newsml.tasks.selection import Length
from newsml.text.sentences import split
from newsml.text.support import unsupported
from newsml.text.windows import windows

WINDOW_TOKENS = 1024
"""Most tokens of an article in one prompt: models lose the thread beyond."""

SMALL = 1_000_000_000
"""Parameters under which a causal model is given one sentence at a time (see ``rewrite``)."""

TOKENS_PER_SENTENCE = 48


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
        if self._small:
            checked = yield from rewrite.rewritten(article, length, self._generator, self._embedder)
            return result_of(article, self.model, checked)
        most, budget = length.limits(len(article.text.split()))
        count = most if length.words is None and length.ratio is None else max(1, round(budget / 22))
        texts = self._windows(article.text)
        while True:
            made = yield Call(self._generator, [self._prompt(article, text, count) for text in texts])
            parts = [sentence for generation in made for sentence in _sentences(generation)]
            if len(texts) == 1:
                break
            again = self._windows(" ".join(parts))
            if len(again) >= len(texts):
                break
            texts = again
        return (yield from self._result(article, _fit(parts, article, count, budget)))

    def headline(self, article: Article) -> Steps[SummaryResult]:
        """A generated headline, of the opening or (small models) of the most central sentence."""
        if self._small:
            checked = yield from rewrite.headline(article, self._generator, self._embedder)
            return result_of(article, self.model, checked)
        text = self._windows(article.text)[0]
        (generation,) = yield Call(self._generator, [self._prompt(article, text, 1)])
        line = next(iter(_sentences(generation)), generation.text)
        return (yield from self._result(article, [line]))

    @property
    def _small(self) -> bool:
        return not self._generator.is_seq2seq and self._generator.parameters < SMALL

    def _prompt(self, article: Article, text: str, count: int) -> Prompt:
        tokens = min(TOKENS_PER_SENTENCE * count, self._answer_tokens)
        if self._generator.is_seq2seq:
            return Prompt(text=text, max_new_tokens=tokens)
        system = summary_system(count)
        return Prompt(text=f"{article.title}\n\n{text}".strip(), system=system, max_new_tokens=tokens)

    @property
    def _answer_tokens(self) -> int:
        return max((self._generator.max_tokens or 4096) // 4, 16)

    def _windows(self, text: str) -> list[str]:
        """The text in parts that fit the model beside its prompt and answer, cut at sentence ends."""
        limit = self._generator.max_tokens
        room = WINDOW_TOKENS if limit is None else min(WINDOW_TOKENS, max(limit // 2, limit - 512))

        def count(texts: Sequence[str]) -> list[int]:
            return [self._generator.count_tokens(text) for text in texts]

        return [window.text for window in windows(text, split(text), count, max_tokens=room)]

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
