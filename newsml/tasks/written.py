"""Summaries and headlines by newsml's own generator: telling sentences, each written anew, or left as it is.

Owns the way of an article through the generator. Knows nothing of how candidates are judged, nor of decoding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from newsml.article import Article, Sentence
from newsml.models.embedder import Embedder
from newsml.models.generator import Generator
from newsml.models.prompt import Prompt
from newsml.models.resolve import Resolved
from newsml.results import ModelInfo, SummaryResult
from newsml.tasks.abstractive import result_of
from newsml.tasks.briefs import BEAMS, embedded_body, embedded_title, headline_prompt, sentence_prompt, whole_lines
from newsml.tasks.candidates import Body, Candidate, Line, best, fitted, own, repeats, telling
from newsml.tasks.run import Call, Steps
from newsml.tasks.selection import Length, select

WORDS_PER_SENTENCE = 20
"""Of the references it learned from; turns a length in words into one in sentences."""

Ask = Callable[[Sentence], Prompt]
"""Words a question about a sentence."""


class Written:
    """Summaries by a generator that learned to write sentences of summaries from those of articles.

    Every sentence of an article is weighed, however long it is. Those that tell most are written anew one by one; the
    most faithful candidate is delivered. Where none is faithful the article's own sentence is, and the result says so.

    Attributes:
        model: The model behind it.
    """

    def __init__(self, found: Resolved, generator: Generator, embedder: Embedder) -> None:
        self.model = ModelInfo(found.name, found.revision)
        self._generator = generator
        self._embedder = embedder

    def summary(self, article: Article, length: Length) -> Steps[SummaryResult]:
        """A summary of about this length, in the order of the article."""
        most, budget = length.limits(len(article.text.split()))
        in_words = length.words is not None or length.ratio is not None
        count = max(1, -(-budget // WORDS_PER_SENTENCE)) if in_words else most
        body, lines, dropped = yield from self._told(article, sentence_prompt, count)
        kept = fitted(lines, budget) if in_words else lines
        return result_of(article, self.model, [line.result(body) for line in kept], dropped)

    def headline(self, article: Article) -> Steps[SummaryResult]:
        """A headline from the sentence that tells most."""
        body, lines, dropped = yield from self._told(article, headline_prompt, 1)
        return result_of(article, self.model, [line.result(body) for line in lines], dropped)

    def _told(self, article: Article, ask: Ask, count: int) -> Steps[tuple[Body, list[Line], list[str]]]:
        """The sentences that tell most, told anew, and what was generated for those that are left out."""
        sentences, vectors = yield from embedded_body(article, self._embedder)
        body = Body(article, tuple(sentences), vectors)
        title = yield from embedded_title(article, self._embedder)
        chosen = select(sentences, telling(body, title), Length(sentences=count))
        candidates = yield from self._candidates(body, chosen, ask)
        lines: list[Line] = []
        dropped: list[str] = []
        for main, made in zip(chosen, candidates, strict=True):
            line = best([entry for entry in made if not repeats(entry.text, lines)], main, body) or own(main, body)
            if line.origin == "extracted" and repeats(line.text, lines):
                dropped.append(made[0].text if made else line.text)
            else:
                lines.append(line)
        return body, lines, dropped

    def _candidates(self, body: Body, chosen: Sequence[int], ask: Ask) -> Steps[list[list[Candidate]]]:
        """What is generated for each of the chosen sentences; nothing for one that the generator cannot read whole."""
        prompts = [self._prompt(ask(body.sentences[main])) for main in chosen]
        made = iter((yield Call(self._generator, [prompt for prompt in prompts if prompt is not None])))
        lines = [whole_lines(next(made)) if prompt is not None else [] for prompt in prompts]
        texts = list(dict.fromkeys(text for found in lines for text in found))
        vectors = dict(zip(texts, (yield Call(self._embedder, texts)) if texts else (), strict=True))
        return [[Candidate(text, vectors[text], rank) for rank, text in enumerate(found)] for found in lines]

    def _prompt(self, prompt: Prompt) -> Prompt | None:
        """The prompt with several beams; None where the generator cannot read it whole."""
        limit = self._generator.max_tokens
        if limit is not None and self._generator.prompt_tokens(prompt) + prompt.max_new_tokens > limit:
            return None
        return replace(prompt, num_beams=BEAMS, candidates=BEAMS)
