"""The label space: what is drawn, what is learned, and what a run leaves."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModel

from newsml.article import Article
from newsml.config.finetune import FinetuneConfig
from newsml.config.load import load
from newsml.errors import ConfigError, TrainingError
from newsml.io.rows import Row
from newsml.models.card import read_card
from newsml.models.embedder import Embedder
from newsml.models.label_space import load_centre
from newsml.models.torch_encoder import TorchEncoder
from newsml.tasks.topics import TEMPLATE, TopicClassifier
from newsml.training.data import read_split
from newsml.training.finetune import finetune
from newsml.training.label_space import CHARACTERS, _Collator, drawn, labels_of, opening

WORDS = {"sport": "team match goal cup", "weather": "rain snow wind fog", "war": "troops nato russia border"}
COLUMNS = {"text": "text", "label": "label"}


@pytest.fixture
def recipe(models: Path, tmp_path: Path) -> Any:
    """Makes a recipe over two tables of three and of two labels."""
    rows = [
        {"text": f"The {words.split()[n % 4]} of day {n}. It was {words.split()[(n + 1) % 4]}.", "label": label}
        for label, words in WORDS.items()
        for n in range(12)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    other = [{"text": f"School {n} in {place}.", "label": place} for n in range(8) for place in ("oslo", "lund")]
    (tmp_path / "other.jsonl").write_text("\n".join(map(json.dumps, other)), encoding="utf-8")

    def make(output: str = "out", **changes: Any) -> FinetuneConfig:
        training = {"max_steps": 4, "batch_size": 4, "max_tokens": 32, "lora_rank": 2, "precision": "fp32"}
        content = {
            "kind": "finetune",
            "name": "tiny-space",
            "task": "topics-zero-shot",
            "base": str(models / "base"),
            "data_root": str(tmp_path),
            "output": str(tmp_path / output),
            "train": [
                {"path": "rows.jsonl", "columns": COLUMNS, "dev": 0.34},
                {"path": "other.jsonl", "columns": COLUMNS, "dev": 0.25},
            ],
            "wording": {"war": ["armed conflict"]},
            "card": {"summary": "Tiny."},
        } | changes
        content["training"] = training | changes.get("training", {})
        return FinetuneConfig.model_validate_json(json.dumps(content))

    return make


def test_a_run_leaves_an_adapter_of_half_precision_and_a_calibrated_card(recipe: Any, models: Path) -> None:
    outcome = finetune(recipe())
    card = read_card(outcome.folder)
    assert (card.task, card.base, card.labels, outcome.labels) == ("topics-zero-shot", str(models / "base"), None, ())
    assert card.calibration is not None
    assert card.formula
    assert 0.005 <= card.calibration.temperature <= 0.5
    assert {(figure.data, figure.metric) for figure in card.figures} == {
        (data, metric) for data in ("rows.jsonl", "other.jsonl") for metric in ("accuracy", "macro-F1")
    }
    assert all(figure.baseline is not None and figure.baseline.name == "cosine" for figure in card.figures)
    assert {key.partition(": ")[2] for key in outcome.figures} == {"model", "cosine", "majority"}
    stored = load_file(outcome.folder / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    assert all(".lora_" in name for name in stored)
    centre = load_centre(outcome.folder)
    assert centre is not None
    assert centre.shape == (32,)
    assert 0 < float(np.linalg.norm(centre)) < 1


def test_the_adapter_works_in_newsml_and_in_plain_peft(recipe: Any, models: Path) -> None:
    outcome = finetune(recipe())
    classifier = TopicClassifier.from_pretrained(outcome.folder, labels=["rain", "troops"])
    assert classifier.predict(Article("Rain fell on Oslo.")).label in ("rain", "troops")
    plain = PeftModel.from_pretrained(AutoModel.from_pretrained(models / "base"), outcome.folder).merge_and_unload()
    encoder = TorchEncoder.load(models / "base", name="b")
    ours = Embedder(encoder, outcome.folder)(["Rain fell."])[0]
    theirs = Embedder(TorchEncoder(plain, encoder.tokenizer, name="p"))(["Rain fell."])[0]
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_training_brings_texts_to_their_labels(recipe: Any) -> None:
    source = {"path": "rows.jsonl", "columns": COLUMNS, "dev": 0.34}
    outcome = finetune(recipe(train=[source], training={"max_steps": 60, "learning_rate": 0.01, "batch_size": 8}))
    model, cosine = (outcome.figures[f"rows.jsonl: {system}"].values["accuracy"] for system in ("model", "cosine"))
    assert model > cosine


def test_half_the_way_is_half_the_update(recipe: Any) -> None:
    whole, half = (finetune(recipe(f"{share}", contrast={"share": share})).folder for share in (1.0, 0.5))
    one, other = (load_file(folder / "adapter_model.safetensors") for folder in (whole, half))
    for name, tensor in one.items():
        factor = 0.5 if ".lora_B." in name else 1.0
        torch.testing.assert_close(other[name], (tensor.float() * factor).half(), atol=1e-5, rtol=1e-2)


def test_texts_are_asked_for_their_own_words_and_meet_no_other_word_of_theirs(recipe: Any, models: Path) -> None:
    texts = ("Grain ships sailed.", "Grain ships sailed.", "Snow melts early.", "Snow melts early.")
    rows = [Row(text, str(number), 0, label="a") for number, text in enumerate(texts)]
    tokenizer = TorchEncoder.load(models / "base", name="b").tokenizer
    collate = _Collator(recipe(contrast={"words": 1.0}), rows, {0: ("a", "b")}, tokenizer)
    for order in ([0, 1, 2], [0, 2, 1], [1, 0, 3], [2, 0, 1], [3, 1, 0]):
        batch = collate([{"row": number, "input_ids": [2, 5, 3]} for number in order])
        assert batch["asked"].gather(1, batch["own"][:, None]).all()
        for place, number in enumerate(order):
            if number < 2:  # Of the words of its own sentence it meets the one asked for alone.
                met = batch["labels"]["input_ids"][batch["asked"][place]]
                shown = " ".join(tokenizer.decode(ids, skip_special_tokens=True) for ids in met)
                assert sum(word in shown for word in ("grain", "ships", "sailed")) == 1


def test_a_killed_run_draws_what_it_would_have_drawn(recipe: Any, models: Path) -> None:
    config = recipe()
    split = read_split(config)
    tokenizer = TorchEncoder.load(models / "base", name="b").tokenizer
    entries = [{"row": n, "input_ids": [2, 5 + n, 3]} for n in (0, 30, 7)]
    one, other = (_Collator(config, split.train, labels_of(split), tokenizer) for _ in range(2))
    one(entries[:2])
    left, right = one(entries), other(entries)
    assert torch.equal(left["asked"], right["asked"])
    assert torch.equal(left["labels"]["input_ids"], right["labels"]["input_ids"])


def test_a_text_meets_labels_of_its_own_table_and_always_its_own(recipe: Any, models: Path) -> None:
    config = recipe(contrast={"labels": 2, "words": 0.0})
    split = read_split(config)
    tokenizer = TorchEncoder.load(models / "base", name="b").tokenizer
    collate = _Collator(config, split.train, labels_of(split), tokenizer)
    sources = [row.source for row in split.train]
    picked = [sources.index(0), sources.index(1)]
    for _ in range(20):
        batch = collate([{"row": n, "input_ids": [2, 5, 3]} for n in picked])
        assert batch["asked"].shape == (2, 4)  # Two of three labels, and both of two.
        assert batch["asked"].gather(1, batch["own"][:, None]).all()
        assert not batch["asked"][0, [0, 1]].all() or not batch["asked"][1, [0, 1]].any()
        assert not (batch["asked"][0] & batch["asked"][1]).any()
        picked = picked[::-1]


def test_label_sets_are_small_and_large() -> None:
    labels = tuple("abcdefghij")
    random = Random(1)
    sizes = {sum(drawn("a", labels, random)) for _ in range(300)}
    assert min(sizes) == 1
    assert max(sizes) == 10
    assert all(drawn("a", labels, random)[0] for _ in range(20))


def test_only_the_opening_is_read() -> None:
    row = Row("Rain fell in Oslo. " * 400, "g", 0, title="Rain")
    text = opening(row, max_tokens=32)
    assert text.startswith("Rain. Rain fell in Oslo.")
    assert len(text) == len("Rain. ") + CHARACTERS * 32
    assert opening(Row("Snow.", "g", 0), max_tokens=32) == "Snow."


def test_the_default_template_is_among_those_of_training() -> None:
    from newsml.training.label_space import TEMPLATES

    assert TEMPLATES[0] == TEMPLATE
    assert all("{}" in template for template in TEMPLATES)


def test_nothing_held_out_gives_no_figures(recipe: Any) -> None:
    outcome = finetune(recipe(train=[{"path": "rows.jsonl", "columns": COLUMNS}]))
    assert outcome.figures == {}
    card = read_card(outcome.folder)
    assert card.calibration is not None
    assert card.calibration.temperature == 0.05


def test_a_table_of_one_label_cannot_be_trained_on(recipe: Any) -> None:
    one = {"path": "rows.jsonl", "columns": COLUMNS, "labels": {"sport": "sport", "war": None, "weather": None}}
    with pytest.raises(TrainingError, match=r"train\[0\] has the label 'sport' alone"):
        finetune(recipe(train=[one]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "topics"}, "contrast: goes with topics-zero-shot, not topics"),
        ({"task": "topics", "contrast": None}, "wording: goes with topics-zero-shot, not topics"),
        ({"method": "full"}, "zero-shot topics are an adapter on an encoder"),
        ({"labels": ["a", "b"]}, "labels of its own; leave them out"),
        ({"training": {"label_smoothing": 0.1}}, "label_smoothing: does not go with topics-zero-shot"),
        ({"training": {"class_weights": "root"}}, "class_weights: does not go with topics-zero-shot"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    content = {
        "kind": "finetune",
        "name": "tiny",
        "task": "topics-zero-shot",
        "output": "out",
        "train": [{"path": "rows.jsonl", "columns": COLUMNS}],
        "wording": {"war": ["armed conflict"]},
        "contrast": {"temperature": 0.05},
        "card": {"summary": "Tiny."},
    } | changes
    content = {key: value for key, value in content.items() if value is not None}
    (tmp_path / "recipe.yaml").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load(tmp_path / "recipe.yaml", FinetuneConfig)
