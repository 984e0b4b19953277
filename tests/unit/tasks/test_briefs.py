"""How a generator is asked, and which sentences are central."""

from __future__ import annotations

import numpy as np

from newsml.tasks.briefs import (
    HEADLINE_PROMPT,
    REWRITE_PROMPT,
    centrality,
    headline_prompt,
    sentence_prompt,
    summary_system,
)
from newsml.text.sentences import split

SENTENCES = split("Rain fell\nin Oslo. Snow fell in Lund.")


def test_prompts_hold_a_sentence_on_one_line() -> None:
    for prompt, system in ((sentence_prompt, REWRITE_PROMPT), (headline_prompt, HEADLINE_PROMPT)):
        made = prompt(SENTENCES[0])
        assert (made.system, made.text) == (system, "Rain fell in Oslo.")


def test_counts_are_worded() -> None:
    assert "up to two sentences" in summary_system(2)
    assert "up to 7 sentences" in summary_system(7)


def test_of_equal_sentences_the_first_is_the_most_central() -> None:
    worth = centrality(np.array([[1.0, 0.0]] * 3))
    assert worth == sorted(worth, reverse=True)
    assert worth[0] > worth[2]
