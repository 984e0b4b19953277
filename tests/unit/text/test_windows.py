"""Windows hold every sentence once, within the budget, at exact offsets."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsml.text.sentences import split
from newsml.text.windows import pieces, windows


def count(texts: Sequence[str]) -> list[int]:
    """A token for each word, and one for each three letters of it beyond the first three."""
    return [sum(1 + max(len(word) - 1, 0) // 3 for word in text.split()) for text in texts]


SENTENCES = st.lists(st.lists(st.text("abcdefghij", min_size=1, max_size=12), min_size=1, max_size=40), max_size=12)


@given(SENTENCES, st.integers(min_value=4, max_value=60))
def test_windows_cover_the_text_within_the_budget(words: list[list[str]], budget: int) -> None:
    text = " ".join(" ".join(sentence).capitalize() + "." for sentence in words)
    sentences = split(text)
    made = windows(text, sentences, count, max_tokens=budget)
    parts = [part for window in made for part in window.sentences]
    assert "".join("".join(part.text.split()) for part in parts) == "".join(text.split())
    assert sorted({part.index for part in parts}) == [sentence.index for sentence in sentences]
    for window in made:
        assert text[window.start : window.end] == window.text
        assert window.tokens == count([window.text])[0] <= budget
    for part in parts:
        assert text[part.start : part.end] == part.text
    starts = [part.start for part in parts]
    assert starts == sorted(starts)


def test_windows_take_as_many_whole_sentences_as_fit() -> None:
    text = "One two. Three four. Five six."
    made = windows(text, split(text), lambda texts: [len(t.split()) for t in texts], max_tokens=4)
    assert [window.text for window in made] == ["One two. Three four.", "Five six."]


def test_a_long_sentence_is_cut_at_white_space_and_keeps_its_index() -> None:
    text = "Short one. " + " ".join(["Word"] * 50) + " end. Last."
    parts = pieces(split(text), lambda texts: [len(t.split()) for t in texts], max_tokens=20)
    assert [part.index for part in parts] == [0, 1, 1, 1, 2]
    assert all(not part.text[0].isspace() and not part.text[-1].isspace() for part in parts)


def test_a_word_longer_than_the_budget_is_cut_inside() -> None:
    text = "a" * 100
    parts = pieces(split(text), lambda texts: [len(t) for t in texts], max_tokens=30)
    assert [len(part.text) for part in parts] == [30, 30, 30, 10]


def test_nothing_in_nothing_out_and_no_budget_is_an_error() -> None:
    assert windows("", (), count, max_tokens=5) == ()
    with pytest.raises(ValueError, match="at least 1"):
        windows("a.", split("a."), count, max_tokens=0)
