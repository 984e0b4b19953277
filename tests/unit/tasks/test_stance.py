"""How sentences become the stance of an article: the documented rules, with judges whose answers are given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from newsml.article import Article
from newsml.errors import ModelError, QueryError
from newsml.models.calibration import Abstention, Calibration
from newsml.results import CLAIM_LABELS, NOT_MENTIONED, TARGET_LABELS, ModelInfo
from newsml.tasks.inputs import Passage, Question
from newsml.tasks.judges import RELATED_COSINE, EntailedClaimJudge, EntailedTargetJudge, order_of
from newsml.tasks.query import StanceQuery
from newsml.tasks.run import Steps, stream
from newsml.tasks.stance import StanceDetector
from newsml.tasks.verdicts import NEUTRAL_WEIGHT, sentence_weight
from newsml.text.sentences import split

AXES = ("troops", "rain", "snow", "court")


def count(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


class WordVectors:
    """An embedder that knows four words."""

    encoder = SimpleNamespace(count_tokens=count)

    def __call__(self, texts: Sequence[str]) -> list[np.ndarray]:
        vectors = [np.array([text.lower().count(word) for word in AXES] + [0.1]) for text in texts]
        return [vector / np.linalg.norm(vector) for vector in vectors]


class Judge:
    """Answers by the first of its words that stands in what it is asked about."""

    model = ModelInfo("judge", "1")
    found: Any = SimpleNamespace(card=None)
    max_tokens = 60

    def __init__(self, answers: dict[str, Sequence[float]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return count(texts)

    def answer(self, text: str) -> np.ndarray:
        self.asked.append(text)
        return np.array(next(row for word, row in self.answers.items() if word in text))


class Claims(Judge):
    def probabilities(self, questions: Sequence[Question]) -> Steps[list[np.ndarray]]:
        yield from ()
        return [self.answer(" ".join(s.text for s in question.sentences)) for question in questions]


class Targets(Judge):
    def probabilities(self, target: str, passages: Sequence[Passage]) -> Steps[list[np.ndarray]]:
        assert target
        yield from ()
        return [self.answer(passage.text) for passage in passages]


def detector(**judges: Any) -> StanceDetector:
    return StanceDetector(embedder=WordVectors(), **judges)  # type: ignore[arg-type]


FOR, AGAINST, NEUTRAL = (0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.05, 0.05, 0.9)


def test_decided_sentences_count_more_than_neutral_ones() -> None:
    assert sentence_weight(np.array([0.5, 0.5, 0.0])) == 1.0
    assert sentence_weight(np.array([0.0, 0.0, 1.0])) == NEUTRAL_WEIGHT
    judge = Targets({"praised": FOR, "Russia": NEUTRAL})
    article = Article("They praised Russia. Russia is large. Russia is cold.")
    result = detector(target_judge=judge).predict(article, target="Russia")
    weights = [sentence_weight(np.array(row)) for row in (FOR, NEUTRAL, NEUTRAL)]
    expected = np.average([FOR, NEUTRAL, NEUTRAL], axis=0, weights=weights)
    assert [result.scores[label] for label in TARGET_LABELS] == pytest.approx(list(expected))
    assert result.scores[NOT_MENTIONED] == 0.0
    assert result.label == TARGET_LABELS[int(expected.argmax())] == "favor"
    assert result.score == result.scores["favor"]


def test_only_sentences_that_name_the_target_are_judged_each_once() -> None:
    judge = Targets({"": AGAINST})
    article = Article("Russia warned Russia. Rain fell. The Russians left.", title="On Russia")
    result = detector(target_judge=judge).predict(article, target="Russia")
    assert judge.asked == ["On Russia", "Russia warned Russia.", "The Russians left."]
    assert [article.cut(span) for span in result.mentions] == ["Russia", "Russia", "Russia", "Russians"]


def test_who_is_not_named_is_not_judged() -> None:
    judge = Targets({})
    result = detector(target_judge=judge).predict(Article("Rain fell."), target="Russia")
    assert (result.label, result.score, result.evidence, result.mentions) == (NOT_MENTIONED, 1.0, (), ())
    assert set(result.scores) == {*TARGET_LABELS, NOT_MENTIONED}
    assert judge.asked == []


def test_evidence_is_the_strongest_first_at_least_half_as_strong_and_three_at_most() -> None:
    answers = {"worst": (0.0, 0.9, 0.1), "bad": (0.1, 0.7, 0.2), "poor": (0.2, 0.5, 0.3), "sad": (0.2, 0.46, 0.34)}
    judge = Targets({**answers, "fine": (0.5, 0.4, 0.1)})
    text = "Russia is sad. Russia is bad. Russia is worst. Russia is fine. Russia is poor."
    result = detector(target_judge=judge).predict(Article(text), target="Russia")
    assert [span.text.split()[-1] for span in result.evidence] == ["worst.", "bad.", "poor."]
    assert [span.score for span in result.evidence] == [0.9, 0.7, 0.5]
    few = detector(target_judge=judge).predict(Article("Russia is worst. Russia is fine."), target="Russia")
    assert [span.text for span in few.evidence] == ["Russia is worst."]


@pytest.mark.parametrize(
    ("title", "body", "quoted"),
    [
        (0.9, 0.6, ["text"]),  # The body is quoted first,
        (0.9, 0.46, ["text"]),
        (0.9, 0.4, ["title"]),  # unless the title says it twice as plainly,
        (0.9, None, ["title"]),  # or alone.
    ],
)
def test_the_title_is_quoted_only_where_the_body_says_less_than_half(
    title: float, body: float | None, quoted: list[str]
) -> None:
    judge = Targets({"title": (0, title, 1 - title), "body": (0, body or 0, 1 - (body or 0))})
    article = Article("The body on Russia." if body else "Rain fell.", title="The title on Russia")
    result = detector(target_judge=judge).predict(article, target="Russia")
    assert result.label == "against"
    assert [span.field for span in result.evidence] == quoted


def test_a_claim_is_judged_on_its_nearest_sentences_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsml.tasks.stance.CLAIM_SENTENCES", 3)
    titled = Claims({"": (0.7, 0.1, 0.1, 0.1)})
    letter = Article("Troops came in the rain. It was cold.", title="A letter")
    detector(claim_judge=titled).predict(letter, claim="Troops and rain")
    assert titled.asked[0] == "A letter Troops came in the rain. It was cold."
    judge = Claims({"": (0.7, 0.1, 0.1, 0.1)})
    text = "Rain fell. The troops left. Snow fell. More troops came in the rain. Fog."
    result = detector(claim_judge=judge).predict(Article(text), claim="Troops and rain")
    near = ["Rain fell.", "The troops left.", "More troops came in the rain."]
    assert judge.asked == [" ".join(near), *near]
    assert result.evidence[0].text == "More troops came in the rain."
    judge.max_tokens = 16  # Nine of them for the sentences.
    detector(claim_judge=judge).predict(Article(text), claim="Troops and rain")
    assert judge.asked[4] == "Rain fell. More troops came in the rain. Fog."


def test_a_claims_evidence_says_the_answer_alone_and_is_near() -> None:
    yes, no = (0.6, 0.2, 0.1, 0.1), (0.02, 0.9, 0.05, 0.03)
    judge = Claims({"denied": no, "troops": yes, "": no})
    article = Article("The troops came. The court denied troops. Troops, troops and rain.")
    result = detector(claim_judge=judge).predict(article, claim="Troops")
    assert result.label == "disagree"
    assert [span.text for span in result.evidence] == ["The court denied troops."]
    assert 0 < (result.evidence[0].score or 0) < 0.9
    # The mean of the judgement of all together and the mean of those of each alone.
    expected = (np.array(no) + (2 * np.array(yes) + np.array(no)) / 3) / 2
    assert [result.scores[label] for label in CLAIM_LABELS] == pytest.approx(list(expected))


def test_an_unrelated_article_has_no_evidence() -> None:
    judge = Claims({"": (0.1, 0.1, 0.1, 0.7)})
    result = detector(claim_judge=judge).predict(Article("Rain fell."), claim="Troops")
    assert (result.label, result.evidence) == ("unrelated", ())


def test_sentences_are_cut_to_what_the_judge_counts_too() -> None:
    judge = Targets({"": AGAINST})
    judge.count_tokens = lambda texts: [10 * n for n in count(texts)]  # type: ignore[method-assign]
    article = Article("Russia " + "said " * 30 + "no.")
    detector(target_judge=judge).predict(article, target="Russia")
    assert [len(text.split()) for text in judge.asked] == [12]


class Entails:
    """An NLI model whose logits are given."""

    labels = ("contradiction", "entailment", "neutral")
    max_tokens = 100

    def __init__(self, *rows: Sequence[float]) -> None:
        self.rows = [np.log(np.array(row)) for row in rows]
        self.pairs: list[Any] = []

    def __call__(self, inputs: Sequence[Any]) -> list[np.ndarray]:
        self.pairs += inputs
        return self.rows[: len(inputs)]


FOUND: Any = SimpleNamespace(name="nli", revision="1", path=Path())


def test_entailment_knows_unrelated_by_distance() -> None:
    model: Any = Entails((0.1, 0.7, 0.2), (0.1, 0.3, 0.6))
    judge = EntailedClaimJudge(FOUND, model)
    sentence = split("Rain fell.")
    questions = [Question("It rained.", sentence, RELATED_COSINE), Question("It rained.", sentence, 1.0)]
    ((near, far),) = stream([questions], judge.probabilities)
    assert near.tolist() == pytest.approx([0.7, 0.1, 0.1, 0.1])
    assert far.tolist() == pytest.approx([0.3, 0.1, 0.6, 0.0], abs=1e-4)
    assert (model.pairs[0].first, model.pairs[0].second) == ("Rain fell.", "It rained.")


def test_a_topic_that_nobody_names_is_judged_on_the_whole_text() -> None:
    article = Article("Taxes are theft. They pay for schools. Nobody minds.", title="A letter")
    judge: Any = Targets({"Taxes": AGAINST, "schools": FOR, "Nobody": NEUTRAL})
    stance = detector(target_judge=judge)
    assert stance.predict(article, target="public spending").label == "not mentioned"
    result = stance.predict(article, target="public spending", scope="text")
    assert result.label == "against"
    assert result.score == pytest.approx(0.8)
    assert [span.text for span in result.evidence] == ["Taxes are theft."]
    assert result.mentions == ()
    with pytest.raises(QueryError, match="expected 'mentions' or 'text'"):
        StanceQuery(article, target="public spending", scope="all")  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="scope goes with a target"):
        StanceQuery(article, claim="Taxes rise", scope="text")
    with pytest.raises(QueryError, match="target of 99 tokens"):
        stance.predict(article, target="tax " * 99, scope="text")


def test_a_caller_can_say_where_the_text_names_the_target() -> None:
    article = Article("Anna Berg spoke. She lied. The mayor smiled.")
    judge: Any = Targets({"lied": AGAINST, "smiled": FOR})
    (result,) = detector(target_judge=judge).predict_batch(
        [StanceQuery(article, target="Anna Berg", places=((17, 20),))]
    )
    assert (result.label, [span.text for span in result.mentions]) == ("against", ["She"])
    assert [span.text for span in result.evidence] == ["She lied."]
    (nowhere,) = detector(target_judge=judge).predict_batch([StanceQuery(article, target="Anna", places=())])
    assert nowhere.label == "not mentioned"
    for wrong in ({"places": ((40, 90),)}, {"places": ((3, 3),)}, {"places": (), "scope": "text"}):
        with pytest.raises(QueryError, match=r"outside the text|judged on its mentions"):
            StanceQuery(article, target="Anna", **wrong)


def test_entailment_asks_for_and_against_a_target() -> None:
    model: Any = Entails((0.1, 0.8, 0.1), (0.8, 0.1, 0.1))
    judge = EntailedTargetJudge(FOUND, model)
    (((row),),) = stream([[Passage("Russia won.")]], lambda passages: judge.probabilities("Russia", passages))
    expected = np.array([0.8, 0.1, 0.2 * 0.9])
    assert row.tolist() == pytest.approx((expected / expected.sum()).tolist())
    assert [pair.second for pair in model.pairs] == [
        "The author is in favor of Russia.",
        "The author is against Russia.",
    ]


def test_labels_of_other_models_are_understood_or_refused() -> None:
    assert order_of(["AGAINST", "NONE", "FAVOR"], TARGET_LABELS) == [2, 0, 1]
    assert order_of(["negative", "neutral", "positive"], TARGET_LABELS) == [2, 0, 1]
    assert order_of(["unrelated", "agree", "disagree", "discuss"], CLAIM_LABELS) == [1, 2, 3, 0]
    for labels in (["a", "b", "c"], ["favor", "against"], ["favor", "against", "neutral", "other"]):
        with pytest.raises(ValueError, match="do not fit; expected favor, against, neutral"):
            order_of(labels, TARGET_LABELS)


def test_a_result_says_whether_its_card_trusts_it() -> None:
    answers: dict[str, Sequence[float]] = {"praised": (0.8, 0.1, 0.1), "met": (0.4, 0.3, 0.3)}
    judge: Any = Targets(answers)
    judge.found = SimpleNamespace(card=card_with_threshold(0.6))
    stance = detector(target_judge=judge)
    sure, unsure, absent = (
        stance.predict(Article(text), target="Russia")
        for text in ("They praised Russia.", "They met Russia.", "Rain fell.")
    )
    assert (sure.label, sure.confident) == ("favor", True)
    assert (unsure.label, unsure.confident) == ("favor", False)
    assert (absent.label, absent.confident) == (NOT_MENTIONED, True)
    assert unsure.to_dict()["confident"] is False
    plain: Any = Targets(answers)
    assert detector(target_judge=plain).predict(Article("They met Russia."), target="Russia").confident


def card_with_threshold(threshold: float) -> Any:
    abstention = Abstention(threshold=threshold, rule="a rule", coverage=0.5, accuracy=0.9)
    return SimpleNamespace(
        calibration=Calibration(method="temperature", temperature=1.0, rows=9, how="so", abstention=abstention)
    )


def test_what_a_query_is_judged_on_can_be_asked_without_judging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsml.tasks.stance.CLAIM_SENTENCES", 2)
    claims, targets = Claims({}), Targets({})
    stance = detector(claim_judge=claims, target_judge=targets)
    article = Article("Rain fell. Troops came. Russia met Russia. Fog.", title="On Russia")

    def read(**query: Any) -> list[str]:
        (spans,) = stream([StanceQuery(article, **query)], stance.judged_on)
        assert all(article.cut(span) == span.text for span in spans)
        return [span.text for span in spans]

    assert read(claim="Troops.") == ["On Russia", "Troops came."]
    assert read(target="Russia") == ["On Russia", "Russia met Russia."]
    assert read(target="Norway") == []
    assert read(target="Russia", places=((0, 4),)) == ["Rain fell."]
    assert read(target="Russia", scope="text") == ["Rain fell.", "Troops came.", "Russia met Russia.", "Fog."]
    assert claims.asked == targets.asked == []
    with pytest.raises(ModelError, match="judges targets only"):
        next(detector(target_judge=targets).judged_on(StanceQuery(article, claim="Troops")))
