"""Mentions of a target: what counts, what must not, and that the offsets hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsml.errors import NewsmlError, QueryError
from newsml.text.mentions import Mention, find_mentions
from newsml.text.sentences import split


def mentions(target: str, text: str, title: str = "") -> tuple[Mention, ...]:
    return find_mentions(target, split(text), split(title, field="title"))


def found(target: str, text: str, title: str = "") -> list[tuple[str, str]]:
    return [(mention.text, mention.kind) for mention in mentions(target, text, title)]


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("Russia", "Russia's troops and Russia’s fleet left.", ["Russia", "Russia"]),
        ("Republicans", "A Republican spoke. Republicans’ votes counted.", ["Republican", "Republicans"]),
        ("policy", "The policies failed; the policy stands. Police came.", ["policies", "policy"]),
        ("US", "The US and U.S. officials told us that they help us.", ["US", "U.S."]),
        ("United States", "U.S. aid came from the USA, and America paid.", ["U.S.", "USA", "America"]),
        ("WHO", "The WHO says who is ill.", ["WHO"]),
        ("IT", "He said it was the IT department.", ["IT"]),
        ("UK", "Britain and the United Kingdom agreed.", ["Britain", "United Kingdom"]),
        ("Russia", "An anti-Russia and Russia-backed group met.", ["Russia", "Russia"]),
        ("Raul Castro", "Cuba’s Raúl Castro spoke.", ["Raúl Castro"]),
        ("World Health Organization", "The World Health Organization (WHO) met.", ["World Health Organization", "WHO"]),
        ("FBI", "The Federal Bureau of Investigation, or FBI, looked.", ["Federal Bureau of Investigation", "FBI"]),
        ("George Bush", "George W. Bush and George H.W. Bush met.", ["George W. Bush", "George H.W. Bush"]),
        ("President Obama", "Barack Obama arrived; President Obama left.", ["Obama", "President Obama"]),
        ("Apple", "An apple fell on Apple shares at Apple.", ["Apple", "Apple"]),
        ("The White House", "The White House declined.", ["White House"]),
        ("gun control", "Gun Control and gun controls differ.", ["Gun Control", "gun controls"]),
    ],
)
def test_names(target: str, text: str, expected: list[str]) -> None:
    assert found(target, text) == [(name, "name") for name in expected]


def test_parts_of_a_persons_name() -> None:
    text = (
        "NATO chief Anders Fogh Rasmussen warned of war. “This is regrettable,” Rasmussen said. Mr. Rasmussen left. "
        "Secretary-General Rasmussen’s aides and Fogh Rasmussen agreed. Anders smiled."
    )
    assert found("Anders Fogh Rasmussen", text) == [
        ("Anders Fogh Rasmussen", "name"),
        ("Rasmussen", "partial"),
        ("Rasmussen", "partial"),
        ("Rasmussen", "partial"),
        ("Fogh Rasmussen", "partial"),
        ("Anders", "partial"),
    ]
    assert len(found("Rasmussen", text)) == 5


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("Bank of America", "The bank fell. America voted. A Bank opened."),
        ("New York Times", "New times came to York. The Times of London wrote."),
        ("White House", "A white horse stood at the House. The White team won."),
        ("Supreme Court", "The court met at Court Street."),
        ("North Korea", "South Korea sent aid to Korea."),
        ("Korea", "North Korea fired a rocket."),
        ("America", "Bank of America and Latin America grew."),
        ("Joe Biden", "Jill Biden taught. Ms. Jill Biden wrote."),
        ("Donald Trump", "Donald Trump Jr. spoke."),
        ("Tom Price", "Price rises hurt; the price of oil fell."),
        ("Anders Rasmussen", "Rasmussen Reports published a poll."),
        ("John Smith", "John Kerry met Adam Smith."),
        ("US", "Tell us. Join us!"),
        ("IS", "He is here. It is late."),
    ],
)
def test_what_is_no_mention(target: str, text: str) -> None:
    assert found(target, text) == []


def test_a_surname_belongs_to_the_one_named_first() -> None:
    text = "Joe Biden spoke. His wife, Jill Biden, listened. Biden smiled."
    assert found("Joe Biden", text) == [("Joe Biden", "name"), ("Biden", "partial")]
    assert found("Jill Biden", text) == [("Jill Biden", "name")]


def test_adjectives_of_a_country_are_marked() -> None:
    text = "Russian troops met Russians at the border of Russia. South African players left Africa."
    assert found("Russia", text) == [("Russian", "demonym"), ("Russians", "demonym"), ("Russia", "name")]
    assert found("Africa", text) == [("Africa", "name")]
    assert found("US", "American troops left.") == [("American", "demonym")]


def test_a_policy_is_found_by_its_content_words() -> None:
    text = "They will control guns. The climate is changing, so policies on climate change."
    assert found("gun control", text) == [("control guns", "partial")]
    assert [kind for _, kind in found("climate change policy", text)] == ["partial"]
    assert found("Trump administration", "The administration of President Trump fell. Trump left.") == [
        ("administration of President Trump", "partial")
    ]


def test_capitals_are_asked_for_only_where_the_article_has_them() -> None:
    assert found("Russia", "russia and nato spoke.") == [("russia", "name")]
    assert found("NATO", "russia and nato spoke.") == [("nato", "name")]
    assert found("US", "they told us so.") == []
    assert found("Rasmussen", "A word.", "RASMUSSEN WARNS RUSSIA") == [("RASMUSSEN", "name")]
    assert found("WHO", "A word.", "WHO IS TO BLAME") == []


def test_title_comes_first_and_offsets_count_in_their_field() -> None:
    text, title = "Minsk waits. Putin’s plan, and Vladimir Putin’s men.", "Vladimir Putin Says No"
    got = mentions("Vladimir Putin", text, title)
    assert [mention.sentence.field for mention in got] == ["title", "text", "text"]
    for mention in got:
        field = title if mention.sentence.field == "title" else text
        assert field[mention.start : mention.end] == mention.text
        assert mention.span(0.5).text == mention.text


@pytest.mark.parametrize("target", ["", "  ", "…?!", "word " * 13])
def test_what_is_no_target_is_refused_in_one_line(target: str) -> None:
    with pytest.raises(QueryError) as error:
        find_mentions(target, split("Some text."))
    assert isinstance(error.value, NewsmlError)
    assert "\n" not in str(error.value)


@given(
    text=st.text(max_size=200), target=st.sampled_from(["US", "Joe Biden", "gun control", "Russia", "ß", "İstanbul"])
)
def test_any_text_gives_valid_ordered_spans(text: str, target: str) -> None:
    end = 0
    for mention in mentions(target, text):
        assert text[mention.start : mention.end] == mention.text
        assert mention.sentence.start <= mention.start < mention.end <= mention.sentence.end
        assert mention.start >= end
        end = mention.end
