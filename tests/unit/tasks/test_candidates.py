"""The faithful candidate is delivered; for unsound sentences another candidate's stands, the article's own, or none."""

from __future__ import annotations

from collections import Counter

import numpy as np

from newsml.article import Article
from newsml.tasks.candidates import Body, Judged, best, fitted, judged, own, repaired
from newsml.text.sentences import split

TEXT = (
    "The council of Lund approved a budget of 40 million on Monday. Anna Berg voted against the plan of the mayor. "
    "Heavy rain fell in Oslo for three days."
)
BUDGET, INVENTED = "Lund's council approved a budget of 40 million.", "Lund's council approved a budget of 90 million."
RAIN = "Heavy rain fell in Oslo."


def vector(text: str) -> np.ndarray:
    """Counts of letter pairs: similar strings are near."""
    counts = Counter(zip(text.lower(), text.lower()[1:], strict=False))
    letters = "abcdefghijklmnopqrstuvwxyz 0123456789"
    made = np.array([float(counts[a, b]) for a in letters for b in letters]) + 1e-6
    return made / np.linalg.norm(made)


ARTICLE = Article(TEXT, title="Lund passes budget")
SENTENCES = split(TEXT)
BODY = Body(ARTICLE, SENTENCES, np.stack([vector(sentence.text) for sentence in SENTENCES]))


def read(*lines: str) -> list[Judged]:
    return [judged(line, vector(line), BODY) for line in lines]


def test_a_sentence_is_sound_where_facts_and_words_stand_in_the_article() -> None:
    sound, number, words = read(BUDGET, INVENTED, "Lund's council built a submarine harbour yesterday afternoon.")
    assert sound.sound
    assert sound.nearest == 0
    assert not number.sound
    assert number.unsupported == ("90 million",)
    assert not words.unsupported
    assert not words.sound


def test_the_sound_candidate_wins_over_the_likelier_one() -> None:
    centre = BODY.vectors.mean(axis=0)
    candidates = [read(INVENTED, RAIN), [], read(BUDGET, RAIN)]
    assert best(candidates, centre) is candidates[2]
    assert best([[]], centre) == ()


def test_an_unsound_sentence_gives_way_to_that_of_another_candidate() -> None:
    kept, dropped = repaired(read(INVENTED, RAIN), read(INVENTED, RAIN, BUDGET), BODY)
    assert [line.text for line in kept] == [BUDGET, RAIN]
    assert not any(line.extracted for line in kept)
    assert dropped == []


def test_without_one_it_gives_way_to_the_articles_own_sentence() -> None:
    kept, dropped = repaired(read(INVENTED, RAIN), read(INVENTED, RAIN), BODY)
    assert [line.text for line in kept] == [SENTENCES[0].text, RAIN]
    result = kept[0].result(BODY)
    assert (result.origin, result.supported, result.unsupported) == ("extracted", True, ())
    assert result.evidence is not None
    assert ARTICLE.cut(result.evidence) == SENTENCES[0].text
    assert kept[1].result(BODY).origin == "generated"
    assert dropped == []


def test_where_that_is_said_already_it_is_dropped() -> None:
    kept, dropped = repaired(read(BUDGET, INVENTED), read(BUDGET, INVENTED), BODY)
    assert [line.text for line in kept] == [BUDGET]
    assert dropped == [INVENTED]
    assert repaired(read(INVENTED), read(INVENTED), BODY, said=read(BUDGET)) == ([], [INVENTED])


def test_what_is_said_twice_is_kept_once_and_is_no_repair() -> None:
    assert repaired(read(RAIN, RAIN), read(RAIN), BODY)[1] == []
    assert len(repaired(read(RAIN, RAIN), read(RAIN), BODY)[0]) == 1


def test_a_piece_of_a_long_sentence_is_never_delivered() -> None:
    pieces = (SENTENCES[0], SENTENCES[0], *SENTENCES[1:])
    body = Body(ARTICLE, pieces, np.stack([vector(sentence.text) for sentence in pieces]))
    assert [body.is_cut(index) for index in range(4)] == [True, True, False, False]
    lines = [judged(INVENTED, vector(INVENTED), body)]
    assert repaired(lines, lines, body) == ([], [INVENTED])


def test_lengths() -> None:
    lines = read(BUDGET, RAIN)
    assert fitted(lines, lines, most=1, budget=99) == lines[:1]
    assert fitted(lines, lines, most=2, budget=10) == lines[:1]
    assert fitted(lines, lines, most=2, budget=6) == lines[1:]
    assert fitted(lines, lines, most=2, budget=2) == lines[1:]
    assert fitted([], lines, most=2, budget=6) == []
    assert own(2, BODY).sound
