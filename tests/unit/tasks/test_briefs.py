"""What a generator reads, and how it is asked."""

from __future__ import annotations

import numpy as np

from newsml.tasks.briefs import HEADLINE_PROMPT, centrality, fitting, headline_prompt, summary_prompt
from newsml.text.sentences import split

SENTENCES = split("Rain fell\nin Oslo. Snow fell in Lund.")


def test_a_summary_is_asked_for_with_the_title_and_a_sentence_a_line() -> None:
    prompt = summary_prompt("Weather\nreport", SENTENCES, 2)
    assert prompt.text == "Weather report\nRain fell in Oslo.\nSnow fell in Lund."
    assert "up to two sentences" in prompt.system
    assert "up to 7 sentences" in summary_prompt("", SENTENCES, 7).system
    assert summary_prompt("", SENTENCES, 2).text.startswith("Rain")


def test_a_headline_is_asked_for_without_the_title() -> None:
    prompt = headline_prompt(SENTENCES)
    assert (prompt.system, prompt.text) == (HEADLINE_PROMPT, "Rain fell in Oslo.\nSnow fell in Lund.")


def test_sentences_that_fit_are_taken_in_order_of_preference_and_given_in_that_of_the_article() -> None:
    assert fitting([2, 0, 2, 1], [5, 9, 4], max_tokens=10) == [0, 2]
    assert fitting([1, 0], [5, 90, 4], max_tokens=10) == [1]
    assert fitting([], [5], max_tokens=10) == []


def test_of_equal_sentences_the_first_is_the_most_central() -> None:
    worth = centrality(np.array([[1.0, 0.0]] * 3))
    assert worth == sorted(worth, reverse=True)
    assert worth[0] > worth[2]
