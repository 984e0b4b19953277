"""Figures of summaries against rouge-score's own and against values computed by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from newsml.article import Article
from newsml.config.evaluate import Bootstrap
from newsml.errors import DataError
from newsml.evaluation.figures.summaries import BETTER, ROUGE, figures, fragments, rouge, row_values
from newsml.evaluation.predictions import Prediction
from newsml.text.sentences import split

ARTICLE = Article("The mayor of Lund opened a school. Rain fell all day. The council paid 40 kronor.", title="Lund")
REFERENCE = ["A new school opened in Lund.", "It rained."]
SHARES = [name for name in BETTER if name.startswith(("coverage", "novel", "repetition", "unsupported s"))]


def plain(summary: list[str], article: list[str]) -> list[int]:
    """The procedure as the paper prints it."""
    lengths, at = [], 0
    while at < len(summary):
        longest, place = 0, 0
        while place < len(article):
            if summary[at] == article[place]:
                i, j = at, place
                while i < len(summary) and j < len(article) and summary[i] == article[j]:
                    i, j = i + 1, j + 1
                longest, place = max(longest, i - at), j
            else:
                place += 1
        lengths += [longest] if longest else []
        at += max(longest, 1)
    return lengths


def row(number: int, **values: float) -> Prediction:
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return Prediction(f"row-{number}", f"article-{number // 2}", ("gold",), ("answer",), values=named)


def test_rouge_is_that_of_the_library_for_the_best_of_the_references() -> None:
    summary = ["The mayor opens schools in Lund.", "Rain fell."]
    references = [REFERENCE, ["The mayor of Lund", "opened schools"], ["Rain"]]
    values = row_values(ARTICLE, summary, references)
    scorer = RougeScorer(list(ROUGE.values()), use_stemmer=True)
    scores = [scorer.score("\n".join(reference), "\n".join(summary)) for reference in references]
    for name, kind in ROUGE.items():
        assert values[name] == 100 * max(score[kind].fmeasure for score in scores)
    assert values["ROUGE-L"] != values["ROUGE-Lsum"]


def test_white_space_inside_a_sentence_ends_none() -> None:
    assert row_values(ARTICLE, ["Rain\nfell", " all  day."], [["Rain fell", "all\nday."]])["ROUGE-Lsum"] == 100.0


def test_mean_rouge_is_that_of_the_library() -> None:
    summaries, references = ["Rain fell\nin Oslo", "Markets rose"], ["Rain falls\nin Oslo today", "Snow"]
    kinds = ["rouge1", "rouge2", "rougeLsum"]
    scores = RougeScorer(kinds, use_stemmer=True).score(references[0], summaries[0])
    assert rouge(summaries, references) == {kind: 100 * scores[kind].fmeasure / 2 for kind in kinds}
    assert rouge(["a b c d"], ["a b x y"])["rouge2"] == pytest.approx(100 / 3)
    assert rouge([], []) == dict.fromkeys(kinds, 0.0)


def test_what_is_taken_over_by_hand() -> None:
    # the mayor | opened a school . | fell | . of the summary's 9 tokens, the article has 19
    values = row_values(ARTICLE, ["The mayor opened a school.", "Snow fell."], [REFERENCE])
    assert values["coverage"] == pytest.approx((2 + 4 + 1 + 1) / 9)
    assert values["density"] == pytest.approx((4 + 16 + 1 + 1) / 9)
    assert values["compression"] == pytest.approx(19 / 9)
    assert values["novel 1-grams"] == pytest.approx(1 / 8)  # snow; the full stop counts once
    assert values["novel 2-grams"] == pytest.approx(3 / 7)  # mayor opened, snow fell, fell .
    assert values["novel 3-grams"] == pytest.approx(3 / 5)  # the mayor opened, mayor opened a, snow fell .
    assert values["repetition"] == 0.0
    assert values["words"] == 7.0
    assert values["sentences"] == 2.0


def test_the_search_goes_on_behind_a_match_it_has_tried() -> None:
    # "a a b" starts inside the match "a a", which the procedure of the paper has left behind.
    assert fragments(["a", "a", "b"], ["a", "a", "a", "b"]) == [2, 1] == plain(["a", "a", "b"], ["a", "a", "a", "b"])


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=20))
def test_fragments_are_those_of_the_procedure_in_the_paper(summary: list[str], article: list[str]) -> None:
    assert fragments(summary, article) == plain(summary, article)


def test_repetition_by_hand() -> None:
    values = row_values(ARTICLE, ["Rain fell all day.", "Rain fell all day."], [REFERENCE])
    assert values["repetition"] == pytest.approx(0.5)


def test_copied_sentences_are_nothing_new() -> None:
    first, _, last = (sentence.text for sentence in split(ARTICLE.text))
    values = row_values(ARTICLE, [first, last], [REFERENCE])
    assert [values[f"novel {n}-grams"] for n in (1, 2, 3)] == [0.0, 0.0, 0.0]
    assert values["coverage"] == 1.0
    assert values["unsupported facts"] == 0.0


def test_unsupported_facts_are_counted_by_sentence() -> None:
    values = row_values(ARTICLE, ["The council paid 50 kronor to Anna Berg.", "Rain fell."], [REFERENCE])
    assert values["unsupported facts"] == 2.0
    assert values["unsupported sentences"] == 0.5


@pytest.mark.parametrize("summary", [[], [" "]])
def test_an_empty_summary_has_what_is_defined_for_it(summary: list[str]) -> None:
    values = row_values(ARTICLE, summary, [REFERENCE])
    assert values == {**dict.fromkeys(ROUGE, 0.0), "unsupported facts": 0.0, "words": 0.0, "sentences": 0.0}


def test_short_sentences_have_no_long_grams() -> None:
    values = row_values(ARTICLE, ["Rain", "fell ."], [REFERENCE])
    assert values["novel 2-grams"] == 1.0
    assert "novel 3-grams" not in values
    assert "repetition" not in values


@pytest.mark.parametrize(
    ("references", "message"),
    [([], "no reference"), ([REFERENCE, [" "]], "summary 2 is nothing"), ([["奥斯陆下雨了。"]], "Latin")],
)
def test_a_reference_that_says_nothing_is_refused(references: list[list[str]], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        row_values(ARTICLE, ["Rain fell."], references)
    assert ARTICLE.id in str(caught.value)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(alphabet="ab .7Ö“\n", max_size=15), max_size=4))
def test_values_stay_in_their_ranges(summary: list[str]) -> None:
    values = row_values(Article("a b ab. Öa 7 b."), summary, [["a b"]])
    assert set(values) <= set(BETTER)
    assert all(0 <= values[name] <= 1 for name in SHARES if name in values)
    assert all(0 <= values[name] <= 100 for name in ROUGE)
    assert values.get("density", 0.0) >= values.get("coverage", 0.0)


def test_figures_are_means_over_the_rows_that_have_them() -> None:
    rows = [row(0, ROUGE_1=10.0, compression=4.0), row(1, ROUGE_1=20.0), row(2, ROUGE_1=60.0, words=3.0)]
    made = figures(rows, bootstrap=Bootstrap(samples=50), seed=1)
    assert [(figure.name, figure.value, figure.better) for figure in made] == [
        ("ROUGE-1", 30.0, "higher"),
        ("compression", 4.0, "none"),
        ("words", 3.0, "none"),
    ]
    low, high = made[0].low, made[0].high
    assert low is not None
    assert high is not None
    assert 15.0 <= low <= 30.0 <= high <= 60.0  # Two articles: rows 0 and 1 come and go together.
    assert made == figures(rows, bootstrap=Bootstrap(samples=50), seed=1)


def test_figures_of_real_rows_come_in_the_order_of_the_table() -> None:
    rows = [
        Prediction(str(n), str(n), ("x",), ("y",), values=row_values(ARTICLE, summary, [REFERENCE]))
        for n, summary in enumerate(([], ["Rain fell all day."], ["A school opened."]))
    ]
    made = figures(rows, bootstrap=Bootstrap(samples=20), seed=1)
    assert [figure.name for figure in made][:4] == list(ROUGE)
    assert [figure.name for figure in made] == [name for name in BETTER if any(name in row.values for row in rows)]


def test_no_intervals_where_none_are_asked_for() -> None:
    (figure,) = figures([row(0, words=1.0), row(5, words=2.0)], bootstrap=Bootstrap(samples=0), seed=1)
    assert (figure.low, figure.high) == (None, None)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "at least one row"),
        ([row(0, ROUGE_1=1.0), row(1, ROUGE_1=float("nan"))], "row-1.*ROUGE-1.*nan"),
        ([row(3, BLEU=1.0)], "row-3.*'BLEU'"),
    ],
)
def test_what_has_no_figures_is_refused(rows: list[Prediction], message: str) -> None:
    with pytest.raises(DataError, match=message):
        figures(rows, bootstrap=Bootstrap(samples=10), seed=1)
