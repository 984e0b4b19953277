"""Jobs: what makes no sense is refused, and equal jobs have equal keys."""

from __future__ import annotations

from typing import Any

import pytest

from newsml.batch.job import Job, key_of
from newsml.errors import ConfigError


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tasks": ()}, "no task given"),
        ({"tasks": "topics"}, "expected a list of texts"),
        ({"tasks": ("topcs",)}, "'topcs' is unknown.*did you mean 'topics'"),
        ({"tasks": ("stance",)}, "stance toward what"),
        ({"tasks": ("stance",), "claims": ("",)}, "none of them empty"),
        ({"tasks": ("stance",), "claims": ("a b", "a  b")}, "given twice"),
        ({"tasks": ("stance",), "targets": "NATO"}, "expected a list of texts"),
        ({"tasks": ("topics",), "claims": ("a",)}, "claims is given, but stance is not among the tasks"),
        ({"tasks": ("summary",), "labels": ("a",)}, "labels is given, but topics is not"),
        ({"tasks": ("topics",), "words": 50}, "words is given, but summary is not"),
        ({"tasks": ("summary",), "words": 50, "sentences": 2}, "give one length"),
        ({"tasks": ("summary",), "format": "csv"}, "'csv' is unknown"),
        ({"tasks": ("summary",), "shard_rows": 0}, "expected 1 or more"),
    ],
)
def test_jobs_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Job(**settings)


def test_a_job_is_what_it_says_not_how_it_was_said() -> None:
    one = Job(tasks=["summary", "topics", "topics"], labels=["a"])
    other = Job(tasks=("topics", "summary"), labels=("a",))
    assert one == other
    assert key_of(one.settings()) == key_of(other.settings())
    assert key_of(one.settings()) != key_of(Job(tasks=("topics", "summary"), labels=("b",)).settings())
    assert Job(**one.settings()) == one
