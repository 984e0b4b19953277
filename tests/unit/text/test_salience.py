"""Proposed targets: the names an article is about, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsml.text.salience import salient_targets
from newsml.text.sentences import split

SAMPLE = Path(__file__).parents[3] / "seeds" / "nato-russian-troop-buildup.txt"


def propose(text: str, title: str = "", count: int = 3) -> tuple[str, ...]:
    return salient_targets(split(text), split(title, field="title"), count=count)


def test_the_sample_article() -> None:
    title, text = SAMPLE.read_text(encoding="utf-8").split("\n\n", 1)
    assert propose(text, title, count=4) == ("Russia", "Ukraine", "NATO", "Anders Fogh Rasmussen")


@pytest.mark.parametrize("text", ["the nato chief spoke of russia.", "", "7 8 9.", "ロシアは軍を増強している。"])
def test_text_without_capitals_has_no_names(text: str) -> None:
    assert propose(text) == ()


def test_parts_of_a_name_are_joined_and_titles_left_out() -> None:
    text = (
        "On Monday, Prime Minister Angela Merkel spoke. Merkel met Kentucky Governor Matt Bevin. Merkel smiled. "
        "Mr. Bevin left. However, Merkel stayed."
    )
    assert propose(text) == ("Angela Merkel", "Matt Bevin")


def test_sentence_openers_weekdays_and_nationalities_are_no_names() -> None:
    text = "Officials spoke on Friday. Russian officials agreed. Voters left. President, they said. In March it rained."
    assert propose(text) == ()


def test_names_of_one_country_are_one_target() -> None:
    text = "The United States voted. Later the U.S. paid, and the US left for Kabul. Kabul waited."
    assert propose(text) == ("United States", "Kabul")


def test_names_joined_by_a_hyphen() -> None:
    text = "Cuba chose Miguel Díaz-Canel. Díaz-Canel spoke to Cuba. The Cuba-Spain talks failed, and Spain left Cuba."
    assert propose(text) == ("Cuba", "Miguel Díaz-Canel", "Spain")


def test_title_outweighs_a_news_agency() -> None:
    text = "The minister, Reuters said, left. He told Reuters of a plan by Nokia. Reuters wrote it."
    assert propose(text, "A plan by Nokia", count=1) == ("Nokia",)


def test_what_belongs_to_the_page_is_no_target() -> None:
    text = (
        "ANALYSIS/OPINION:\n\nThe mayor spoke on TV. In a TV debate he attacked Acme Bank and its owners.\n\n"
        "Copyright © 2019 The Example Times, LLC. Click here for reprint permission."
    )
    assert propose(text) == ("Acme Bank",)
