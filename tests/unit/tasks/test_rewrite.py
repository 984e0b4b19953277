"""Rewriting keeps what is close and supported, and falls back to the source where nothing is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from newsml.article import Article
from newsml.models.embedder import Embedder
from newsml.models.generator import Generator
from newsml.results import SummarySentence
from newsml.tasks.briefs import BEAMS, REWRITE_PROMPT
from newsml.tasks.rewrite import headline, rewritten
from newsml.tasks.run import stream
from newsml.tasks.selection import Length
from tests.unit.tasks.fakes import FakeGenerator

TEXT = "The council of Lund approved the budget of 40 million on Monday. Nobody spoke against it. Rain fell in Oslo."
ARTICLE = Article(TEXT, title="Lund passes budget")


class FakeEmbedder:
    """Vectors that count letters, so that similar strings are near."""

    encoder = SimpleNamespace(count_tokens=lambda texts: [len(text.split()) for text in texts])

    def __call__(self, inputs: Sequence[str]) -> list[np.ndarray]:
        vectors = []
        for text in inputs:
            vector = np.array([text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"], float) + 0.01
            vectors.append(vector / np.linalg.norm(vector))
        return vectors


def run(generator: FakeGenerator, way: Callable[..., Any], **given: Any) -> list[SummarySentence]:
    embedder = cast(Embedder, FakeEmbedder())
    model = cast(Generator, generator)
    return next(stream([ARTICLE], lambda a: way(a, generator=model, embedder=embedder, **given)))


def test_the_supported_candidate_wins_over_the_likelier_invention() -> None:
    faithful = "Lund's council approved the budget of 40 million on Monday."
    generator = FakeGenerator(lambda _: ("The council of Lund approved the budget of 90 million on Monday.", faithful))
    (sentence,) = run(generator, rewritten, length=Length(sentences=1))
    assert sentence.text == faithful
    assert sentence.supported
    assert sentence.evidence is not None
    assert ARTICLE.cut(sentence.evidence) == "The council of Lund approved the budget of 40 million on Monday."


def test_an_invention_without_alternative_is_flagged() -> None:
    generator = FakeGenerator(lambda _: ("The council of Lund approved the budget of 90 million on Monday.",))
    (sentence,) = run(generator, rewritten, length=Length(sentences=1))
    assert not sentence.supported
    assert sentence.unsupported == ("90 million",)


def test_the_source_stands_where_every_rewriting_strays_or_breaks_off() -> None:
    source = "The council of Lund approved the budget of 40 million on Monday."
    for generator in (
        FakeGenerator(lambda _: ("Zzz.",)),
        FakeGenerator(lambda _: ("The council of Lund approved the budget of 40",), finished=False),
        FakeGenerator(lambda _: ("",)),
    ):
        (sentence,) = run(generator, rewritten, length=Length(sentences=1))
        assert sentence.text == source


def test_each_sentence_is_its_own_prompt_in_article_order() -> None:
    generator = FakeGenerator(lambda prompt: (prompt.text,))
    sentences = run(generator, rewritten, length=Length(sentences=2))
    assert [prompt.text for prompt in generator.prompts] == [sentence.text for sentence in sentences]
    assert all(prompt.system == REWRITE_PROMPT and prompt.candidates == BEAMS for prompt in generator.prompts)
    starts = [sentence.evidence.start for sentence in sentences if sentence.evidence]
    assert starts == sorted(starts)
    assert len(starts) == 2


def test_a_headline_is_one_line() -> None:
    generator = FakeGenerator(lambda _: ("The council of Lund approved the budget on Monday. And more.",))
    (line,) = run(generator, headline)
    assert line.text == "The council of Lund approved the budget on Monday."
