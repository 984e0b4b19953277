"""What models compute with: the names, the choice, and that bf16 answers as fp32 does to two digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from newsml.article import Article
from newsml.batch.job import Job
from newsml.errors import ModelError
from newsml.models import backend
from newsml.models.backend import chosen, current, loading_for
from newsml.models.batches import TextPair
from newsml.models.bf16 import Bf16Model
from newsml.models.classifier import Classifier
from newsml.models.embedder import Embedder
from newsml.models.load import load_base
from newsml.models.torch_encoder import TorchEncoder
from newsml.tasks.analyze import Analyzer
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier


@pytest.mark.parametrize(
    ("native", "ratio", "found"), [(True, 3.0, "torch-bf16"), (True, 1.1, "torch"), (False, 3.0, "torch")]
)
def test_auto_is_bf16_where_the_hardware_has_it_and_it_pays(
    monkeypatch: pytest.MonkeyPatch, native: bool, ratio: float, found: str
) -> None:
    monkeypatch.setattr(backend, "has_bf16", lambda: native)
    monkeypatch.setattr(backend, "_bf16_ratio", lambda: ratio)
    monkeypatch.setattr(backend, "faster", backend.faster.__wrapped__)  # Asked once a process otherwise.
    assert chosen("auto") == found
    assert Job(tasks=["topics"], backend="auto").backend == found


def test_what_auto_measures_is_a_ratio() -> None:
    assert 0 < backend._bf16_ratio() < 100


def test_the_choice_holds_while_models_are_loaded() -> None:
    with loading_for("torch-bf16"):
        with loading_for(None):
            assert current() == "torch-bf16"
        with loading_for("torch"):
            assert current() == "torch"
    assert current() == "torch"


@pytest.mark.parametrize("make", [lambda name: chosen(name), lambda name: Job(tasks=["topics"], backend=name)])
def test_an_unknown_backend_is_refused_with_the_near_name(make: Any) -> None:
    with pytest.raises(ModelError, match="backend 'torch-fp16' is unknown; expected auto, torch, torch-bf16"):
        make("torch-fp16")


@pytest.mark.parametrize("model", ["topics", "learned"])
def test_classifiers_compute_in_bf16_and_answer_alike(models: Path, articles: list[Article], model: str) -> None:
    exact = TopicClassifier.from_pretrained(models / model).probabilities(articles)
    fast = TopicClassifier.from_pretrained(models / model, backend="torch-bf16").probabilities(articles)
    assert 0 < np.abs(exact - fast).max() < 0.05
    assert (exact.argmax(axis=1) == fast.argmax(axis=1)).all()


def test_a_head_stays_in_fp32_above_a_base_in_bf16(models: Path) -> None:
    with loading_for("torch-bf16"):
        classifier = Classifier.whole(models / "topics")
    assert classifier.model.bert.dtype == torch.bfloat16
    assert classifier.model.classifier.weight.dtype == torch.float32
    assert classifier([TextPair("Rain fell.")])[0].dtype == np.float32


def test_kernels_are_made_for_few_shapes_and_added_rows_are_gone_again(models: Path) -> None:
    encoder = TorchEncoder.load(models / "base", name="base")
    read: list[tuple[int, ...]] = []
    encoder.model.register_forward_pre_hook(
        lambda _, __, kwargs: read.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    fast = Bf16Model(encoder.model)
    for rows, width, expected in ((1, 16, 8), (9, 16, 16), (8, 16, 8), (3, 48, 4), (5, 64, 6), (3, 128, 3)):
        batch = {name: torch.ones((rows, width), dtype=torch.long) for name in ("input_ids", "attention_mask")}
        with torch.inference_mode():
            outputs = fast(**batch)
        assert read[-1] == (expected, width)
        assert outputs.last_hidden_state.shape[:2] == (rows, width)
        assert outputs.pooler_output.shape[0] == rows


def test_adapters_on_a_shared_base_compute_in_bf16_too(models: Path, article: Article) -> None:
    def answers(name: str) -> tuple[Any, ...]:
        encoder = TorchEncoder.load(models / "base", name=str(models / "base"))
        topics = TopicClassifier.from_pretrained(models / "learned", encoder=encoder)
        first = topics.predict(article)  # Adapters are put on a base in use, as well as on a new one.
        stance = StanceDetector.from_pretrained(models / "stance", encoder=encoder)
        summary = Summarizer.from_pretrained(models / "scorer", encoder=encoder, sentences=2)
        assert encoder.model.dtype == (torch.bfloat16 if name == "torch-bf16" else torch.float32)
        assert {weight.dtype for weight in encoder.model.parameters()} == {encoder.model.dtype}
        return first, stance.predict(article, target="Russia"), summary.predict(article)

    with loading_for("torch-bf16"):
        fast = answers("torch-bf16")
    exact = answers("torch")
    for one, other in zip(fast[:2], exact[:2], strict=True):
        assert one.label == other.label
        assert dict(one.scores) == pytest.approx(dict(other.scores), abs=0.05)
    assert len(fast[2].sentences) == len(exact[2].sentences)


def test_vectors_in_bf16_point_where_those_in_fp32_do(models: Path) -> None:
    texts = ["Rain fell in Oslo.", "Russia denied the report."]
    with loading_for("torch-bf16"):
        fast = Embedder(load_base(str(models / "base")))(texts)
    exact = Embedder(load_base(str(models / "base")))(texts)
    for one, other in zip(fast, exact, strict=True):
        assert one.dtype == np.float32
        assert float(one @ other) > 0.999


def test_an_analysis_takes_a_backend(models: Path, article: Article, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsml.models.load.DEFAULT_BASE", str(models / "base"))
    analyzer = Analyzer.from_pretrained(
        topics=str(models / "learned"),
        stance=str(models / "stance"),
        summary=str(models / "scorer"),
        backend="torch-bf16",
    )
    assert analyzer.analyze(article, targets=["Russia"]).topics.label
    with pytest.raises(ModelError, match="backend 'fast' is unknown"):
        Analyzer.from_pretrained(backend="fast")


def test_a_model_loaded_in_bf16_is_saved_in_fp32(models: Path, tmp_path: Path) -> None:
    TopicClassifier.from_pretrained(models / "learned", backend="torch-bf16").save_pretrained(tmp_path)
    assert {tensor.dtype for tensor in load_file(tmp_path / "model.safetensors").values()} == {torch.float32}
