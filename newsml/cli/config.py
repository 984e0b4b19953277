"""``newsml config check FILE…``: says everything that is wrong with a configuration, with paths.

Owns the command and what it prints. Knows nothing of schemas.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def config() -> None:
    """Configuration files."""


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="YAML configurations.", show_default=False)],
) -> None:
    """Say all that is wrong with configuration files; exit with 1 if any has a fault."""
    from newsml.config.load import check as faults_of

    faulty = False
    for file in files:
        faults = faults_of(file)
        faulty = faulty or bool(faults)
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}" if faults else "ok"
        typer.echo("\n  ".join([f"{file}: {count}", *faults]))
    raise typer.Exit(code=int(faulty))
