"""The ``newsml`` command: its subcommands, and how every one of them ends.

Owns exit codes and the form of error messages. Knows nothing of what the subcommands do.

0 is done, 1 a ``NewsmlError`` (or what a subcommand says of it), 2 a usage error, 130 interrupted, 141 the reader of
the output went away; the last two are what a shell says of SIGINT and SIGPIPE.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from newsml.cli import analyze, benchmark, config, evaluate, finetune, models, predict
from newsml.cli.screen import error_line
from newsml.errors import NewsmlError

INTERRUPTED = 130
READER_GONE = 141


class _Commands(TyperGroup):
    """Subcommands whose errors are lines on standard error."""

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand; what it raises on purpose becomes a line and an exit code."""
        try:
            return super().invoke(ctx)
        except NewsmlError as error:
            error_line(str(error))
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            error_line(str(error) or "interrupted")
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            raise typer.Exit(READER_GONE) from error


app = typer.Typer(cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)
app.command("analyze", epilog=analyze.EPILOG)(analyze.analyze)
app.command("predict", epilog=predict.EPILOG)(predict.predict)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(evaluate.compare)
app.command("finetune")(finetune.finetune)
app.command("benchmark")(benchmark.benchmark)
app.add_typer(models.app, name="models")
app.add_typer(config.app, name="config")


def _version(wanted: bool) -> None:
    if wanted:
        from newsml import __version__

        typer.echo(f"newsml {__version__}")
        raise typer.Exit


@app.callback()
def newsml(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """News articles in; stance, summaries and topics out, each with the sentences that carry it."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that the terminal's encoding lacks is no reason to fail.
            stream.reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")
    try:
        app(prog_name="newsml")
    finally:
        _flush()


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more on its way out, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
