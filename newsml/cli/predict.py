"""``newsml predict``: topics, stance and summaries of a corpus of any size, in a folder that a killed run goes on in.

Owns the options, the progress on the screen and the last lines. Knows nothing of how a run is carried out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsml.cli.screen import Backend, backend_said
from newsml.cli.screen import output as standard_output
from newsml.errors import ConfigError
from newsml.models.progress import screen

if TYPE_CHECKING:
    from newsml.batch.run import Engine, Watch
    from newsml.batch.store import Totals

EPILOG = (
    "Exit codes: 0 done, whatever rows were rejected (rejected.jsonl says which and why); 1 an error, or every row was "
    "rejected; 2 wrong usage; 130 interrupted. Run the same command again to go on after an error, a kill or a power "
    "cut: what is done is kept."
)

Tasks = Annotated[
    list[str],
    typer.Option("--task", metavar="TASK", help="topics, stance or summary; repeat for more.", show_default=False),
]
Inputs = Annotated[
    list[str],
    typer.Option(
        "--input",
        metavar="PATH",
        help="Articles: .jsonl .csv .tsv .parquet .json or text, also .gz and .zst; a folder, or a quoted pattern such "
        "as 'news/**/*.jsonl.gz'; repeat for more.",
        show_default=False,
    ),
]
Output = Annotated[Path, typer.Option("--output", metavar="FOLDER", help="Where results go.", show_default=False)]
Several = list[str] | None
Columns = Annotated[
    Several, typer.Option(metavar="FIELD=NAME", help="Read text, title or id from this column; repeat for more.")
]


def predict(
    task: Tasks,
    input_: Inputs,
    output: Output,
    claim: Annotated[Several, typer.Option(metavar="TEXT", help="Stance toward this claim; repeat for more.")] = None,
    target: Annotated[Several, typer.Option(metavar="NAME", help="Stance toward this target; repeat for more.")] = None,
    label: Annotated[Several, typer.Option(metavar="NAME", help="Topics among labels of your own; repeat.")] = None,
    multi_label: Annotated[bool, typer.Option("--multi-label", help="Several topics an article.")] = False,
    threshold: Annotated[
        float | None, typer.Option(metavar="SCORE", min=0, max=1, help="Least score of an assigned topic.")
    ] = None,
    sentences: Annotated[int | None, typer.Option(min=1, metavar="N", help="Sentences of a summary.")] = None,
    words: Annotated[int | None, typer.Option(min=1, metavar="N", help="Or its words.")] = None,
    topics: Annotated[str, typer.Option(metavar="MODEL", help="Topics model: card, folder or hub id.")] = "default",
    stance: Annotated[str, typer.Option(metavar="MODEL", help="Stance model, likewise.")] = "default",
    summary: Annotated[str, typer.Option(metavar="MODEL", help="extractive, abstractive, or likewise.")] = "extractive",
    column: Columns = None,
    encoding: Annotated[str, typer.Option(metavar="NAME", help="Encoding of text, JSON and CSV files.")] = "utf-8",
    language: Annotated[str | None, typer.Option(metavar="CODE", help="Language of all articles.")] = None,
    format_: Annotated[str, typer.Option("--format", metavar="NAME", help="parquet or jsonl.")] = "parquet",
    backend: Backend = "torch",
    shard_rows: Annotated[int, typer.Option(min=1, metavar="N", help="Rows of a shard: a kill loses one.")] = 1000,
    engine: Annotated[str, typer.Option(metavar="NAME", help="local, or ray (extra: ray).")] = "local",
    actors: Annotated[int, typer.Option(min=1, metavar="N", help="ray: copies of the models.")] = 1,
    cpus: Annotated[float, typer.Option(min=0, metavar="N", help="ray: processors of each.")] = 1,
    gpus: Annotated[float, typer.Option(min=0, metavar="N", help="ray: GPUs of each, such as 0.25.")] = 0,
) -> None:
    """Topics, stance and summaries of every article of a corpus; docs/corpus.md describes the output.

    Run the same command again to go on where a run was stopped.
    """
    from newsml.batch.job import Job
    from newsml.batch.run import Corpus
    from newsml.batch.run import predict as carry_out
    from newsml.models.quiet import quiet

    job = Job(
        tasks=[name for given in task for name in given.split(",")],  # type: ignore[misc]
        claims=claim or (),
        targets=target or (),
        labels=label or (),
        multi_label=multi_label,
        threshold=threshold,
        sentences=sentences,
        words=words,
        topics_model=topics,
        stance_model=stance,
        summary_model=summary,
        backend=backend_said(backend),
        shard_rows=shard_rows,
        format=format_,  # type: ignore[arg-type]
    )
    corpus = Corpus(input_, columns=_columns(column or []), encoding=encoding, language=language)
    try:
        with quiet(), _progress() as watch:
            totals = carry_out(job, corpus, output, engine=_engine(engine, actors, cpus, gpus), watch=watch)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(f"interrupted; run the same command again to go on with {output}") from error
    _say(totals, output)
    raise typer.Exit(int(not any(totals.results.values())))


def _columns(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if wrong := [whole for whole, (_, sign, name) in zip(given, pairs, strict=True) if not (sign and name)]:
        raise ConfigError(f"--column {wrong[0]!r}: expected FIELD=NAME, such as text=body")
    return {field: name for field, _, name in pairs}


def _engine(name: str, actors: int, cpus: float, gpus: float) -> Engine:
    from newsml.batch.run import on_this_machine

    if name == "local":
        if (actors, cpus, gpus) != (1, 1, 0):
            raise ConfigError("--actors, --cpus and --gpus go with --engine ray; the local engine is one process")
        return on_this_machine
    if name == "ray":
        from newsml.batch.on_ray import RayEngine

        return RayEngine(actors=actors, cpus=cpus, gpus=gpus)
    raise ConfigError(f"engine {name!r} is unknown; expected local or ray")


@contextmanager
def _progress() -> Iterator[Watch]:
    """A bar with rate and time left on a terminal; elsewhere a line now and then."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(f"{task.speed:.1f} rows/s" if task.speed else "")

    console = screen()
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, speed_estimate_period=300) as bar:
        yield _Bar(bar)


class _Bar:
    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._task = bar.add_task("counting", total=None)

    def counted(self, rows: int) -> None:
        """Move the bar of rows counted."""
        self._bar.advance(self._task, rows)

    def planned(self, rows: int, done: int) -> None:
        """Begin a bar over the rows."""
        self._bar.remove_task(self._task)
        self._task = self._bar.add_task("articles", total=rows, completed=done)

    def advance(self, rows: int) -> None:
        """Move it."""
        self._bar.advance(self._task, rows)


class _Lines:
    SECONDS = 60.0
    """Between two lines."""

    def __init__(self, console: Any) -> None:
        self._console = console

    def counted(self, rows: int) -> None:
        """Say nothing: counting is quick."""

    def planned(self, rows: int, done: int) -> None:
        """Say how many rows there are, and how many are done."""
        from time import monotonic

        self._clock = monotonic
        self._rows, self._before, self._done, self._start = rows, done, done, monotonic()
        self._said = self._start
        self._print(f"{rows:,} rows, {done:,} done before")

    def advance(self, rows: int) -> None:
        """Say how far the run is, where the last line was a while ago."""
        self._done += rows
        now = self._clock()
        if now - self._said < self.SECONDS:
            return
        self._said = now
        rate = (self._done - self._before) / (now - self._start)
        minutes = (self._rows - self._done) / rate / 60 if rate else 0
        self._print(f"{self._done:,} of {self._rows:,} rows, {rate:.1f} rows/s, {minutes:,.0f} minutes left")

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def _say(totals: Totals, output: Path) -> None:
    console = standard_output()
    rejected = ", ".join(f"{count:,} {reason}" for reason, count in totals.rejected.items())
    lines = [f"{totals.rows:,} rows, {totals.shards:,} shards"]
    lines += [f"{output}/{task}: {count:,} results" for task, count in totals.results.items()]
    lines += [f"{output}/rejected.jsonl: {rejected or 'none'}"]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
