"""The small corpus as a file, and jobs for the tiny models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newsml.batch.job import Job
from tests.unit.batch.corpora import ROWS, write_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus.jsonl", ROWS)


@pytest.fixture
def job(models: Path) -> Callable[..., Job]:
    """Makes jobs for all three tasks with tiny models; options replace settings."""

    def make(**options: Any) -> Job:
        settings: dict[str, Any] = {
            "tasks": ("topics", "stance", "summary"),
            "claims": ("Rain fell in Oslo.",),
            "targets": ("Russia",),
            "topics_model": str(models / "learned"),
            "stance_model": str(models / "stance"),
            "summary_model": str(models / "scorer"),
            "shard_rows": 5,
        }
        return Job(**settings | options)

    return make
