"""One list of promises, kept by every task with every kind of model."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from newsml.article import Article, Span
from newsml.errors import ArticleError, ModelError, NewsmlError, QueryError, WriteError
from newsml.models.torch_encoder import TorchEncoder
from newsml.results import Result, Scores, StanceResult, SummaryResult, TopicResult
from newsml.tasks.analyze import Analyzer
from newsml.tasks.query import StanceQuery
from newsml.tasks.run import LOOKAHEAD
from newsml.tasks.stance import StanceDetector
from newsml.tasks.summarize import Summarizer
from newsml.tasks.topics import TopicClassifier

LABELS = ["sport", "weather", "war"]


def claim(article: Article) -> StanceQuery:
    return StanceQuery(article, claim="Russia moved its troops.")


def target(article: Article) -> StanceQuery:
    return StanceQuery(article, target="Russia")


@dataclass(frozen=True)
class Case:
    """A task with a kind of model.

    Attributes:
        name: What the test report calls it.
        kind: Its class.
        model: Folder of the tiny model.
        options: What ``from_pretrained`` is told, when it is first loaded.
        kept: What it has to be told again of a saved model: settings of the user's, not of the model.
        item: Makes the task's item of an article.
    """

    name: str
    kind: type[Any]
    model: str
    options: tuple[tuple[str, Any], ...] = ()
    kept: tuple[str, ...] = ()
    item: Callable[[Article], Any] = lambda article: article

    def load(self, folder: Path, base: Path, *, again: bool = False) -> Any:
        options = {name: value for name, value in self.options if not again or name in self.kept}
        if self.kind is not TopicClassifier and not (self.kind is Summarizer and self.model in ("base", "scorer")):
            options["encoder"] = TorchEncoder.load(base, name=str(base))
        return self.kind.from_pretrained(folder, **options)


ZERO_SHOT = (("labels", LABELS),)
TWO = (("sentences", 2),)
CASES = (
    Case("topics, whole classifier", TopicClassifier, "topics"),
    Case("topics, adapter", TopicClassifier, "learned"),
    Case("topics, IPTC adapter", TopicClassifier, "iptc"),
    Case("topics, cosine", TopicClassifier, "base", ZERO_SHOT),
    Case("topics, cosine, multi-label", TopicClassifier, "base", (*ZERO_SHOT, ("multi_label", True)), ("multi_label",)),
    Case("topics, label space", TopicClassifier, "any-labels", ZERO_SHOT),
    Case(
        "topics, label space, multi-label",
        TopicClassifier,
        "any-labels",
        (*ZERO_SHOT, ("multi_label", True)),
        ("multi_label",),
    ),
    Case("topics, entailment", TopicClassifier, "nli", ZERO_SHOT),
    Case(
        "topics, entailment, multi-label", TopicClassifier, "nli", (*ZERO_SHOT, ("multi_label", True)), ("multi_label",)
    ),
    Case("topics, chat", TopicClassifier, "chat", ZERO_SHOT),
    Case("claims, adapter", StanceDetector, "claim", item=claim),
    Case("claims, adapter of two", StanceDetector, "stance", item=claim),
    Case("claims, entailment", StanceDetector, "nli", item=claim),
    Case("claims, chat", StanceDetector, "chat", item=claim),
    Case("targets, adapter", StanceDetector, "target", item=target),
    Case("targets, adapter of two", StanceDetector, "stance", item=target),
    Case("targets, entailment", StanceDetector, "nli", item=target),
    Case("targets, chat", StanceDetector, "chat", item=target),
    Case("summary, scorer", Summarizer, "scorer", TWO, ("sentences",)),
    Case("summary, centroid", Summarizer, "base", TWO, ("sentences",)),
    Case("summary, chat", Summarizer, "chat", TWO, ("sentences",)),
    Case("summary, seq2seq", Summarizer, "seq2seq", TWO, ("sentences",)),
    Case("summary, writer", Summarizer, "writer", TWO, ("sentences",)),
)


@dataclass(frozen=True)
class Loaded:
    case: Case
    model: Any
    base: Path

    def __call__(self, articles: list[Article]) -> list[Any]:
        results: list[Any] = self.model.predict_batch([self.case.item(article) for article in articles])
        return results


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def task(request: pytest.FixtureRequest, models: Path) -> Loaded:
    case: Case = request.param
    return Loaded(case, case.load(models / case.model, models / "base"), models / "base")


def test_batch_equals_single_and_keeps_order(task: Loaded, articles: list[Article]) -> None:
    single = [task([article])[0] for article in articles]
    batch = task(articles)
    assert [result.article_id for result in batch] == [article.id for article in articles]
    for one, other in zip(single, batch, strict=True):
        close(one, other)


def test_results_repeat(task: Loaded, articles: list[Article]) -> None:
    assert task(articles) == task(articles)


def test_saved_and_loaded_again_it_answers_the_same(task: Loaded, articles: list[Article], tmp_path: Path) -> None:
    saved = tmp_path / "new" / "saved"
    task.model.save_pretrained(saved)
    again = Loaded(task.case, task.case.load(saved, task.base, again=True), task.base)
    for one, other in zip(task(articles), again(articles), strict=True):
        close(one, other, model=False)
        assert other.model.name == str(saved) or other.model.name.startswith(str(saved))


def test_a_folder_that_cannot_be_written_is_said(task: Loaded, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(WriteError, match="cannot be saved"):
        task.model.save_pretrained(tmp_path / "file")


def test_evidence_is_quoted(task: Loaded, articles: list[Article]) -> None:
    for article, result in zip(articles, task(articles), strict=True):
        for span in spans(result):
            assert article.cut(span) == span.text
            assert span.text.strip() == span.text != ""


def test_results_say_who_made_them_and_that_nothing_was_cut(task: Loaded, articles: list[Article]) -> None:
    for result in task(articles):
        assert isinstance(result, Result)
        assert result.model.name
        assert result.model.revision
        assert not result.truncated
        assert result.to_dict()["article_id"] == result.article_id


def test_scores_are_probabilities(task: Loaded, articles: list[Article]) -> None:
    for result in task(articles):
        if isinstance(result, SummaryResult):
            continue
        scores = list(result.scores.values())
        assert all(0 <= score <= 1 for score in scores)
        if not getattr(task.model, "multi_label", False):
            assert sum(scores) == pytest.approx(1.0, abs=1e-4)
            assert result.score == pytest.approx(result.scores[result.label])


class Watched(Article):
    """An article that tells when it is gone."""

    __slots__ = ("__weakref__",)


def test_streams_are_lazy_and_hold_few_articles(task: Loaded) -> None:
    drawn: list[weakref.ref[Watched]] = []

    def queries() -> Iterator[Any]:
        for number in range(LOOKAHEAD + 4):
            article = Watched(f"Report {number}: Russia sent troops. Rain fell.")
            drawn.append(weakref.ref(article))
            yield task.case.item(article)
            del article

    results = task.model.stream(queries())
    assert drawn == []
    for number, _ in enumerate(results):
        assert len(drawn) <= number + LOOKAHEAD
        if number % LOOKAHEAD == 0:
            gc.collect()
            assert sum(reference() is not None for reference in drawn) <= LOOKAHEAD
    assert len(drawn) == LOOKAHEAD + 4


def test_one_endless_sentence(task: Loaded) -> None:
    article = Article("Russia " + " ".join(f"word{number % 7}" for number in range(400)))
    (result,) = task([article])
    assert all(article.cut(span) == span.text for span in spans(result))


def test_odd_texts_are_answered_or_refused(task: Loaded) -> None:
    texts = ["هطل المطر في الجنوب.", "x" * 3000, "Rain\r\nfell.\x0b", "😀 rain 😀", "Rain."]
    odd = [Article(text, language="en") for text in texts]
    for article, result in zip(odd, task(odd), strict=True):
        assert all(article.cut(span) == span.text for span in spans(result))
    for text in ("😀 😀 !!!", "3:1"):
        with pytest.raises(ArticleError, match="no letter"):
            task([Article(text)])


def test_the_answer_has_the_shape_of_the_method_not_of_the_question(task: Loaded, article: Article) -> None:
    assert task([]) == []
    assert list(task.model.stream(iter(()))) == []
    assert [type(result) for result in task([article])] == [type(task([article, article])[0])]
    arguments = {"claim": "Rain fell."} if task.case.item is claim else {}
    arguments = {"target": "Russia"} if task.case.item is target else arguments
    assert isinstance(task.model.predict(article, **arguments), type(task([article])[0]))
    for not_one in ([article], "Rain fell.", None):
        with pytest.raises(ArticleError, match="expected an Article"):
            task.model.predict(not_one, **arguments)


def test_results_before_a_bad_item_are_delivered(task: Loaded, article: Article) -> None:
    def queries() -> Iterator[Any]:
        yield task.case.item(article)
        yield task.case.item(Article("Rain fell."))
        raise QueryError("a bad item")

    results = task.model.stream(queries())
    assert next(results).article_id == article.id
    next(results)
    with pytest.raises(QueryError, match="a bad item"):
        next(results)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.model in ("learned", "claim", "scorer")], ids=lambda c: c.name
)
def test_a_language_the_card_does_not_name_is_refused(case: Case, models: Path) -> None:
    german = Article("Der Bundestag hat am Donnerstag über den Haushalt gestritten. Am Freitag wird abgestimmt.")
    task = Loaded(case, case.load(models / case.model, models / "base"), models / "base")
    with pytest.raises(ArticleError, match="'de'"):
        task([german])
    (result,) = task([Article("Am Ende. " + german.text, language="en")])
    assert isinstance(result, Result)


@pytest.mark.parametrize("model", ["learned", "claim", "target", "scorer"])
def test_a_shared_base_makes_no_difference(model: str, models: Path, articles: list[Article]) -> None:
    case = next(case for case in CASES if case.model == model)
    shared = TorchEncoder.load(models / "base", name=str(models / "base"))
    for other in ("learned", "claim", "target"):
        kind = TopicClassifier if other == "learned" else StanceDetector
        kind.from_pretrained(models / other, encoder=shared)
    one = Loaded(case, case.kind.from_pretrained(models / model, **dict(case.options), encoder=shared), models / "base")
    alone = Loaded(case, case.load(models / model, models / "base"), models / "base")
    for left, right in zip(one(articles), alone(articles), strict=True):
        close(left, right)


def test_an_analysis_holds_what_the_tasks_say_alone(models: Path, articles: list[Article]) -> None:
    shared = TorchEncoder.load(models / "base", name=str(models / "base"))
    topics = TopicClassifier.from_pretrained(models / "iptc", encoder=shared)
    stance = StanceDetector.from_pretrained(models / "stance", encoder=shared)
    summarizer = Summarizer.from_pretrained(models / "scorer", encoder=shared)
    analyzer = Analyzer(topics=topics, stance=stance, summarizer=summarizer)
    for article, analysis in zip(
        articles, analyzer.stream(articles, targets=["Russia", "NATO"], claims=["Rain fell."]), strict=True
    ):
        close(analysis.topics, topics.predict(article))
        close(analysis.summary, summarizer.predict(article))
        close(analysis.targets[1], stance.predict(article, target="NATO"))
        close(analysis.claims[0], stance.predict(article, claim="Rain fell."))
        assert not analysis.targets_proposed
    assert analyzer.analyze(articles[0]).targets_proposed
    with pytest.raises(QueryError, match=r"write \['Russia'\]"):
        analyzer.analyze(articles[0], targets="Russia")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "neither"),
        ({"claim": "a", "target": "b"}, "both"),
        ({"claim": "  "}, "must be text"),
        ({"target": ""}, "must be text"),
        ({"claim": 3}, "must be text"),
        ({"claim": "war " * 300}, "expected a sentence of at most 64"),
        ({"target": "war " * 300}, "words"),
    ],
)
def test_questions_that_cannot_be_asked(
    models: Path, article: Article, arguments: dict[str, Any], message: str
) -> None:
    stance = StanceDetector.from_pretrained(models / "stance")
    with pytest.raises(QueryError, match=message):
        stance.predict(article, **arguments)


def test_a_model_answers_its_own_kind_of_question_only(models: Path, article: Article) -> None:
    with pytest.raises(ModelError, match="claims only"):
        StanceDetector.from_pretrained(models / "claim").predict(article, target="Russia")
    with pytest.raises(ModelError, match="targets only"):
        StanceDetector.from_pretrained(models / "target").predict(article, claim="Rain fell.")
    for kind, model in ((StanceDetector, "learned"), (Summarizer, "claim"), (TopicClassifier, "scorer")):
        with pytest.raises(ModelError, match="expected"):
            kind.from_pretrained(models / model)
    with pytest.raises(ModelError, match="do not fit"):
        StanceDetector.from_pretrained(models / "topics", encoder=TorchEncoder.load(models / "base", name="b"))
    with pytest.raises(ModelError, match=r"labels=\[…\]"):
        TopicClassifier.from_pretrained(models / "base")
    with pytest.raises(ModelError, match=r"labels=\[…\]"):
        TopicClassifier.from_pretrained(models / "any-labels")
    with pytest.raises(ModelError, match="made for claim-stance"):
        TopicClassifier.from_pretrained(models / "claim", labels=LABELS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": "sport"}, "list of names"),
        ({"labels": []}, "list of names"),
        ({"labels": ["sport", " "]}, "list of names"),
        ({"labels": ["sport", "sport"]}, "twice"),
        ({"labels": LABELS, "template": "no place"}, "template"),
        ({"labels": LABELS, "threshold": 1.5}, "no probability"),
    ],
)
def test_labels_that_make_no_sense(models: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(NewsmlError, match=message):
        TopicClassifier.from_pretrained(models / "base", **options)


def test_thresholds_abstain_and_several_topics_are_ranked(models: Path, article: Article) -> None:
    strict = TopicClassifier.from_pretrained(models / "base", labels=LABELS, threshold=1.0).predict(article)
    assert strict.label is None
    assert strict.labels == ()
    assert strict.score == max(strict.scores.values())
    several = TopicClassifier.from_pretrained(models / "base", labels=LABELS, multi_label=True, threshold=0.0)
    result = several.predict(article)
    assert [topic.name for topic in result.labels] == list(result.scores)
    assert result.label == result.scores.best


def test_iptc_topics_carry_ids_and_subtopics(models: Path, article: Article) -> None:
    result = TopicClassifier.from_pretrained(models / "iptc").predict(article)
    (topic,) = result.labels
    assert (topic.id or "").startswith("medtop:")
    assert topic.path == (topic.name,)
    assert result.subtopics
    assert all(child.path[0] == topic.name and len(child.path) == 2 for child in result.subtopics)
    assert sum(child.score for child in result.subtopics) == pytest.approx(1.0, abs=1e-4)


def test_a_title_over_its_share_is_cut_and_said_so(models: Path) -> None:
    topics = TopicClassifier.from_pretrained(models / "learned")
    article = Article("Rain fell in Oslo.", title="war " * 200)
    assert topics.predict(article).truncated
    assert not topics.predict(Article("Rain fell in Oslo.", title="war " * 20)).truncated


def test_summaries_keep_to_their_length(models: Path, articles: list[Article]) -> None:
    summarizer = Summarizer.from_pretrained(models / "scorer")
    long = max(articles, key=lambda article: len(article.text))
    assert len(summarizer.predict(long).sentences) == 3
    assert len(summarizer.predict(long, sentences=5).sentences) == 5
    assert summarizer.predict(long, words=30).words <= 30
    assert summarizer.predict(long, ratio=0.1).words <= 0.1 * len(long.text.split()) + 1
    assert len(summarizer.headline(long).sentences) == 1
    starts = [span.start for span in summarizer.predict(long, sentences=5).sentences]
    assert starts == sorted(starts)


def spans(result: Result) -> list[Span]:
    found = list(getattr(result, "evidence", ()))
    if isinstance(result, StanceResult):
        found += result.mentions
    if isinstance(result, SummaryResult):
        found += result.sentences
        found += [sentence.evidence for sentence in result.checked if sentence.evidence is not None]
    return found


def close(one: Result, other: Result, *, model: bool = True) -> None:
    """Equal, but for rounding in the scores (1e-4)."""
    assert type(one) is type(other)
    assert not model or one.model == other.model
    assert one.truncated == other.truncated
    assert places(spans(one)) == places(spans(other))
    np.testing.assert_allclose(strengths(spans(one)), strengths(spans(other)), atol=1e-4)
    if isinstance(one, SummaryResult) and isinstance(other, SummaryResult):
        assert one.text == other.text
        return
    assert isinstance(one, TopicResult | StanceResult)
    assert isinstance(other, TopicResult | StanceResult)
    assert one.label == other.label
    near(one.scores, other.scores)
    if isinstance(one, TopicResult) and isinstance(other, TopicResult):
        assert [topic.id for topic in one.labels] == [topic.id for topic in other.labels]
        near(Scores((t.name, t.score) for t in one.subtopics), Scores((t.name, t.score) for t in other.subtopics))


def places(found: list[Span]) -> list[tuple[str, int, int]]:
    return [(span.field, span.start, span.end) for span in found]


def strengths(found: list[Span]) -> list[float]:
    return [span.score or 0.0 for span in found]


def near(one: Scores, other: Scores) -> None:
    assert set(one) == set(other)
    np.testing.assert_allclose([one[label] for label in one], [other[label] for label in one], atol=1e-4)
