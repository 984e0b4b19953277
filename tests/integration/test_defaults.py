"""The embedded default models on the sample article: what README promises, and that it stays so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import newsml
from newsml.article import Article, Span
from newsml.models.card import cards
from newsml.results import Analysis, Result, StanceResult
from newsml.tasks.analyze import Analyzer

pytestmark = pytest.mark.model

ROOT = Path(__file__).parents[2]
CLAIM = "Russia is increasing its troops at Ukraine's border"
DEFAULTS = (
    "claim-stance-minilm",
    "target-stance-minilm",
    "iptc-topics-minilm",
    "zero-shot-topics-minilm",
    "extractive-minilm",
    "abstractive-smollm2",
)
ODD_LABELS = (
    ("The striker scored twice before half-time.", ["football", "tennis", "chess"], "football"),
    ("She sliced the onions and let the soup simmer for an hour.", ["cooking", "space travel"], "cooking"),
    (
        "The central bank raised its key rate by half a point.",
        ["interest rates", "weather", "poetry"],
        "interest rates",
    ),
    ("Thousands fled as the river burst its banks.", ["floods", "earthquakes", "elections"], "floods"),
    ("Parliament passed the budget after a night of debate.", ["politics", "gardening"], "politics"),
    ("The probe sent back its first pictures of Saturn's rings.", ["astronomy", "fashion", "taxes"], "astronomy"),
    ("A jury found him guilty of fraud.", ["the courts", "sailing", "music"], "the courts"),
    ("The band will tour Europe next spring.", ["music", "medicine", "farming"], "music"),
    ("Doctors warn that the flu season will be severe.", ["health", "railways", "art"], "health"),
    ("Wheat prices fell after a record harvest.", ["farming and crops", "cinema"], "farming and crops"),
    ("The airline cancelled two hundred flights.", ["aviation", "religion", "chemistry"], "aviation"),
    ("Hackers stole the data of a million customers.", ["computer security", "cycling"], "computer security"),
)
"""Sentences and labels made up for this test, with the one that a reader would choose."""


@pytest.fixture(scope="module")
def article() -> Article:
    return newsml.read(ROOT / "seeds" / "nato-russian-troop-buildup.txt")


@pytest.fixture(scope="module")
def analysis(article: Article) -> Analysis:
    return newsml.analyze(article, targets=["Russia", "Brazil"], claims=[CLAIM, "A new panda was born at the zoo."])


def test_topic_is_conflict_or_politics(analysis: Analysis) -> None:
    assert analysis.topics.label in ("conflict, war and peace", "politics")
    assert analysis.topics.labels[0].id in ("medtop:16000000", "medtop:11000000")
    assert sum(analysis.topics.scores.values()) == pytest.approx(1.0, abs=1e-4)
    assert len(analysis.topics.scores) == 17
    assert {topic.path[0] for topic in analysis.topics.subtopics} == {analysis.topics.label}


def test_stance_toward_russia_is_against_in_rasmussens_words(analysis: Analysis) -> None:
    russia = analysis.targets[0]
    assert russia.label == "against"
    assert any("Rasmussen" in span.text for span in russia.evidence)
    assert any("Russia" in span.text or "Russian" in span.text for span in russia.evidence)
    assert len(russia.mentions) >= 10


def test_an_absent_target_is_not_mentioned(analysis: Analysis) -> None:
    brazil = analysis.targets[1]
    assert (brazil.label, brazil.evidence, brazil.mentions) == ("not mentioned", (), ())


def test_claims(analysis: Analysis) -> None:
    agreed, unrelated = analysis.claims
    # The article reports the buildup in NATO's words: agree to many a reader, discuss to the annotators of FNC-1.
    assert agreed.label in ("agree", "discuss")
    assert agreed.scores["agree"] + agreed.scores["discuss"] > 0.9
    assert any("troops" in span.text for span in agreed.evidence)
    assert (unrelated.label, unrelated.evidence) == ("unrelated", ())


def test_summary_is_made_of_the_articles_sentences(analysis: Analysis) -> None:
    starts = [span.start for span in analysis.summary.sentences]
    assert len(starts) == 3
    assert starts == sorted(starts)
    assert all(" ".join(span.text.split()) in analysis.summary.text for span in analysis.summary.sentences)


def test_every_evidence_span_is_the_quoted_sentence(analysis: Analysis, article: Article) -> None:
    quoted = list(spans(analysis))
    assert len(quoted) > 10
    assert all(article.cut(span) == span.text for span in quoted)
    assert all(span.field == "text" for stance in analysis.targets for span in stance.evidence)


def test_the_same_input_gives_the_same_results(analysis: Analysis, article: Article) -> None:
    again = newsml.analyze(article, targets=["Russia", "Brazil"], claims=[CLAIM, "A new panda was born at the zoo."])
    assert again == analysis


def test_an_analysis_is_plain_json(analysis: Analysis) -> None:
    plain = json.loads(json.dumps(analysis.to_dict()))
    assert plain["targets"][0]["evidence"][0]["start"] == analysis.targets[0].evidence[0].start


def test_single_tasks_agree_with_the_shared_base(analysis: Analysis, article: Article) -> None:
    topics = newsml.TopicClassifier.from_pretrained().predict(article)
    assert topics.label == analysis.topics.label
    assert topics.score == pytest.approx(analysis.topics.score, abs=1e-4)
    summary = newsml.Summarizer.from_pretrained("extractive").predict(article)
    assert summary.text == analysis.summary.text


def test_targets_are_proposed_where_none_is_named(article: Article) -> None:
    proposed = newsml.analyze(article)
    assert proposed.targets_proposed
    assert "Russia" in [stance.subject for stance in proposed.targets]


def test_zero_shot_topics(article: Article) -> None:
    classifier = newsml.TopicClassifier.from_pretrained(labels=["sports", "war and the military", "cooking"])
    assert classifier.predict(article).label == "war and the military"
    picky = newsml.TopicClassifier.from_pretrained(labels=["gardening", "cooking"], threshold=0.999)
    result = picky.predict(article)
    assert (result.label, result.labels) == (None, ())
    several = newsml.TopicClassifier.from_pretrained(labels=["Russia", "Ukraine", "cooking"], multi_label=True)
    assert {topic.name for topic in several.predict(article).labels} == {"Russia", "Ukraine"}


def test_zero_shot_topics_with_odd_labels() -> None:
    for text, labels, expected in ODD_LABELS:
        classifier = newsml.TopicClassifier.from_pretrained(labels=labels)
        assert classifier.model.name == "zero-shot-topics-minilm"
        assert classifier.predict(Article(text)).label == expected, text


def test_zero_shot_topics_share_the_base_of_an_analysis(article: Article) -> None:
    labels = ["sports", "war and the military", "cooking"]
    shared = Analyzer.from_pretrained(labels=labels).analyze(article, targets=[])
    alone = newsml.TopicClassifier.from_pretrained(labels=labels).predict(article)
    assert shared.topics.label == alone.label
    assert shared.topics.score == pytest.approx(alone.score, abs=1e-4)
    plain = newsml.TopicClassifier.from_pretrained("all-MiniLM-L6-v2", labels=labels).predict(article)
    assert plain.model.name == "all-MiniLM-L6-v2"
    assert plain.score != pytest.approx(alone.score, abs=1e-3)


def test_abstractive_summary_and_headline(article: Article) -> None:
    summarizer = newsml.Summarizer.from_pretrained("abstractive")
    result = summarizer.predict(article, sentences=2)
    assert (result.kind, len(result.checked)) == ("abstractive", 2)
    assert all(sentence.text.endswith((".", "”", '"')) for sentence in result.checked)
    assert summarizer.predict(article, sentences=2) == result
    assert result.text == " ".join(sentence.text for sentence in result.checked)
    assert all(article.cut(span) == span.text for span in result.evidence)
    assert 3 <= summarizer.headline(article).words <= 40


def test_corpus_of_news_items_streams() -> None:
    topics = newsml.TopicClassifier.from_pretrained()
    rows = [json.loads(line) for line in (ROOT / "seeds" / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    results = list(topics.stream(newsml.read_corpus(ROOT / "seeds" / "corpus.jsonl")))
    assert [result.article_id for result in results] == [row["id"] for row in rows]
    hits = sum(result.label == row["topic"] for result, row in zip(results, rows, strict=True))
    assert hits >= len(rows) // 2


@pytest.mark.parametrize("name", DEFAULTS)
def test_cards_of_the_defaults_say_what_they_reach(name: str) -> None:
    card = cards()[name]
    assert card.figures
    assert card.training_data
    assert all(figure.command and figure.rows and figure.date for figure in card.figures)
    beaten = [f for f in card.figures if f.baseline is not None and f.metric in ("macro-F1", "ROUGE-1")]
    assert beaten
    assert all(figure.value > figure.baseline.value for figure in beaten if figure.baseline)


def spans(analysis: Analysis) -> Iterator[Span]:
    results: list[Result] = [analysis.summary, analysis.topics, *analysis.targets, *analysis.claims]
    for result in results:
        yield from getattr(result, "evidence", ())
        if isinstance(result, StanceResult):
            yield from result.mentions
