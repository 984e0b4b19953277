"""A corpus run: plan the shards, do those that are missing, finish.

Owns the order of these steps and the engine that works on this machine, one shard after the other. Knows nothing of
screens.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from newsml.batch.job import Job
from newsml.batch.models import Models, made_by
from newsml.batch.rows import Ids, Row, Shard, in_shards, key, plan
from newsml.batch.store import Store, Totals, opened
from newsml.errors import ReadError
from newsml.io.corpus import Entry, entries

PathLike = str | os.PathLike[str]


class Watch(Protocol):
    """Is told how a run gets on."""

    def counted(self, rows: int) -> None:
        """So many more rows of the input were counted."""

    def planned(self, rows: int, done: int) -> None:
        """The input has so many rows, of which an earlier run has done so many."""

    def advance(self, rows: int) -> None:
        """So many more rows are answered or rejected."""


class Silence:
    """A watch that says nothing."""

    def counted(self, rows: int) -> None:
        """Say nothing."""

    def planned(self, rows: int, done: int) -> None:
        """Say nothing."""

    def advance(self, rows: int) -> None:
        """Say nothing."""


Work = Iterable[tuple[Shard, list[Row]]]
"""The shards to be done, with their rows, read when they are asked for."""

Engine = Callable[[Store, Work, Watch], None]
"""Does every shard: asks the models and commits what they say to the store, in any order, anywhere."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a run reads.

    Attributes:
        paths: Files, folders or patterns, as ``newsml.read_corpus`` takes them.
        columns: Our field name to their column name.
        encoding: Encoding of text, JSON and CSV files.
        language: BCP 47 code of all articles.
    """

    paths: Sequence[PathLike]
    columns: Mapping[str, str] | None = None
    encoding: str = "utf-8"
    language: str | None = None

    def entries(self) -> Iterator[Entry]:
        """Every row; the same ones in the same order each time."""
        return entries(self.paths, columns=self.columns, encoding=self.encoding, language=self.language)


def on_this_machine(store: Store, work: Work, watch: Watch) -> None:
    """The engine that works here: one copy of the models, one shard after the other."""
    models: Models | None = None
    for shard, rows in work:
        models = models or Models(store.job)
        store.commit(shard, models.answer(rows, watch.advance))


def predict(
    job: Job, corpus: Corpus, output: PathLike, *, engine: Engine = on_this_machine, watch: Watch | None = None
) -> Totals:
    """Answer a job for every article of a corpus, in an output folder that a killed run goes on in.

    The input is read twice: once to count it, find duplicates and compare it with what is done, once to do the rest.
    An article whose id was met before is not answered again: the first stands.

    Args:
        job: What to do.
        corpus: What to read.
        output: Folder of the results: new, empty, or that of an earlier run of the same job.
        engine: What does the shards.
        watch: Is told how the run gets on.

    Returns:
        The totals, which are also in ``done.json``.

    Raises:
        FileMissingError: An input does not exist.
        ReadError: An input that cannot be read, changed while it was, or holds the output.
        ConfigError: The output holds another run, or the input is not the one that its shards were made of.
        ModelError: A model is unknown or cannot do its task.
        WriteError: The output cannot be written.
    """
    watch = watch or Silence()
    folder = Path(output)
    corpus.entries()  # Misspelt columns and missing files are said before anything is made or fetched.
    _refuse_inside(folder, corpus.paths)
    with opened(folder, job, made_by(job)) as store, closing(Ids()) as ids:
        read = in_shards(corpus.entries(), ids, job.shard_rows)
        shards = plan(read, store.key, store.known(), watch.counted)
        missing = store.missing(shards)
        total = sum(shard.rows for shard in shards)
        watch.planned(total, total - sum(shard.rows for shard in missing))
        if missing:
            engine(store, _work(missing, in_shards(corpus.entries(), ids, job.shard_rows), store.key), watch)
        return store.finish(shards)


def _work(missing: Sequence[Shard], read: Iterator[list[Row]], settings_key: str) -> Iterator[tuple[Shard, list[Row]]]:
    wanted = {shard.number: shard for shard in missing}
    for number, rows in enumerate(read):
        shard = wanted.pop(number, None)
        if shard is None:
            continue
        if key(rows, settings_key) != shard.key:
            raise ReadError(f"{rows[0].where}: the input changed while it was read; run the same command again")
        yield shard, rows
        if not wanted:
            return
    raise ReadError("the input became shorter while it was read; run the same command again")


def _refuse_inside(output: Path, paths: Sequence[PathLike]) -> None:
    """Results below an input folder would be read as articles the next time."""
    for path in paths:
        folder = Path(path)
        if folder.is_dir() and output.resolve().is_relative_to(folder.resolve()):
            raise ReadError(f"{output} lies in the input folder {folder}; choose an output outside of it")
