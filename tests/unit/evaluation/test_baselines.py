"""The baselines: trivial, quick, and the same on every run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from newsml.config.evaluate import EvaluateConfig
from newsml.errors import DataError
from newsml.evaluation.baselines import READ_WORDS, about, load_baseline, tfidf_model
from newsml.evaluation.data import Rows, read_data
from newsml.evaluation.systems import Answer
from tests.unit.evaluation.sets import evaluation, topics, write

WORDS = {"sport": "goal match team cup", "weather": "rain snow wind storm"}


def texts(label: str, count: int) -> list[str]:
    words = WORDS[label].split()
    return [f"{words[n % 4]} and {words[(n + n // 4) % 4]} number {n}" for n in range(count)]


def answers(name: Any, config: EvaluateConfig, rows: Rows) -> list[Answer]:
    return list(load_baseline(name, config, rows)(rows.test))


def test_tfidf_learns_words_and_repeats_itself() -> None:
    train = texts("sport", 40) + texts("weather", 40)
    labels = ["sport"] * 40 + ["weather"] * 40
    unseen = ["the team and the match", "snow in the wind", "nothing known"]
    first, second = (tfidf_model(80, seed=1).fit(train, labels).predict_proba(unseen).tolist() for _ in range(2))
    assert first == second
    assert [row[0] > 0.5 for row in first[:2]] == [True, False]
    assert len(tfidf_model(2, seed=1).fit(["goal", "rain"], ["sport", "weather"]).predict(["goal"])) == 1


def test_tfidf_is_fitted_on_train_and_reads_the_opening_only(tmp_path: Path) -> None:
    topics(tmp_path / "train.jsonl", 30)
    filler = "word " * READ_WORDS
    topics(tmp_path / "test.jsonl", 6, suffix=f" {filler} goal rain storm")
    config = evaluation(tmp_path, train=[{"path": "train.jsonl"}], baselines=["tfidf"])
    rows = read_data(config, 0)
    found = answers("tfidf", config, rows)
    assert [answer.given for answer in found] == [row.labels for row in rows.test]
    assert all(sum(answer.scores.values()) == pytest.approx(1.0) for answer in found)
    assert about("tfidf", config, rows) == "fitted on 30 train rows"


def test_tfidf_says_what_it_lacks(tmp_path: Path) -> None:
    topics(tmp_path / "test.jsonl", 6)
    config = evaluation(tmp_path, baselines=["tfidf"])
    with pytest.raises(DataError, match="tfidf learns from train rows, and d has none"):
        about("tfidf", config, read_data(config, 0))
    topics(tmp_path / "train.jsonl", 3, labels=("sport",))
    config = evaluation(tmp_path, train=[{"path": "train.jsonl"}], baselines=["tfidf"])
    with pytest.raises(DataError, match="needs two classes in train, got sport alone"):
        about("tfidf", config, read_data(config, 0))


def test_majority_and_stratified_follow_the_class_shares(tmp_path: Path) -> None:
    topics(tmp_path / "test.jsonl", 40, labels=("sport", "sport", "sport", "weather"))
    config = evaluation(tmp_path, baselines=["majority", "stratified"])
    rows = read_data(config, 0)
    assert about("majority", config, rows) == "class shares of the test rows"
    assert {answer.given for answer in answers("majority", config, rows)} == {("sport",)}
    drawn = answers("stratified", config, rows)
    assert drawn == answers("stratified", config, rows)
    assert 20 < sum(answer.given == ("sport",) for answer in drawn) < 40
    assert drawn[0].scores == {"sport": 0.75, "weather": 0.25}


def test_of_rows_with_several_labels_whole_sets_are_drawn(tmp_path: Path) -> None:
    topics(tmp_path / "test.jsonl", 12, labels=(["sport", "weather"], ["sport"]))
    topics(tmp_path / "train.jsonl", 30, labels=(["sport", "weather"], ["weather"]))
    config = evaluation(
        tmp_path, train=[{"path": "train.jsonl"}], baselines=["majority", "stratified", "tfidf"], multi_label=True
    )
    rows = read_data(config, 0)
    assert {answer.given for answer in answers("stratified", config, rows)} == {("sport", "weather"), ("weather",)}
    assert all(answer.scores == {} for answer in answers("majority", config, rows))
    assert all(set(answer.scores) == {"sport", "weather"} for answer in answers("tfidf", config, rows))


def test_summaries_are_made_of_the_articles_own_sentences(tmp_path: Path) -> None:
    text = "Rain fell in Oslo. Snow fell in Lund. Rain and snow fell in Bergen. The wind was calm. Nobody was hurt."
    write(tmp_path / "test.jsonl", [{"text": text, "summary": "It rained."}])
    config = evaluation(
        tmp_path,
        task="summary",
        columns={"text": "text", "summary": "summary"},
        systems=[{"name": "two", "sentences": 2}],
        baselines=["lead-2", "lead-3", "random", "textrank", "lexrank"],
    )
    rows = read_data(config, 0)
    for name, count in (("lead-2", 2), ("lead-3", 3), ("random", 2), ("textrank", 2), ("lexrank", 2)):
        (answer,) = answers(name, config, rows)
        assert len(answer.given) == count
        assert about(name, config, rows) == f"{count} sentences"  # type: ignore[arg-type]
        assert [text[span.start : span.end] for span in answer.evidence] == list(answer.given)
        assert [span.start for span in answer.evidence] == sorted(span.start for span in answer.evidence)
