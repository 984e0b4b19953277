"""The plots of the report's page.

Owns what is drawn, and how large. Knows nothing of the page around it. Drawn with matplotlib's objects alone: no
``pyplot``, no window, nothing left behind. Plots are about as wide as a phone's screen, so that their text stays
readable there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from newsml.evaluation.pages.overview import Standing, milestones
from newsml.evaluation.pages.svg import ACCENT, BASELINE, CARD, F1, INK, LINE, MUTED, PRECISION, RECALL, inline_svg
from newsml.evaluation.pages.wording import Numbers, printable, share
from newsml.evaluation.report import Bin, ClassFigures, Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 5.6
"""Inches, of 72 units each."""

LONGEST = 30
"""Characters of a name in a plot; tables give it whole."""


def ranking(standing: Standing, numbers: Numbers, *, key: str) -> str:
    """Every system's chief figure on a data set with its interval; baselines in grey."""
    chief = standing.chief
    cells = [cell for cell in standing.cells if cell.system in chief.figures]
    figures = [chief.figures[cell.system] for cell in cells]
    names = [_short(cell.system) for cell in cells]

    def draw() -> Figure:
        """A dot with a whisker for each system."""
        figure, axes = _canvas(names, rows=len(cells), right=0.75)
        for place, (cell, one) in enumerate(zip(cells, figures, strict=True)):
            colour = BASELINE if cell.baseline else ACCENT
            if one.low is not None and one.high is not None:
                axes.plot([one.low, one.high], [place, place], color=colour, linewidth=2.2, clip_on=False)
            axes.plot([one.value], [place], "o", color=colour, markersize=8, clip_on=False)
            axes.annotate(
                numbers.value(one.name, one.value),
                (1.03, place),
                xycoords=("axes fraction", "data"),
                va="center",
                weight="bold" if cell.system in chief.best else "normal",
            )
        ends = [end for one in figures for end in (one.value, one.low, one.high) if end is not None]
        margin = 0.06 * (max(ends) - min(ends)) or 0.05 * abs(ends[0]) or 0.05
        axes.set_xlim(min(ends) - margin, max(ends) + margin)
        axes.grid(axis="x")
        axes.set_xlabel(_short(chief.name))
        return figure

    said = "; ".join(f"{cell.system} {numbers.figure(one)}" for cell, one in zip(cells, figures, strict=True))
    return inline_svg(draw, key=key, label=printable(f"{chief.name} on {standing.data} by system: {said}"))


def per_class(classes: Sequence[ClassFigures], *, key: str) -> str:
    """Precision, recall and F1 of every class, F1 with its interval."""
    names = [f"{_short(one.label)} ({one.rows:,})" for one in classes]

    def draw() -> Figure:
        """Three bars for each class."""
        figure, axes = _canvas(names, rows=len(classes), pitch=0.42, bottom=0.55, top=0.3)
        places = range(len(classes))
        for shift, colour, name, values in (
            (-0.27, PRECISION, "precision", [one.precision for one in classes]),
            (0.0, RECALL, "recall", [one.recall for one in classes]),
            (0.27, F1, "F1", [one.f1.value for one in classes]),
        ):
            spots = [place + shift for place in places]
            axes.barh(spots, values, height=0.25, color=colour, label=name, clip_on=False)
        for place, one in enumerate(classes):
            if one.f1.low is not None and one.f1.high is not None:
                ends, spot = [one.f1.low, one.f1.high], [place + 0.27] * 2
                axes.plot(ends, spot, "|-", color=INK, linewidth=1.3, markersize=5, clip_on=False)
        axes.set_xlim(0, 1)
        axes.grid(axis="x")
        figure.legend(loc="upper right", ncols=3, handlelength=1.0, borderaxespad=0.1)
        return figure

    label = "Precision, recall and F1 by class: " + "; ".join(
        f"{one.label} {one.precision:.2f}, {one.recall:.2f}, {one.f1.value:.2f}" for one in classes
    )
    return inline_svg(draw, key=key, label=printable(label))


def reliability(bins: Sequence[Bin], *, key: str) -> str:
    """Confidence against accuracy, with the number of answers in each bin below."""
    filled = [one for one in bins if one.rows]

    def draw() -> Figure:
        """A curve above, and the number of answers below."""
        figure = _figure(4.6)
        above, below = _axes(figure, 0.6, 1.55, 2.95), _axes(figure, 0.6, 0.5, 0.8)
        above.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        for one in filled:
            above.bar(one.low, one.accuracy, one.high - one.low, align="edge", color=LINE, edgecolor=CARD)
        above.plot(
            [one.confidence for one in filled], [one.accuracy for one in filled], "o-", color=ACCENT, linewidth=2
        )
        above.set_xlim(0, 1)
        above.set_ylim(0, 1)
        above.set_ylabel("share that is right")
        above.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1], [""] * 6)
        above.grid(axis="y")
        for one in filled:
            below.bar(one.low, one.rows, one.high - one.low, align="edge", color=ACCENT, edgecolor=CARD)
            middle = (one.low + one.high) / 2
            below.annotate(f"{one.rows:,}", (middle, one.rows), (0, 2), textcoords="offset points", ha="center", size=8)
        below.set_xlim(0, 1)
        below.set_ylim(0, 1.25 * max((one.rows for one in filled), default=1))
        below.set_yticks([])
        below.set_ylabel("answers")
        below.set_xlabel("confidence")
        return figure

    said = "; ".join(f"{one.confidence:.2f} right {share(one.accuracy, 0)} of {one.rows:,}" for one in filled)
    return inline_svg(draw, key=key, label=f"Reliability diagram, confidence and accuracy by bin: {said}")


def risk_coverage(points: Sequence[Point], *, key: str) -> str:
    """Share of wrong answers against share of rows answered, the most confident first."""

    def draw() -> Figure:
        """A curve."""
        figure = _figure(4.6)
        axes = _axes(figure, 0.6, 0.5, 4.0)
        coverage, risk = [point.coverage for point in points], [point.risk for point in points]
        axes.fill_between(coverage, risk, color=LINE, linewidth=0)
        axes.plot(coverage, risk, "o-" if len(points) == 1 else "-", color=ACCENT, linewidth=2, clip_on=False)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, max(1.1 * max(risk), 0.05))
        axes.set_xlabel("share of rows answered, the most confident first")
        axes.set_ylabel("share of wrong answers")
        axes.grid()
        return figure

    said = "; ".join(f"{point.risk:.3f} at {share(point.coverage, 0)}" for point in milestones(points))
    return inline_svg(draw, key=key, label=f"Risk-coverage curve, share of wrong answers by share answered: {said}")


def _short(name: str) -> str:
    line = " ".join(printable(name).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _columns(name: str) -> int:
    """Widths of a letter that a name takes; letters of East Asia take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in name)


def _figure(height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height))


def _axes(figure: Figure, left: float, bottom: float, height: float, *, right: float = 0.15) -> Axes:
    """Axes at a place in inches."""
    tall = figure.get_figheight()
    return figure.add_axes((left / WIDTH, bottom / tall, (WIDTH - left - right) / WIDTH, height / tall))


def _canvas(
    names: Sequence[str],
    *,
    rows: int,
    pitch: float = 0.32,
    bottom: float = 0.6,
    top: float = 0.1,
    right: float = 0.2,
) -> tuple[Figure, Axes]:
    """A figure with a row for each name, the first on top, and room for the longest of them."""
    height = bottom + top + pitch * max(rows, 1)
    figure = _figure(height)
    left = min(0.25 + 0.083 * max(map(_columns, names), default=0), 0.55 * WIDTH)
    axes = _axes(figure, left, bottom, height - bottom - top, right=right)
    axes.set_ylim(max(rows, 1) - 0.5, -0.5)
    axes.set_yticks(range(rows), names, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure, axes
