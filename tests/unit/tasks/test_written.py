"""The way of an article through the generator, with answers made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from newsml.article import Article
from newsml.models.encoder import Embedder
from newsml.models.generator import Generation, Generator, Prompt
from newsml.models.resolve import Resolved
from newsml.results import SummaryResult
from newsml.tasks.briefs import BRIEF_TOKENS
from newsml.tasks.run import stream
from newsml.tasks.selection import Length
from newsml.tasks.written import Written

TEXT = "The council of Lund approved a budget of 40 million on Monday. Anna Berg voted against it. Rain fell in Oslo."
ARTICLE = Article(TEXT, title="Lund passes budget")
GOOD, BAD = "Lund's council approved a budget of 40 million.", "Lund's council approved a budget of 90 million."
LETTERS = "abcdefghijklmnopqrstuvwxyz "


class FakeEmbedder:
    """Counts letter pairs, so that similar strings are near."""

    encoder = SimpleNamespace(count_tokens=lambda texts: [len(text.split()) for text in texts])

    def __call__(self, inputs: Sequence[str]) -> list[np.ndarray]:
        vectors = []
        for text in inputs:
            counts = Counter(zip(text.lower(), text.lower()[1:], strict=False))
            vector = np.array([float(counts[a, b]) for a in LETTERS for b in LETTERS]) + 1e-6
            vectors.append(vector / np.linalg.norm(vector))
        return vectors


class FakeGenerator:
    """Answers each prompt with fixed candidates."""

    max_tokens = 2048

    def __init__(self, answer: Callable[[Prompt], Sequence[str]], *, finished: bool = True) -> None:
        self.answer = answer
        self.finished = finished
        self.prompts: list[Prompt] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def prompt_tokens(self, prompt: Prompt) -> int:
        return len(prompt.text.split()) + len(prompt.system.split())

    def __call__(self, inputs: Sequence[Prompt]) -> list[Generation]:
        self.prompts += inputs
        made = []
        for prompt in inputs:
            first, *others = [Generation(text, self.finished) for text in self.answer(prompt)]
            made.append(Generation(first.text, first.finished, tuple(others)))
        return made


def run(generator: FakeGenerator, article: Article = ARTICLE, **length: Any) -> SummaryResult:
    found = Resolved("folder", "fake", Path(), "1", None)
    way = Written(found, cast(Generator, generator), cast(Embedder, FakeEmbedder()))
    headline = length.pop("headline", False)
    return next(
        stream(
            [article], lambda a: way.headline(a) if headline else way.summary(a, Length(**(length or {"words": 60})))
        )
    )


def test_the_faithful_candidate_is_delivered_with_its_source() -> None:
    result = run(FakeGenerator(lambda _: (BAD, GOOD)), sentences=1)
    assert result.text == GOOD
    assert (result.kind, result.supported, result.dropped) == ("abstractive", True, ())
    assert result.checked[0].origin == "generated"
    assert [ARTICLE.cut(span) for span in result.evidence] == [TEXT[: TEXT.index(" Anna")]]


def test_an_invention_is_replaced_and_said_to_be() -> None:
    result = run(FakeGenerator(lambda _: (f"{BAD} Rain fell in Oslo.",)), sentences=2)
    assert [sentence.origin for sentence in result.checked] == ["extracted", "generated"]
    assert result.text == f"{TEXT[: TEXT.index(' Anna')]} Rain fell in Oslo."


@pytest.mark.parametrize(
    "generator", [FakeGenerator(lambda _: ("",)), FakeGenerator(lambda _: (GOOD,), finished=False)]
)
def test_without_a_whole_sentence_the_articles_own_ones_stand(generator: FakeGenerator) -> None:
    result = run(generator, sentences=2)
    assert [sentence.origin for sentence in result.checked] == ["extracted", "extracted"]
    assert all(sentence.text in TEXT for sentence in result.checked)


def test_no_more_sentences_than_asked_for() -> None:
    generator = FakeGenerator(lambda _: (f"{GOOD} Rain fell in Oslo. Anna Berg voted against it.",))
    assert len(run(generator, sentences=1).checked) == 1
    assert len(run(generator, sentences=2).checked) == 2
    assert run(generator, words=32).text == f"{GOOD} Rain fell in Oslo."
    assert run(generator, ratio=0.5).text == GOOD
    assert run(generator, words=5).text == "Rain fell in Oslo."


def test_long_summaries_are_written_in_parts_and_every_part_of_the_article_is_read() -> None:
    lines = [
        f"Speaker {name} praised the {thing} of the city." for name, thing in zip("ABCDEFGH", "12345678", strict=True)
    ]
    generator = FakeGenerator(lambda prompt: (" ".join(prompt.text.splitlines()[-4:]),))
    run(generator, Article(" ".join(lines)), sentences=6)
    assert len(generator.prompts) == 2
    assert [line for prompt in generator.prompts for line in prompt.text.splitlines()] == lines


def test_a_long_article_is_cut_to_its_most_central_sentences() -> None:
    long = Article(" ".join(f"Report {n}: the council of Lund met again and spoke of the budget." for n in range(200)))
    generator = FakeGenerator(lambda prompt: (prompt.text.splitlines()[0],))
    result = run(generator, long, sentences=2)
    assert len(generator.prompts[0].text.split()) <= BRIEF_TOKENS
    assert not result.truncated


def test_a_headline_is_one_line() -> None:
    generator = FakeGenerator(lambda _: ("Lund's council approved the budget. And more.",))
    result = run(generator, headline=True)
    assert result.text == "Lund's council approved the budget."
    assert "Lund passes" not in generator.prompts[0].text
    assert run(FakeGenerator(lambda _: (BAD,)), headline=True).checked[0].origin == "extracted"
