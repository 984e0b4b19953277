"""The rows of a recipe, split by group into those to train on and those held out.

Owns the split. Knows nothing of tables, models or tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from random import Random

from newsml.config.finetune import FinetuneConfig
from newsml.errors import DataError, ModelError
from newsml.evaluation.splits import draw, held_out, held_out_of_each, rarest_labels, unrelated, whole_stories
from newsml.io.rows import Row, read_rows
from newsml.tasks.taxonomy import iptc

MEDIA_TOPIC = "medtop:"
"""How an identifier of IPTC Media Topics begins, which stands for its name."""


@dataclass(frozen=True, slots=True)
class Split:
    """Rows for training and for evaluation, with what was left out and why.

    Attributes:
        train: Rows to fit.
        dev: Rows to evaluate on; no group of theirs is in ``train``.
        skipped: Reason to number of rows.
        doubts: What speaks against some rows that were taken, to number of rows.
    """

    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    skipped: Counter[str]
    doubts: Counter[str]

    @property
    def fingerprint(self) -> dict[str, str]:
        """SHA-256 of the rows of each half, in order: what a record needs to tell data apart."""
        halves = {"train": self.train, "dev": self.dev}
        return {name: sha256(b"".join(map(content, rows))).hexdigest() for name, rows in halves.items()}


def content(row: Row) -> bytes:
    """A row as bytes, to be hashed."""
    return repr(row).encode("utf-8", "backslashreplace")


def read_split(config: FinetuneConfig) -> Split:
    """Read every table of a recipe.

    Raises:
        FileMissingError: A table is not there.
        DataError: A column is missing, a label is unknown, or no row is left.
    """
    train: list[Row] = []
    dev: list[Row] = []
    skipped: Counter[str] = Counter()
    doubts: Counter[str] = Counter()
    for number, source in enumerate(config.train):
        where, several = f"train[{number}]", config.multi_label
        root = Path(config.data_root)
        rows = read_rows(root, source, number=number, where=where, skipped=skipped, several=several)
        rows = [_named(row, where) for row in rows]
        doubts.update({f"{doubt} in {source.name}": count for doubt, count in _doubts(rows).items()})
        if source.stories:
            rows = whole_stories(rows, source.stories, config.seed)
        share = 0.0 if config.folds else source.dev
        if source.stratified and share < 1 and not config.task.startswith("summary-"):
            held = held_out_of_each(rows, share, config.seed)
        else:
            held = held_out({row.group for row in rows}, share, config.seed)
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
        why = f", {len(train)} left out since they are held out too" if train else ""
        raise DataError(f"no training row left, {len(dev)} held out{why}; check limit and dev, and that tables differ")
    return Split(tuple(kept), tuple(dev), +skipped, +doubts)


def _named(row: Row, where: str) -> Row:
    """A row whose labels are names: identifiers of IPTC Media Topics, such as medtop:16000000, become theirs."""
    if not any(label.startswith(MEDIA_TOPIC) for label in (*row.labels, row.secondary)):
        return row
    try:
        labels = tuple(dict.fromkeys(map(label_name, row.labels)))
        return replace(
            row, labels=labels, label=labels[0] if len(labels) == 1 else "", secondary=label_name(row.secondary)
        )
    except ModelError as error:
        raise DataError(f"{where}: {error}") from error


def label_name(label: str) -> str:
    """A label, or the name of the IPTC topic that it identifies."""
    return iptc().node(label).name if label.startswith(MEDIA_TOPIC) else label


def _doubts(rows: Sequence[Row]) -> Counter[str]:
    """Rows that a table has twice, and rows that contradict others: one text, several labels."""
    answers: dict[tuple[str, ...], Counter[tuple[str, ...]]] = {}
    for row in rows:
        asked = (row.title, row.text, row.claim, row.target, str(row.span))
        answers.setdefault(asked, Counter())[row.labels or row.summary] += 1
    twice = sum(count - 1 for found in answers.values() for count in found.values())
    against = sum(found.total() for found in answers.values() if len(found) > 1)
    return +Counter({"rows that repeat another": twice, "rows of equal text and different labels": against})


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
    for _, places in parts.split(groups, rarest_labels(judged), groups):
        dev = tuple(judged[place] for place in places)
        out, texts = {row.group for row in dev}, {row.text for row in dev}
        train = tuple(row for row in split.train if row.group not in out and row.text not in texts)
        yield Split(train, dev, split.skipped, split.doubts)
