"""Topics with any number of labels a row: taught, judged, saved and used as such."""

from __future__ import annotations

import json
from typing import Any

import pytest

from newsml.article import Article
from newsml.errors import DataError, TrainingError
from newsml.models.card import read_card
from newsml.tasks.topics import TopicClassifier
from newsml.training.data import read_split
from newsml.training.finetune import finetune

PARTS = {"sport": "The team won the cup.", "weather": "Rain and snow fell.", "war": "Troops crossed the border."}
TABLE = {"path": "rows.jsonl", "columns": {"text": "text", "label": "labels"}, "dev": 0.25}


@pytest.fixture
def mixed(put: Any) -> list[dict[str, Any]]:
    """Rows with one, two or no labels, as the sentences in them say."""
    sets = [("sport",), ("weather",), ("war",), ("sport", "weather"), ("weather", "war"), ()]
    rows = [
        {"text": " ".join([f"Day {n}.", *(PARTS[label] for label in sets[n % 6])]), "labels": list(sets[n % 6])}
        for n in range(36)
    ]
    put(rows)
    return rows


@pytest.mark.parametrize("method", ["lora", "full", "head", "few-shot"])
def test_rows_with_several_labels_are_taught_and_found(recipe: Any, mixed: list[dict[str, Any]], method: str) -> None:
    training = {"max_steps": 60, "learning_rate": 0.002 if method == "full" else 0.01, "save_steps": 60}
    outcome = finetune(recipe(method=method, multi_label=True, train=[TABLE], training=training))
    assert outcome.labels == ("sport", "war", "weather")
    measured = outcome.figures["all: model"]
    assert measured.rows == len(mixed) // 4
    assert [figure.name for figure in measured.figures[:2]] == ["macro-F1", "micro-F1"]
    assert {"all: tfidf", "all: majority", "rows.jsonl: model"} <= outcome.figures.keys()
    assert measured.values["micro-F1"] > outcome.figures["all: majority"].values["micro-F1"]
    card = read_card(outcome.folder)
    assert card.multi_label
    assert card.calibration is not None
    assert any(figure.metric == "Hamming loss" for figure in card.figures)
    classifier = TopicClassifier.from_pretrained(outcome.folder)
    both = classifier.predict(Article("Day 40. The team won the cup. Rain and snow fell."))
    assert {topic.name for topic in both.labels} == {"sport", "weather"}
    assert sum(both.scores.values()) > 1.2
    if method != "head":  # On random weights a linear head does not tell an empty day from a snowy one.
        assert classifier.predict(Article("Day 41.")).labels == ()


def test_labels_stand_in_one_cell_with_a_separator(recipe: Any, put: Any) -> None:
    put([{"text": "Rain.", "labels": "war; weather"}, {"text": "Snow.", "labels": "weather"}])
    table = {**TABLE, "dev": 0.0, "separator": ";"}
    assert [row.labels for row in read_split(recipe(multi_label=True, train=[table])).train] == [
        ("war", "weather"),
        ("weather",),
    ]
    with pytest.raises(DataError, match="has the labels war, weather, expected one; multi_label: true allows several"):
        read_split(recipe(train=[table]))


def test_early_stopping_judges_several_labels_too(recipe: Any, mixed: list[dict[str, Any]]) -> None:
    assert mixed
    outcome = finetune(recipe(multi_label=True, train=[TABLE], training={"patience": 1, "max_steps": 6}))
    log = [json.loads(line) for line in (outcome.folder / "training.jsonl").read_text().splitlines()]
    assert any("eval_metric" in entry for entry in log)


def test_folds_judge_every_row_of_several_labels_once(recipe: Any, mixed: list[dict[str, Any]]) -> None:
    said: list[str] = []
    outcome = finetune(recipe(method="head", multi_label=True, folds=3, train=[TABLE]), say=said.append)
    assert {measured.rows for measured in outcome.figures.values()} == {len(mixed)}
    assert [line for line in said if line.startswith("fold")] == [
        f"fold {number} of 3: 24 rows to train on, 12 held out" for number in (1, 2, 3)
    ]
    assert outcome.figures["all: model"].values["micro-F1"] > outcome.figures["all: majority"].values["micro-F1"]


def test_a_head_of_several_labels_needs_rows_with_and_without_each(recipe: Any, put: Any) -> None:
    put([{"text": f"Rain {n}.", "labels": ["weather", "war"][: 1 + n % 2]} for n in range(6)])
    with pytest.raises(TrainingError, match="every row to train on has the label 'weather'"):
        finetune(recipe(method="head", multi_label=True, train=[{**TABLE, "dev": 0.0}]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training": {"class_weights": "root"}}, "class_weights: does not go"),
        ({"training": {"label_smoothing": 0.1}}, "label_smoothing: does not go"),
    ],
)
def test_what_does_not_go_with_several_labels(recipe: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recipe(multi_label=True, **changes)
