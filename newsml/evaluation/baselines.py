"""What a model has to beat: the commonest class, chance, TF-IDF with logistic regression, plain cosine, Lead-3 and kin.

Owns how each baseline is fitted and asked; scikit-learn, sumy and the default encoder compute them. Knows nothing of
figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

from newsml.config.evaluate import Baseline, EvaluateConfig, System
from newsml.errors import DataError
from newsml.evaluation.data import Rows
from newsml.evaluation.extractive import lead, lexrank, random_sentences, textrank
from newsml.evaluation.systems import Answer, Answering, load
from newsml.io.rows import Row
from newsml.models.load import DEFAULT_BASE
from newsml.text.sentences import split

READ_WORDS = 400
"""Words of a text that TF-IDF reads: on held-out IPTC articles macro-F1 is .71 with them and .70 with all, in half the
time."""

LEADS = {"lead-2": 2, "lead-3": 3}
"""Baselines that take the opening, and how many sentences of it."""

COSINE = System(name="cosine", model=DEFAULT_BASE, zero_shot=True, template="{}")
"""Cosine of the article with the bare names of the labels, by the base as it is: what to be better than."""


def about(name: Baseline, config: EvaluateConfig, rows: Rows) -> str:
    """What a reader must know of a baseline on a data set.

    Raises:
        DataError: ``tfidf`` has no rows, or no two classes, to learn from.
    """
    if config.task == "summary":
        count = _count(name, config)
        return f"{count} sentence{'s' * (count > 1)}"
    if name == "cosine":
        return "label names as they are, by the base encoder as it is"
    if name != "tfidf":
        return f"class shares of the {'train' if rows.train else 'test'} rows"
    if not rows.train:
        raise DataError(
            f"baseline tfidf learns from train rows, and {rows.dataset.name} has none; give it train tables, or "
            "held_out below 1, or leave tfidf out"
        )
    if len(found := {row.labels for row in rows.train}) < 2:
        raise DataError(f"baseline tfidf needs two classes in train, got {', '.join(next(iter(found)))} alone")
    return f"fitted on {len(rows.train):,} train rows"


def load_baseline(name: Baseline, config: EvaluateConfig, rows: Rows) -> Answering:
    """Fit a baseline for a data set.

    Raises:
        MissingDependencyError: The package that computes it is missing.
    """
    if config.task == "summary":
        return _sentences(name, config)
    if name == "cosine":
        plain = rows.dataset.model_copy(update={"wording": {}})
        return load(config, COSINE, replace(rows, dataset=plain))
    if name == "tfidf":
        return _tfidf(config, rows)
    return partial(_by_shares, sets=[row.labels for row in rows.train or rows.test], name=name, seed=config.seed)


def _by_shares(rows: Iterable[Row], *, sets: Sequence[tuple[str, ...]], name: Baseline, seed: int) -> Iterator[Answer]:
    """The commonest answer (``majority``), or one drawn by its share for each row (``stratified``)."""
    counts = Counter(sets)
    shares = {labels[0]: count / len(sets) for labels, count in counts.items()}
    scores = shares if all(len(labels) == 1 for labels in counts) else {}
    common = counts.most_common(1)[0][0]
    for row in rows:
        # By row and not by place, so that a run taken up again draws the same.
        given = common if name == "majority" else Random(f"{seed} {row.id}").choice(sets)
        yield Answer(given, dict(scores))


def _tfidf(config: EvaluateConfig, rows: Rows) -> Answering:
    texts = [flat(row) for row in rows.train]
    if config.multi_label:
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.preprocessing import MultiLabelBinarizer

        kinds = MultiLabelBinarizer(classes=list(rows.labels))
        model = tfidf_model(len(texts), seed=config.seed, wrap=OneVsRestClassifier)
        model.fit(texts, kinds.fit_transform([row.labels for row in rows.train]))
        names, several = rows.labels, True
    else:
        model = tfidf_model(len(texts), seed=config.seed)
        try:
            model.fit(texts, [row.label for row in rows.train])
        except ValueError as error:
            raise DataError(
                f"baseline tfidf cannot be fitted on the train rows of {rows.dataset.name} ({error}); leave tfidf out"
            ) from error
        names, several = tuple(map(str, model.classes_)), False

    def answers(asked: Iterable[Row]) -> Iterator[Answer]:
        """The likeliest class of each row, or all at least as likely as not."""
        for probabilities in model.predict_proba([flat(row) for row in asked]):
            scores = dict(zip(names, map(float, probabilities), strict=True))
            best = max(scores, key=lambda label: scores[label])
            given = tuple(label for label in names if scores[label] >= 0.5) if several else (best,)
            yield Answer(given, scores)

    return answers


def tfidf_model(rows: int, *, seed: int, wrap: Callable[[Any], Any] = lambda model: model) -> Any:
    """TF-IDF of words and word pairs with logistic regression (scikit-learn), unfitted.

    Args:
        rows: How many texts it will be fitted on.
        seed: Fixes the solver.
        wrap: What the logistic regression is wrapped in, such as one-versus-rest.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(
        # Words of a single text tell nothing of others; but a handful of texts may have no others.
        TfidfVectorizer(ngram_range=(1, 2), min_df=2 if rows > 50 else 1, max_features=50_000, sublinear_tf=True),
        wrap(LogisticRegression(C=10, max_iter=200, class_weight="balanced", random_state=seed)),
    )


def flat(row: Row) -> str:
    """What TF-IDF reads of a row: its first ``READ_WORDS`` words, claim, target and title before the text."""
    whole = " ".join(part for part in (row.claim, row.target, row.title, row.text) if part)
    return " ".join(whole.split(maxsplit=READ_WORDS)[:READ_WORDS])


def _count(name: Baseline, config: EvaluateConfig) -> int:
    """Lead takes what its name says; the others as many as the first system that states a number, or three."""
    stated = [system.sentences for system in config.systems if system.sentences is not None]
    return LEADS.get(name) or (stated[0] if stated else LEADS["lead-3"])


def _sentences(name: Baseline, config: EvaluateConfig) -> Answering:
    count = _count(name, config)

    def answers(rows: Iterable[Row]) -> Iterator[Answer]:
        """The chosen sentences of each article."""
        for row in rows:
            sentences = split(row.text)
            texts = [sentence.text for sentence in sentences]
            if name == "random":
                chosen = random_sentences(texts, count, seed=config.seed, article_id=row.id)
            else:
                chosen = {"textrank": textrank, "lexrank": lexrank}.get(name, lead)(texts, count)
            spans = tuple(sentences[index].span() for index in chosen)
            yield Answer(tuple(span.text for span in spans), {}, spans)

    return answers
