"""Races between newsml and its peers, on tiny models: who runs, what is written, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from newsml.benchmark.corpus import mixed, of_length
from newsml.benchmark.run import Spread, benchmark
from newsml.config.benchmark import BenchmarkConfig, Contender, Corpus, Race
from newsml.config.load import validated
from newsml.errors import ConfigError, MissingDependencyError, ReadError
from newsml.text.sentences import split

TEXT = "Rain fell in Oslo all night. Russia denied the report of troops. The council met on Monday about the budget. "


@pytest.fixture
def corpus(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "texts.jsonl").write_text(json.dumps({"text": TEXT}) + "\n", encoding="utf-8")
    return {"path": str(tmp_path / "texts.jsonl"), "words": [10, 60]}


def config(tmp_path: Path, corpus: dict[str, Any], *races: dict[str, Any], **changes: Any) -> BenchmarkConfig:
    plain = {
        "kind": "benchmark",
        "name": "tiny",
        "output": str(tmp_path / "out"),
        "repeats": 2,
        "memory": False,
        "corpus": corpus,
        "races": list(races),
    }
    return validated({**plain, **changes}, BenchmarkConfig, where="test")


PAIR = [{"name": "ours"}, {"name": "theirs", "way": "pipeline", "batch_size": 2}]


def test_a_peer_answers_as_newsml_does_on_the_same_windows(
    tmp_path: Path, corpus: dict[str, Any], models: Path
) -> None:
    races = [
        {"name": "topics", "task": "topics", "model": str(models / "learned"), "articles": 4, "contenders": PAIR},
        {"name": "claims", "task": "claims", "model": str(models / "claim"), "articles": 4, "contenders": PAIR},
    ]
    said: list[str] = []
    laps = benchmark(config(tmp_path, corpus, *races), said.append)
    assert [(lap.race, lap.contender, lap.agreement) for lap in laps] == [
        ("topics", "ours", 1.0),
        ("topics", "theirs", None),
        ("claims", "ours", 1.0),
        ("claims", "theirs", None),
    ]
    for lap in laps:
        assert lap.rate is not None
        assert 0 < lap.rate.low <= lap.rate.median <= lap.rate.high
        assert (lap.ratio is None) == (lap.contender == "theirs")
    assert len(said) == 4
    record = json.loads((tmp_path / "out" / "benchmark.json").read_text(encoding="utf-8"))
    assert [lap["contender"] for lap in record["laps"]] == ["ours", "theirs"] * 2
    assert record["config"]["repeats"] == 2
    page = (tmp_path / "out" / "benchmark.md").read_text(encoding="utf-8")
    assert page.count("\n| ") == 6
    assert "Least–median–greatest of 2 runs" in page


def test_the_other_peers_run_too(
    tmp_path: Path, corpus: dict[str, Any], models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsml.benchmark.contenders.DEFAULT_BASE", str(models / "base"))
    races: list[dict[str, Any]] = [
        {
            "name": "labels",
            "task": "zero-shot",
            "model": str(models / "base"),
            "curve": {"labels": [2, 6], "articles": 2},
            "contenders": [{"name": "ours"}, {"name": "theirs", "way": "nli-pipeline"}],
        },
        {
            "name": "sentences",
            "task": "extractive",
            "model": str(models / "scorer"),
            "curve": {"words": [12, 40], "articles": 2},
            "contenders": [{"name": "ours"}, {"name": "theirs", "way": "lexrank"}],
        },
        {
            "name": "writing",
            "task": "abstractive",
            "model": str(models / "seq2seq"),
            "articles": 1,
            "contenders": [{"name": "ours"}, {"name": "theirs", "way": "generate"}],
        },
    ]
    laps = benchmark(config(tmp_path, corpus, *races, repeats=1), lambda _: None)
    assert [lap.at for lap in laps] == [
        *["2 labels"] * 2,
        *["6 labels"] * 2,
        *["12 words"] * 2,
        *["40 words"] * 2,
        "",
        "",
    ]
    assert all(lap.rate for lap in laps)


def test_a_peer_that_is_not_installed_is_a_recorded_skip(
    tmp_path: Path, corpus: dict[str, Any], models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: Any) -> Any:
        raise MissingDependencyError("sumy is not installed")

    monkeypatch.setattr("newsml.benchmark.contenders.lexrank", missing)
    contenders = [{"name": "ours"}, {"name": "theirs", "way": "lexrank"}]
    race = {"name": "x", "task": "extractive", "model": str(models / "scorer"), "articles": 1}
    ours, theirs = benchmark(config(tmp_path, corpus, {**race, "contenders": contenders}), lambda _: None)
    assert ours.rate is not None
    assert ours.ratio is None
    assert (theirs.rate, theirs.skipped) == (None, "sumy is not installed")


def test_articles_are_of_the_lengths_asked_for(corpus: dict[str, Any]) -> None:
    others = ("It snowed in Bergen. Nobody was hurt there on Sunday.", "Ships stayed in port. They left on Friday.")
    with Path(corpus["path"]).open("a", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in others)
    table = Corpus(path=corpus["path"], words=(10, 60))
    articles = mixed(table, 40, seed=1)
    assert [one.text for one in articles] == [one.text for one in mixed(table, 40, seed=1)]
    lengths = [len(one.text.split()) for one in articles]
    assert min(lengths) >= 10
    assert max(lengths) < 60 + 10
    sentences = [sentence.text for one in articles for sentence in split(one.text)]
    assert len(set(sentences)) == len(sentences)
    assert len(set(lengths)) > 10
    assert all(500 <= len(one.text.split()) < 510 for one in of_length(table, 3, 500, seed=2))


def test_an_empty_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(ReadError, match="the file is empty"):
        mixed(Corpus(path=str(tmp_path / "empty.jsonl")), 1, seed=1)


@pytest.mark.parametrize(
    ("race", "message"),
    [
        ({"task": "topics", "contenders": [{"name": "a", "way": "lexrank"}]}, "lexrank does not do topics"),
        ({"task": "topics", "contenders": [{"name": "a"}, {"name": "a"}]}, "two have the same name"),
        ({"task": "topics", "contenders": PAIR, "curve": {"labels": [2]}}, "goes with zero-shot"),
        ({"task": "topics", "contenders": PAIR, "curve": {}}, "give words or labels"),
        ({"task": "poems", "contenders": PAIR}, "task"),
    ],
)
def test_what_is_no_race_is_refused(tmp_path: Path, corpus: dict[str, Any], race: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config(tmp_path, corpus, {"name": "x", **race})


def test_several_runs_are_told_by_their_spread() -> None:
    assert str(Spread.of([3.0, 1.0, 2.5])) == "1–2.5–3"
    assert Race(name="x", task="topics", contenders=(Contender(name="a"),)).model == "default"
