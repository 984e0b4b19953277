"""The baselines: trivial, quick, and the same on every run."""

from __future__ import annotations

import pytest

from newsml.evaluation.baselines import READ_WORDS, lead, majority, tfidf

WORDS = {"sport": "goal match team cup", "weather": "rain snow wind storm"}


def texts(label: str, count: int) -> list[str]:
    words = WORDS[label].split()
    return [f"{words[n % 4]} and {words[(n + n // 4) % 4]} number {n}" for n in range(count)]


def test_tfidf_learns_words_and_repeats_itself() -> None:
    train = texts("sport", 40) + texts("weather", 40)
    labels = ["sport"] * 40 + ["weather"] * 40
    unseen = ["the team and the match", "snow in the wind", "nothing known"]
    first = tfidf(train, labels, unseen, seed=1)
    assert first[:2] == ["sport", "weather"]
    assert first == tfidf(train, labels, unseen, seed=1)


def test_tfidf_reads_the_opening_only() -> None:
    train = texts("sport", 40) + texts("weather", 40)
    labels = ["sport"] * 40 + ["weather"] * 40
    filler = "word " * READ_WORDS
    assert tfidf(train, labels, [f"goal {filler} rain rain snow"], seed=1) == ["sport"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_handful_of_texts_is_enough(count: int) -> None:
    train = texts("sport", count) + texts("weather", count)
    assert len(tfidf(train, ["sport"] * count + ["weather"] * count, ["goal"], seed=1)) == 1
    assert tfidf(["a b"], ["sport"], ["x", "y"], seed=1) == ["sport", "sport"]


def test_the_trivial_ones() -> None:
    assert majority(["b", "a", "b"], 3) == ["b", "b", "b"]
    assert lead(["1", "2", "3", "4"]) == ["1", "2", "3"]
    assert lead(["1"], count=2) == ["1"]
