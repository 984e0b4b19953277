"""Only faithful candidates are delivered, the best of them first."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from newsml.article import Article
from newsml.tasks.candidates import Body, Candidate, Line, best, fitted, opens_with_pronoun, own, repeats, telling
from newsml.text.sentences import split

TEXT = (
    "The council of Lund approved a budget of 40 million on Monday. Anna Berg did not vote for the plan of the mayor. "
    "Heavy rain fell in Oslo for three days."
)
GOOD = "The council of Lund approved a budget of 40 million."


def vector(text: str) -> np.ndarray:
    """Counts of letter pairs: similar strings are near."""
    counts = Counter(zip(text.lower(), text.lower()[1:], strict=False))
    letters = "abcdefghijklmnopqrstuvwxyz 0123456789"
    made = np.array([float(counts[a, b]) for a in letters for b in letters]) + 1e-6
    return made / np.linalg.norm(made)


ARTICLE = Article(TEXT, title="Lund passes budget")
SENTENCES = split(TEXT)
BODY = Body(ARTICLE, SENTENCES, np.stack([vector(sentence.text) for sentence in SENTENCES]))


def told(main: int, *texts: str) -> str | None:
    made = [Candidate(text, vector(text), rank) for rank, text in enumerate(texts)]
    line = best(made, main, BODY)
    return line.text if line else None


@pytest.mark.parametrize(
    ("main", "text"),
    [
        (0, "The council of Lund approved a budget of 90 million."),
        (0, "The council of Lund approved a budget of 40 million in Oslo."),
        (0, "The council of Lund approved a scandalous wasteful budget of 40 million."),
        (0, "The council of Lund never approved a budget of 40 million."),
        (0, "Heavy rain fell in Oslo."),
        (0, "Monday."),
        (1, "Anna Berg did vote for the plan of the mayor."),
        (1, "The mayor did not vote for the plan of Anna Berg."),
    ],
)
def test_unfaithful_sentences(main: int, text: str) -> None:
    assert told(main, text) is None


def test_the_faithful_candidate_wins_over_the_likelier_one() -> None:
    assert told(0, "The council of Lund approved a budget of 90 million.", GOOD) == GOOD
    assert told(0, GOOD, "Lund approved a budget.") == GOOD
    assert told(1, "Anna Berg did not vote for the plan.") == "Anna Berg did not vote for the plan."
    assert told(0) is None


def test_what_is_left_open_stays_open() -> None:
    text = "Anna Berg allegedly sold the harbour of Lund to a friend."
    body = Body(Article(text), split(text), np.stack([vector(text)]))
    firm, open_ = "Anna Berg sold the harbour of Lund.", "Anna Berg allegedly sold the harbour of Lund."
    assert best([Candidate(firm, vector(firm), 0)], 0, body) is None
    line = best([Candidate(firm, vector(firm), 0), Candidate(open_, vector(open_), 1)], 0, body)
    assert line is not None
    assert line.text == open_


def test_sentences_that_tell_most() -> None:
    worth = telling(BODY, None)
    assert worth[0] == max(worth)
    assert telling(BODY, vector(SENTENCES[2].text))[2] > worth[2]
    alone, quoted = (Body(Article(t), split(t), np.stack([vector("x")])) for t in ("Lund voted.", "“Lund” voted."))
    assert telling(alone, None)[0] > telling(quoted, None)[0]


def test_results_say_where_they_come_from() -> None:
    made = Line(GOOD, 0, 0.9, "generated").result(BODY)
    assert (made.origin, made.supported, made.unsupported) == ("generated", True, ())
    assert made.evidence is not None
    assert ARTICLE.cut(made.evidence) == SENTENCES[0].text
    assert own(2, BODY).result(BODY).origin == "extracted"
    assert own(2, BODY).text == SENTENCES[2].text


def test_a_piece_of_a_long_sentence_is_known() -> None:
    pieces = (SENTENCES[0], SENTENCES[0], *SENTENCES[1:])
    body = Body(ARTICLE, pieces, np.stack([vector(sentence.text) for sentence in pieces]))
    assert [body.is_cut(index) for index in range(4)] == [True, True, False, False]


def test_repetitions_and_pronouns() -> None:
    assert repeats(GOOD, [own(0, BODY)])
    assert not repeats(GOOD, [own(2, BODY)])
    assert opens_with_pronoun("He left.")
    assert opens_with_pronoun("But they stayed.")
    assert not opens_with_pronoun("Anna Berg said she stayed.")


def test_lengths() -> None:
    lines = [own(index, BODY) for index in range(3)]
    assert fitted(lines, 100) == lines
    assert fitted(lines, 20) == [lines[0], lines[2]]
    assert fitted(lines, 3) == [lines[2]]
