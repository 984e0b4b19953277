"""The labelled sample articles: what the sample evaluations rest on is whole and says what it claims to."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from newsml.results import CLAIM_LABELS, TARGET_LABELS
from newsml.tasks.taxonomy import iptc

SEEDS = Path(__file__).parents[2] / "seeds"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (SEEDS / "labelled.jsonl").read_text(encoding="utf-8").splitlines()
]


def test_every_topic_has_three_articles() -> None:
    assert len(ROWS) >= 40
    assert Counter(row["topic"] for row in ROWS) == dict.fromkeys((c.name for c in iptc().top()), 3)
    assert len({row["id"] for row in ROWS}) == len({row["text"] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_labels_stand_on_the_text(row: dict[str, Any]) -> None:
    assert 100 <= len(row["text"].split()) <= 300
    assert sorted(claim["label"] for claim in row["claims"]) == sorted(set(CLAIM_LABELS) - {"unrelated"})
    assert len({target["target"] for target in row["targets"]}) == 2
    assert {target["label"] for target in row["targets"]} <= set(TARGET_LABELS)
    assert all(target["target"] in row["text"] for target in row["targets"])
    quoted = [fragment for entry in (*row["claims"], *row["targets"]) for fragment in entry["evidence"]]
    assert [fragment for fragment in quoted if fragment not in row["text"]] == []
    assert 2 <= len(row["summary"]) <= 4
    assert row["headline"] not in ("", row["title"])


def test_stances_toward_targets_are_about_equally_common() -> None:
    counts = Counter(target["label"] for row in ROWS for target in row["targets"])
    assert min(counts.values()) > len(ROWS) / 2
