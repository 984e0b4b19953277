"""Alignment with a tiny encoder, against the definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from newsml.article import Article
from newsml.evaluation.figures import alignment
from newsml.evaluation.figures.alignment import DOUBTFUL, Alignment, doubtful, load_alignment
from newsml.models.torch_encoder import TorchEncoder

SAID = "Russia and the council."


@pytest.fixture(scope="module")
def align(models: Path) -> Alignment:
    return load_alignment(str(models / "base"))


def test_it_follows_its_definition(models: Path, align: Alignment) -> None:
    encoder = TorchEncoder.load(models / "base", name="base")
    text = "NATO said that troops left the school."
    vectors = []
    for part in (SAID, text):
        with torch.inference_mode():
            states = encoder.model(**encoder.tokenizer(part, return_tensors="pt")).last_hidden_state[0].numpy()
        vectors.append(states / np.linalg.norm(states, axis=1, keepdims=True))
    content = [1, 4]  # [CLS] russia and the council . [SEP]
    wanted = (vectors[0][content] @ vectors[1].T).max(axis=1).mean()
    assert align([(Article(text), [SAID])]) == [[pytest.approx(float(wanted), abs=1e-5)]]


def test_what_is_copied_alone_is_aligned(align: Alignment) -> None:
    assert align([(Article(SAID), [SAID])]) == [[pytest.approx(1.0, abs=1e-5)]]


def test_rows_stand_for_themselves(align: Alignment, articles: list[Article], monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(article, ["Russia fell.", "  ", "Of the."]) for article in articles]
    whole = align(rows)
    assert [len(values) for values in whole] == [2] * len(rows)
    assert all(values[1] == 1.0 for values in whole)  # It has no content to doubt.
    monkeypatch.setattr(alignment, "ROWS_AT_ONCE", 1)
    assert [value for values in align(rows) for value in values] == pytest.approx(
        [value for values in whole for value in values], abs=1e-5
    )
    assert align([(articles[0], [])]) == [[]]


def test_the_share_in_doubt() -> None:
    assert doubtful([DOUBTFUL, DOUBTFUL - 0.1]) == 0.5
    assert doubtful([]) is None
