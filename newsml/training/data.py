"""The rows of a recipe, split by group into those to train on and those held out.

Owns the split. Knows nothing of tables, models or tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from newsml.config.finetune import FinetuneConfig
from newsml.errors import DataError
from newsml.evaluation.splits import draw, held_out, unrelated, whole_stories
from newsml.io.rows import Row, read_rows


@dataclass(frozen=True, slots=True)
class Split:
    """Rows for training and for evaluation, with what was left out and why.

    Attributes:
        train: Rows to fit.
        dev: Rows to evaluate on; no group of theirs is in ``train``.
        skipped: Reason to number of rows.
    """

    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    skipped: Counter[str]


def read_split(config: FinetuneConfig) -> Split:
    """Read every table of a recipe.

    Raises:
        FileMissingError: A table is not there.
        DataError: A column is missing, a label is unknown, or no row is left.
    """
    train: list[Row] = []
    dev: list[Row] = []
    skipped: Counter[str] = Counter()
    for number, source in enumerate(config.train):
        rows = read_rows(Path(config.data_root), source, number=number, where=f"train[{number}]", skipped=skipped)
        if source.stories:
            rows = whole_stories(rows, source.stories, config.seed)
        held = held_out({row.group for row in rows}, 0.0 if config.folds else source.dev, config.seed)
        halves = [row for row in rows if row.group not in held], [row for row in rows if row.group in held]
        for half, into, repeat in ((halves[0], train, source.repeat), (halves[1], dev, 1)):
            random = Random(f"{config.seed} {number} {into is dev}")
            drawn = half + unrelated(half, source.unrelated, random)
            if source.limit is not None and (into is train or source.dev == 1):
                drawn = draw(drawn, source.limit, random)
            into.extend(drawn * repeat)
    groups, texts = {row.group for row in dev}, {row.text for row in dev}
    stories = {row.claim.casefold() for row in dev if config.train[row.source].stories}
    kept = [
        row
        for row in train
        if row.group not in groups and row.text not in texts and row.claim.casefold() not in stories
    ]
    skipped["training row whose article or story is held out in another table"] += len(train) - len(kept)
    if not kept:
        raise DataError(f"no training row left, {len(dev)} held out; check limit and dev")
    return Split(tuple(kept), tuple(dev), +skipped)


def folds(config: FinetuneConfig, split: Split) -> Iterator[Split]:
    """The splits of a cross-validation: every row of a judged table is held out once, with all of its group.

    Raises:
        DataError: There are fewer groups than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    judged = list(dict.fromkeys(row for row in split.train if config.train[row.source].dev))
    groups = [row.group for row in judged]
    if len(set(groups)) < config.folds:
        raise DataError(f"{len(set(groups))} articles make no {config.folds} folds; give more rows or fewer folds")
    parts = StratifiedGroupKFold(config.folds, shuffle=True, random_state=config.seed)
    for _, places in parts.split(groups, [row.label for row in judged], groups):
        dev = tuple(judged[place] for place in places)
        out, texts = {row.group for row in dev}, {row.text for row in dev}
        train = tuple(row for row in split.train if row.group not in out and row.text not in texts)
        yield Split(train, dev, split.skipped)
