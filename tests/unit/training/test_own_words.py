"""Which words tell what a text is about."""

from __future__ import annotations

from newsml.training.own_words import own_words


def test_words_of_a_few_texts_tell_and_those_of_one_or_of_many_do_not() -> None:
    texts = ["Grain ships left the port."] * 2 + [f"Rain fell on harbour{n}." for n in "abc"] + ["Grain, 1987"]
    found = own_words(texts)
    assert found[0] == found[1] == ("left", "port", "ships")  # Grain stands in three.
    assert found[2] == ()
    assert found[5] == ()


def test_function_words_short_words_and_numbers_do_not_tell() -> None:
    assert own_words(["That would have been 2026 oil."] * 2) == [(), ()]
    assert own_words([]) == []


def test_case_makes_no_difference() -> None:
    assert own_words(["WHEAT", "wheat"]) == [("wheat",), ("wheat",)]
