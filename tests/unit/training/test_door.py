"""Fine-tuning from Python: every way to give labelled articles, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from newsml.article import Article
from newsml.config.finetune import FinetuneConfig
from newsml.config.load import load
from newsml.config.training import Training
from newsml.errors import ConfigError, DataError, FileMissingError, ModelError, WriteError
from newsml.models.card import read_card
from newsml.results import CLAIM_LABELS, TARGET_LABELS
from newsml.tasks.query import StanceQuery
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier
from newsml.training.door import RECIPE_FILE
from newsml.training.finetune import finetune

WORDS = {"sport": "team match goal cup", "weather": "rain snow wind fog"}
TEXTS = [
    (f"The {words.split()[n % 4]} of day {n}. It was {words.split()[(n + 1) % 4]}.", label)
    for label, words in WORDS.items()
    for n in range(6)
]
PAIRS = [(Article(text, title=f"Day {number}"), label) for number, (text, label) in enumerate(TEXTS)]
STEPS = Training(max_steps=2, batch_size=4, max_tokens=32, lora_rank=2, precision="fp32")


@pytest.fixture
def options(models: Path, tmp_path: Path) -> dict[str, Any]:
    """What every tiny training is told."""
    return {"output": tmp_path / "desk", "base": models / "base", "training": STEPS, "say": lambda _: None}


def as_frame(**names: str) -> pd.DataFrame:
    return pd.DataFrame([{"text": text, "label": label, "price": 3} for text, label in TEXTS]).rename(columns=names)


def as_csv(folder: Path) -> Path:
    as_frame(text="body", label="topic").to_csv(folder / "rows.csv", index=False)
    return folder / "rows.csv"


THEIRS = {"text": "body", "label": "topic"}
GIVEN: dict[str, Callable[[Path], dict[str, Any]]] = {
    "pairs": lambda _: {"train": PAIRS},
    "frame": lambda _: {"train": as_frame()},
    "frame with other names": lambda _: {"train": as_frame(**THEIRS), "columns": THEIRS},
    "table": lambda folder: {"train": as_csv(folder), "columns": THEIRS},
    "path in text": lambda folder: {"train": str(as_csv(folder)), "columns": THEIRS},
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_labelled_articles_become_a_classifier(
    given: Callable[[Path], dict[str, Any]], options: dict[str, Any], tmp_path: Path
) -> None:
    topics = TopicClassifier.finetune(**given(tmp_path), **options, method="head", dev=0.34)
    assert topics.labels == ("sport", "weather")
    assert topics.predict(Article("The team won the match.")).label in topics.labels
    card = read_card(tmp_path / "desk" / "model")
    assert (card.name, card.labels) == ("desk", ("sport", "weather"))
    assert card.figures[0].rows == 4


def test_the_recipe_does_the_same_again(options: dict[str, Any], tmp_path: Path) -> None:
    topics = TopicClassifier.finetune(PAIRS, **options, method="lora", labels=["weather", "sport"], seed=7, name="mine")
    recipe = load(tmp_path / "desk" / RECIPE_FILE, FinetuneConfig)
    assert (recipe.name, recipe.seed, recipe.labels, recipe.method) == ("mine", 7, ("weather", "sport"), "lora")
    assert recipe.training == STEPS
    again = finetune(recipe.model_copy(update={"output": str(tmp_path / "again")}))
    same = TopicClassifier.from_pretrained(again.folder)
    assert [r.scores for r in topics.predict_batch([PAIRS[0][0]])] == [
        r.scores for r in same.predict_batch([PAIRS[0][0]])
    ]


def test_the_method_is_newsmls_choice_unless_named(options: dict[str, Any], tmp_path: Path) -> None:
    TopicClassifier.finetune(PAIRS, **options)
    assert "method" not in yaml.safe_load((tmp_path / "desk" / RECIPE_FILE).read_text(encoding="utf-8"))


def test_the_judging_articles_may_be_a_table_of_their_own(options: dict[str, Any], tmp_path: Path) -> None:
    held = [(Article(f"{article.text} Then the rain came."), label) for article, label in PAIRS[::3]]
    TopicClassifier.finetune(PAIRS, dev=held, method="head", **options)
    record = json.loads((tmp_path / "desk" / "model" / "training.json").read_text(encoding="utf-8"))
    assert record["rows"] == {"train": 12, "dev": 4}


def test_progress_goes_to_standard_error_unless_told_otherwise(
    options: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    TopicClassifier.finetune(PAIRS, **{**options, "say": said.append}, method="lora")
    assert any("rows to train on" in line for line in said)
    assert capsys.readouterr().out == ""
    TopicClassifier.finetune(PAIRS, **{**options, "say": None}, method="head")
    shown = capsys.readouterr()
    assert "rows to train on" in shown.err
    assert shown.out == ""


def test_claims_are_learned_with_those_of_other_articles(options: dict[str, Any], tmp_path: Path) -> None:
    pairs = [
        (StanceQuery(article, claim=f"Claim {n}."), ("agrees", "disputes", "?")[n % 3])
        for n, (article, _) in enumerate(PAIRS)
    ]
    stance = StanceDetector.finetune(
        pairs, **options, labels={"agrees": "agree", "disputes": "disagree", "?": None}, unrelated=1, method="lora"
    )
    assert stance.predict(PAIRS[0][0], claim="Rain fell.").label in CLAIM_LABELS
    with pytest.raises(ModelError, match="claims only"):
        stance.predict(PAIRS[0][0], target="team")
    record = json.loads((tmp_path / "desk" / "model" / "training.json").read_text(encoding="utf-8"))
    assert record["classes"].keys() == {"agree", "disagree", "unrelated"}
    assert read_card(tmp_path / "desk" / "model").labels == CLAIM_LABELS


def test_targets_are_learned_as_they_are_asked(options: dict[str, Any], tmp_path: Path) -> None:
    pairs = []
    for n, (article, _) in enumerate(PAIRS):
        word = article.text.split()[1]
        ways = (
            StanceQuery(article, target=word),
            StanceQuery(article, target=word, scope="text"),
            StanceQuery(article, target=word, places=((4, 4 + len(word)),)),
        )
        pairs.append((ways[n % 3], TARGET_LABELS[n // 2 % 3]))
    stance = StanceDetector.finetune(pairs, **options, method="lora", dev=0)
    assert stance.predict(PAIRS[0][0], target="team").label in TARGET_LABELS
    recipe = load(tmp_path / "desk" / RECIPE_FILE, FinetuneConfig)
    columns = {
        Path(table.path or "").stem: set(table.columns) - {"id", "title", "text", "label"} for table in recipe.train
    }
    assert columns == {
        "train-mentions": {"target", "evidence"},
        "train-text": {"target"},
        "train-places": {"target", "start", "end"},
    }


def test_a_table_tells_claims_from_targets_by_its_columns(options: dict[str, Any], tmp_path: Path) -> None:
    frame = as_frame().assign(label=[*TARGET_LABELS] * 4, firm="team")
    StanceDetector.finetune(frame, columns={"target": "firm"}, **options, method="lora")
    assert read_card(tmp_path / "desk" / "model").task == "target-stance"
    with pytest.raises(DataError, match="neither claims nor targets"):
        StanceDetector.finetune(frame, **options)
    with pytest.raises(DataError, match="both claims and targets"):
        StanceDetector.finetune(frame, columns={"target": "firm", "claim": "text"}, **options)


def test_summaries_of_both_kinds(options: dict[str, Any], models: Path, tmp_path: Path) -> None:
    pairs = [(article, [article.text.split(". ")[0] + "."]) for article, _ in PAIRS]
    summarizer = Summarizer.finetune(pairs, **options, method="lora")
    assert len(summarizer.predict(PAIRS[0][0], sentences=1).sentences) == 1
    more = {"base": models / "chat", "training": STEPS.model_copy(update={"max_tokens": 1024})}
    shortened = [(article, article.text.partition(" of day ")[0] + " of day.") for article, _ in PAIRS]
    writer = Summarizer.finetune(
        shortened, **{**options, **more, "output": tmp_path / "writer"}, kind="abstractive", method="lora"
    )
    assert read_card(tmp_path / "writer" / "model").task == "summary-abstractive"
    assert writer.predict(PAIRS[0][0], sentences=1).text
    with pytest.raises(ModelError, match="expected 'extractive' or 'abstractive'"):
        Summarizer.finetune(pairs, **options, kind="poem")  # type: ignore[arg-type]


def test_arrays_and_gaps_of_a_frame_are_plain_cells(options: dict[str, Any], tmp_path: Path) -> None:
    frame = as_frame()
    frame["title"] = np.nan
    frame["summary"] = [np.array([text]) for text in frame["text"]]
    Summarizer.finetune(frame, **options, method="lora")
    first = json.loads((tmp_path / "desk" / "train.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert first == {"text": TEXTS[0][0], "title": None, "summary": [TEXTS[0][0]]}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"train": "nowhere.csv"}, FileMissingError, "no file nowhere.csv to train on; expected a .jsonl"),
        ({"train": []}, DataError, "no pair of article and label"),
        ({"train": as_frame()[:0]}, DataError, "no row to train on"),
        ({"train": as_frame(label="topic")}, ConfigError, "label not mapped"),
        ({"train": PAIRS, "columns": THEIRS}, DataError, "columns goes with a table"),
        ({"train": [TEXTS[0]]}, DataError, r"item 0: got \('The team.*expected a pair of an article and its label"),
        ({"train": [(PAIRS[0][0], 3)]}, DataError, "item 0: got the label 3, expected text"),
        ({"train": [(StanceQuery(PAIRS[0][0], claim="Rain."), "agree")]}, DataError, "expected an Article"),
        ({"method": "magic"}, ConfigError, "method: got the string 'magic', expected"),
        ({"dev": 1.5}, ConfigError, r"train\[0\]\.dev: got 1\.5"),
        ({"dev": "nowhere.csv"}, FileMissingError, "nowhere.csv"),
        ({"name": "No good"}, ConfigError, "name"),
    ],
)
def test_what_is_refused(
    options: dict[str, Any], changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        TopicClassifier.finetune(**{"train": PAIRS, **options, **changes})
    assert not options["output"].exists()


def test_questions_of_two_kinds_are_two_models(options: dict[str, Any]) -> None:
    article = PAIRS[0][0]
    both = [(StanceQuery(article, claim="Rain."), "agree"), (StanceQuery(article, target="team"), "favor")]
    with pytest.raises(DataError, match="both claims and targets"):
        StanceDetector.finetune(both, **options)


def test_an_output_that_cannot_be_written_is_said(options: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(WriteError, match="choose another output"):
        TopicClassifier.finetune(PAIRS, **{**options, "output": tmp_path / "file"})
