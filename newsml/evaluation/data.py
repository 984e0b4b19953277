"""The data sets of an evaluation: read, split by group, and checked for what would flatter a system.

Owns what is evaluated on what, and the fingerprint of it. Knows nothing of systems or figures.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from random import Random

from newsml.config.evaluate import Dataset, EvaluateConfig
from newsml.config.tables import Table
from newsml.errors import DataError, suggest
from newsml.evaluation.report_data import Data, Tables
from newsml.evaluation.splits import OTHERS, draw, held_out, unrelated, whole_stories
from newsml.io.rows import Row, read_rows


@dataclass(frozen=True, slots=True)
class Rows:
    """A data set ready to be evaluated on.

    Attributes:
        dataset: What the configuration says of it.
        test: The rows to evaluate; each has an id of its own.
        train: Rows to learn from; none of them is of a group of ``test``'s where ``held_out`` parted them.
        about: What the report says of it.
    """

    dataset: Dataset
    test: tuple[Row, ...]
    train: tuple[Row, ...]
    about: Data

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes in order; none for summaries."""
        return self.about.labels


def read_data(config: EvaluateConfig, number: int) -> Rows:
    """Read a data set of an evaluation.

    Args:
        config: The evaluation.
        number: Which of its data sets, from 0.

    Raises:
        FileMissingError: A table is not there.
        DataError: A table cannot be read, an id stands twice, a label is not among those listed, or no row is left.
    """
    dataset = config.data[number]
    skipped: Counter[str] = Counter()
    test, limited = _read(config, dataset.test, f"data[{number}].test", skipped)
    train, _ = _read(config, dataset.train, f"data[{number}].train", skipped)
    if dataset.held_out < 1:
        held = held_out({row.group for row in test}, dataset.held_out, config.seed)
        train = [row for row in (*train, *test) if row.group not in held]
        test = [row for row in test if row.group in held]
    if any(table.stories for table in dataset.test):
        known = {row.group for row in test} | {row.claim.casefold() for row in test}
        train = [row for row in train if not {row.group, row.claim.casefold()} & known]
    if not test:
        raise DataError(f"data[{number}] {dataset.name}: no row to evaluate on; check held_out, where and limit")
    test = _identified(test, dataset.name)
    labels = _labels(config, dataset, test, train)
    texts, groups = {_plain(row.text) for row in train}, {row.group for row in train}
    duplicates, conflicts = _duplicates(test)
    about = Data(
        name=dataset.name,
        labels=labels,
        test=_tables(dataset.test, test),
        train=_tables((*dataset.train, *(dataset.test if dataset.held_out < 1 else ())), train) if train else None,
        partial=limited > 0,
        skipped=dict(+skipped),
        duplicates=duplicates,
        conflicts=conflicts,
        overlap=sum(_plain(row.text) in texts or row.group in groups for row in test),
    )
    return Rows(dataset, tuple(test), tuple(train), about)


def _read(config: EvaluateConfig, tables: Sequence[Table], where: str, skipped: Counter[str]) -> tuple[list[Row], int]:
    """The rows of some tables, and how many were left out by ``limit``."""
    rows: list[Row] = []
    limited = 0
    for number, table in enumerate(tables):
        found = read_rows(
            Path(config.data_root),
            table,
            number=number,
            where=f"{where}[{number}]",
            skipped=skipped,
            several=config.multi_label,
        )
        if table.stories:
            found = whole_stories(found, table.stories, config.seed)
        random = Random(f"{config.seed} {where} {number}")
        found = found + unrelated(found, table.unrelated, random)
        if isinstance(table.limit, dict) and (odd := set(table.limit) - {OTHERS, *(row.label for row in found)}):
            raise DataError(f"{where}[{number}].limit: no row of {table.name} has the label {min(odd)!r}")
        kept = found if table.limit is None else draw(found, table.limit, random)
        skipped[f"{where}[{number}] {table.name}: over the limit"] += len(found) - len(kept)
        limited += len(found) - len(kept)
        rows += kept
    return rows, limited


def _identified(rows: Sequence[Row], name: str) -> list[Row]:
    """The rows, each with an id: the table's, or its place."""
    named = [row.id for row in rows if row.id]
    if not named:
        return [replace(row, id=str(number)) for number, row in enumerate(rows)]
    counts = Counter((row.source, row.id, row.claim, row.target) for row in rows)
    if twice := next((key for key, count in counts.items() if count > 1), None):
        raise DataError(
            f"{name}: the id {twice[1]!r} stands {counts[twice]} times; ids must differ, or leave the column unmapped"
        )
    # Claims and targets of one article share the article's id: the subject tells them apart.
    shared = Counter(named)
    places: Counter[str] = Counter()
    made = []
    for number, row in enumerate(rows):
        places[row.id] += 1
        own = f"{row.id}#{places[row.id]}" if shared[row.id] > 1 else row.id
        made.append(replace(row, id=own if row.id else f"row {number}"))
    found = Counter(row.id for row in made)
    if double := next((row for row, count in found.items() if count > 1), None):
        raise DataError(f"{name}: two rows would be called {double!r}; ids must differ, or leave the column unmapped")
    return made


def _labels(config: EvaluateConfig, dataset: Dataset, test: Sequence[Row], train: Sequence[Row]) -> tuple[str, ...]:
    if config.task == "summary":
        return ()
    found = {label for row in (*test, *train) for label in row.labels}
    if dataset.labels:
        if odd := next((row for row in (*test, *train) if set(row.labels) - set(dataset.labels)), None):
            label = next(label for label in odd.labels if label not in dataset.labels)
            known = ", ".join(dataset.labels)
            part = "row" if any(row is odd for row in test) else "a train row"
            raise DataError(
                f"{dataset.name}: {part} {odd.id!r} has the label {label!r}, expected one of {known}"
                f"{suggest(label, dataset.labels)}; map it with labels, to null to leave its rows out"
            )
        return dataset.labels
    return tuple(sorted(found))


def _duplicates(rows: Sequence[Row]) -> tuple[int, int]:
    """Rows that say the same as an earlier one, and those of them with another gold answer."""
    seen: dict[tuple[str, str], tuple[str, ...]] = {}
    duplicates = conflicts = 0
    for row in rows:
        key, gold = (_plain(row.text), _plain(row.claim or row.target)), row.labels or row.summary
        if key in seen:
            duplicates += 1
            conflicts += seen[key] != gold
        seen.setdefault(key, gold)
    return duplicates, conflicts


def _tables(tables: Sequence[Table], rows: Sequence[Row]) -> Tables:
    digest = sha256()
    for row in rows:
        digest.update(json.dumps(asdict(row), sort_keys=True).encode())
    classes = Counter(label for row in rows for label in row.labels)
    return Tables(
        names=tuple(table.name for table in tables),
        rows=len(rows),
        groups=len({row.group for row in rows}),
        sha256=digest.hexdigest(),
        classes=dict(sorted(classes.items())),
    )


def _plain(text: str) -> str:
    """A text without what two copies of it may differ in: white space and case."""
    return " ".join(text.split()).casefold()
