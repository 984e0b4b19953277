"""How the facts of a report are said: numbers, and sentences about data, systems and doubt.

Owns the words that Markdown and HTML share. Knows nothing of their syntax: nothing here is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from newsml.evaluation.pages.overview import Standing, best_cell
from newsml.evaluation.report import Cell, Comparison, Deletion, Figure, Mistake, Quote, Report
from newsml.evaluation.report_data import Data

TASKS = {
    "topics": "Topic classification",
    "claim-stance": "Stance toward claims",
    "target-stance": "Stance toward targets",
    "summary": "Summarization",
}
BETTER = {"higher": "higher is better", "lower": "lower is better", "none": "descriptive"}
OTHERS = {"any": "any others", "read": "others that were read"}
"""What the evidence is compared with when sentences are deleted."""

SUBJECTS = {"claim-stance": "Claim", "target-stance": "Target"}

CONTROLS = (*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF)
UNPRINTABLE = dict.fromkeys((*CONTROLS, *range(0xD800, 0xE000)), 0xFFFD)
"""Control characters, half characters and non-characters, which no text file may hold; character by character, so
that offsets hold."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence; a warning where figures are in doubt because of what it says."""

    text: str
    warning: bool = False


def printable(text: str) -> str:
    """The text with what cannot be written or shown replaced by U+FFFD, character by character."""
    return text.translate(UNPRINTABLE)


class Numbers:
    """Numbers as text, each figure with the same decimals throughout a report."""

    def __init__(self, report: Report) -> None:
        """Look at every figure, so that a column never mixes decimals."""
        largest: dict[str, float] = {}
        for cell in report.cells:
            for figure in (*cell.figures, *(figure for one in cell.deletions for figure in one.figures)):
                ends = [abs(end) for end in (figure.value, figure.low, figure.high) if end is not None]
                largest[figure.name] = max(largest.get(figure.name, 0.0), *ends)
        self._decimals = {name: _decimals(most) for name, most in largest.items()}

    def value(self, name: str, value: float) -> str:
        """A value of the figure ``name``, such as ``0.641``."""
        return f"{value:z,.{self._decimals.get(name, 3)}f}"

    def interval(self, name: str, low: float | None, high: float | None) -> str:
        """``[0.601, 0.683]``; empty where there is none."""
        return "" if low is None or high is None else f"[{self.value(name, low)}, {self.value(name, high)}]"

    def figure(self, figure: Figure) -> str:
        """``0.641 [0.601, 0.683]``, or the value alone."""
        return " ".join(filter(None, (self.value(figure.name, figure.value), self.interval_of(figure))))

    def interval_of(self, figure: Figure) -> str:
        """Its interval, such as ``[0.601, 0.683]``; empty where it has none."""
        return self.interval(figure.name, figure.low, figure.high)

    def difference(self, comparison: Comparison) -> str:
        """``+0.031 [0.004, 0.058]``."""
        name = comparison.figure
        sign = "+" if self.value(name, comparison.difference) != self.value(name, -abs(comparison.difference)) else ""
        value = sign + self.value(name, comparison.difference)
        return " ".join(filter(None, (value, self.interval(name, comparison.low, comparison.high))))


def share(part: float, decimals: int = 1) -> str:
    """A share as a percentage, such as ``12.5%``."""
    return f"{part:.{decimals}%}"


def p_value(value: float) -> str:
    """``0.032``, or ``< 0.001``."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 row``, ``1,204 rows``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def score(mistake: Mistake, task: str) -> str:
    """``probability 0.93`` or ``ROUGE-L 12.31``; empty where there is none."""
    if mistake.score is None:
        return ""
    return f"ROUGE-L {mistake.score:.2f}" if task == "summary" else f"probability {mistake.score:.2f}"


def place(quote: Quote) -> str:
    """Where a quote stands and how much it weighs, such as ``text 162:469, score 0.83``."""
    weight = "" if quote.score is None else f", score {quote.score:.2f}"
    return f"{quote.field} {quote.start}:{quote.end}{weight}"


def partial(report: Report) -> str:
    """What to think of a partial report."""
    names = ", ".join(data.name for data in report.data if data.partial)
    some = f" of {names}" if names else ""
    return f"limit left rows out{some}. These figures are not comparable with published ones."


def doubt(report: Report) -> str:
    """How the intervals came about."""
    if not report.samples:
        return "Without intervals or tests: no bootstrap samples were drawn."
    level, samples = f"{100 * report.level:g}%", f"{report.samples:,}"
    return f"In brackets: {level} intervals from {samples} bootstrap samples of articles (seed {report.seed})."


def moment(created: str) -> str:
    """A date and time such as ``2026-11-22 10:00 UTC``; as it stands where it is not ISO 8601."""
    try:
        time = datetime.fromisoformat(created)
    except ValueError:
        return created
    return f"{(time.astimezone(UTC) if time.tzinfo else time):%Y-%m-%d %H:%M} UTC"


def lineup(report: Report) -> str:
    """How many systems were evaluated, such as ``2 systems and 1 baseline``."""
    names = {kind: {cell.system for cell in report.cells if cell.baseline == kind} for kind in (False, True)}
    return f"{count(len(names[False]), 'system')} and {count(len(names[True]), 'baseline')}"


def finding(standing: Standing, numbers: Numbers) -> str:
    """Which model is best on a data set, and what the best baseline reaches."""
    model, baseline = best_cell(standing, baseline=False), best_cell(standing, baseline=True)
    chief = standing.chief
    said = [
        f"{what} {cell.system}, {chief.name} {numbers.figure(chief.figures[cell.system])}"
        for what, cell in (("Best model:", model), ("best baseline:", baseline))
        if cell is not None
    ]
    if not said:
        return ""
    line = "; ".join(said)
    return line[0].upper() + line[1:] + "."


def speed(cell: Cell) -> str:
    """How long the predictions took."""
    return f"{cell.seconds:,.1f} s, {cell.rows_per_second:,.1f} rows a second"


def model_name(model: Mapping[str, str] | None) -> str:
    """Name and revision of a model; empty for systems without one."""
    return " ".join(value for value in model.values() if value) if model else ""


def data_notes(data: Data) -> tuple[Note, ...]:
    """What was found wrong with a data set, in plain words, the worst first."""
    rows = data.test.rows
    notes = []
    if data.partial:
        notes.append(Note("Partial: limit left rows out. Not comparable with published figures.", warning=True))
    if data.overlap:
        part = share(data.overlap / rows) if rows else ""
        verb = "has a text that is" if data.overlap == 1 else "have texts that are"
        notes.append(
            Note(
                f"{count(data.overlap, 'test row')} ({part}) {verb} also in train: "
                "figures of systems trained on it may be too high.",
                warning=True,
            )
        )
    elif data.train:
        notes.append(Note("No test row has a text that is also in train."))
    if data.duplicates:
        verb = "says" if data.duplicates == 1 else "say"
        conflicts = f", {data.conflicts:,} of them with another gold label" if data.conflicts else ""
        text = f"{count(data.duplicates, 'test row')} {verb} the same as an earlier one{conflicts}."
        notes.append(Note(text, warning=bool(data.conflicts)))
    else:
        notes.append(Note("No test row says the same as another."))
    notes += [Note(f"{count(number, 'row')} left out: {reason}.") for reason, number in data.skipped.items()]
    return tuple(notes)


def deletion_notes(deletions: Sequence[Deletion], level: float) -> tuple[str, ...]:
    """What the table of deleted evidence shows, and which rows are not in it."""
    notes = [
        "How far the score of the first answer falls, of 1, when the article is judged again without the evidence, and "
        "without as many other sentences drawn by the seed (three draws; the title counts as a sentence). Evidence is "
        f"faithful where the difference, here with its {100 * level:g}% interval over articles, is above 0."
    ]
    if any(one.others == "read" for one in deletions):
        notes.append(
            "For a claim or target most sentences are never read, and deleting those changes little: the comparison "
            "with others that were read is the stricter one."
        )
    for one in deletions:
        lost = f"in {count(one.unmentioned, 'row')} the target is not mentioned without the evidence, so the score is 0"
        parts = [lost] if one.unmentioned else []
        parts += [f"{count(number, 'row')} not measured: {reason}" for reason, number in one.skipped.items()]
        if parts:
            notes.append(f"Compared with {OTHERS[one.others]}: {'; '.join(parts)}.")
    return tuple(notes)


def card_facts(card: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What a model card says, as pairs of a heading and its text; what it leaves out is missing."""
    headings = (
        ("summary", "Summary"),
        ("task", "Task"),
        ("base", "Built on"),
        ("licence", "Licence"),
        ("languages", "Languages"),
        ("labels", "Labels"),
        ("intended_use", "Intended use"),
        ("limits", "Limits"),
        ("training_data", "Trained on"),
    )
    return tuple((heading, _said(card[key])) for key, heading in headings if card.get(key))


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        details = [f"{value['rows']:,} rows"] if isinstance(value.get("rows"), int) else []
        details += [str(value[key]) for key in ("licence", "url") if value.get(key)]
        return str(value.get("name", "")) + (f" ({'; '.join(details)})" if details else "")
    if isinstance(value, (list, tuple)):
        parts = [_said(item) for item in value]
        return ("; " if any(isinstance(item, Mapping) for item in value) else ", ").join(parts)
    return str(value)


def _decimals(most: float) -> int:
    if most <= 1:
        return 3
    return 2 if most < 1000 else 0
