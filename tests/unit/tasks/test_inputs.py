"""What the models read: the wording that training and use share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from newsml.article import Article
from newsml.models.batches import TextPair
from newsml.tasks.evidence import UNIT_TOKENS, nearest, units
from newsml.tasks.inputs import (
    JOINT_TOKENS,
    SPECIAL_TOKENS,
    Passage,
    claim_pair,
    one_text,
    target_pair,
    topic_pair,
    topic_title,
    topic_windows,
)
from newsml.text.sentences import split


def count(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def test_a_claim_goes_first() -> None:
    assert claim_pair("It rained.", split("Rain fell. Snow fell.")) == TextPair("It rained", "Rain fell. Snow fell.")


def test_the_target_is_marked_where_it_is_named() -> None:
    assert target_pair(Passage("He met Anna.", (7, 11)), "Anna") == TextPair("He met [ Anna ].", "Anna")
    assert target_pair(Passage("He met her."), "Anna") == TextPair("He met her.", "Anna")


def test_windows_leave_room_for_the_title_and_the_special_tokens() -> None:
    article = Article("Rain fell in Oslo. " * 30, title="Rain in the north")
    cut = topic_windows(article, count, max_tokens=40)
    title = topic_title(article, count, max_tokens=40)
    pairs = [topic_pair(title, window) for window in cut]
    assert title == article.title
    assert all(pair == TextPair(title, window.text) for pair, window in zip(pairs, cut, strict=True))
    lengths = [sum(count([pair.first, pair.second or ""])) for pair in pairs]
    assert max(lengths) == 40 - SPECIAL_TOKENS
    assert all(count([one_text(pair)])[0] <= 40 - SPECIAL_TOKENS + JOINT_TOKENS for pair in pairs)


def test_a_title_takes_a_quarter_of_the_room_at_most() -> None:
    article = Article("Rain fell.", title="  One two\nthree four five ")
    assert topic_title(article, count, max_tokens=20) == "One two three four five"
    assert topic_title(article, count, max_tokens=12) == "One two three"
    assert topic_title(article, count, max_tokens=3) == ""
    (window,) = topic_windows(article, count, max_tokens=12)
    assert topic_pair("", window) == TextPair("Rain fell.")
    assert one_text(TextPair("Rain fell.")) == "Rain fell."
    assert one_text(TextPair("Rain", "It fell.")) == "Rain. It fell."
    assert topic_title(Article("Rain fell.", title=" \n"), count, max_tokens=12) == ""


def test_a_title_of_a_million_words_takes_a_few_counts() -> None:
    counted: list[int] = []

    def counting(texts: Sequence[str]) -> list[int]:
        counted.extend(count(texts))
        return count(texts)

    article = Article("Rain fell.", title="a " * 400_000)
    assert topic_title(article, counting, max_tokens=200) == " ".join("a" * 50)
    assert len(counted) < 30


def test_units_are_title_and_body_in_order_none_too_long() -> None:
    article = Article("Rain fell. " + "word " * (2 * UNIT_TOKENS) + "end.", title="Rain")
    found = units(article, count)
    assert [unit.field for unit in found[:2]] == ["title", "text"]
    assert all(article.cut(unit.span()) == unit.text for unit in found)
    assert max(count([unit.text for unit in found])) <= UNIT_TOKENS


@pytest.mark.parametrize(
    ("number", "room", "chosen"),
    [(1, 100, [0]), (2, 100, [0, 2]), (9, 100, [0, 1, 2, 3]), (3, 8, [0, 1]), (2, 1, [0])],
)
def test_the_nearest_that_fit_are_taken_in_reading_order(number: int, room: int, chosen: list[int]) -> None:
    angles = [0.3, 0.5, 0.1, 1.5]
    vectors = [np.array([np.cos(angle), np.sin(angle)]) for angle in angles]
    query = np.array([1.0, 0.0])
    assert nearest(query, vectors, [6, 2, 5, 4], count=number, max_tokens=room) == chosen
    # The title is taken first, however far it is, and so is the opening of an article without one.
    assert nearest(query, vectors[::-1], [4, 5, 2, 6], count=2, max_tokens=100) == [0, 1]
