"""Models by ONNX Runtime in fp32: they answer as torch does, are exported once, and then need no torch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from newsml.article import Article
from newsml.errors import ExportError, MissingDependencyError, ModelError
from newsml.models import backend, onnx_files, onnx_graph, onnx_session
from newsml.models.backend import loading_for, quickest
from newsml.models.batches import TextPair, encode_all, pad
from newsml.models.card import CARD_FILE
from newsml.models.classifier import Classifier
from newsml.models.embedder import Embedder
from newsml.models.load import load_base, load_classifier
from newsml.models.onnx_encoder import OnnxEncoder
from newsml.models.onnx_files import ABOUT, exported
from newsml.models.resolve import resolve
from newsml.models.scorer import SentenceScorer, SentenceWindow
from newsml.models.torch_encoder import TorchEncoder
from newsml.results import CLAIM_LABELS, Analysis
from newsml.tasks.analyze import Analyzer
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier

PAIRS = [TextPair("Rain fell."), TextPair("NATO warned", "of troops at the border, said the council."), TextPair("War")]
WINDOW = SentenceWindow("Rain fell. War came to the city of Oslo.", ((0, 10), (11, 40)), 0, 2)
ANALYSIS = """
import sys
for name in ("torch", "transformers", "peft"):
    sys.modules[name] = None  # Whoever imports it fails.
from newsml.article import Article
from newsml.tasks.analyze import Analyzer
import newsml.models.load as load
root = sys.argv[1]
load.DEFAULT_BASE = f"{root}/base"
analyzer = Analyzer.from_pretrained(
    topics=f"{root}/learned", stance=f"{root}/stance", summary=f"{root}/scorer", backend="onnx"
)
found = analyzer.analyze(Article("Rain fell in Oslo. Russia denied it."), targets=["Russia"], claims=["Rain fell."])
print(found.topics.label)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own."""
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv("NEWSML_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "onnx"


def test_one_graph_serves_the_base_and_every_adapter_as_torch_does(models: Path, cache: Path) -> None:
    exact = TorchEncoder.load(models / "base", name="base")
    fast = OnnxEncoder.load(models / "base", name="base")
    for name, labels in (("claim", CLAIM_LABELS), ("learned", ("sport", "weather", "war"))):
        one, other = (np.stack(Classifier.shared(e, models / name, labels)(PAIRS)) for e in (exact, fast))
        np.testing.assert_allclose(one, other, atol=1e-4)
    one, other = (SentenceScorer(e, models / "scorer")([WINDOW])[0] for e in (exact, fast))
    np.testing.assert_allclose(one, other, atol=1e-4)
    texts = ["Rain fell in Oslo.", "The council met on Monday about the budget."]
    for adapter in (models / "any-labels", None):
        one, other = (np.stack(Embedder(e, adapter)(texts)) for e in (exact, fast))
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert len(list(cache.glob("[!.]*"))) == 1


@pytest.mark.parametrize("model", ["topics", "learned"])
def test_classifiers_alone_answer_as_torch_does_and_are_exported_once(
    models: Path, articles: list[Article], cache: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    exact = TopicClassifier.from_pretrained(models / model).probabilities(articles)
    fast = TopicClassifier.from_pretrained(models / model, backend="onnx").probabilities(articles)
    np.testing.assert_allclose(exact, fast, atol=1e-4)
    monkeypatch.setattr(onnx_files, "_make", None)
    again = TopicClassifier.from_pretrained(models / model, backend="onnx").probabilities(articles)
    assert (again == fast).all()
    assert len(list(cache.glob("[!.]*"))) == 1


def test_every_task_answers_as_by_torch(models: Path, article: Article) -> None:
    def answers(name: str) -> tuple[object, ...]:
        topics = TopicClassifier.from_pretrained(models / "any-labels", labels=["rain", "war"], backend=name)
        stance = StanceDetector.from_pretrained(models / "stance", backend=name)
        nli = StanceDetector.from_pretrained(models / "nli", encoder=load_base(str(models / "base")), backend=name)
        summary = Summarizer.from_pretrained(models / "scorer", sentences=2, backend=name)
        target, claim = stance.predict(article, target="Russia"), nli.predict(article, claim="Rain fell.")
        return topics.predict(article).label, target.label, claim.label, summary.predict(article).text

    assert answers("onnx") == answers("torch")


def test_once_exported_an_analysis_needs_neither_torch_nor_transformers(models: Path) -> None:
    command = [sys.executable, "-c", ANALYSIS, str(models)]
    first = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "exporting" in first.stderr
    assert first.returncode != 0
    with loading_for("onnx"):
        OnnxEncoder.load(models / "base", name="base")
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stdout.strip() in ("sport", "weather", "war")


def test_a_changed_model_and_a_damaged_entry_are_exported_anew(models: Path, tmp_path: Path, cache: Path) -> None:
    folder = shutil.copytree(models / "topics", tmp_path / "mine")

    def labels() -> tuple[str, ...]:
        with loading_for("onnx"):
            return exported([folder], lambda: Classifier.whole(folder), name="mine").about.labels

    assert list(labels()) == ["sport", "weather", "war"]
    (entry,) = cache.glob("[!.]*")
    (entry / ABOUT).write_text("{", encoding="utf-8")
    assert list(labels()) == ["sport", "weather", "war"]
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["id2label"] = {"0": "a", "1": "b", "2": "c"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert list(labels()) == ["a", "b", "c"]
    assert len(list(cache.glob("[!.]*"))) == 2


def test_adapters_that_it_cannot_compute_or_that_do_not_fit_are_refused(models: Path, tmp_path: Path) -> None:
    encoder = OnnxEncoder.load(models / "base", name="base")
    folder = shutil.copytree(models / "claim", tmp_path / "claim")
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    (folder / "adapter_config.json").write_text(json.dumps(config | {"use_dora": True}), encoding="utf-8")
    with pytest.raises(ModelError, match="plain LoRA only; take backend torch"):
        encoder.attach(folder)
    with pytest.raises(ModelError, match="does not fit the base base"):
        encoder.attach(models / "writer")


def test_tensors_of_other_kinds_in_an_adapter_are_refused(models: Path, tmp_path: Path) -> None:
    encoder = OnnxEncoder.load(models / "base", name="base")
    folder = shutil.copytree(models / "claim", tmp_path / "claim")
    file = folder / "adapter_model.safetensors"
    tensors = load_file(file)
    name = next(key for key in tensors if key.endswith("lora_B.weight"))
    save_file(tensors | {name.replace("weight", "bias"): tensors[name][:, 0].clone()}, file)
    with pytest.raises(ExportError, match="plain LoRA only"):
        encoder.attach(folder)


def test_labels_are_those_of_the_card(models: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(models / "learned", tmp_path / "mine")

    def labels() -> tuple[str, ...]:
        with loading_for("onnx"):
            return load_classifier(resolve(folder), "newsml-adapter").labels

    first = labels()
    card = (folder / CARD_FILE).read_text(encoding="utf-8")
    (folder / CARD_FILE).write_text(card.replace("weather", "rain"), encoding="utf-8")
    assert labels() == tuple("rain" if label == "weather" else label for label in first)


def test_a_damaged_graph_is_one_line(models: Path, cache: Path) -> None:
    OnnxEncoder.load(models / "base", name="base")
    (graph,) = cache.glob("[!.]*/model.onnx")
    graph.write_bytes(b"x" * graph.stat().st_size)
    with pytest.raises(ExportError, match=r"model.onnx: cannot be read .*; remove its folder, or take backend torch"):
        OnnxEncoder.load(models / "base", name="base")


def test_a_model_over_two_gigabytes_is_refused(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_graph, "MOST_BYTES", 1000)
    with pytest.raises(ExportError, match="too large for an ONNX file"):
        OnnxEncoder.load(models / "base", name="base")


def test_answers_that_differ_from_those_of_torch_are_refused(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_files, "APART", -1.0)
    with pytest.raises(ModelError, match=r"base: by ONNX Runtime it answers otherwise .* take backend torch"):
        OnnxEncoder.load(models / "base", name="base")


def test_a_tokenizer_without_transformers_makes_the_same_ids(models: Path) -> None:
    theirs = TorchEncoder.load(models / "base", name="base").tokenizer
    ours = OnnxEncoder.load(models / "base", name="base").tokenizer
    pairs = [*PAIRS, TextPair("Half a pair: \ud83d."), TextPair("rain " * 300, "war " * 300)]
    for most in (None, 20):
        made = [encode_all(tokenizer, pairs, most) for tokenizer in (theirs, ours)]
        assert made[0] == made[1]
    batches = [pad(tokenizer, encode_all(tokenizer, PAIRS, None), 32) for tokenizer in (theirs, ours)]
    for name, values in batches[0].items():
        np.testing.assert_array_equal(values, batches[1][name])
    offsets = [tokenizer(["Rain fell."], return_offsets_mapping=True)["offset_mapping"] for tokenizer in (theirs, ours)]
    assert offsets[0] == offsets[1]


def test_without_the_extra_or_a_cache_it_says_what_to_do(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("no folder", encoding="utf-8")
    with pytest.raises(ExportError, match="cannot write to the cache folder"):
        TopicClassifier.from_pretrained(models / "topics", backend="onnx")
    monkeypatch.setattr(onnx_session, "onnx_installed", lambda: False)
    with pytest.raises(MissingDependencyError, match=r"backend onnx needs .*pip install 'newsml\[onnx\]'"):
        TopicClassifier.from_pretrained(models / "topics", backend="onnx")


@pytest.mark.parametrize(
    ("installed", "gpu", "found"), [(True, None, "onnx"), (True, "/bin/nvidia-smi", "torch"), (False, None, "torch")]
)
def test_the_quickest_start_is_without_torch_where_nothing_speaks_for_it(
    monkeypatch: pytest.MonkeyPatch, installed: bool, gpu: str | None, found: str
) -> None:
    monkeypatch.setattr(backend, "onnx_installed", lambda: installed)
    monkeypatch.setattr(backend, "which", lambda _: gpu)
    assert quickest() == found


def test_an_analysis_holds_one_copy_of_the_base(
    models: Path, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsml.models.load.DEFAULT_BASE", str(models / "base"))
    made: list[Path] = []

    def counted(path: Path) -> Any:
        made.append(path)
        return onnx_session.session(path)

    def analysis(name: str) -> Analysis:
        analyzer = Analyzer.from_pretrained(
            topics=str(models / "learned"), stance=str(models / "stance"), summary=str(models / "scorer"), backend=name
        )
        return analyzer.analyze(article, targets=["Russia"], claims=["Rain fell."])

    monkeypatch.setattr(onnx_files, "session", counted)
    exact, _ = analysis("torch"), analysis("onnx")
    made.clear()
    fast = analysis("onnx")
    assert len(made) == 1
    assert fast.topics.label == exact.topics.label
    assert [one.label for one in fast.targets + fast.claims] == [one.label for one in exact.targets + exact.claims]
