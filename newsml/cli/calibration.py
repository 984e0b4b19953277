"""What ``newsml models show`` says of a model's doubt: sentences, a reliability figure in text, a risk-coverage table.

Owns their wording and look. Knows nothing of how calibration is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from newsml.models.calibration import Calibration, ReliabilityBin

BAR_COLUMNS = 20


def calibration_facts(calibration: Calibration | None) -> Iterator[tuple[str, str]]:
    """The facts that fit a line each, as pairs of a heading and its text."""
    if calibration is None:
        return
    said = f"temperature {calibration.temperature:g}"
    if calibration.error is not None and calibration.error_before is not None:
        said += f"; expected calibration error {calibration.error:.3f}, without it {calibration.error_before:.3f}"
    yield "calibration", said + (f" ({calibration.how})" if calibration.how else "")
    if (found := calibration.abstention) is not None:
        whole = f", of all {1 - calibration.risk_coverage[-1].risk:.0%}" if calibration.risk_coverage else ""
        yield (
            "abstains",
            f"not confident under {found.threshold:g}: {found.coverage:.0%} of the rows are answered, "
            f"{found.accuracy:.0%} of those rightly{whole}; {found.rule}",
        )


def calibration_tables(calibration: Calibration | None) -> Iterator[Table]:
    """Reliability and risk-coverage, where the card has them."""
    from rich.table import Table

    if calibration is not None and calibration.reliability:
        table = Table(box=None, pad_edge=False, title="reliability", title_justify="left", title_style="bold")
        for column in ("score", "answers", "mean score", "right", "right, and | where the mean score is"):
            table.add_column(column, justify="left" if column.startswith(("score", "right,")) else "right")
        for one in calibration.reliability:
            numbers = (f"{one.rows:,}", f"{one.confidence:.3f}", f"{one.accuracy:.3f}")
            table.add_row(f"{one.low:g} to {one.high:g}", *numbers, _bar(one))
        yield table
    if calibration is not None and calibration.risk_coverage:
        table = Table(box=None, pad_edge=False, title="risk and coverage", title_justify="left", title_style="bold")
        for column in ("answered, the surest first", "wrong"):
            table.add_column(column, justify="right")
        for point in calibration.risk_coverage:
            table.add_row(f"{point.coverage:.0%}", f"{point.risk:.1%}")
        yield table


def _bar(one: ReliabilityBin) -> str:
    """A bar as long as the share that is right, with a mark where it would end if scores were honest."""
    filled, mark = round(one.accuracy * BAR_COLUMNS), round(one.confidence * BAR_COLUMNS)
    return "".join("|" if place == mark else "━" if place < filled else " " for place in range(BAR_COLUMNS + 1))
