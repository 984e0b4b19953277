"""``newsml benchmark CONFIG``: articles a second and memory, beside the peers, on this machine.

Owns the command and its table. Knows nothing of clocks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsml.cli.screen import output
from newsml.models.progress import screen


def benchmark(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML with kind: benchmark.", show_default=False)],
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the configuration; repeat for more."),
    ] = None,
) -> None:
    """Time newsml beside its peers, in one run, on the same articles, and write a report."""
    from rich.table import Table

    from newsml.benchmark.run import benchmark as carry_out
    from newsml.benchmark.run import table
    from newsml.config.benchmark import BenchmarkConfig
    from newsml.config.load import load
    from newsml.models.quiet import quiet

    plan = load(config, BenchmarkConfig, overrides=changes or ())
    with quiet():
        laps = carry_out(plan, lambda line: screen().print(line, markup=False, highlight=False, soft_wrap=True))
    head, *rows = table(laps)
    shown = Table(box=None, pad_edge=False)
    for name in head:
        shown.add_column(name, overflow="fold")
    for row in rows:
        shown.add_row(*row)
    output().print(shown, "")
    for end in ("md", "json"):
        output().print(f"{plan.output}/benchmark.{end}", markup=False, soft_wrap=True)
