"""Figures of merit, computed by scikit-learn and rouge-score.

Owns which figures newsml reports and what they are called. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence

FNC_RELATED = ("agree", "disagree", "discuss")


def classification(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    """Accuracy, macro-F1 and F1 per class, each 0 to 1 (scikit-learn; a class never predicted has F1 0)."""
    from sklearn.metrics import accuracy_score, f1_score

    present = [label for label in labels if label in set(gold)]
    per_class = f1_score(gold, predicted, labels=present, average=None, zero_division=0.0)
    return {
        "accuracy": float(accuracy_score(gold, predicted)),
        "macro_f1": float(f1_score(gold, predicted, labels=present, average="macro", zero_division=0.0)),
        **{f"f1 {label}": float(value) for label, value in zip(present, per_class, strict=True)},
    }


def fnc_score(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """The Fake News Challenge's weighted score as a percentage of the most that could be had.

    A row scores .25 where related is told from unrelated, and .75 more where the related class is right
    (fakenewschallenge.org, 2017).
    """

    def points(truth: str, guess: str) -> float:
        """What one row scores, 0 to 1 (0.25 at most for *unrelated*)."""
        right = 0.25 if truth == guess else 0.0
        if truth == guess and truth != "unrelated":
            right += 0.50
        if truth in FNC_RELATED and guess in FNC_RELATED:
            right += 0.25
        return right

    best = sum(points(truth, truth) for truth in gold)
    return 100 * sum(points(truth, guess) for truth, guess in zip(gold, predicted, strict=True)) / best if best else 0.0


def rouge(summaries: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Mean ROUGE-1, ROUGE-2 and summary-level ROUGE-L F1 with stemming, 0 to 100 (Lin 2004; rouge-score).

    Args:
        summaries: One a row, a sentence a line.
        references: As many, a sentence a line.
    """
    from rouge_score.rouge_scorer import RougeScorer

    kinds = ("rouge1", "rouge2", "rougeLsum")
    scorer = RougeScorer(list(kinds), use_stemmer=True)
    scores = [scorer.score(reference, summary) for summary, reference in zip(summaries, references, strict=True)]
    return {kind: 100 * sum(row[kind].fmeasure for row in scores) / max(len(scores), 1) for kind in kinds}
