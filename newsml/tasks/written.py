"""Summaries and headlines by newsml's own generator: briefs in, the most faithful candidate out, repaired.

Owns the way of an article through the generator. Knows nothing of how sentences are judged, nor of decoding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import numpy as np

from newsml.article import Article
from newsml.models.encoder import Embedder, Encoder
from newsml.models.generator import Generation, Generator, Prompt
from newsml.models.load import load_base, load_generator
from newsml.models.resolve import Resolved
from newsml.results import ModelInfo, SummaryResult
from newsml.tasks.abstractive import result_of
from newsml.tasks.briefs import (
    BRIEF_TOKENS,
    HEADLINE_BRIEF_TOKENS,
    centrality,
    embedded_body,
    fitting,
    headline_prompt,
    summary_prompt,
)
from newsml.tasks.candidates import Body, Judged, best, fitted, judged, own, repaired
from newsml.tasks.inputs import topic_title
from newsml.tasks.run import Call, Steps
from newsml.tasks.selection import Length, select
from newsml.text.sentences import split

BEAMS = 4
"""Beams, each a candidate."""

MOST_PER_BRIEF = 3
"""Sentences asked for at once: the references it learned from have two or three."""

WORDS_PER_SENTENCE = 21
"""Of those references; turns a length in words into one in sentences."""

SENTENCE_TOKENS = 44
"""Room for an answer's sentence."""


class Written:
    """Summaries by a generator that learned to write them.

    A long article becomes as many briefs as the summary needs, each the most central sentences of a part of it. Every
    sentence of the article is weighed; what the generator does not read is what is least central.

    Attributes:
        model: The model behind it.
    """

    def __init__(self, found: Resolved, generator: Generator, embedder: Embedder) -> None:
        self.model = ModelInfo(found.name, found.revision)
        self._generator = generator
        self._embedder = embedder

    @classmethod
    def load(cls, found: Resolved, *, encoder: Encoder | None = None) -> Self:
        """Load the generator, and the default base that weighs the sentences.

        Args:
            found: A model of task ``summary-abstractive``.
            encoder: A loaded copy of the default base to share.
        """
        return cls(found, load_generator(found), Embedder(encoder or load_base()))

    def summary(self, article: Article, length: Length) -> Steps[SummaryResult]:
        """A summary of about this length."""
        sentences, vectors = yield from embedded_body(article, self._embedder)
        body = Body(article, tuple(sentences), vectors)
        most, budget = length.limits(len(article.text.split()))
        in_words = length.words is not None or length.ratio is not None
        asked = min(max(1, round(budget / WORDS_PER_SENTENCE)) if in_words else most, len(sentences))
        parts = _parts(len(sentences), asked)
        prompts = [self._prompt(body, part, share) for part, share in parts]
        made = yield Call(self._generator, prompts)
        read = yield from self._judged([[_lines(g) for g in (one, *one.others)] for one in made], body)
        lines: list[Judged] = []
        dropped: list[str] = []
        for candidates, (part, share) in zip(read, parts, strict=True):
            cut = [candidate[:share] for candidate in candidates if candidate]
            pool = [line for candidate in cut for line in candidate]
            kept, lost = repaired([*best(cut, _centre(vectors[part]))], pool, body, said=lines)
            lines += kept
            dropped += lost
        pool = [line for candidates in read for candidate in candidates for line in candidate]
        if not lines:
            lines = self._extracted(body, Length(sentences=asked))
        return self._result(body, fitted(lines, pool, most=most, budget=budget), dropped)

    def headline(self, article: Article) -> Steps[SummaryResult]:
        """A headline from the most central sentences."""
        sentences, vectors = yield from embedded_body(article, self._embedder)
        body = Body(article, tuple(sentences), vectors)
        chosen = self._fitting(body, range(len(sentences)), HEADLINE_BRIEF_TOKENS)
        prompt = replace(headline_prompt([sentences[i] for i in chosen]), num_beams=BEAMS, candidates=BEAMS)
        (made,) = yield Call(self._generator, [prompt])
        (candidates,) = yield from self._judged([[_lines(g)[:1] for g in (made, *made.others)]], body)
        line = best(candidates, vectors[chosen[0]])
        kept, dropped = repaired(line, [line for candidate in candidates for line in candidate], body)
        return self._result(body, kept or self._extracted(body, Length(sentences=1)), dropped)

    def _prompt(self, body: Body, part: Sequence[int], count: int) -> Prompt:
        generator, answer = self._generator, SENTENCE_TOKENS * (count + 1)
        room = (generator.max_tokens or 4096) - answer
        title = topic_title(body.article, self._count, max_tokens=BRIEF_TOKENS)
        room -= generator.prompt_tokens(summary_prompt(title, (), count))
        chosen = self._fitting(body, part, min(room, BRIEF_TOKENS))
        prompt = summary_prompt(title, [body.sentences[i] for i in chosen], count, max_new_tokens=answer)
        return replace(prompt, num_beams=BEAMS, candidates=BEAMS)

    def _fitting(self, body: Body, part: Sequence[int], max_tokens: int) -> list[int]:
        """The most central sentences of a part that fit, in article order."""
        worth = centrality(body.vectors)
        lengths = [tokens + 1 for tokens in self._count([sentence.text for sentence in body.sentences])]
        return fitting(sorted(part, key=lambda i: (-worth[i], i)), lengths, max_tokens=max_tokens)

    def _count(self, texts: Sequence[str]) -> list[int]:
        return [self._generator.count_tokens(text) for text in texts]

    def _judged(self, lines: Sequence[Sequence[Sequence[str]]], body: Body) -> Steps[list[list[list[Judged]]]]:
        """Every sentence of every candidate of every brief, held against the article."""
        flat = list(dict.fromkeys(line for candidates in lines for candidate in candidates for line in candidate))
        vectors = (yield Call(self._embedder, flat)) if flat else []
        found = {line: judged(line, vector, body) for line, vector in zip(flat, vectors, strict=True)}
        return [[[found[line] for line in candidate] for candidate in candidates] for candidates in lines]

    def _extracted(self, body: Body, length: Length) -> list[Judged]:
        """The article's own most central sentences, where nothing was generated that could be delivered."""
        worth = [value - 2 * body.is_cut(i) for i, value in enumerate(centrality(body.vectors))]
        return [own(i, body) for i in select(body.sentences, worth, length)]

    def _result(self, body: Body, lines: Sequence[Judged], dropped: Sequence[str]) -> SummaryResult:
        return result_of(body.article, self.model, [line.result(body) for line in lines], dropped)


def _parts(sentences: int, asked: int) -> list[tuple[list[int], int]]:
    """Consecutive parts of an article, with how many sentences each gives."""
    number = -(-asked // MOST_PER_BRIEF)
    shares = [asked // number + (place < asked % number) for place in range(number)]
    return [
        (part.tolist(), share) for part, share in zip(np.array_split(np.arange(sentences), number), shares, strict=True)
    ]


def _centre(vectors: np.ndarray) -> np.ndarray:
    mean: np.ndarray = vectors.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


def _lines(generation: Generation) -> list[str]:
    """The whole sentences of a generated text."""
    lines = [" ".join(sentence.text.split()) for sentence in split(generation.text)]
    return lines if generation.finished or len(lines) > 1 else []
