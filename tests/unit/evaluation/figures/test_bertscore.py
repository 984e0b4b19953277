"""BERTScore with a tiny encoder, against the definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from newsml.errors import DataError, ModelError
from newsml.evaluation.figures import bertscore
from newsml.evaluation.figures.bertscore import BertScore, load_bertscore
from newsml.models.torch_encoder import TorchEncoder

SUMMARY = ["NATO said that troops left.", "Rain fell."]
REFERENCE = ["The council said that Russia was in the war."]


@pytest.fixture(scope="module")
def score(models: Path) -> BertScore:
    return load_bertscore(str(models / "base"))


def by_definition(encoder: TorchEncoder, summary: str, reference: str, layer: int) -> float:
    """Greedy matching of all tokens; [CLS] and [SEP], the first and the last, do not count."""
    vectors = []
    for text in (summary, reference):
        with torch.inference_mode():
            batch = encoder.tokenizer(text, return_tensors="pt")
            states = encoder.model(**batch, output_hidden_states=True).hidden_states[layer][0].numpy()
        vectors.append(states / np.linalg.norm(states, axis=1, keepdims=True))
    cosines = vectors[0] @ vectors[1].T
    precision, recall = cosines.max(axis=1)[1:-1].mean(), cosines.max(axis=0)[1:-1].mean()
    return float(200 * precision * recall / (precision + recall))


@pytest.mark.parametrize("layer", [1, 2])
def test_it_follows_its_definition(models: Path, layer: int) -> None:
    encoder = TorchEncoder.load(models / "base", name="base")
    wanted = by_definition(encoder, " ".join(SUMMARY), REFERENCE[0], layer)
    (found,) = BertScore(encoder, layer=layer)([(SUMMARY, [REFERENCE])])
    assert found == pytest.approx(wanted, abs=1e-3)


def test_the_last_layer_is_the_default(models: Path, score: BertScore) -> None:
    rows = [(SUMMARY, [REFERENCE])]
    assert score(rows) == load_bertscore(str(models / "base"), layer=2)(rows)
    with pytest.raises(ModelError, match="no layer 3; give one of 1 to 2"):
        load_bertscore(str(models / "base"), layer=3)


def test_equal_texts_score_100(score: BertScore) -> None:
    assert score([(SUMMARY, [REFERENCE, SUMMARY]), (REFERENCE, [REFERENCE])]) == pytest.approx([100.0, 100.0], abs=1e-3)


def test_neighbours_change_nothing(score: BertScore, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(SUMMARY, [REFERENCE]), (["Rain."], [REFERENCE, ["Rain fell on the school."]]), (REFERENCE, [SUMMARY])]
    together = score(rows)
    monkeypatch.setattr(bertscore, "ROWS_AT_ONCE", 1)
    assert score(rows) == pytest.approx(together, abs=1e-3)
    assert together[0] == pytest.approx(together[2], abs=1e-3)  # F1 is symmetric.


def test_long_texts_are_read_to_their_end(score: BertScore) -> None:
    start = ["The council said that rain was in the budget."] * 60
    same, other = score([([*start, "Russia won."], [[*start, "Russia won."]]), ([*start, "Russia won."], [start])])
    assert same == pytest.approx(100.0, abs=1e-3)
    assert other < 99.999


def test_an_empty_summary_scores_0_and_an_empty_reference_is_refused(score: BertScore) -> None:
    assert score([([], [REFERENCE]), ([" "], [REFERENCE])]) == [0.0, 0.0]
    assert score([]) == []
    empty: list[list[list[str]]] = [[], [[]], [REFERENCE, [" "]]]
    for references in empty:
        with pytest.raises(DataError, match="no reference"):
            score([(SUMMARY, references)])


def test_nan_is_never_a_score(models: Path) -> None:
    encoder = TorchEncoder.load(models / "base", name="base")
    with torch.no_grad():
        encoder.model.encoder.layer[0].output.dense.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match="base computes NaN"):
        BertScore(encoder)([(SUMMARY, [REFERENCE])])


def test_only_encoders_are_taken(models: Path) -> None:
    assert load_bertscore(str(models / "nli"))([(SUMMARY, [SUMMARY])]) == pytest.approx([100.0], abs=1e-3)
    with pytest.raises(ModelError, match="expected an encoder"):
        load_bertscore(str(models / "chat"))
