"""The support check: what a generated sentence says that its article does not."""

from __future__ import annotations

import pytest

from newsml.article import Article
from newsml.text.numbers import numbers_of
from newsml.text.support import unsupported

ARTICLE = Article(
    "As many as 40,000 Russian troops were deployed after Russia annexed Crimea in March 2014, Anders Fogh Rasmussen "
    'said. "Russia’s aggression against Ukraine is an attempt to rewrite international rules," the 61-year-old added. '
    "The U.S. gave $3.5 million, or 12% of it, on Jan. 5; the World Health Organization twenty-five tents. "
    "It ended at 8pm, the third time in two weeks.",
    "NATO warns of new Russian troop buildup",
)


@pytest.mark.parametrize(
    "sentence",
    [
        "Rasmussen, 61, said that 40 thousand troops were there.",
        "NATO’s Anders Fogh Rasmussen spoke of 40000 Russians in Ukraine.",
        "Ukrainian officials thanked the United States for 3.5 million dollars in aid.",
        "American aid of $3,500,000 came, 12 percent of all.",
        "In January, on the 5th, the WHO sent 25 tents.",
        "The man said: “russia's aggression against Ukraine is an attempt to rewrite international rules.”",
        "He called it 'an attempt to rewrite international rules', for the 3rd time.",
        'He said "Russia\'s aggression [...] is an attempt to rewrite international rules".',
        "Officials said on the first day that it ended at 8 p.m., once more.",
        "Two weeks later I left.",
        "However, President Rasmussen disagreed.",
        "",
    ],
)
def test_what_the_article_holds_is_not_flagged(sentence: str) -> None:
    assert unsupported(sentence, ARTICLE) == ()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("About 50,000 troops came.", ("50,000",)),
        ("It cost $3.5 billion.", ("3.5 billion",)),
        ("Eleven men left in 2015.", ("Eleven", "2015")),
        ("A statement by Vladimir Putin on Tuesday.", ("Vladimir Putin", "Tuesday")),
        ("Troops of the UK and the IMF left.", ("UK", "IMF")),
        ("The flight MH17 was shot down.", ("MH17",)),
        ("John Rasmussen spoke.", ()),
        ("The chief, John Rasmussen, spoke.", ("John Rasmussen",)),
        ("Putin’s men left Crimea.", ("Putin",)),
        ("He said “Russia will pay”.", ("Russia will pay",)),
        ("He said “Germany must pay 7 times” to Berlin.", ("Germany must pay 7 times", "Berlin")),
        ("He said: “We are all", ("We are all",)),
    ],
)
def test_what_the_article_lacks_is_flagged_as_written(sentence: str, expected: tuple[str, ...]) -> None:
    assert unsupported(sentence, ARTICLE) == expected


def test_names_without_telling_capitals_are_not_judged() -> None:
    assert unsupported("vladimir putin left for berlin.", ARTICLE) == ()
    assert unsupported("Officials Praise Striking Victory of Brave Workers", ARTICLE) == ()


def test_each_string_is_reported_once() -> None:
    assert unsupported("They met Putin; then Putin left, Putin said.", ARTICLE) == ("Putin",)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("40,000 or 40 thousand", [40000, 40000]),
        ("$3.5m, 1.2bn, 7k", [3.5e6, 1.2e9, 7e3]),
        ("seventh, 7th, the 1990s, 2012-13", [7, 7, 1990, 2012, 13]),
        ("twenty-five, two hundred, three dozen", [25, 200, 36]),
        ("MH17, COVID-19 and F-16", []),
        ("39-year-old; 8pm; 50%", [39, 8, 50]),
    ],
)
def test_numbers_are_read_by_value(text: str, values: list[float]) -> None:
    assert [number.value for number in numbers_of(text)] == values
