"""The engine that works on a Ray cluster: the same shards, the same files, one copy of the models in each actor.

Owns how shards get to the actors: as files in the output folder, which every machine of the cluster must see. Knows
nothing of what a shard is asked.
"""

from __future__ import annotations

import io
import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsml.batch.job import Job
from newsml.batch.models import Models
from newsml.batch.rows import Row, Shard
from newsml.batch.store import Store
from newsml.errors import ConfigError, MissingDependencyError, ModelError, NewsmlError
from newsml.io.compressed import open_bytes

if TYPE_CHECKING:
    import numpy as np

    from newsml.batch.run import Watch, Work

WORK = "_work"
"""Folder in the output that holds the rows of the shards still to do; gone when the run ends."""


@dataclass(frozen=True, slots=True)
class RayEngine:
    """Does shards through Ray Data: ``map_batches`` with an actor class.

    A running cluster is used where ``RAY_ADDRESS`` or ``ray.init`` names one, else one is started on this machine.

    Attributes:
        actors: Copies of the models; each does one shard at a time.
        cpus: Processors of each.
        gpus: GPUs of each; a fraction such as 0.25 lets four share one.

    Raises:
        ConfigError: A number that makes no sense.
        MissingDependencyError: Ray is not installed.
    """

    actors: int = 1
    cpus: float = 1
    gpus: float = 0

    def __post_init__(self) -> None:
        if self.actors < 1 or self.cpus < 0 or self.gpus < 0:
            raise ConfigError(
                f"got {self.actors} actors of {self.cpus} processors and {self.gpus} GPUs; expected 1 actor or more, "
                "of 0 or more of each"
            )
        if self.gpus > 1 and self.gpus != int(self.gpus):
            raise ConfigError(f"gpus: got {self.gpus}, expected a fraction of one or a whole number")
        _ray()

    def __call__(self, store: Store, work: Work, watch: Watch) -> None:
        """Do every shard.

        Raises:
            ModelError: What newsml raised in an actor.
        """
        ray = _ray()
        folder = store.folder.resolve()
        # Settings travel with the shards: arguments of an actor are lost with the process that holds them.
        told = {"folder": str(folder), "job": json.dumps(store.job.settings()), "settings_key": store.key}
        with _spooled(folder / WORK, work) as shards, _session(ray):
            items = ray.data.from_items([shard | told for shard in shards], override_num_blocks=len(shards))
            done = items.map_batches(
                Actor,
                batch_size=1,
                compute=ray.data.ActorPoolStrategy(size=self.actors),
                num_cpus=self.cpus,
                num_gpus=self.gpus,
            )
            for batch in done.iter_batches(batch_size=1, prefetch_batches=0):
                if fault := str(batch["fault"][0]):
                    raise ModelError(fault)
                watch.advance(int(batch["rows"][0]))


class Actor:
    """Does one shard after the other with its own copy of the models."""

    def __init__(self) -> None:
        self._models: Models | None = None

    def __call__(self, batch: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray | list[str]]:
        """Do the one shard of a batch, unless it was done when Ray lost an actor and asks again."""
        ((number, rows, key, folder, settings, settings_key),) = zip(*(batch[name] for name in _TOLD), strict=True)
        shard = Shard(int(number), int(rows), str(key))
        store = Store(Path(folder), Job(**json.loads(settings)), str(settings_key))
        found = store.record(shard.number)
        if found is None or found["key"] != shard.key:
            path = _path(store.folder / WORK, shard.number)
            try:
                self._models = self._models or Models(store.job)
                store.commit(shard, self._models.answer(list(_read(path)), _ignore))
            except NewsmlError as error:  # Ray would wrap it in a traceback of its own and lose what it was.
                return {"rows": batch["rows"], "fault": [str(error)]}
            path.unlink(missing_ok=True)
        return {"rows": batch["rows"], "fault": [""]}


_TOLD = ("number", "rows", "key", "folder", "job", "settings_key")


@contextmanager
def _spooled(folder: Path, work: Work) -> Iterator[list[dict[str, Any]]]:
    """The shards, their rows laid down where the actors find them."""
    import pyarrow

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shards = []
    try:
        for shard, rows in work:
            with pyarrow.CompressedOutputStream(str(_path(folder, shard.number)), "zstd") as file:
                for row in rows:
                    file.write(json.dumps(row.to_dict()).encode("ascii") + b"\n")
            shards.append({"number": shard.number, "rows": shard.rows, "key": shard.key})
        yield shards
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read(path: Path) -> Iterator[Row]:
    with io.TextIOWrapper(open_bytes(str(path)), "ascii") as lines:
        yield from (Row.from_dict(json.loads(line)) for line in lines)


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:06}.jsonl.zst"


@contextmanager
def _session(ray: Any) -> Iterator[None]:
    """A connection to Ray without its screen output: the caller's, which stays, or one of our own."""
    own = not ray.is_initialized()
    if own:
        ray.init(log_to_driver=False, include_dashboard=False, logging_level="error")
    context = ray.data.DataContext.get_current()
    bars, context.enable_progress_bars = context.enable_progress_bars, False
    log = logging.getLogger("ray.data")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
        context.enable_progress_bars = bars
        if own:
            ray.shutdown()


def _ignore(rows: int) -> None:
    del rows


def _ray() -> Any:
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingDependencyError(
            "the engine ray needs Ray, which is not installed: pip install 'newsml[ray]'"
        ) from error
    return ray
