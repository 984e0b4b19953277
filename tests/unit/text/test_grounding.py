"""Content words are compared by their first letters; function words count for nothing."""

from __future__ import annotations

import pytest

from newsml.text.grounding import grounded

SOURCE = "The council of Lund announced a budget of 40 million on Monday."


@pytest.mark.parametrize(
    ("generated", "share"),
    [
        ("Lund's council announced its budget.", 1.0),
        ("It was an announcement in Lund.", 1.0),
        ("Lund bought a submarine.", 1 / 3),
        ("It was about that.", 1.0),
        ("", 1.0),
    ],
)
def test_share_of_content_words(generated: str, share: float) -> None:
    assert grounded(generated, [SOURCE]) == pytest.approx(share)


def test_sources_count_together_and_none_supports_nothing() -> None:
    assert grounded("Lund bought umbrellas.", [SOURCE, "Umbrellas sell well."]) == pytest.approx(2 / 3)
    assert grounded("Lund bought umbrellas.", []) == 0.0
