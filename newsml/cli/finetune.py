"""``newsml finetune CONFIG``: carries out a recipe, and shows what came of it.

Owns the command, its progress lines and the table of figures. Knows nothing of training.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsml.cli.screen import output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table


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
) -> None:
    """Train a model as a recipe says, and show its figures beside those of its baselines.

    An interrupted run goes on from its last checkpoint when the same command is run again.
    """
    from newsml.config.finetune import FinetuneConfig
    from newsml.config.load import load

    recipe = load(config, FinetuneConfig, overrides=changes or ())
    try:
        # The trainer prints its losses; standard output is for the figures.
        with redirect_stdout(sys.stderr):
            from newsml.models.quiet import quiet
            from newsml.training.finetune import finetune as carry_out

            with quiet():
                outcome = carry_out(recipe, say=lambda line: typer.echo(line, err=True))
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(
            f"interrupted; run the same command again to go on from the last checkpoint in {recipe.output}"
        ) from error
    screen = output()
    for table in _tables(outcome.figures):
        screen.print(table, "")
    screen.print(f"model: {outcome.folder}", markup=False, soft_wrap=True)


def _tables(figures: Mapping[str, Mapping[str, float]]) -> list[Table]:
    """A table for each data set: figures down, the model and its baselines across."""
    from rich.table import Table

    by_data: dict[str, dict[str, Mapping[str, float]]] = {}
    for key, values in figures.items():
        data, _, system = key.rpartition(": ")
        by_data.setdefault(data, {})[system] = values
    if len(by_data) == 2:
        by_data.pop("all", None)  # The one table says the same.
    tables = []
    for data, systems in by_data.items():
        rows = int(next(iter(systems.values())).get("rows", 0))
        table = Table(box=None, pad_edge=False, title=f"{data or 'held out'}, {rows:,} rows", title_justify="left")
        table.add_column("")
        for system in systems:
            table.add_column(system, justify="right", style="bold" if system == "model" else "")
        for name in dict.fromkeys(name for values in systems.values() for name in values if name != "rows"):
            cells = (f"{values[name]:.3f}" if name in values else "" for values in systems.values())
            table.add_row(name, *cells)
        tables.append(table)
    return tables
