"""Faithfulness with tiny models: the best place of the article, the mean over the summary's sentences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from newsml.article import Article
from newsml.errors import ModelError
from newsml.evaluation.figures import faithfulness
from newsml.evaluation.figures.faithfulness import (
    EntailmentScore,
    Similarity,
    load_entailment,
    load_similarity,
    premises,
)
from newsml.models.batches import TextPair
from newsml.models.classifier import Classifier, softmax
from newsml.models.embedder import Embedder
from newsml.models.torch_encoder import TorchEncoder
from newsml.text.sentences import split

SUMMARY = ["NATO said that troops left.", "Rain fell on the school."]


@pytest.fixture(scope="module")
def similarity(models: Path) -> Similarity:
    return load_similarity(str(models / "base"))


@pytest.fixture(scope="module")
def entailment(models: Path) -> EntailmentScore:
    return load_entailment(str(models / "nli"))


def words(texts: Sequence[str]) -> list[int]:
    """White-space words in place of tokens."""
    return [len(text.split()) for text in texts]


def test_similarity_follows_its_definition(models: Path, similarity: Similarity, article: Article) -> None:
    embed = Embedder(TorchEncoder.load(models / "base", name="base"))
    places = np.stack(embed([sentence.text for sentence in split(article.text)]))
    wanted = float(np.mean([(places @ vector).max() for vector in embed(SUMMARY)]))
    assert similarity([(article, SUMMARY)]) == pytest.approx([wanted], abs=1e-5)


def test_a_copied_sentence_is_as_similar_as_can_be(similarity: Similarity, articles: list[Article]) -> None:
    rows = [(article, [split(article.text)[0].text, split(article.text)[-1].text]) for article in articles]
    assert similarity(rows) == pytest.approx([1.0] * len(rows), abs=1e-5)


def test_entailment_follows_its_definition(models: Path, entailment: EntailmentScore, article: Article) -> None:
    classifier = Classifier.whole(models / "nli")
    sentences = split(article.text)
    pairs = [article.text[one.start : two.end] for one, two in pairwise(sentences)]
    logits = [np.stack(classifier([TextPair(pair, claim) for pair in pairs])) for claim in SUMMARY]
    wanted = float(np.mean([softmax(rows)[:, 0].max() for rows in logits]))
    assert entailment([(article, SUMMARY)]) == pytest.approx([wanted], abs=1e-5)


@pytest.mark.parametrize("kind", ["similarity", "entailment"])
def test_neighbours_change_nothing(
    kind: str, request: pytest.FixtureRequest, articles: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    score = request.getfixturevalue(kind)
    rows = [(article, SUMMARY[: 1 + number % 2]) for number, article in enumerate(articles)]
    rows.insert(1, (articles[0], [" "]))
    together = score(rows)
    assert together[1] is None
    assert all(-1 <= value <= 1 for value in together if value is not None)
    monkeypatch.setattr(faithfulness, "ROWS_AT_ONCE", 1)
    for alone, value in zip(score(rows), together, strict=True):
        assert alone == (None if value is None else pytest.approx(value, abs=1e-5))


@pytest.mark.parametrize("kind", ["similarity", "entailment"])
def test_nothing_to_score(kind: str, request: pytest.FixtureRequest, article: Article) -> None:
    score = request.getfixturevalue(kind)
    assert score([]) == []
    assert score([(article, []), (article, ["", " "])]) == [None, None]


@pytest.mark.parametrize("kind", ["similarity", "entailment"])
def test_what_is_too_long_is_read_in_pieces(kind: str, request: pytest.FixtureRequest) -> None:
    score = request.getfixturevalue(kind)
    endless = "the council said that rain " * 300
    (value,) = score([(Article(f"{endless} fell. Russia won."), [endless, "Russia won."])])
    assert value is not None
    assert np.isfinite(value)


def test_each_sentence_is_read_with_the_next() -> None:
    article = Article("Rain fell. Oslo slept. Markets rose.")
    assert premises(article, words, max_tokens=4) == ["Rain fell. Oslo slept.", "Oslo slept. Markets rose."]
    assert premises(Article("Rain fell."), words, max_tokens=4) == ["Rain fell."]


def test_pairs_that_do_not_fit_fall_apart_without_loss() -> None:
    article = Article("One two three. Four five. Six seven eight nine ten.")
    assert premises(article, words, max_tokens=3) == [
        "One two three.",
        "Four five.",
        "Six seven eight",
        "nine ten.",
    ]


def test_nan_is_never_a_score(models: Path, article: Article) -> None:
    encoder = TorchEncoder.load(models / "base", name="base")
    with torch.no_grad():
        encoder.model.encoder.layer[0].output.dense.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match=f"{article.id}.*base computes nan"):
        Similarity(Embedder(encoder))([(article, SUMMARY)])


def test_only_nli_models_entail(models: Path) -> None:
    for name in ("topics", "base"):
        with pytest.raises(ModelError, match="expected an NLI model"):
            load_entailment(str(models / name))
