"""What a model has to beat: the majority class, TF-IDF with logistic regression, the first three sentences.

Owns the baselines every training run reports beside its model, on the same rows. Knows nothing of models.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def majority(train: Sequence[str], rows: int) -> list[str]:
    """The commonest training label, as often as there are rows."""
    return [Counter(train).most_common(1)[0][0]] * rows


def tfidf(texts: Sequence[str], labels: Sequence[str], unseen: Sequence[str], *, seed: int) -> list[str]:
    """TF-IDF of words and word pairs with logistic regression (scikit-learn), fitted on the training texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    if len(set(labels)) < 2:
        return majority(labels, len(unseen))
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=100_000, sublinear_tf=True),
        LogisticRegression(C=10, max_iter=400, class_weight="balanced", random_state=seed),
    )
    return [str(label) for label in model.fit(list(texts), list(labels)).predict(list(unseen))]


def lead(sentences: Sequence[str], *, count: int = 3) -> list[str]:
    """The first sentences of an article, the summary that newspapers write for themselves."""
    return list(sentences[:count])
