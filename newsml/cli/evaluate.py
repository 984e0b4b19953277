"""``newsml evaluate CONFIG…`` and ``newsml compare RUN_A RUN_B``: reports, and the chief figures on the screen.

Owns the two commands and their tables. Knows nothing of how figures are computed.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsml.cli.screen import error_line, output
from newsml.errors import NewsmlError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.progress import Progress
    from rich.table import Table

    from newsml.config.evaluate import EvaluateConfig
    from newsml.evaluation.report import Comparison, Figure, Report
    from newsml.evaluation.report_data import Data

SHOWN_FIGURES = 4
"""Figures of each data set on the screen; the report has all."""


def evaluate(
    configs: Annotated[
        list[Path], typer.Argument(metavar="CONFIG...", help="YAML with kind: evaluate.", show_default=False)
    ],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a value of every configuration, such as data_root=FOLDER; repeat for more.",
        ),
    ] = None,
) -> None:
    """Evaluate models and baselines as configurations say, and write a report for each.

    An interrupted run goes on where it was when the same command is run again. Exits with 1 if any evaluation failed;
    the others are carried out.
    """
    from newsml.config.evaluate import EvaluateConfig
    from newsml.config.load import load

    evaluations = [load(path, EvaluateConfig, overrides=changes or ()) for path in configs]
    folders = [Path(evaluation.output).resolve() for evaluation in evaluations]
    if twice := [folder.name for folder in folders if folders.count(folder) > 1]:
        error_line(f"two configurations write to {twice[0]}; give each an output of its own")
        raise typer.Exit(1)
    screen = output()
    failed = False
    for path, evaluation in zip(configs, evaluations, strict=True):
        try:
            report = _carried_out(evaluation)
        except NewsmlError as error:
            error_line(f"{path}: {error}")
            failed = True
            continue
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(
                f"interrupted; run the same command again to go on with {evaluation.output}"
            ) from error
        for table in _tables(report):
            screen.print(table, "")
        for name in ("html", "md", "json") if evaluation.html else ("md", "json"):
            screen.print(f"{evaluation.output}/report.{name}", markup=False, soft_wrap=True)
    raise typer.Exit(int(failed))


def compare(
    run_a: Annotated[Path, typer.Argument(help="Folder of one run.", show_default=False)],
    run_b: Annotated[Path, typer.Argument(help="Folder of the other; may be the same.", show_default=False)],
    system_a: Annotated[
        str | None, typer.Option("--a", help="System of run A; without it, its one model.", show_default=False)
    ] = None,
    system_b: Annotated[
        str | None, typer.Option("--b", help="System of run B; without it, its one model.", show_default=False)
    ] = None,
    samples: Annotated[int, typer.Option(help="Shuffles of the test, and bootstrap samples.", min=1)] = 10_000,
    seed: Annotated[int, typer.Option(help="Fixes the draws.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Compare two systems on the rows that both answered: difference, paired interval and significance.

    Every data set that both runs have is compared. F1, the FNC-1 score and ROUGE are tested by approximate
    randomisation, accuracy by McNemar's exact test.
    """
    import json

    from newsml.evaluation.compare import compare_runs

    found = compare_runs(run_a, run_b, system_a=system_a, system_b=system_b, samples=samples, seed=seed)
    if as_json:
        typer.echo(json.dumps([comparison.model_dump(mode="json") for comparison in found], indent=2))
        return
    screen = output()
    for table in _differences(found):
        screen.print(table, "")


def _carried_out(config: EvaluateConfig) -> Report:
    # Standard output is for the figures; libraries print to it.
    with redirect_stdout(sys.stderr):
        from newsml.evaluation.run import Watch
        from newsml.evaluation.run import evaluate as carry_out
        from newsml.models.quiet import quiet

        with quiet(), _progress() as bars:
            tasks: dict[str, int] = {}

            def progress(name: str, done: int, total: int) -> None:
                if name not in tasks:
                    tasks[name] = bars.add_task(name, total=total)
                bars.update(tasks[name], completed=done)  # type: ignore[arg-type]

            return carry_out(config, watch=Watch(say=bars.console.print, progress=progress))


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True, highlight=False, markup=False))


def _tables(report: Report) -> Iterator[Table]:
    """A table for each data set: systems down, the first figures across."""
    for data in report.data:
        cells = [cell for cell in report.cells if cell.data == data.name]
        table = _table(_title(data))
        names = [figure.name for figure in cells[0].figures][:SHOWN_FIGURES]
        for name in names:
            table.add_column(name, justify="right")
        for cell in cells:
            by_name = {figure.name: figure for figure in cell.figures}
            shown = (_shown(by_name[name]) if name in by_name else "" for name in names)
            table.add_row(cell.system, *shown, style="dim" if cell.baseline else "")
        yield table


def _title(data: Data) -> str:
    notes = [f"{data.test.rows:,} rows"]
    notes += ["partial: not comparable with published figures"] if data.partial else []
    notes += [f"{data.overlap:,} also in train"] if data.overlap else []
    notes += [f"{data.duplicates:,} duplicates"] if data.duplicates else []
    return f"{data.name}, {', '.join(notes)}"


def _shown(figure: Figure) -> str:
    digits = 1 if abs(figure.value) > 1 else 3
    if figure.low is None or figure.high is None:
        return f"{figure.value:.{digits}f}"
    return f"{figure.value:.{digits}f} [{figure.low:.{digits}f}, {figure.high:.{digits}f}]"


def _differences(comparisons: Sequence[Comparison]) -> Iterator[Table]:
    for data in dict.fromkeys(comparison.data for comparison in comparisons):
        own = [comparison for comparison in comparisons if comparison.data == data]
        table = _table(f"{data}, {own[0].rows:,} rows")
        for name in (own[0].a, own[0].b, "difference", "p", "test"):
            table.add_column(name, justify="left" if name == "test" else "right")
        for found in own:
            digits = 1 if max(abs(found.value_a), abs(found.value_b)) > 1 else 3
            interval = "" if found.low is None else f" [{found.low:+.{digits}f}, {found.high:+.{digits}f}]"
            table.add_row(
                found.figure,
                f"{found.value_a:.{digits}f}",
                f"{found.value_b:.{digits}f}",
                f"{found.difference:+.{digits}f}{interval}",
                f"{found.p_value:.4f}" if found.p_value >= 0.0001 else "< 0.0001",
                found.test,
            )
        yield table


def _table(title: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    table.add_column("")
    return table
