"""Two systems on the same rows, figure by figure: stance and topics, multi-label topics, summaries.

Owns which figures are compared and by which test. Knows nothing of runs or files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsml.evaluation.figures.classification import ACCURACY, FNC_SCORE, MACRO_F1, MICRO_F1, classification_statistic
from newsml.evaluation.figures.doubt import Statistic, means
from newsml.evaluation.figures.multilabel import SUBSET_ACCURACY, multi_label_statistic
from newsml.evaluation.figures.significance import Difference, compare, mcnemar, paired
from newsml.evaluation.predictions import Prediction
from newsml.evaluation.report import Comparison

RANDOMISATION = "approximate randomisation"
MCNEMAR = "McNemar, exact"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is compared, and how doubt is measured.

    Attributes:
        data: Name of the data set.
        a: Name of one system.
        b: Name of the other.
        samples: Shuffles, and bootstrap samples.
        level: Level of the intervals, 0 to 1.
        seed: Fixes the draws.
    """

    data: str
    a: str
    b: str
    samples: int
    level: float
    seed: int


def compare_classification(
    a: Sequence[Prediction],
    b: Sequence[Prediction],
    labels: Sequence[str],
    terms: Terms,
    *,
    fnc: bool,
) -> tuple[Comparison, ...]:
    """Compare two systems with one answer a row, on the chief figure first.

    Args:
        a: One system's rows.
        b: The other's, in any order.
        labels: The classes of the data set.
        terms: What is compared, and how doubt is measured; with 0 samples only accuracy is compared, and without an
            interval.
        fnc: Whether to compare FNC-1 scores too, which then come first.

    Returns:
        The FNC-1 score (with ``fnc``) and macro-F1 by approximate randomisation, and accuracy by McNemar's exact test.

    Raises:
        DataError: The two did not answer the same rows, or a gold label is none of the labels.
    """

    def statistic(rows: Sequence[Prediction]) -> Statistic:
        return classification_statistic(rows, labels, fnc=fnc)

    found = compare(a, b, statistic, samples=terms.samples, level=terms.level, seed=terms.seed)
    p_value = mcnemar(*([row.gold == (row.label,) for row in rows] for rows in (a, paired(a, b))))
    return _comparisons(found, (FNC_SCORE, MACRO_F1), (ACCURACY, p_value), terms, rows=len(a))


def compare_multi_label(
    a: Sequence[Prediction],
    b: Sequence[Prediction],
    labels: Sequence[str],
    terms: Terms,
) -> tuple[Comparison, ...]:
    """Compare two systems with any number of answers a row, on the chief figure first.

    Arguments and errors are those of ``compare_classification``.

    Returns:
        Macro-F1 and micro-F1 by approximate randomisation, and subset accuracy by McNemar's exact test.
    """

    def statistic(rows: Sequence[Prediction]) -> Statistic:
        return multi_label_statistic(rows, labels, scores=False)

    found = compare(a, b, statistic, samples=terms.samples, level=terms.level, seed=terms.seed)
    p_value = mcnemar(*([set(row.gold) == set(row.prediction) for row in rows] for rows in (a, paired(a, b))))
    return _comparisons(found, (MACRO_F1, MICRO_F1), (SUBSET_ACCURACY, p_value), terms, rows=len(a))


def compare_values(
    a: Sequence[Prediction],
    b: Sequence[Prediction],
    names: Sequence[str],
    terms: Terms,
) -> tuple[Comparison, ...]:
    """Compare the means of values that rows carry themselves, such as ROUGE of summaries, by approximate randomisation.

    Arguments are those of ``compare_classification``, with ``names`` of ``Prediction.values``; with 0 samples there is
    nothing to return. A row without a value is left out of that system's mean.

    Raises:
        DataError: The two did not answer the same rows; a value is no finite number, or a system never has it.
    """
    if not terms.samples:
        return ()
    for rows in (a, b):
        means(rows, names)  # of both together, a value that one system lacks would pass
    found = compare(a, b, lambda rows: means(rows, names), samples=terms.samples, level=terms.level, seed=terms.seed)
    return _comparisons(found, names, None, terms, rows=len(a))


def _comparisons(
    found: Sequence[Difference],
    randomised: Sequence[str],
    exact: tuple[str, float] | None,
    terms: Terms,
    *,
    rows: int,
) -> tuple[Comparison, ...]:
    """Comparisons by approximate randomisation, where shuffles were made, then one by McNemar's test."""
    by_name = {difference.figure: difference for difference in found}
    tests = [(name, by_name[name].p_value, RANDOMISATION) for name in randomised if name in by_name and terms.samples]
    if exact:
        tests.append((*exact, MCNEMAR))
    return tuple(
        Comparison(
            data=terms.data,
            a=terms.a,
            b=terms.b,
            figure=figure,
            value_a=by_name[figure].value_a,
            value_b=by_name[figure].value_b,
            difference=by_name[figure].value_a - by_name[figure].value_b,
            low=by_name[figure].interval[0],
            high=by_name[figure].interval[1],
            p_value=p_value,
            test=test,
            rows=rows,
        )
        for figure, p_value, test in tests
    )
