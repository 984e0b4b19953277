"""Which rows: a share of the groups, so many of a class, claims of other articles.

Owns every draw, each fixed by its seed. Knows nothing of tables or tasks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

from newsml.io.rows import Row


def held_out(groups: set[str], share: float, seed: int) -> set[str]:
    """A share of the groups, drawn with the seed, whatever their order."""
    ordered = sorted(groups)
    Random(seed).shuffle(ordered)
    return set(ordered[: round(len(ordered) * share)])


def unrelated(rows: list[Row], count: int, random: Random) -> list[Row]:
    """Each article with ``count`` claims of other articles."""
    if not count:
        return []
    articles = {row.group: row for row in rows}
    own: dict[str, set[str]] = {}
    for row in rows:
        own.setdefault(row.group, set()).add(row.claim)
    made: list[Row] = []
    for group, article in sorted(articles.items()):
        drawn = [row.claim for row in random.sample(rows, min(len(rows), 20 * count)) if row.group != group]
        others = [claim for claim in dict.fromkeys(drawn) if claim not in own[group]]
        made.extend(replace(article, claim=claim, label="unrelated", labels=("unrelated",)) for claim in others[:count])
    return made


def draw(rows: list[Row], limit: int | dict[str, int], random: Random) -> list[Row]:
    """At most so many rows, or so many of each label, in random order."""
    shuffled = random.sample(rows, len(rows))
    if isinstance(limit, int):
        return shuffled[:limit]
    taken: Counter[str] = Counter()
    drawn = []
    for row in shuffled:
        taken[row.label] += 1
        if taken[row.label] <= limit.get(row.label, len(rows)):
            drawn.append(row)
    return drawn
