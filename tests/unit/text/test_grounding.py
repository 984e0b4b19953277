"""Words are compared by their first letters, and count where they stand in the order of the source."""

from __future__ import annotations

import pytest

from newsml.text.grounding import in_order

SOURCE = "The council of Lund announced a budget of 40 million on Monday."


@pytest.mark.parametrize(
    ("generated", "share"),
    [
        (SOURCE, 1.0),
        ("The council announced a budget.", 1.0),
        ("The council announces budgets.", 1.0),
        ("A budget announced Lund.", 1 / 2),
        ("Lund bought a submarine.", 1 / 2),
        ("Rain fell.", 0.0),
        ("", 1.0),
    ],
)
def test_share_of_words_in_order(generated: str, share: float) -> None:
    assert in_order(generated, SOURCE) == pytest.approx(share)


def test_a_source_without_words_holds_none() -> None:
    assert in_order("Lund bought umbrellas.", "") == 0.0
