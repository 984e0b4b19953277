"""The extractive baselines: in article order, the same on every run, and without network."""

from __future__ import annotations

import builtins
import socket
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsml.errors import DataError, MissingDependencyError
from newsml.evaluation import extractive
from newsml.evaluation.extractive import MOST_SENTENCES, lead, lexrank, random_sentences, textrank

Ranker = Callable[[Sequence[str], int], tuple[int, ...]]

SENTENCES = [
    "Parents asked the council for help.",
    "The council voted for a school by the river.",
    "A school band played songs.",
    "The river rose on Monday.",
    "Snow delayed many trains.",
    "Markets closed lower.",
    "Traders blamed snow as markets feared a dearer krona.",
    "A krona bought less bread.",
]
"""The second and the second last share a word with each of three others, which share none among themselves."""


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    extractive._summarizer.cache_clear()


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("rank", [textrank, lexrank])
def test_central_sentences_are_found_in_article_order(rank: Ranker) -> None:
    assert rank(SENTENCES, 2) == (1, 6)
    assert rank(SENTENCES, 2) == (1, 6)


def test_lead_takes_the_first() -> None:
    assert lead(SENTENCES, 3) == (0, 1, 2)
    assert lead(SENTENCES[:2], 3) == (0, 1)


def test_random_sentences_depend_on_seed_and_article_alone() -> None:
    many = [str(number) for number in range(50)]
    first = random_sentences(many, 3, seed=1, article_id="a")
    others = [random_sentences(many, 3, seed=seed, article_id=name) for seed, name in ((1, "b"), (2, "a"), (1, "a"))]
    assert others[2] == first
    assert first not in others[:2]


def test_random_sentences_are_drawn_alike() -> None:
    drawn = [random_sentences(SENTENCES, 2, seed=1, article_id=str(number)) for number in range(500)]
    counts = np.bincount(np.array(drawn).ravel(), minlength=len(SENTENCES))
    assert 90 < counts.min() <= counts.max() < 160  # 125 expected


@pytest.mark.parametrize("rank", [textrank, lexrank])
def test_equal_sentences_are_told_apart(rank: Ranker) -> None:
    chosen = rank(["Rain fell on Lund.", "Rain fell on Lund.", "Rain fell on Lund."], 2)
    assert chosen == (0, 1)


@pytest.mark.parametrize("rank", [textrank, lexrank])
@pytest.mark.parametrize("sentences", [["Rain fell.", "Markets rose."], ["—", "…", "!"], ["the", "of it"]])
def test_sentences_that_share_nothing_rank_equal(rank: Ranker, sentences: list[str]) -> None:
    assert rank(sentences, 1) == (0,)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(alphabet="abc d.'ß", max_size=12), max_size=6), st.integers(1, 4))
def test_indices_are_distinct_ordered_and_as_many_as_asked(sentences: list[str], count: int) -> None:
    for chosen in (
        lead(sentences, count),
        random_sentences(sentences, count, seed=1, article_id="a"),
        textrank(sentences, count),
        lexrank(sentences, count),
    ):
        assert len(chosen) == min(count, len(sentences))
        assert list(chosen) == sorted(set(chosen))
        assert all(0 <= index < len(sentences) for index in chosen)


@pytest.mark.parametrize("rank", [textrank, lexrank])
def test_an_endless_article_is_refused(rank: Ranker) -> None:
    with pytest.raises(DataError, match=f"at most {MOST_SENTENCES:,}"):
        rank(["Rain fell."] * (MOST_SENTENCES + 1), 3)


@pytest.mark.parametrize("rank", [textrank, lexrank])
def test_a_missing_sumy_is_named_with_its_remedy(rank: Ranker, monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("sumy"):
            raise ModuleNotFoundError(f"No module named {name!r}")
        return found(name, *rest)

    extractive._summarizer.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match=r"pip install 'newsml\[report\]'"):
        rank(SENTENCES, 3)
