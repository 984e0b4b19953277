"""Which rows: a share of the groups, so many of a class, claims of other articles.

Owns every draw, each fixed by its seed. Knows nothing of tables or tasks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from newsml.io.rows import Row

UNRELATED = "unrelated"
UNRELATED_SHARE = 0.73
"""Share of *unrelated* rows in the Fake News Challenge, which held-out stories are topped up to."""


def held_out(groups: set[str], share: float, seed: int) -> set[str]:
    """A share of the groups, drawn with the seed, whatever their order."""
    return set(_shuffled(groups, seed)[: round(len(groups) * share)])


def held_out_of_each(rows: Sequence[Row], share: float, seed: int) -> set[str]:
    """A share of the groups of every label, drawn with the seed; a label with a single group keeps it.

    A group counts with the rarest of its labels. What a label's share lacks to a whole group goes to the next label,
    so that all shares together are that of the whole.
    """
    counts = Counter(label for row in rows for label in row.labels)
    rarest: dict[str, str] = {}
    for row in rows:
        rarest[row.group] = _rarest((*row.labels, rarest.get(row.group, row.label)), counts)
    strata: dict[str, set[str]] = {}
    for group, label in rarest.items():
        strata.setdefault(label, set()).add(group)
    chosen: set[str] = set()
    lacking = 0.0
    for label in sorted(strata, key=lambda label: (len(strata[label]), label)):
        groups = strata[label]
        wanted = len(groups) * share + lacking
        count = min(max(round(wanted), 0), len(groups) - 1)
        chosen |= set(_shuffled(groups, f"{seed} {label}")[:count])
        lacking = wanted - count
    return chosen


def rarest_labels(rows: Sequence[Row]) -> list[str]:
    """Of each row the rarest of its labels among all rows; empty where it has none."""
    counts = Counter(label for row in rows for label in row.labels)
    return [_rarest(row.labels, counts) for row in rows]


def _rarest(labels: Sequence[str], counts: Mapping[str, int]) -> str:
    return min(filter(None, labels), key=lambda label: (counts[label], label), default="")


def _shuffled(groups: set[str], seed: int | str) -> list[str]:
    ordered = sorted(groups)
    Random(seed).shuffle(ordered)
    return ordered


def whole_stories(rows: list[Row], share: float, seed: int) -> list[Row]:
    """The rows of a share of the stories, their claims paired with the articles of no other story.

    A story is a connected component of articles and claims, linked where a claim is related to an article. Rows that
    cross to another story are left out, and claims are paired anew with articles of other chosen stories until
    ``UNRELATED_SHARE`` of the rows are *unrelated*, as far as there are pairs.
    """
    story = _stories(rows)
    chosen = held_out(set(story.values()), share, seed)
    kept = [row for row in rows if {story.get(row.group), story.get(_claim(row))} <= chosen]
    related = [row for row in kept if row.label != UNRELATED]
    articles = {row.group: row for row in related}
    there = {(row.group, _claim(row)) for row in kept}
    random = Random(f"{seed} stories")
    pairs = sorted(
        (group, row.claim)
        for group in articles
        for row in {_claim(row): row for row in related}.values()
        if story[group] != story[_claim(row)] and (group, _claim(row)) not in there
    )
    lacking = round(len(related) * UNRELATED_SHARE / (1 - UNRELATED_SHARE)) - (len(kept) - len(related))
    drawn = random.sample(pairs, max(0, min(lacking, len(pairs))))
    return kept + [_unrelated(articles[group], claim) for group, claim in drawn]


def _stories(rows: list[Row]) -> dict[str, str]:
    """From each group and claim of a related row to the name of its story."""
    from scipy.cluster.hierarchy import DisjointSet

    linked = DisjointSet(sorted({name for row in rows if row.label != UNRELATED for name in (row.group, _claim(row))}))
    for row in rows:
        if row.label != UNRELATED:
            linked.merge(row.group, _claim(row))
    return {name: min(story) for story in linked.subsets() for name in story}


def _claim(row: Row) -> str:
    """A claim as a node beside the groups: the same headline in other letters is the same claim."""
    return f"claim {' '.join(row.claim.casefold().split())}"


def _unrelated(article: Row, claim: str) -> Row:
    return replace(article, claim=claim, label=UNRELATED, labels=(UNRELATED,))


def _neutral(article: Row, target: str) -> Row:
    """A text that does not speak of a target takes no side on it (as VAST's own neutral rows are made)."""
    return replace(article, target=target, span=None, label="neutral", labels=("neutral",))


def unrelated(rows: list[Row], count: int, random: Random) -> list[Row]:
    """Each article with ``count`` claims of others (*unrelated*), or each text with as many targets (*neutral*)."""
    if not count or not rows:
        return []
    pair = _neutral if rows[0].target else _unrelated
    asked = {row: (row.target, row.target.casefold()) if row.target else (row.claim, row.claim) for row in rows}
    articles = {row.group: row for row in rows}
    own: dict[str, set[str]] = {}
    for row in rows:
        own.setdefault(row.group, set()).add(asked[row][1])
    made: list[Row] = []
    for group, article in sorted(articles.items()):
        drawn = dict.fromkeys(asked[row] for row in random.sample(rows, min(len(rows), 20 * count)))
        others = [name for name, key in drawn if key not in own[group]]
        made.extend(pair(article, other) for other in others[:count])
    return made


OTHERS = "*"
"""In a limit by label: every label that is not named."""


def draw(rows: list[Row], limit: int | dict[str, int], random: Random) -> list[Row]:
    """At most so many rows, or so many of each label, in random order."""
    shuffled = random.sample(rows, len(rows))
    if isinstance(limit, int):
        return shuffled[:limit]
    taken: Counter[str] = Counter()
    drawn = []
    for row in shuffled:
        taken[row.label] += 1
        if taken[row.label] <= limit.get(row.label, limit.get(OTHERS, len(rows))):
            drawn.append(row)
    return drawn
