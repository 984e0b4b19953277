"""What a reader wants first: the chief figure of every system, which is best, and which figures belong together.

Owns the selection. Knows nothing of Markdown, HTML or plots, and computes no figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Literal

from newsml.evaluation.report import Cell, Figure, Point, Report

GROUPS = (
    ("Likeness to the reference", ("rouge", "bertscore", "bleu", "meteor")),
    (
        "Faithfulness to the article",
        ("supported", "faithful", "entail", "nli", "similarity", "invented"),
    ),
    ("Abstractiveness", ("coverage", "density", "novel", "copied", "extractive")),
    ("Length and repetition", ("length", "words", "sentences", "compression", "repetition", "repeated", "characters")),
)
"""Headings of a summary's figures, each with what their names contain; the first that fits holds."""

OTHER = "Other figures"

ROUNDING = 1e-9
"""Values as near as this are the same: they differ by how their sums were rounded."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of every system on a data set.

    Attributes:
        name: The figure.
        better: Which way is better.
        figures: By system; a system without it is missing.
        best: The systems none is better than; empty where ``better`` is ``none`` or none is worse.
    """

    name: str
    better: Literal["higher", "lower", "none"]
    figures: Mapping[str, Figure]
    best: frozenset[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """A data set and all systems on it.

    Attributes:
        data: Name of the data set.
        cells: Its cells, in the report's order.
        rows: Its figures, the chief one first; never empty.
    """

    data: str
    cells: tuple[Cell, ...]
    rows: tuple[Row, ...]

    @property
    def chief(self) -> Row:
        """The figure that systems are compared by."""
        return self.rows[0]


def standings(report: Report) -> tuple[Standing, ...]:
    """Every data set that has a figure, in the report's order."""
    found = []
    for name in dict.fromkeys([data.name for data in report.data] + [cell.data for cell in report.cells]):
        cells = tuple(cell for cell in report.cells if cell.data == name)
        names = dict.fromkeys(figure.name for cell in cells for figure in cell.figures)
        if names:
            found.append(Standing(name, cells, tuple(_row(figure, cells) for figure in names)))
    return tuple(found)


def systems(report: Report) -> tuple[str, ...]:
    """Names of the systems, models before baselines, else in the report's order."""
    return tuple(dict.fromkeys(cell.system for cell in sorted(report.cells, key=lambda cell: cell.baseline)))


def best_cell(standing: Standing, *, baseline: bool) -> Cell | None:
    """The best model, or the best baseline, by the chief figure.

    Returns:
        The first of the best; None where there is none, or where the chief figure has no better and worse.
    """
    chief = standing.chief
    cells = [cell for cell in standing.cells if cell.baseline == baseline and cell.system in chief.figures]
    if not cells or chief.better == "none":
        return None
    sign = 1 if chief.better == "higher" else -1
    return max(cells, key=lambda cell: sign * chief.figures[cell.system].value)


def grouped(figures: Sequence[Figure], *, summaries: bool) -> tuple[tuple[str, tuple[Figure, ...]], ...]:
    """Figures under headings, in their own order.

    Args:
        figures: The figures of a cell.
        summaries: Whether they are those of summaries; others stand in one group without a heading.
    """
    if not summaries:
        return (("", tuple(figures)),)
    groups: dict[str, list[Figure]] = {heading: [] for heading in (*(heading for heading, _ in GROUPS), OTHER)}
    for figure in figures:
        groups[_heading(figure.name)].append(figure)
    return tuple((heading, tuple(some)) for heading, some in groups.items() if some)


def models(report: Report) -> tuple[Cell, ...]:
    """One cell for each model and revision: the first that has it."""
    first: dict[tuple[tuple[str, str], ...], Cell] = {}
    for cell in report.cells:
        if cell.model is not None:
            first.setdefault(tuple(sorted(cell.model.items())), cell)
    return tuple(first.values())


def milestones(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points nearest to a coverage of a quarter, a half, three quarters and all, each once."""
    nearest = (min(points, key=lambda point: abs(point.coverage - goal)) for goal in (0.25, 0.5, 0.75, 1.0) if points)
    return tuple({point.coverage: point for point in nearest}.values())


def deletion_names(cell: Cell) -> tuple[str, ...]:
    """Names of the figures of deleted evidence, in order, each once."""
    return tuple(dict.fromkeys(figure.name for one in cell.deletions for figure in one.figures))


def _heading(name: str) -> str:
    lowered = name.lower()
    return next((heading for heading, parts in GROUPS if any(part in lowered for part in parts)), OTHER)


def _row(name: str, cells: Sequence[Cell]) -> Row:
    figures = {cell.system: figure for cell in cells for figure in cell.figures if figure.name == name}
    better = next(iter(figures.values())).better
    values = [figure.value for figure in figures.values()]
    top, bottom = (max(values), min(values)) if better == "higher" else (min(values), max(values))
    if better == "none" or isclose(top, bottom, abs_tol=ROUNDING):
        return Row(name, better, figures, frozenset())
    best = (system for system, one in figures.items() if isclose(one.value, top, abs_tol=ROUNDING))
    return Row(name, better, figures, frozenset(best))
