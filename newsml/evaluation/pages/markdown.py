"""The report as Markdown, in GitHub's flavour.

Owns its layout and escaping. Knows nothing of plots, and needs nothing that newsml does not: it is always written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from newsml.evaluation.pages import wording
from newsml.evaluation.pages.overview import Standing, deletion_names, milestones, models, standings, systems
from newsml.evaluation.report import Cell, Comparison, Mistake, Report
from newsml.evaluation.report_data import Data

ACTIVE = re.compile(r"([\\`*_\[\]|~$#<>&])")
"""Characters that mean something inside a line of Markdown."""

LINE_BREAKS = re.compile(r"\s+")


def markdown(report: Report) -> str:
    """Render a report as Markdown: the facts of the page as tables, the chief one first.

    Args:
        report: The report.

    Returns:
        The whole file, to be written as UTF-8; the same report gives the same characters.
    """
    numbers = wording.Numbers(report)
    found = standings(report)
    lines = [
        f"# {_plain(report.name)}",
        "",
        f"{wording.TASKS[report.task]}, evaluated {_plain(wording.moment(report.created))}.",
    ]
    if report.partial:
        lines += ["", f"> **Partial report.** {_plain(wording.partial(report))}"]
    lines += ["", "## Results", "", *_chief(report, found, numbers)]
    lines += ["", "## Comparisons", "", *_comparisons(report.comparisons, numbers)]
    for standing in found:
        lines += ["", f"## {_plain(standing.data)}", "", *_side_by_side(standing, numbers)]
        for cell in standing.cells:
            lines += ["", f"### {_plain(cell.system)}", "", *_cell(cell, report, numbers)]
    lines += ["", "## Data", *(line for data in report.data for line in _data(data))]
    lines += ["", "## Reproducibility", "", *_reproducibility(report)]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Text as one line in which nothing is markup."""
    return ACTIVE.sub(r"\\\1", LINE_BREAKS.sub(" ", wording.printable(text)).strip())


def _code(text: str) -> str:
    """Text as a piece of code in a table's cell."""
    return f"`{LINE_BREAKS.sub(' ', wording.printable(text)).replace('`', '´').replace('|', '¦').strip() or ' '}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, text: int = 1) -> Iterator[str]:
    """A table of cells that are escaped already; the columns after the first ``text`` hold numbers."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' --- ' if place < text else ' ---: ' for place in range(len(head)))}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _chief(report: Report, found: Sequence[Standing], numbers: wording.Numbers) -> Iterator[str]:
    if not found:
        yield "No system was evaluated."
        return
    baselines = {cell.system for cell in report.cells if cell.baseline}

    def value(standing: Standing, system: str) -> str:
        if (figure := standing.chief.figures.get(system)) is None:
            return "—"
        shown = numbers.figure(figure)
        return f"**{shown}**" if system in standing.chief.best else shown

    head = ["System", *(f"{_plain(one.data)}: {_plain(one.chief.name)}" for one in found)]
    yield from _table(
        head,
        (
            [
                _plain(system) + (" (baseline)" if system in baselines else ""),
                *(value(standing, system) for standing in found),
            ]
            for system in systems(report)
        ),
    )
    yield from ("", f"Best in bold. {wording.doubt(report)}", "")
    for standing in found:
        if said := wording.finding(standing, numbers):
            yield f"- **{_plain(standing.data)}**: {_plain(said)}"


def _comparisons(comparisons: Sequence[Comparison], numbers: wording.Numbers) -> Iterator[str]:
    if not comparisons:
        yield "No two systems were compared."
        return
    head = ("Data set", "A", "B", "Figure", "Test", "A", "B", "A − B", "p", "Rows")
    rows = (
        (
            *(_plain(text) for text in (one.data, one.a, one.b, one.figure, one.test)),
            numbers.value(one.figure, one.value_a),
            numbers.value(one.figure, one.value_b),
            numbers.difference(one),
            _plain(wording.p_value(one.p_value)),
            f"{one.rows:,}",
        )
        for one in comparisons
    )
    yield from _table(head, rows, text=5)


def _side_by_side(standing: Standing, numbers: wording.Numbers) -> Iterator[str]:
    def value(system: str, place: int) -> str:
        row = standing.rows[place]
        if system not in row.figures:
            return "—"
        shown = numbers.figure(row.figures[system])
        return f"**{shown}**" if system in row.best else shown

    names = [cell.system for cell in standing.cells]
    yield from _table(
        ["Figure", "Better", *map(_plain, names)],
        (
            [_plain(row.name), row.better.replace("none", "—"), *(value(name, place) for name in names)]
            for place, row in enumerate(standing.rows)
        ),
        text=2,
    )


def _cell(cell: Cell, report: Report, numbers: wording.Numbers) -> Iterator[str]:
    kind = "Baseline" if cell.baseline else f"Model {wording.model_name(cell.model)}".strip()
    groups = wording.count(cell.groups, "article")
    yield f"{_plain(kind)}; {wording.count(cell.rows, 'row')} from {groups}; {wording.speed(cell)}."
    if cell.note:
        yield from ("", _plain(cell.note))
    if cell.classes:
        head = ("Class", "Precision", "Recall", "F1", "Rows", "Predicted")
        rows = (
            (
                _plain(one.label),
                f"{one.precision:.3f}",
                f"{one.recall:.3f}",
                numbers.figure(one.f1),
                f"{one.rows:,}",
                f"{one.predicted:,}",
            )
            for one in cell.classes
        )
        yield from ("", *_table(head, rows))
    if matrix := cell.confusion:
        counts = (
            (_plain(name), *(f"{count:,} ({wording.share(count / (sum(row) or 1), 0)})" for count in row))
            for name, row in zip(matrix.gold, matrix.counts, strict=True)
        )
        yield from ("", "Gold classes down, answers across; rows, and their share of the gold class:", "")
        yield from _table(("Gold", *map(_plain, matrix.predicted)), counts)
    yield from _confidence(cell)
    if cell.deletions:
        yield from ("", *_deletions(cell, report.level, numbers))
    if cell.mistakes:
        yield from ("", "Worst summaries:" if report.task == "summary" else "Errors, the most confident first:", "")
        yield from (f"- {_mistake(mistake, report.task)}" for mistake in cell.mistakes)


def _confidence(cell: Cell) -> Iterator[str]:
    if cell.reliability:
        bins = (
            (
                f"{one.low:g} to {one.high:g}",
                f"{one.rows:,}",
                *((f"{one.confidence:.3f}", f"{one.accuracy:.3f}") if one.rows else ("—", "—")),
            )
            for one in cell.reliability
        )
        yield from ("", *_table(("Confidence", "Answers", "Mean confidence", "Right"), bins))
    if cell.risk_coverage:
        points = ((wording.share(point.coverage), f"{point.risk:.3f}") for point in milestones(cell.risk_coverage))
        yield from ("", *_table(("Rows answered, the most confident first", "Wrong"), points))


def _deletions(cell: Cell, level: float, numbers: wording.Numbers) -> Iterator[str]:
    names = deletion_names(cell)
    yield from _table(
        ("Evidence compared with", "Rows", "Articles", *map(_plain, names)),
        (
            (wording.OTHERS[one.others], f"{one.rows:,}", f"{one.groups:,}")
            + (tuple(numbers.figure(figure) for figure in one.figures) or ("—",) * len(names))
            for one in cell.deletions
        ),
    )
    yield ""
    yield from (f"- {_plain(note)}" for note in wording.deletion_notes(cell.deletions, level))


def _mistake(mistake: Mistake, task: str) -> str:
    parts = [f"**{_plain(mistake.id)}**"]
    if task == "summary":
        parts += [f"reference: {_plain(mistake.gold)}", f"summary: {_plain(mistake.prediction)}"]
    else:
        parts += [f"gold {_plain(mistake.gold) or '(none)'}", f"predicted {_plain(mistake.prediction) or '(none)'}"]
    parts += [said] if (said := wording.score(mistake, task)) else []
    subject = wording.SUBJECTS.get(task, "Subject").lower()
    about = ((subject, mistake.subject), ("title", mistake.title))
    parts += [f"{what} “{_plain(text)}”" for what, text in about if text]
    parts += [f"evidence “{_plain(quote.text)}” ({wording.place(quote)})" for quote in mistake.evidence]
    return "; ".join(parts)


def _data(data: Data) -> Iterator[str]:
    yield from ("", f"### {_plain(data.name)}", "")
    for note in wording.data_notes(data):
        yield f"- {'**Warning:** ' if note.warning else ''}{_plain(note.text)}"
    halves = [(name, half) for name, half in (("test", data.test), ("train", data.train)) if half is not None]
    yield ""
    yield from _table(
        ("Half", "Read from", "SHA-256 of the rows", "Rows", "Articles"),
        (
            (name, _plain(", ".join(half.names)), _code(half.sha256), f"{half.rows:,}", f"{half.groups:,}")
            for name, half in halves
        ),
        text=3,
    )
    if data.test.classes:
        yield ""
        yield from _table(
            ("Class", *(f"{name} rows" for name, _ in halves)),
            (
                (
                    _plain(label),
                    *(_part(half.classes.get(label, 0), half.rows) for _, half in halves),
                )
                for label in data.test.classes
            ),
        )


def _part(rows: int, of: int) -> str:
    return f"{rows:,} ({wording.share(rows / (of or 1))})"


def _reproducibility(report: Report) -> Iterator[str]:
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    yield f"- Configuration: `config.yaml`, SHA-256 {_code(report.config_sha256)}"
    yield f"- Seed: {report.seed}"
    yield f"- Hardware: {_plain(report.hardware)}"
    yield f"- Versions: {_plain(versions)}"
    yield f"- Written: {_plain(report.created)}, schema version {report.schema_version}"
    yield ""
    head = ("Data set", "System", "Model", "File", "SHA-256", "Rows", "Seconds", "Rows a second")
    rows = (
        (
            _plain(cell.data),
            _plain(cell.system),
            _plain(wording.model_name(cell.model)) or "—",
            _code(cell.predictions),
            _code(cell.sha256),
            f"{cell.rows:,}",
            f"{cell.seconds:,.1f}",
            f"{cell.rows_per_second:,.1f}",
        )
        for cell in report.cells
    )
    yield from _table(head, rows, text=5)
    for cell in models(report):
        yield from ("", f"### Model {_plain(wording.model_name(cell.model))}", "")
        if cell.card:
            yield from (f"- {heading}: {_plain(text)}" for heading, text in wording.card_facts(cell.card))
        else:
            yield "It has no model card."
