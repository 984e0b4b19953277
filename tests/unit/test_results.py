"""Results are plain, ordered and comparable."""

from __future__ import annotations

import json
import pickle
from datetime import date

import pytest

from newsml.article import Article, Span
from newsml.results import Analysis, ModelInfo, Scores, StanceResult, SummaryResult, SummarySentence, TopicResult

MODEL = ModelInfo("tiny", "abc")
SCORES = Scores([("disagree", 0.2), ("agree", 0.7), ("discuss", 0.1)])


def test_scores_are_ranked_and_readable_by_label() -> None:
    assert list(SCORES) == ["agree", "disagree", "discuss"]
    assert SCORES["disagree"] == 0.2
    assert SCORES.best == "agree"
    assert len(SCORES) == 3
    with pytest.raises(KeyError, match="the labels are 'agree'"):
        SCORES["agreed"]


def test_scores_compare_hash_and_pickle() -> None:
    same = Scores([("agree", 0.7), ("disagree", 0.2), ("discuss", 0.1)])
    assert same == SCORES
    assert hash(same) == hash(SCORES)
    assert pickle.loads(pickle.dumps(SCORES)) == SCORES
    assert Scores([("agree", 1.0)]) != SCORES


def summary(*, supported: bool) -> SummaryResult:
    span = Span(0, 10, "Rain fell.", score=0.9)
    checked = (SummarySentence("Rain fell.", supported, () if supported else ("Rain",), span),)
    return SummaryResult("a", MODEL, False, "abstractive", "Rain fell.", (), checked, (span,))


def test_a_summary_is_supported_where_all_its_sentences_are() -> None:
    assert summary(supported=True).supported
    assert not summary(supported=False).supported
    assert summary(supported=True).words == 2


def test_an_analysis_becomes_json() -> None:
    article = Article("Rain fell.", published_at=date(2014, 6, 19), authors=("A",))
    stance = StanceResult("a", MODEL, False, "claim", "It rained.", "agree", 0.7, SCORES, ())
    topics = TopicResult("a", MODEL, False, None, 0.1, (), Scores([("war", 0.1)]), (), ())
    analysis = Analysis(article, summary(supported=True), topics, (), (stance,))
    plain = json.loads(json.dumps(analysis.to_dict()))
    assert plain["claims"][0]["scores"] == {"agree": 0.7, "disagree": 0.2, "discuss": 0.1}
    assert plain["article"]["published_at"] == "2014-06-19"
    assert plain["article"]["authors"] == ["A"]
    assert plain["summary"]["evidence"][0]["text"] == "Rain fell."
    assert plain["topics"]["label"] is None
