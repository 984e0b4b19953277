"""Articles check themselves; spans point where they say."""

from __future__ import annotations

import dataclasses

import pytest

from newsml.article import MAX_CHARACTERS, Article, Sentence, Span
from newsml.errors import ArticleError


def test_only_text_is_required() -> None:
    article = Article("Rain fell.")
    assert (article.title, article.url, article.authors, article.language) == ("", None, (), None)


def test_the_id_follows_from_title_and_text_alone() -> None:
    one = Article("Rain fell.", title="Weather")
    assert one.id == Article("Rain fell.", title="Weather", source="AP").id
    assert len(one.id) == 16
    assert int(one.id, 16) >= 0
    others = [Article("Rain fell!", title="Weather"), Article("Rain fell."), Article("WeatherRain fell.")]
    assert len({one.id, *(other.id for other in others)}) == 4
    assert Article("Rain fell.", id="mine").id == "mine"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing but white space"),
        (" \n\t ", "nothing but white space"),
        ("Rain\0fell", "NUL character at offset 4"),
        ("x" * (MAX_CHARACTERS + 1), "1,000,001 characters"),
    ],
)
def test_what_is_no_article_is_refused(text: str, message: str) -> None:
    with pytest.raises(ArticleError, match=message):
        Article(text)


def test_only_a_title_is_refused_as_such() -> None:
    with pytest.raises(ArticleError, match="only a title"):
        Article("  ", title="Rain")


@pytest.mark.parametrize("value", [None, 3, float("nan"), b"bytes"])
def test_text_must_be_a_string(value: object) -> None:
    with pytest.raises(ArticleError, match=type(value).__name__):
        Article(value)  # type: ignore[arg-type]


def test_an_article_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Article("Rain fell.").text = "Snow fell."  # type: ignore[misc]


def test_authors_become_a_tuple() -> None:
    assert Article("Rain fell.", authors=["A", "B"]).authors == ("A", "B")
    assert Article("Rain fell.", authors="A. Writer").authors == ("A. Writer",)


def test_cutting_a_span_out_of_text_and_title() -> None:
    article = Article("Rain fell. Snow too.", title="Weather")
    sentence = Sentence(11, 20, "Snow too.", 1)
    assert article.cut(sentence.span(0.5)) == "Snow too."
    assert sentence.span(0.5).score == 0.5
    assert article.cut(Span(0, 7, "Weather", "title")) == "Weather"


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (0, 3), (5, 2)])
def test_spans_must_fit_their_text(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Span(start, end, "Rain")
