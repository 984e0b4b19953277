"""Rows become the inputs that the tasks make in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsml.article import Article
from newsml.errors import TrainingError
from newsml.io.rows import Row
from newsml.models.batches import TextPair
from newsml.models.torch_encoder import TorchEncoder
from newsml.training.examples import (
    MAX_TARGET_SENTENCES,
    claim_examples,
    oracle,
    target_examples,
    topic_examples,
)


@pytest.fixture(scope="module")
def encoder(models: Path) -> TorchEncoder:
    return TorchEncoder.load(models / "base", name="base")


def test_a_claim_goes_with_its_nearest_sentences_in_order(encoder: TorchEncoder, article: Article) -> None:
    row = Row(article.text, "g", 0, "agree", title=article.title, claim="Russia denied the report.")
    (example,) = claim_examples([row], encoder, max_tokens=60, training=True)
    whole, *alone = claim_examples([row], encoder, max_tokens=60, training=False)
    assert whole == example
    assert " ".join(part.pair.second or "" for part in alone) == example.pair.second
    assert sum(part.weight for part in alone) == pytest.approx(whole.weight)
    assert example.pair.first == "Russia denied the report"
    assert "Russia denied the report." in (example.pair.second or "")
    places = [article.text.find(part) for part in (example.pair.second or "").split(". ")]
    assert places == sorted(places)


def test_a_marked_target_stands_in_brackets(encoder: TorchEncoder) -> None:
    row = Row("He said Russia won.", "g", 0, "favor", target="Russia", span=(8, 14))
    (example,) = target_examples([row], encoder, max_tokens=64, training=True)
    assert example.pair == TextPair("He said [ Russia ] won.", "Russia")
    with pytest.raises(TrainingError, match="outside the text"):
        target_examples(
            [Row("Rain.", "g", 0, "favor", target="Russia", span=(80, 90))], encoder, max_tokens=64, training=True
        )


def test_of_an_article_the_sentences_that_carry_the_label_are_taken(encoder: TorchEncoder) -> None:
    text = "Rain fell. The RUSSIA report was grim. " + "Russia spoke. " * 6
    by_evidence = Row(text, "g", 0, "against", target="Russia", evidence=("report was grim",))
    (example,) = target_examples([by_evidence], encoder, max_tokens=64, training=True)
    assert example.pair.first == "The [ RUSSIA ] report was grim."
    by_name = Row(text, "g", 0, "against", target="Russia", evidence=("not in it",))
    assert len(target_examples([by_name], encoder, max_tokens=64, training=True)) == MAX_TARGET_SENTENCES


def test_an_article_is_judged_on_the_sentences_that_name_the_target_as_in_use(encoder: TorchEncoder) -> None:
    text = "Rain fell. The Russians left. Russia spoke of Russia. Oslo slept."
    row = Row(text, "g", 0, "against", target="Russia", evidence=("Oslo slept",))
    found = target_examples([row], encoder, max_tokens=64, training=False)
    assert {example.pair.first for example in found} == {"The [ Russians ] left.", "[ Russia ] spoke of Russia."}
    unnamed = Row("Rain fell.", "g", 0, "against", target="Russia", evidence=())
    assert target_examples([unnamed], encoder, max_tokens=64, training=False) == []


def test_a_text_without_a_marked_target_becomes_windows(encoder: TorchEncoder) -> None:
    row = Row("Rain fell in Oslo. " * 30, "g", 0, "neutral", target="war")
    made = target_examples([row], encoder, max_tokens=64, training=True)
    assert len(made) > 1
    assert {example.pair.second for example in made} == {"war"}


def test_topics_train_on_the_first_window_and_are_judged_on_all(encoder: TorchEncoder) -> None:
    row = Row("Rain fell in Oslo. " * 30, "g", 0, "weather", title="Rain")
    first = topic_examples([row], encoder, max_tokens=64, most=1)
    every = topic_examples([row], encoder, max_tokens=64, most=0)
    assert first == every[:1]
    assert len(every) > 1
    assert all(example.pair.first == "Rain" and example.row == 0 for example in every)


def test_the_oracle_takes_what_the_summary_says() -> None:
    sentences = ["Rain fell in Oslo.", "The mayor spoke at length.", "Schools will close on Monday."]
    assert oracle(sentences, ["Schools close Monday.", "Rain in Oslo."]) == {0, 2}
    assert oracle(sentences, ["Nothing alike here whatsoever"]) == set()
    assert len(oracle([f"word{n}" for n in range(9)], [" ".join(f"word{n}" for n in range(9))])) == 4
