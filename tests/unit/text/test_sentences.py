"""Sentences: boundaries on hand-made news passages, exact offsets on anything."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsml.article import Sentence
from newsml.text.sentences import split

TESTS = Path(__file__).parents[2]
GOLD = [json.loads(line) for line in (TESTS / "data" / "news_sentences.jsonl").read_text("utf-8").splitlines()]
SAMPLE = TESTS.parent / "seeds" / "nato-russian-troop-buildup.txt"


def texts(text: str) -> list[str]:
    return [sentence.text for sentence in split(text)]


def assert_exact(text: str, sentences: tuple[Sentence, ...]) -> None:
    end = 0
    for index, sentence in enumerate(sentences):
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip() != ""
        assert not text[end : sentence.start].strip()
        assert sentence.start >= end
        assert sentence.index == index
        end = sentence.end
    assert not text[end:].strip()


def test_boundaries_of_news_reach_the_measured_f1() -> None:
    right = wrong = missed = 0
    for row in GOLD:
        gold, end = set(), 0
        for sentence in row["sentences"]:
            end = row["text"].index(sentence, end) + len(sentence)
            gold.add(end)
        found = {sentence.end for sentence in split(row["text"])}
        last = len(row["text"].rstrip())
        right += len(gold & found - {last})
        wrong += len(found - gold - {last})
        missed += len(gold - found - {last})
    assert len(GOLD) >= 40
    assert 2 * right / (2 * right + wrong + missed) >= 0.98


@pytest.mark.parametrize("row", GOLD, ids=lambda row: str(row["text"][:30]))
def test_offsets_of_gold_passages_are_exact(row: dict[str, str]) -> None:
    assert_exact(row["text"], split(row["text"]))


def test_sample_article_quotes_end_where_they_end() -> None:
    text = SAMPLE.read_text("utf-8")
    found = texts(text)
    assert_exact(text, split(text))
    assert "But that's not what we're seeing,\" Rasmussen said." in found
    assert "Last month, though, U.S. officials reported Russian troops had begun returning home." in found


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_offsets_are_exact_on_any_text(text: str) -> None:
    assert_exact(text, split(text))


NEWSY = [
    "U.S.",
    "Mr.",
    "a.m.",
    "“No!”",
    '"',
    "”",
    "He",
    "said",
    "3.5%",
    ".",
    "!",
    "…",
    "—",
    ",",
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "- ",
    "😀",
    "نص",
    "No.",
    "Lt.",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(NEWSY), max_size=40), st.sampled_from(["", " "]))
def test_offsets_are_exact_on_news_like_text(parts: list[str], between: str) -> None:
    text = between.join(parts)
    assert_exact(text, split(text))


def test_paragraphs_are_counted_by_blank_lines() -> None:
    sentences = split("One. Two.\nThree.\n\n \t\n\nFour.\r\n\r\nFive.")
    assert [sentence.paragraph for sentence in sentences] == [0, 0, 0, 1, 2]


def test_blank_line_always_ends_a_sentence() -> None:
    assert texts("he said that\n\nthe deal") == ["he said that", "the deal"]


def test_lines_without_full_stop_are_sentences_but_wrapped_lines_are_not() -> None:
    assert texts("Weather\nBy Ann Lee\nIt will rain in the north for the whole of the week.") == [
        "Weather",
        "By Ann Lee",
        "It will rain in the north for the whole of the week.",
    ]
    wrapped = "The committee met for six hours on Monday with\nPresident Shaw and could not agree. It\nwill meet again."
    assert texts(wrapped) == [
        "The committee met for six hours on Monday with\nPresident Shaw and could not agree.",
        "It\nwill meet again.",
    ]


def test_field_is_carried() -> None:
    assert {sentence.field for sentence in split("Yes. No.", field="title")} == {"title"}


@pytest.mark.parametrize("text", ["", " \n\r\n\t "])
def test_empty_text_has_no_sentences(text: str) -> None:
    assert split(text) == ()


def test_text_without_letters_is_split_like_any_other() -> None:
    assert texts("3.5% !! 12 … ??") == ["3.5% !!", "12 … ??"]


def test_five_thousand_words_without_full_stop_are_one_sentence() -> None:
    assert len(split("word " * 5000)) == 1


@pytest.mark.parametrize("unit", ["Mr. Lee won. ", '."', "!? ", "x", "a\r\n\r\n", "A b. c d. ", "'.", "(", "\u2028"])
def test_long_text_of_anything_is_split(unit: str) -> None:
    """Would take half a minute if any step grew with the square of the text (``."`` without white space once did)."""
    text = unit * (300_000 // len(unit))
    sentences = split(text)
    assert sentences[-1].end == len(text.rstrip()) if text.strip() else sentences == ()


def test_right_to_left_text_and_emoji_are_split() -> None:
    assert texts("أعلنت الحكومة ذلك. لم يحدث شيء. 😀 Fine 😀! Then rain.") == [
        "أعلنت الحكومة ذلك.",
        "لم يحدث شيء.",
        "😀 Fine 😀!",
        "Then rain.",
    ]
