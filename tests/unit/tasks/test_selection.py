"""Sentences are chosen by score, within the length, without saying things twice."""

from __future__ import annotations

import pytest

from newsml.errors import NewsmlError
from newsml.tasks.selection import Length, select
from newsml.text.sentences import split

TEXT = (
    "The council approved the new budget on Monday. On Monday the council approved the new budget. "
    "Rain is expected over the weekend in Oslo. Schools reopen next week after the holidays. By Ann."
)
SENTENCES = split(TEXT)
SCORES = [0.9, 0.8, 0.7, 0.1, 0.95]


def test_near_duplicates_and_bylines_wait_behind_the_rest() -> None:
    assert select(SENTENCES, SCORES, Length(sentences=2)) == [0, 2]
    assert select(SENTENCES, SCORES, Length(sentences=3)) == [0, 2, 3]


def test_length_in_words() -> None:
    chosen = select(SENTENCES, SCORES, Length(words=17))
    assert sum(len(SENTENCES[i].text.split()) for i in chosen) <= 17
    assert chosen == [0, 2]
    assert select(SENTENCES, SCORES, Length(words=1)) == [0]


def test_length_as_a_share() -> None:
    total = len(TEXT.split())
    chosen = select(SENTENCES, SCORES, Length(ratio=0.5))
    assert sum(len(SENTENCES[i].text.split()) for i in chosen) <= 0.5 * total
    assert Length(ratio=0.5).limits(100) == (100, 50)


def test_three_sentences_without_a_wish() -> None:
    assert Length().limits(100) == (3, 100)


@pytest.mark.parametrize(
    "wish",
    [
        {"sentences": 2, "words": 9},
        {"sentences": 0},
        {"words": -1},
        {"ratio": 0.0},
        {"ratio": 1.5},
        {"sentences": True},
    ],
)
def test_lengths_that_make_no_sense(wish: dict[str, float]) -> None:
    with pytest.raises(NewsmlError):
        Length(**wish)  # type: ignore[arg-type]
