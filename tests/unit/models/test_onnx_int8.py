"""Models in int8: they answer as in fp32 whatever stands beside a text, are exported once, and refused if unlike."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from newsml.article import Article
from newsml.errors import MissingDependencyError, ModelError
from newsml.models import onnx_int8, onnx_session
from newsml.models.backend import loading_for
from newsml.models.batches import TextPair
from newsml.models.classifier import Classifier
from newsml.models.embedder import Embedder
from newsml.models.onnx_int8 import AGREEMENT, Probe, gate, probes
from newsml.models.torch_encoder import TorchEncoder
from newsml.tasks.topics import TopicClassifier

ROOT = Path(__file__).parents[3]
PAIRS = [TextPair("Rain fell."), TextPair("NATO warned", "of troops at the border, said the council."), TextPair("War")]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own, and a gate that random weights pass."""
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv("NEWSML_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(onnx_int8, "AGREEMENT", 0.5)
    monkeypatch.setattr(onnx_int8, "COSINE", 0.5)
    few = {task: found[:6] for task, found in probes().items()}
    monkeypatch.setattr(onnx_int8, "probes", lambda: few)
    return tmp_path / "cache" / "onnx-int8"


def test_a_classifier_answers_as_in_fp32_and_a_text_whatever_stands_beside_it(models: Path) -> None:
    with loading_for("onnx-int8"):
        fast = Classifier.whole(models / "topics")
    exact = np.stack(Classifier.whole(models / "topics")(PAIRS))
    together = np.stack(fast(PAIRS))
    alone = np.stack([fast([pair])[0] for pair in PAIRS])
    assert (together == alone).all()
    assert 0 < np.abs(together - exact).max() < 0.1 * np.abs(exact).max()


def test_encoders_and_adapters_on_them_too(models: Path) -> None:
    texts = ["Rain fell in Oslo.", "The council met on Monday about the budget."]
    with loading_for("onnx-int8"):
        encoder = TorchEncoder.load(models / "base", name="base")
        fast = Classifier.shared(encoder, models / "learned", ("sport", "weather", "war"))(PAIRS)
        vectors = Embedder(encoder)(texts)
    exact = Classifier.merged(models / "base", models / "learned", ("sport", "weather", "war"))(PAIRS)
    for one, other in zip(fast, exact, strict=True):
        assert np.abs(one - other).max() < 0.1 * np.abs(np.stack(exact)).max()
    plain = Embedder(TorchEncoder.load(models / "base", name="base"))(texts)
    assert all(float(one @ other) > 0.99 for one, other in zip(vectors, plain, strict=True))


def test_it_is_exported_once(models: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = TopicClassifier.from_pretrained(models / "topics", backend="onnx-int8").predict(Article("Rain fell."))
    assert len(list(cache.glob("[!.]*"))) == 1
    monkeypatch.setattr(onnx_int8, "export", None)
    again = TopicClassifier.from_pretrained(models / "topics", backend="onnx-int8").predict(Article("Rain fell."))
    assert again == first


def test_a_model_that_int8_spoils_is_refused_and_stays_refused(
    models: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_int8, "AGREEMENT", 1.1)
    for _ in range(2):
        with pytest.raises(ModelError, match=r"topics: in int8 it gives .* of 6 probes the label.*take backend"):
            TopicClassifier.from_pretrained(models / "topics", backend="onnx-int8")
        monkeypatch.setattr(onnx_int8, "gate", None)
    (entry,) = cache.glob("[!.]*")
    assert "in int8" in json.loads((entry / "gate.json").read_text(encoding="utf-8"))["refused"]


def test_the_gate_tells_labels_and_vectors_apart(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_int8, "AGREEMENT", AGREEMENT)
    classifier = Classifier.whole(models / "topics")
    encoder = TorchEncoder.load(models / "base", name="base")
    for model, labels in ((classifier.model, classifier.labels), (encoder.model, ())):
        assert gate(model, model, classifier.tokenizer, labels=labels) == ""

    def spoiled(**batch: Any) -> Any:
        outputs = classifier.model(**batch)
        outputs.logits = -outputs.logits
        return outputs

    def turned(**batch: Any) -> Any:
        outputs = encoder.model(**batch)
        outputs.last_hidden_state = torch.roll(outputs.last_hidden_state, 1, dims=-1)
        return outputs

    names = classifier.labels
    assert "0.0% of 6 probes the label of fp32" in gate(classifier.model, spoiled, classifier.tokenizer, labels=names)
    assert "its vectors have a cosine of" in gate(encoder.model, turned, classifier.tokenizer)


def test_without_the_extra_it_says_what_to_install(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_session, "onnx_installed", lambda: False)
    with pytest.raises(MissingDependencyError, match=r"pip install 'newsml\[onnx\]'"):
        TopicClassifier.from_pretrained(models / "topics", backend="onnx-int8")


def test_the_gate_knows_what_is_right(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = Classifier.whole(models / "topics")
    made = (Probe("Rain", "fell.", "sport"), Probe("War", "came.", "weather"), Probe("A", "goal.", "war"))
    monkeypatch.setattr(onnx_int8, "probes", lambda: {"topics": made})
    monkeypatch.setattr(onnx_int8, "AGREEMENT", 0.0)
    right = iter((0, 1, 2, 0, 1, 0))

    def answering(**_: Any) -> Any:
        return SimpleNamespace(logits=torch.eye(3)[next(right)])

    assert gate(answering, answering, classifier.tokenizer, labels=classifier.labels).startswith(
        "in int8 its macro-F1 on 3 probes is"
    )


def test_the_probes_are_made_of_the_labelled_sample_articles() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "make_probes.py"))["probes"]()
    assert {task: [tuple(one) for one in found] for task, found in probes().items()} == made
    assert {task: len(found) for task, found in made.items()} == {"topics": 102, "claims": 204, "targets": 102}
