"""The value types: what they accept, and what they refuse and how."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from newsml.article import MAX_CHARACTERS, Article, Sentence, Span
from newsml.errors import ArticleError


def test_text_is_all_an_article_needs() -> None:
    article = Article("Rain fell.")
    assert (article.title, article.authors, article.language) == ("", (), None)
    assert len(article.id) == 16


def test_the_id_follows_from_title_and_text_alone() -> None:
    article = Article("Rain fell.", title="Rain")
    assert article.id == Article("Rain fell.", title="Rain", url="https://example.org/1", source="Herald").id
    assert article.id != Article("Rain fell.", title="Snow").id
    assert article.id != Article("Rain" + "Rain fell.").id
    assert Article("Rain fell.", id="a1").id == "a1"
    assert Article("Rain \ud800 fell.").id  # half a surrogate pair, as broken files have


def test_an_article_cannot_be_changed_and_can_be_pickled() -> None:
    article = Article("Rain fell.", authors=["A. Writer", "B. Writer"])
    with pytest.raises(FrozenInstanceError):
        article.text = "Snow fell."  # type: ignore[misc]
    assert article.authors == ("A. Writer", "B. Writer")
    assert Article("Rain fell.", authors="A. Writer").authors == ("A. Writer",)
    assert pickle.loads(pickle.dumps(article)) == article
    assert hash(article) == hash(Article("Rain fell.", authors=("A. Writer", "B. Writer")))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": ""}, "nothing but white space"),
        ({"text": " \n\t\u00a0"}, "nothing but white space"),
        ({"text": "", "title": "Rain"}, "only a title"),
        ({"text": "Rain\0fell."}, "NUL character at offset 4"),
        ({"text": "Rain fell.", "title": "R\0"}, "NUL character at offset 1"),
        ({"text": "a" * (MAX_CHARACTERS + 1)}, "split it"),
        ({"text": "Rain.", "title": "a" * (MAX_CHARACTERS + 1)}, "split it"),
        ({"text": None}, "text must be a string, got NoneType"),
        ({"text": "Rain.", "title": 3}, "title must be a string, got int"),
        ({"text": b"Rain."}, "text must be a string, got bytes"),
    ],
)
def test_what_is_no_article_is_refused_in_one_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArticleError, match=message) as caught:
        Article(**arguments, id="a1")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("article 'a1'")
    assert isinstance(caught.value, ValueError)


def test_every_script_is_text() -> None:
    for text in ("Im Süden regnete es.", "هطل المطر في الجنوب", "南方下雨了", "😀 rain 😀", "3:1"):
        assert Article(text).text == text


def test_a_span_is_cut_out_of_the_field_it_counts_in() -> None:
    article = Article("Rain fell. Snow fell.", title="Weather")
    assert article.cut(Span(11, 15, "Snow")) == "Snow"
    assert article.cut(Span(0, 7, "Weather", "title")) == "Weather"
    assert article.cut(Sentence(0, 10, "Rain fell.", 0).span(0.5)) == "Rain fell."
    assert Sentence(0, 7, "Weather", 0, "title").span().field == "title"


@pytest.mark.parametrize(("start", "end"), [(0, 3), (-1, 3), (5, 4)])
def test_a_span_fits_its_text(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Span(start, end, "Rain")
