"""Results: ranked scores, plain data, no surprises."""

from __future__ import annotations

import json
import pickle
from datetime import date

import pytest

from newsml.article import Article, Span
from newsml.results import (
    Analysis,
    ModelInfo,
    Scores,
    StanceResult,
    SummaryResult,
    SummarySentence,
    Topic,
    TopicResult,
)

MODEL = ModelInfo("tiny", "abc123")
SPAN = Span(0, 4, "Rain", score=0.5)


def summary(*checked: SummarySentence, text: str = "Rain fell.") -> SummaryResult:
    return SummaryResult("a1", MODEL, False, "abstractive", text, (), checked, (SPAN,))


def test_scores_are_ranked_whatever_order_they_come_in() -> None:
    scores = Scores([("a", 0.2), ("b", 0.5), ("c", 0.3)])
    assert list(scores) == ["b", "c", "a"]
    assert scores.best == "b"
    assert scores["c"] == 0.3
    assert len(scores) == 3
    assert "b=0.500" in repr(scores)


def test_equal_scores_keep_the_order_of_the_labels() -> None:
    assert list(Scores([("b", 0.5), ("a", 0.5)])) == ["b", "a"]


def test_scores_are_values() -> None:
    one, other = Scores([("a", 0.5), ("b", 0.5)]), Scores([("b", 0.5), ("a", 0.5)])
    assert one == other == {"a": 0.5, "b": 0.5}
    assert hash(one) == hash(other)
    assert pickle.loads(pickle.dumps(one)) == one
    assert one != Scores([("a", 1.0)])
    assert one != "a"


def test_an_unknown_label_is_named_beside_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"'c': the labels are 'a', 'b'"):
        Scores([("a", 0.7), ("b", 0.3)])["c"]


def test_summaries_count_words_and_vouch_for_every_sentence() -> None:
    good, bad = SummarySentence("Rain fell.", True, (), SPAN), SummarySentence("On Mars.", False, ("Mars",), None)
    assert summary(good).supported
    assert not summary(good, bad).supported
    assert summary(text="Rain  fell\nin Oslo.").words == 4


def test_everything_becomes_json() -> None:
    scores = Scores([("war", 1.0)])
    topics = TopicResult(
        "a1", MODEL, False, "war", 1.0, (Topic("war", 1.0, "medtop:1", ("war",)),), scores, (), (SPAN,)
    )
    stance = StanceResult("a1", MODEL, False, "target", "Russia", "against", 0.9, scores, (SPAN,), (SPAN,))
    article = Article("Rain fell.", published_at=date(2014, 6, 12), authors=["A"])
    analysis = Analysis(article, summary(), topics, (stance,), ())
    plain = json.loads(json.dumps(analysis.to_dict()))
    assert plain["article"]["published_at"] == "2014-06-12"
    assert plain["topics"]["labels"][0]["path"] == ["war"]
    assert plain["topics"]["scores"] == {"war": 1.0}
    assert plain["targets"][0]["evidence"][0] == {"start": 0, "end": 4, "text": "Rain", "field": "text", "score": 0.5}
    assert plain["summary"]["model"] == {"name": "tiny", "revision": "abc123"}
    assert stance.to_dict()["mentions"] == plain["targets"][0]["mentions"]
