"""Which rows are drawn, paired anew and held out."""

from __future__ import annotations

from random import Random

import pytest

from newsml.evaluation.splits import UNRELATED_SHARE, unrelated, whole_stories
from newsml.io.rows import Row


def row(article: str, claim: str, label: str) -> Row:
    return Row(article, article, 0, label=label, labels=(label,), claim=claim)


def stories(number: int) -> list[Row]:
    """Stories of two articles and two claims each, and a row that crosses to the next story."""
    rows = []
    for n in range(number):
        rows += [row(f"a{n}", f"Claim {n}", "agree"), row(f"b{n}", f"claim  {n}", "discuss")]
        rows += [row(f"b{n}", f"Other {n}", "disagree"), row(f"a{n}", f"Claim {(n + 1) % number}", "unrelated")]
    return rows


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_whole_stories_share_nothing_with_the_rest(share: float) -> None:
    rows = stories(20)
    kept = whole_stories(rows, share, 1)
    numbers = {one.text[1:] for one in kept}
    assert len(numbers) == 20 * share
    assert {one.claim.split()[-1] for one in kept} == numbers
    related = [one for one in kept if one.label != "unrelated"]
    assert related == [one for one in rows if one.text[1:] in numbers and one.label != "unrelated"]
    assert 1 - len(related) / len(kept) == pytest.approx(UNRELATED_SHARE, abs=0.02)
    assert all(one.text[1:] != one.claim.split()[-1] for one in kept if one.label == "unrelated")
    pairs = [(one.group, one.claim.casefold()) for one in kept]
    assert len(set(pairs)) == len(pairs)
    assert kept == whole_stories(rows, share, 1)
    assert numbers != {one.text[1:] for one in whole_stories(rows, share, 2)}


def test_one_story_alone_has_no_other_to_pair_with() -> None:
    kept = whole_stories(stories(4), 0.25, 1)
    assert {one.label for one in kept} == {"agree", "discuss", "disagree"}


def test_a_text_takes_no_side_on_the_targets_of_others() -> None:
    rows = [
        Row(f"text {n}", f"text {n}", 0, label="favor", labels=("favor",), target=target, span=(0, 4))
        for n, target in enumerate(["Rain", "rain", "Snow", "Fog"])
    ]
    made = unrelated(rows, 2, Random(1))
    assert {one.label for one in made} == {"neutral"}
    assert {one.labels for one in made} == {("neutral",)}
    assert {one.span for one in made} == {None}
    assert all(one.target.casefold() not in ("rain",) for one in made if one.text in ("text 0", "text 1"))
    assert len(made) == 8
    assert unrelated([], 2, Random(1)) == []
