"""Figures of deleted evidence: how far scores fall, against the deletion of other sentences, with intervals.

Owns the figures and their names. Knows nothing of how sentences are deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from newsml.config.evaluate import Bootstrap
from newsml.evaluation.deletion import CONTROLS, Drops
from newsml.evaluation.figures.doubt import means, with_intervals
from newsml.evaluation.report import Deletion

EVIDENCE = "drop without the evidence"
OTHERS = "drop without other sentences"
DIFFERENCE = "difference of the drops"


def deletions(drops: Sequence[Drops], *, bootstrap: Bootstrap, seed: int) -> tuple[Deletion, ...]:
    """Mean falls of scores under both deletions and their difference, by kind of other sentences.

    Args:
        drops: The rows.
        bootstrap: How intervals are drawn, over articles.
        seed: Fixes the draws.

    Returns:
        One for each kind that was tried, with figures where a row could be measured.
    """
    made = []
    for control in CONTROLS:
        own = [drop for drop in drops if drop.control == control]
        measured = [drop for drop in own if not drop.skipped]
        if not own:
            continue
        rows = [
            replace(
                drop.answer,
                values={EVIDENCE: drop.evidence, OTHERS: drop.others, DIFFERENCE: drop.evidence - drop.others},
            )
            for drop in measured
        ]
        names = (EVIDENCE, OTHERS, DIFFERENCE)
        statistic = means(rows, names) if rows else None
        figures = (
            with_intervals(statistic(np.ones(len(rows))), statistic, rows, bootstrap=bootstrap, seed=seed)
            if statistic
            else ()
        )
        made.append(
            Deletion(
                others=control,
                rows=len(rows),
                groups=len({row.group for row in rows}),
                figures=figures,
                unmentioned=sum(drop.unmentioned for drop in measured),
                skipped=dict(sorted(Counter(drop.skipped for drop in own if drop.skipped).items())),
            )
        )
    return tuple(made)
