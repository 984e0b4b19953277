"""The way of an article through the generator, with answers made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from newsml.article import Article
from newsml.models.embedder import Embedder
from newsml.models.generator import Generator
from newsml.models.resolve import Resolved
from newsml.results import SummaryResult
from newsml.tasks.briefs import BEAMS, HEADLINE_PROMPT, REWRITE_PROMPT
from newsml.tasks.run import stream
from newsml.tasks.selection import Length
from newsml.tasks.written import Written
from tests.unit.tasks.fakes import FakeGenerator

TEXT = "The council of Lund approved a budget of 40 million on Monday. Anna Berg voted against it. Rain fell in Oslo."
ARTICLE = Article(TEXT, title="Lund passes budget")
GOOD = "The council of Lund approved a budget of 40 million."
BAD = "The council of Lund approved a budget of 90 million."
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


@pytest.mark.parametrize(("answer", "finished"), [(BAD, True), ("", True), (GOOD, False)])
def test_without_a_faithful_whole_sentence_the_articles_own_stands(answer: str, finished: bool) -> None:
    result = run(FakeGenerator(lambda _: (answer,), finished=finished), sentences=2)
    assert [sentence.origin for sentence in result.checked] == ["extracted", "extracted"]
    assert all(sentence.text in TEXT for sentence in result.checked)


def test_sentences_are_told_one_by_one_in_the_order_of_the_article() -> None:
    lines = ["The council of Lund met on Monday.", "Rain fell in Oslo.", "Members of the council of Lund were loud."]
    generator = FakeGenerator(lambda prompt: (prompt.text.splitlines()[0],))
    result = run(generator, Article(" ".join(lines)), sentences=2)
    assert [prompt.text for prompt in generator.prompts] == [lines[0], lines[2]]
    assert all(prompt.system == REWRITE_PROMPT and prompt.candidates == BEAMS for prompt in generator.prompts)
    assert result.text == f"{lines[0]} {lines[2]}"


def test_lengths_in_sentences_words_and_shares() -> None:
    generator = FakeGenerator(lambda prompt: (prompt.text.splitlines()[0],))
    assert len(run(generator, sentences=3).checked) == 3
    assert run(generator, words=16).words <= 16
    assert len(run(generator, words=1).checked) == 1
    assert run(generator, ratio=0.6).words <= 0.6 * len(TEXT.split()) + 1


def test_what_is_said_already_is_left_out_and_recorded() -> None:
    article = Article(
        "Anna Berg of Lund voted against the new budget. Prices of bread and milk rose in Oslo on Friday."
    )
    result = run(FakeGenerator(lambda _: ("",)), article, sentences=2)
    assert len(result.checked) == 2
    same = FakeGenerator(lambda prompt: (prompt.text.splitlines()[0],))
    assert run(same, Article("Rain fell in Oslo today. Rain fell in Oslo today."), sentences=2).checked[0].evidence


def test_a_long_article_is_weighed_whole() -> None:
    filler = " ".join(f"Report {n}: somebody spoke of the weather in a town." for n in range(300))
    end = "The council of Lund closed the harbour."
    generator = FakeGenerator(lambda prompt: (prompt.text.splitlines()[0],))
    result = run(generator, Article(f"{filler} {end}"), sentences=3)
    assert len(result.checked) > 1
    assert not result.truncated


def test_a_sentence_too_long_for_the_generator_is_left_as_it_is() -> None:
    generator = FakeGenerator(lambda _: (GOOD,))
    generator.max_tokens = 30
    result = run(generator, sentences=1)
    assert generator.prompts == []
    assert result.checked[0].origin == "extracted"


def test_a_headline_is_one_line() -> None:
    generator = FakeGenerator(lambda _: ("The council of Lund approved a budget. And more.",))
    result = run(generator, headline=True)
    assert result.text == "The council of Lund approved a budget."
    assert all(prompt.system == HEADLINE_PROMPT for prompt in generator.prompts)
    assert run(FakeGenerator(lambda _: (BAD,)), headline=True).checked[0].origin == "extracted"
