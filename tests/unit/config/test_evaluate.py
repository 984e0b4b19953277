"""What an evaluation's configuration may say, and what it is told when it says something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from newsml.config.evaluate import EvaluateConfig
from newsml.config.load import check, load

TABLE = {"path": "rows.jsonl", "columns": {"text": "text", "label": "label"}}


def body(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "evaluate",
        "name": "e",
        "task": "topics",
        "output": "out",
        "data": [{"name": "d", "test": [TABLE]}],
        "baselines": ["majority"],
        **changes,
    }


def faults(folder: Path, **changes: Any) -> str:
    path = folder / "e.yaml"
    path.write_text(yaml.safe_dump(body(**changes)), encoding="utf-8")
    return "\n".join(check(path))


def test_a_small_evaluation_has_sound_defaults(tmp_path: Path) -> None:
    assert faults(tmp_path) == ""
    config = load(tmp_path / "e.yaml", EvaluateConfig)
    assert (config.bootstrap.samples, config.bootstrap.level, config.html) == (1000, 0.95, True)
    assert config.data[0].test[0].name == "rows.jsonl"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"baselines": []}, "nothing to evaluate"),
        ({"baselines": ["lead-3"]}, "'lead-3' does not fit topics; majority, stratified, tfidf, cosine do"),
        ({"systems": [{"name": "majority"}]}, "two are named 'majority'"),
        ({"systems": [{"name": "a"}, {"name": "a"}]}, "two are named 'a'"),
        ({"systems": [{"name": "a", "sentences": 2}]}, "systems[0].sentences: goes with summaries, not topics"),
        ({"systems": [{"name": "a/b"}]}, "systems[0].name"),
        ({"data": []}, "data"),
        ({"data": [{"name": "d", "test": [TABLE]}] * 2}, "two are named 'd'; each data set needs a name"),
        ({"data": [{"name": "d", "test": []}]}, "data[0].test"),
        ({"data": [{"name": "d", "test": [{**TABLE, "unrelated": 1}]}]}, "unrelated: goes with claim stance"),
        ({"data": [{"name": "d", "test": [{**TABLE, "dataset": "a/b"}]}]}, "give one of the two"),
        ({"data": [{"name": "d", "test": [{**TABLE, "split": "test"}]}]}, "split: a file has none"),
        (
            {"data": [{"name": "d", "test": [{"dataset": "a/b", "columns": TABLE["columns"]}]}]},
            "say which split of a/b to take",
        ),
        ({"data": [{"name": "d", "test": [{**TABLE, "columns": {"text": "t"}}]}]}, "label not mapped"),
        (
            {"data": [{"name": "d", "test": [{**TABLE, "columns": {**TABLE["columns"], "titel": "t"}}]}]},  # type: ignore[dict-item]
            "did you mean 'title'",
        ),
        ({"data": [{"name": "d", "test": [TABLE], "labels": ["a"], "wording": {"b": "bee"}}]}, "'b' is none of a"),
        ({"data": [{"name": "d", "test": [TABLE], "held_out": 0}]}, "held_out"),
        ({"nli": "some/model"}, "nli: goes with summaries, not topics"),
        ({"systems": [{"name": "a", "template": "About {}."}]}, "template: goes with zero_shot"),
        ({"data": [{"name": "d", "test": [TABLE], "labels": ["a", "a"]}]}, "'a' stands there twice"),
        (
            {"data": [{"name": "d", "test": [TABLE], "labels": ["a", "b"], "wording": {"a": "b"}}]},
            "two labels are worded 'b'",
        ),
        ({"systems": [{"name": "a--b"}]}, "systems[0].name"),
        ({"data": [{"name": "d", "test": [{**TABLE, "limit": -1}]}]}, "limit"),
        ({"bootstrap": {"samples": -1}}, "bootstrap.samples"),
        ({"task": "claim-stance", "multi_label": True}, "claim not mapped"),
        ({"baseline": ["majority"]}, "did you mean 'baselines'"),
        ({"evidence_rows": -1}, "evidence_rows"),
        ({"evidence_rows": 5}, "evidence_rows: needs a system; baselines give no evidence"),
    ],
)
def test_faults_are_found_before_anything_runs(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    assert message in faults(tmp_path, **changes)


def test_only_topics_have_several_labels_and_zero_shot(tmp_path: Path) -> None:
    columns = {"text": "text", "claim": "claim", "label": "label"}
    data = [{"name": "d", "test": [{"path": "rows.jsonl", "columns": columns}]}]
    assert "multi_label: goes with topics" in faults(tmp_path, task="claim-stance", data=data, multi_label=True)
    system = [{"name": "a", "zero_shot": True}]
    assert "zero_shot: goes with topics" in faults(tmp_path, task="claim-stance", data=data, systems=system)
    both = [{"name": "a", "sentences": 2, "words": 9}]
    columns = {"text": "text", "summary": "summary"}
    data = [{"name": "d", "test": [{"path": "rows.jsonl", "columns": columns}]}]
    found = faults(tmp_path, task="summary", data=data, systems=both, baselines=["lead-3"])
    assert "sentences and words are given; keep one" in found
    one = [{"name": "a"}]
    found = faults(tmp_path, task="summary", data=data, systems=one, baselines=["lead-3"], evidence_rows=5)
    assert "evidence_rows: goes with topics and stance; of an extractive summary the evidence is the summary" in found
