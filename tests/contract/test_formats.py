"""What newsml saves, plain transformers and peft load, with the same logits; merged or not makes no difference."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import save_file
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from newsml.article import Article
from newsml.errors import ModelError
from newsml.models.batches import TextPair
from newsml.models.calibration import Calibration
from newsml.models.card import read_card
from newsml.models.classifier import Classifier
from newsml.models.embedder import Embedder
from newsml.models.label_space import CENTRE_FILE, load_centre
from newsml.models.load import merge
from newsml.models.scorer import HEAD_FILE, SentenceScorer, SentenceWindow
from newsml.models.torch_encoder import TorchEncoder
from newsml.results import CLAIM_LABELS
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier

PAIRS = [TextPair("Russia moved its troops.", "NATO said on Thursday that troops moved."), TextPair("Rain.", "War.")]


def plain_logits(model: Any, tokenizer: Any, pair: TextPair) -> np.ndarray:
    with torch.inference_mode():
        logits: np.ndarray = model.eval()(**tokenizer(pair.first, pair.second, return_tensors="pt")).logits[0].numpy()
    return logits


def test_a_saved_topics_classifier_loads_in_transformers(models: Path, tmp_path: Path) -> None:
    TopicClassifier.from_pretrained(models / "learned").save_pretrained(tmp_path)
    plain = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    ours = Classifier.merged(models / "base", models / "learned", ("sport", "weather", "war"))(PAIRS)
    for pair, logits in zip(PAIRS, ours, strict=True):
        np.testing.assert_allclose(plain_logits(plain, tokenizer, pair), logits, atol=1e-5)
    assert [plain.config.id2label[i] for i in range(3)] == ["sport", "weather", "war"]


def test_saved_stance_classifiers_load_in_transformers(models: Path, tmp_path: Path) -> None:
    encoder = TorchEncoder.load(models / "base", name=str(models / "base"))
    StanceDetector.from_pretrained(models / "claim", encoder=encoder).save_pretrained(tmp_path)
    plain = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    ours = Classifier.merged(models / "base", models / "claim", CLAIM_LABELS)(PAIRS)
    for pair, logits in zip(PAIRS, ours, strict=True):
        np.testing.assert_allclose(plain_logits(plain, tokenizer, pair), logits, atol=1e-5)


def test_a_saved_summarizer_loads_in_transformers(models: Path, tmp_path: Path) -> None:
    Summarizer.from_pretrained(models / "writer").save_pretrained(tmp_path)
    plain = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    adapted = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(models / "chat"), models / "writer").eval()
    batch = AutoTokenizer.from_pretrained(tmp_path)("Rain fell in Oslo.", return_tensors="pt")
    ids = {"input_ids": batch["input_ids"]}
    with torch.inference_mode():
        torch.testing.assert_close(plain(**ids).logits, adapted(**ids).logits, atol=1e-4, rtol=1e-4)
        whole = AutoModelForCausalLM.from_pretrained(models / "chat").eval()
        assert not torch.allclose(plain(**ids).logits, whole(**ids).logits, atol=1e-2)


def test_an_adapter_folder_loads_in_peft(models: Path) -> None:
    base = AutoModelForSequenceClassification.from_pretrained(models / "base", num_labels=4)
    plain = PeftModel.from_pretrained(base, models / "claim")
    tokenizer = AutoTokenizer.from_pretrained(models / "base")
    ours = Classifier.merged(models / "base", models / "claim", CLAIM_LABELS)(PAIRS)
    for pair, logits in zip(PAIRS, ours, strict=True):
        np.testing.assert_allclose(plain_logits(plain, tokenizer, pair), logits, atol=1e-5)


def test_merged_and_shared_adapters_agree_and_leave_the_base_alone(models: Path) -> None:
    encoder = TorchEncoder.load(models / "base", name="base")
    before = Embedder(encoder)(["Rain fell in Oslo."])[0]
    shared = [Classifier.shared(encoder, models / name, CLAIM_LABELS[:n]) for name, n in (("claim", 4), ("target", 3))]
    merged = [
        Classifier.merged(models / "base", models / name, CLAIM_LABELS[:n]) for name, n in (("claim", 4), ("target", 3))
    ]
    for one, other in zip(shared, merged, strict=True):
        for left, right in zip(one(PAIRS), other(PAIRS), strict=True):
            np.testing.assert_allclose(left, right, atol=1e-4)
    np.testing.assert_allclose(Embedder(encoder)(["Rain fell in Oslo."])[0], before, atol=1e-6)


def test_the_vectors_are_those_of_mean_pooling(models: Path) -> None:
    text = "Rain fell in Oslo."
    tokenizer, plain = AutoTokenizer.from_pretrained(models / "base"), AutoModel.from_pretrained(models / "base").eval()
    with torch.inference_mode():
        hidden = plain(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0)
    expected = (hidden / hidden.norm()).numpy()
    vectors = Embedder(TorchEncoder.load(models / "base", name="b"))([text, "Snow."])
    np.testing.assert_allclose(vectors[0], expected, atol=1e-5)


def test_a_merged_scorer_agrees_with_an_unmerged_one(models: Path) -> None:
    window = SentenceWindow("Rain fell. War came.", ((0, 10), (11, 20)), 0, 2)
    shared = SentenceScorer(TorchEncoder.load(models / "base", name="b"), models / "scorer")([window])[0]
    encoder = TorchEncoder.load(models / "base", name="b")
    scorer = SentenceScorer(encoder, models / "scorer")
    encoder.merge()
    np.testing.assert_allclose(scorer([window])[0], shared, atol=1e-4)
    with pytest.raises(ModelError, match="merged"):
        Embedder(encoder)(["Rain."])


def test_a_merged_label_space_agrees_with_an_unmerged_one_and_leaves_the_base_alone(models: Path) -> None:
    texts = ["Rain fell in Oslo.", "Snow."]
    encoder = TorchEncoder.load(models / "base", name="b")
    plain = np.stack(Embedder(encoder)(texts))
    shared = np.stack(Embedder(encoder, models / "any-labels")(texts))
    merged = np.stack(Embedder(merge(models / "base", models / "any-labels", name="m"))(texts))
    np.testing.assert_allclose(merged, shared, atol=1e-5)
    assert np.abs(shared - plain).max() > 0.01
    np.testing.assert_allclose(np.stack(Embedder(encoder)(texts)), plain, atol=1e-6)


def test_a_saved_label_space_loads_in_transformers_and_keeps_its_calibration(models: Path, tmp_path: Path) -> None:
    topics = TopicClassifier.from_pretrained(models / "any-labels", labels=["rain", "war"])
    topics.save_pretrained(tmp_path)
    plain, tokenizer = AutoModel.from_pretrained(tmp_path).eval(), AutoTokenizer.from_pretrained(tmp_path)
    with torch.inference_mode():
        hidden = plain(**tokenizer("Rain fell in Oslo.", return_tensors="pt")).last_hidden_state[0].mean(0)
    encoder = TorchEncoder.load(models / "base", name="b")
    ours = Embedder(encoder, models / "any-labels")(["Rain fell in Oslo."])[0]
    np.testing.assert_allclose((hidden / hidden.norm()).numpy(), ours, atol=1e-5)
    np.testing.assert_array_equal(load_centre(tmp_path), load_centre(models / "any-labels"))
    card = read_card(tmp_path)
    assert (card.task, card.labels, card.calibration) == (
        "topics",
        ("rain", "war"),
        Calibration(method="temperature", temperature=1.5),
    )


def test_a_damaged_centre_is_said(models: Path, tmp_path: Path) -> None:
    assert load_centre(models / "base") is None
    folder = shutil.copytree(models / "any-labels", tmp_path / "damaged")
    (folder / CENTRE_FILE).write_bytes(b"no tensors")
    with pytest.raises(ModelError, match="cannot be loaded"):
        TopicClassifier.from_pretrained(folder, labels=["rain", "war"])
    save_file({"middle": torch.zeros(4)}, folder / CENTRE_FILE)
    with pytest.raises(ModelError, match="expected one tensor, centre"):
        TopicClassifier.from_pretrained(folder, labels=["rain", "war"])


def test_an_adapter_shares_the_base_of_an_analysis(models: Path) -> None:
    encoder = TorchEncoder.load(models / "base", name=str(models / "base"))
    article = Article("Rain fell in Oslo. Russia denied the report.")
    folder, labels = models / "any-labels", ["rain", "war"]
    alone = TopicClassifier.from_pretrained(folder, labels=labels).predict(article)
    shared = TopicClassifier.from_pretrained(folder, labels=labels, encoder=encoder).predict(article)
    assert shared.label == alone.label
    assert shared.score == pytest.approx(alone.score, abs=1e-4)


def test_heads_and_adapters_that_do_not_fit_are_refused(models: Path) -> None:
    encoder = TorchEncoder.load(models / "base", name="b")
    with pytest.raises(ModelError, match="no linear head for 3 labels"):
        Classifier.shared(encoder, models / "claim", CLAIM_LABELS[:3])
    with pytest.raises(ModelError, match=HEAD_FILE):
        SentenceScorer(TorchEncoder.load(models / "base", name="b"), models / "target")


def test_targets_and_claims_need_their_own_model(models: Path, article: Article) -> None:
    encoder = TorchEncoder.load(models / "base", name=str(models / "base"))
    claims = StanceDetector.from_pretrained(models / "claim", encoder=encoder)
    with pytest.raises(ModelError, match="claims only"):
        claims.predict(article, target="Russia")
