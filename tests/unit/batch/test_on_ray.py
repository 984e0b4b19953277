"""The engine on Ray: the same files as the local one, whoever did the shards before."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from newsml.batch import models as loaded
from newsml.batch.job import Job
from newsml.batch.on_ray import RayEngine
from newsml.batch.run import Corpus, predict
from newsml.errors import ConfigError, MissingDependencyError, ModelError
from tests.unit.batch.corpora import files_of

ROOT = Path(__file__).parents[3]
Jobs = Callable[..., Job]


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'newsml\[ray\]'"):
        RayEngine()


@pytest.mark.parametrize("numbers", [{"actors": 0}, {"cpus": -1}, {"gpus": -0.5}, {"gpus": 1.5}])
def test_numbers_that_make_no_sense(numbers: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="got"):
        RayEngine(**numbers)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A cluster of two processors and, as far as Ray is told, one GPU."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'newsml[ray]'")
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", path)  # What Ray starts inherits it.
        ray.init(num_cpus=2, num_gpus=1, include_dashboard=False, log_to_driver=False, logging_level="error")
        yield
        ray.shutdown()


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As an actor of one processor has it: the last digits of sums depend on it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("cluster", "one_thread")
def test_ray_and_local_runs_write_the_same_and_go_on_with_each_other(
    job: Jobs, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = predict(job(), Corpus([corpus]), tmp_path / "local")
    real = loaded.Models.answer

    def failing(self: loaded.Models, rows: Any, advance: Any) -> Any:
        if rows[0].number == 5:
            raise ModelError("out of memory")
        return real(self, rows, advance)

    monkeypatch.setattr(loaded.Models, "answer", failing)
    with pytest.raises(ModelError, match="out of memory"):
        predict(job(), Corpus([corpus]), tmp_path / "ray")
    monkeypatch.undo()
    shares = RayEngine(actors=2, cpus=1, gpus=0.5)
    assert predict(job(), Corpus([corpus]), tmp_path / "ray", engine=shares) == whole
    assert files_of(tmp_path / "ray") == files_of(tmp_path / "local")


@pytest.mark.usefixtures("cluster")
def test_an_error_in_an_actor_is_raised_here(job: Jobs, corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^claim of \d+ tokens"):
        predict(job(claims=("word " * 400,)), Corpus([corpus]), tmp_path / "out", engine=RayEngine())
    assert not (tmp_path / "out" / "_work").exists()
