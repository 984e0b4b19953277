"""Windows: every sentence once, never over the budget, offsets exact."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsml.article import Sentence
from newsml.text.sentences import split
from newsml.text.windows import pieces, windows


def words(texts: Sequence[str]) -> list[int]:
    """A token a word."""
    return [len(text.split()) for text in texts]


def characters(texts: Sequence[str]) -> list[int]:
    """A token a character, white space too: windows are longer than their sentences together."""
    return [len(text) for text in texts]


def subwords(texts: Sequence[str]) -> list[int]:
    """A token for every three characters of a word, begun."""
    return [sum(-(-len(word) // 3) for word in text.split()) for text in texts]


COUNTS = pytest.mark.parametrize("count", [words, characters, subwords])
TEXTS = st.lists(
    st.lists(st.text("abc é😀", min_size=1, max_size=30), min_size=1, max_size=8).map(" ".join), min_size=1, max_size=8
).map(lambda lines: ". ".join(f"A{line}" for line in lines) + ".")


@COUNTS
@settings(max_examples=60, deadline=None)
@given(text=TEXTS, budget=st.integers(2, 40))
def test_every_character_of_every_sentence_stands_in_one_window(count: object, text: str, budget: int) -> None:
    assert callable(count)
    sentences = split(text)
    made = windows(text, sentences, count, max_tokens=budget)
    parts = [part for window in made for part in window.sentences]
    for window in made:
        assert window.text == text[window.start : window.end]
        assert window.tokens == count([window.text])[0] <= budget
        assert (window.start, window.end) == (window.sentences[0].start, window.sentences[-1].end)
    for part in parts:
        assert part.text == text[part.start : part.end]
        assert part.text.strip() == part.text != ""
    assert all(one.end <= other.start for one, other in pairwise(parts))
    assert list(dict.fromkeys(part.index for part in parts)) == list(range(len(sentences)))
    for sentence in sentences:
        own = [part for part in parts if part.index == sentence.index]
        assert "".join("".join(part.text.split()) for part in own) == "".join(sentence.text.split())
        assert own[0].start == sentence.start
        assert own[-1].end == sentence.end


def test_windows_end_with_sentences_and_are_as_full_as_they_can_be() -> None:
    text = "One two. Three four. Five six seven. Eight."
    made = windows(text, split(text), words, max_tokens=4)
    assert [window.text for window in made] == ["One two. Three four.", "Five six seven. Eight."]
    assert [window.tokens for window in made] == [4, 4]


def test_white_space_between_sentences_counts_where_the_model_counts_it() -> None:
    text = "Abcd. Efgh."
    assert [window.text for window in windows(text, split(text), characters, max_tokens=10)] == ["Abcd.", "Efgh."]
    assert len(windows(text, split(text), characters, max_tokens=11)) == 1


def test_an_over_long_sentence_is_cut_at_white_space_and_keeps_its_index() -> None:
    text = "It is short. " + "Word " * 9 + "end. The last."
    sentences = split(text)
    parts = pieces(sentences, words, max_tokens=4)
    assert [part.index for part in parts] == [0, 1, 1, 1, 2]
    assert [part.text for part in parts][1:4] == ["Word Word Word Word"] * 2 + ["Word end."]


def test_a_word_over_the_budget_is_cut_inside() -> None:
    (sentence,) = split("a" * 25)
    assert [len(part.text) for part in pieces([sentence], characters, max_tokens=10)] == [10, 10, 5]


def test_runs_of_white_space_belong_to_no_piece() -> None:
    sentence = Sentence(3, 14, "aaaa    bbb", 0)
    parts = pieces([sentence], characters, max_tokens=7)
    assert [(part.start, part.end, part.text) for part in parts] == [(3, 7, "aaaa"), (11, 14, "bbb")]


def test_nothing_gives_nothing_and_no_budget_is_refused() -> None:
    assert windows("", (), words, max_tokens=5) == ()
    assert pieces((), words, max_tokens=5) == ()
    with pytest.raises(ValueError, match="at least 1"):
        windows("Rain.", split("Rain."), words, max_tokens=0)
