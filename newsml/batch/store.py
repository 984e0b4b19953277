"""The output folder of a corpus run: what is in it, what is done, and that two runs never mix in it.

Owns its layout and the order in which things are written, so that a kill at any moment leaves whole shards only. Knows
nothing of models.

====================  ================================================================================
``run.json``          the settings, the models and their revisions: written first, never changed
``TASK/000000.…``     results of a shard, a file for each task
``_shards/000000.json``  its record, written after its results: the shard is done if and only if it is there
``rejected.jsonl``    every row without an answer, written when all shards are done
``done.json``         totals, written last
====================  ================================================================================
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from newsml.batch.job import Job, TaskName, key_of
from newsml.batch.rows import Rejection, Shard
from newsml.errors import ConfigError, WriteError
from newsml.io.plain import RESULTS
from newsml.io.write import PART, replacing, write_results
from newsml.results import Result

RUN, DONE, REJECTED, RECORDS, LOCK = "run.json", "done.json", "rejected.jsonl", "_shards", ".lock"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What models said of a shard.

    Attributes:
        results: Results of each task, in the order of the rows (and of the claims and targets).
        rejected: The rows without an answer.
    """

    results: Mapping[TaskName, Sequence[Result]]
    rejected: Sequence[Rejection]


@dataclass(frozen=True, slots=True)
class Totals:
    """What a whole run came to.

    Attributes:
        rows: Rows of the input.
        shards: How many shards they make.
        results: Number of results of each task.
        rejected: Number of rejections, by reason.
    """

    rows: int
    shards: int
    results: Mapping[str, int]
    rejected: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Store:
    """The output folder.

    Attributes:
        folder: Where it is; for several machines a folder that all of them see.
        job: What the run does.
        key: Digest of settings, models and newsml's version: what the answers follow from beside the articles.
    """

    folder: Path
    job: Job
    key: str

    def record(self, number: int) -> dict[str, Any] | None:
        """The record of a shard that is done, None where it is not; a record without its files counts for nothing."""
        try:
            found: dict[str, Any] = json.loads(self._record_path(number).read_bytes())
            whole = all((self.folder / name).stat().st_size == size for name, size in found["files"].items())
        except (OSError, ValueError, KeyError):
            return None
        return found if whole else None

    def known(self) -> dict[int, int]:
        """Number of rows of each shard that is done, by its number."""
        numbers = sorted(int(path.stem) for path in (self.folder / RECORDS).glob("[0-9]*.json"))
        found = ((number, self.record(number)) for number in numbers)
        return {number: record["rows"] for number, record in found if record is not None}

    def missing(self, shards: Sequence[Shard]) -> list[Shard]:
        """The shards that are not done.

        Raises:
            ConfigError: The input is not the one that the others were made of, nor that one with rows added at its end.
        """
        if beyond := [number for number in self.known() if number >= len(shards)]:
            raise ConfigError(
                f"{self.folder} holds shard {beyond[-1]}, but the input has only {len(shards)} shards of "
                f"{self.job.shard_rows:,} rows: rows are missing, or it is another input; {_ELSEWHERE}"
            )
        left = []
        for shard in shards:
            found = self.record(shard.number)
            if found is not None and found["key"] == shard.key:
                continue
            if found is not None and found["key"] != shard.earlier_key:
                first = shard.number * self.job.shard_rows
                raise ConfigError(
                    f"{self.folder}: rows {first:,} to {first + found['rows'] - 1:,} of the input are not those that "
                    f"shard {shard.number} was made of: the input has changed, or is another one; {_ELSEWHERE}"
                )
            left.append(shard)
        return left

    def commit(self, shard: Shard, outcome: Outcome) -> None:
        """Write what was said of a shard: results first, then the record that makes them count.

        Raises:
            WriteError: The folder cannot be written.
        """
        for path in (self.folder / DONE, self._record_path(shard.number)):
            path.unlink(missing_ok=True)
        sizes = {}
        for task, results in outcome.results.items():
            name = f"{task}/{shard.number:06}.{self.job.format}"
            write_results(self.folder / name, results, RESULTS[task])
            sizes[name] = (self.folder / name).stat().st_size
        record = {
            "shard": shard.number,
            "rows": shard.rows,
            "key": shard.key,
            "results": {task: len(results) for task, results in outcome.results.items()},
            "files": sizes,
            "rejected": [asdict(rejection) for rejection in outcome.rejected],
        }
        _write_json(self._record_path(shard.number), record)

    def finish(self, shards: Sequence[Shard]) -> Totals:
        """Write the list of rejected rows and the totals, once every shard is done."""
        results: Counter[str] = Counter(dict.fromkeys(self.job.tasks, 0))
        reasons: Counter[str] = Counter()
        with replacing(self.folder / REJECTED) as part, part.open("wb") as file:
            for shard in shards:
                found = self.record(shard.number)
                if found is None:
                    raise WriteError(f"{self.folder}: shard {shard.number} is gone; run the same command again")
                results.update(found["results"])
                for rejection in found["rejected"]:
                    reasons[rejection["reason"]] += 1
                    file.write(json.dumps(rejection).encode("ascii") + b"\n")
        totals = Totals(sum(shard.rows for shard in shards), len(shards), dict(results), dict(sorted(reasons.items())))
        _write_json(self.folder / DONE, asdict(totals))
        return totals

    def _record_path(self, number: int) -> Path:
        return self.folder / RECORDS / f"{number:06}.json"


@contextmanager
def opened(folder: Path, job: Job, made_by: Mapping[str, Any]) -> Iterator[Store]:
    """Open an output folder for one run, new or begun, and keep others out of it.

    Args:
        folder: Made where it does not exist.
        job: What the run does.
        made_by: Models with their revisions, and versions, as plain values.

    Raises:
        ConfigError: It holds a run with other settings or models, or other files; or another process is writing to it.
        WriteError: It cannot be written.
    """
    run = {"settings": job.settings(), **made_by}
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        _refuse_other_files(folder)
        for name in (*job.tasks, RECORDS):
            (folder / name).mkdir(parents=True, exist_ok=True)
        lock.acquire()
        _begin(folder, run)
    except Timeout as error:
        raise ConfigError(f"{folder}: another run is writing to it; wait for it, or choose another folder") from error
    except OSError as error:
        lock.release()
        if isinstance(error, WriteError):
            raise
        raise WriteError(f"{folder}: cannot be written ({error.strerror or error})") from error
    except ConfigError:
        lock.release()
        raise
    try:
        yield Store(folder, job, key_of(run))
    finally:
        lock.release()


def _begin(folder: Path, run: Mapping[str, Any]) -> None:
    """Take up a run where it was killed, or start one."""
    for part in (*folder.glob(f".*{PART}"), *folder.glob(f"*/.*{PART}")):
        part.unlink()
    if not (folder / RUN).exists():
        _write_json(folder / RUN, run)
        return
    try:
        before = json.loads((folder / RUN).read_bytes())
    except ValueError as error:
        raise ConfigError(f"{folder / RUN} is damaged ({error}); {_ELSEWHERE}") from error
    if differences := list(_differences(before, dict(run))):
        raise ConfigError(f"{folder} holds a run with other settings ({'; '.join(differences)}); {_ELSEWHERE}")


def _refuse_other_files(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file, expected a folder to write results to")
    if folder.is_dir() and not (folder / RUN).exists():
        # A run killed in its first moment leaves empty folders.
        others = [path.name for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
        others = [name for name in others if name not in (*RESULTS, RECORDS) or any((folder / name).iterdir())]
        if others:
            raise ConfigError(
                f"{folder} holds {others[0]!r} and is not the output of newsml predict; name an empty folder"
            )


_ELSEWHERE = "choose another output folder, or remove this one to start anew"


def _differences(before: Any, now: Any, at: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for name in dict.fromkeys((*before, *now)):
            # The settings are all of a run that its user chose; their names need no more.
            inner = name if at in ("", "settings") else f"{at}.{name}"
            yield from _differences(before.get(name), now.get(name), inner)
    elif before != now:
        there, asked = (json.dumps(value, ensure_ascii=False) for value in (before, now))
        yield f"{at}: {there:.200} there, {asked:.200} now"


def _write_json(path: Path, plain: Mapping[str, Any]) -> None:
    with replacing(path) as part:
        part.write_text(json.dumps(plain, indent=1) + "\n", encoding="ascii")
