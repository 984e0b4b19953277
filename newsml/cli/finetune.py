"""``newsml finetune CONFIG``: carries out a recipe, and shows what came of it.

Owns the command, its progress lines and the table of figures. Knows nothing of training.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsml.cli.screen import output

if TYPE_CHECKING:
    from rich.table import Table

    from newsml.evaluation.report import Figure
    from newsml.training.cards import Figures


def finetune(
    config: Annotated[Path, typer.Argument(help="A recipe: YAML with kind: finetune.", show_default=False)],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a value of the recipe, such as training.epochs=1; repeat for more.",
        ),
    ] = None,
    push: Annotated[
        str | None,
        typer.Option(
            "--push",
            metavar="ORG/NAME",
            help="Put the model on the Hugging Face Hub, in a private repository.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Train a model as a recipe says, and show its figures beside those of its baselines.

    An interrupted run goes on from its last checkpoint when the same command is run again. For several processes:
    accelerate launch scripts/finetune.py CONFIG.
    """
    from newsml.config.finetune import FinetuneConfig
    from newsml.config.load import load

    recipe = load(config, FinetuneConfig, overrides=changes or ())
    if push is not None:
        from newsml.models.push import check_push

        check_push(push)
    try:
        # The trainer prints its losses; standard output is for the figures.
        with redirect_stdout(sys.stderr):
            from newsml.models.quiet import quiet
            from newsml.training.finetune import finetune as carry_out
            from newsml.training.processes import together

            with quiet(), together():
                command = _command(config, changes or ())
                outcome = carry_out(recipe, command=command, say=lambda line: typer.echo(line, err=True))
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(
            f"interrupted; run the same command again to go on from the last checkpoint in {recipe.output}"
        ) from error
    from newsml.training.processes import is_first

    if not is_first():
        return
    screen = output()
    for table in _tables(outcome.figures):
        screen.print(table, "")
    screen.print(f"model: {outcome.folder}", markup=False, soft_wrap=True)
    if push is not None:
        from newsml.models.push import push as put

        screen.print(f"pushed: {put(outcome.folder, push)}", markup=False, soft_wrap=True)


def _command(config: Path, changes: Sequence[str]) -> str:
    """What was typed, but for where the data lie and where the model goes."""
    told = [change for change in changes if change.partition("=")[0].strip() not in ("data_root", "output")]
    return shlex.join(["newsml", "finetune", str(config), *(part for change in told for part in ("--set", change))])


def _tables(figures: Figures) -> list[Table]:
    """A table for each data set: figures down, the model and its baselines across; the model's with intervals."""
    from rich.table import Table

    by_data: dict[str, Figures] = {}
    for key, measured in figures.items():
        data, _, system = key.rpartition(": ")
        by_data.setdefault(data, {})[system] = measured
    if len(by_data) == 2:
        by_data.pop("all", None)  # The one table says the same.
    tables = []
    for data, systems in by_data.items():
        rows = next(iter(systems.values())).rows
        table = Table(box=None, pad_edge=False, title=f"{data or 'held out'}, {rows:,} rows", title_justify="left")
        table.add_column("")
        for system in systems:
            table.add_column(system, justify="right", style="bold" if system == "model" else "")
        shown = [{figure.name: _shown(figure) for figure in measured.figures} for measured in systems.values()]
        for name in dict.fromkeys(name for texts in shown for name in texts):
            table.add_row(name, *(texts.get(name, "") for texts in shown))
        tables.append(table)
    return tables


def _shown(figure: Figure) -> str:
    interval = "" if figure.low is None else f" [{figure.low:.3f}, {figure.high:.3f}]"
    return f"{figure.value:.3f}{interval}"
