"""The report as one self-contained HTML page.

Owns what the page is made of: templates, style, script and plots, all inside one file that asks for nothing from
outside. Knows nothing of how figures are computed. The same report gives the same characters.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib.util import find_spec

from newsml.errors import MissingDependencyError
from newsml.evaluation.pages import evidence, overview, plots, wording
from newsml.evaluation.report import Cell, Confusion, Report

NEEDED = ("jinja2", "matplotlib")
WIDE = 9
"""From so many columns on, a confusion matrix is set small, with upright headings."""

OPEN_COMPARISONS = 30
"""Up to so many comparisons in all are shown without a click."""


def need_plots() -> None:
    """Check that the page can be made, before anything is computed for it.

    Raises:
        MissingDependencyError: matplotlib or jinja2 is not installed.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise MissingDependencyError(
            f"{' and '.join(missing)}: not installed, and report.html needs {'it' if len(missing) == 1 else 'them'}; "
            "pip install 'newsml[report]', or set html: false"
        )


def html(report: Report) -> str:
    """Render a report as a page.

    Args:
        report: The report.

    Returns:
        The whole file, to be written as UTF-8. It has no reference to anything outside itself, and its text can be
        encoded whatever characters the articles hold.

    Raises:
        MissingDependencyError: matplotlib or jinja2 is not installed.
    """
    need_plots()
    from jinja2 import Environment, PackageLoader, StrictUndefined

    page = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    page.filters |= _filters(wording.Numbers(report))
    script = page.get_template("open.js").render()
    return page.get_template("report.html.jinja").render(
        report=report,
        standings=overview.standings(report),
        systems=overview.systems(report),
        models=overview.models(report),
        first_open=_first_open(report),
        script=script,
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
        task=wording.TASKS[report.task],
        subject=wording.SUBJECTS.get(report.task, "Subject"),
        evidence=evidence,
        overview=overview,
        plots=plots,
        wording=wording,
        numbers=wording.Numbers(report),
        wide=WIDE,
        open_comparisons=OPEN_COMPARISONS,
    )


def _filters(numbers: wording.Numbers) -> dict[str, Callable[..., object]]:
    return {
        "figure": numbers.figure,
        "share": wording.share,
        "counted": wording.count,
        "thousands": lambda number: f"{number:,}",
        "matrix_rows": _matrix_rows,
    }


def _matrix_rows(confusion: Confusion) -> Iterator[tuple[str, tuple[tuple[int, float], ...]]]:
    """The name of each gold class, with its counts and their shares of the class, 0 to 1."""
    for name, counts in zip(confusion.gold, confusion.counts, strict=True):
        yield name, tuple((number, number / (sum(counts) or 1)) for number in counts)


def _first_open(report: Report) -> Cell | None:
    """The cell that is open when the page is: the first model's, or the first baseline's where there is no model."""
    return min(report.cells, key=lambda cell: cell.baseline, default=None)


def _printable(value: object) -> object:
    return wording.printable(value) if isinstance(value, str) else value
