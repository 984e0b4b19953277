"""Figures of summaries: likeness to references, and what a summary takes over from its article.

Owns which figures there are, what they are called and which way is better, and computes those that need no model.
Knows nothing of models, nor of where summaries come from.

The empty summary: a system that answered nothing is as unlike its reference as can be, so ROUGE is 0 and the lengths
and the count of unsupported facts are 0; shares of nothing are undefined, so such a row has no value for them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from newsml.article import Article
from newsml.config.evaluate import Bootstrap
from newsml.errors import DataError
from newsml.evaluation.figures.doubt import intervals, means
from newsml.evaluation.predictions import Prediction
from newsml.evaluation.report import Figure
from newsml.text.support import unsupported

ROUGE = {"ROUGE-1": "rouge1", "ROUGE-2": "rouge2", "ROUGE-L": "rougeL", "ROUGE-Lsum": "rougeLsum"}
"""What figures are called here and in rouge-score."""

BETTER: dict[str, Literal["higher", "lower", "none"]] = {
    **dict.fromkeys(ROUGE, "higher"),
    "BERTScore": "higher",
    "unsupported facts": "lower",
    "unsupported sentences": "lower",
    "doubtful sentences": "lower",
    "repaired sentences": "none",
    "NLI entailment": "higher",
    "similarity": "higher",
    "alignment": "higher",
    "coverage": "none",
    "density": "none",
    "compression": "none",
    "novel 1-grams": "none",
    "novel 2-grams": "none",
    "novel 3-grams": "none",
    "repetition": "lower",
    "words": "none",
    "sentences": "none",
}
"""Every figure of a summary, in the order of reports, and which way is better."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_ROUGE_READS = re.compile(r"[a-zA-Z0-9]")


def row_values(article: Article, summary: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """The figures of one summary that need no model.

    Tokens are words and punctuation marks in lower case, of the article's text without its title.

    Args:
        article: What was summarised.
        summary: The sentences of the summary; none where the system answered nothing.
        references: One or more reference summaries, each a list of sentences.

    Returns:
        By name, in the order of ``BETTER``:

        - ``ROUGE-1``, ``ROUGE-2``, ``ROUGE-L``, ``ROUGE-Lsum``: F1 with stemming, 0 to 100, each against the reference
          where it is highest (Lin 2004; computed by rouge-score);
        - ``unsupported facts``: numbers, names and quotations that the article lacks (``newsml.text.support``);
          ``unsupported sentences``: share of the sentences with any, 0 to 1;
        - ``coverage`` (0 to 1), ``density`` (tokens) and ``compression`` (tokens of the article for each of the
          summary's) of Grusky, Naaman & Artzi 2018;
        - ``novel n-grams``: share of the summary's distinct n-grams that the article lacks, 0 to 1; an n-gram ends
          with its sentence, so what is copied sentence by sentence has none;
        - ``repetition``: share of the summary's 3-grams that stood in it before, 0 to 1 (Welleck et al. 2020);
        - ``words`` (white-space tokens) and ``sentences``.

        What is undefined is left out: shares of an empty summary, or of n-grams where no sentence has n tokens.

    Raises:
        DataError: There is no reference, or one is empty or has nothing that ROUGE reads (Latin letters and digits).
    """
    sentences = [" ".join(sentence.split()) for sentence in summary if sentence.strip()]
    values = _rouge(sentences, _checked(references, article.id))
    found = [len(unsupported(sentence, article)) for sentence in sentences]
    values["unsupported facts"] = float(sum(found))
    if sentences:
        values["unsupported sentences"] = sum(map(bool, found)) / len(found)
        values |= _taken_over([_tokens(sentence) for sentence in sentences], _tokens(article.text))
    values["words"] = float(sum(len(sentence.split()) for sentence in sentences))
    values["sentences"] = float(len(sentences))
    return values


def figures(predictions: Sequence[Prediction], *, bootstrap: Bootstrap, seed: int) -> tuple[Figure, ...]:
    """The mean of every value that rows carry, with its bootstrap interval over articles.

    Args:
        predictions: The rows; one that lacks a value is left out of that value's mean.
        bootstrap: Number of samples and level of the intervals.
        seed: Fixes the samples.

    Returns:
        The figures in the order of ``BETTER``, ROUGE-1 first.

    Raises:
        DataError: There are no rows, or a row has a value of an unknown name or one that is no finite number.
    """
    if not predictions:
        raise DataError("no predictions to compute figures of; expected at least one row")
    for row in predictions:
        if unknown := [name for name in row.values if name not in BETTER]:
            raise DataError(f"row {row.id!r}: no figure of summaries is called {unknown[0]!r}; use {', '.join(BETTER)}")
    names = [name for name in BETTER if any(name in row.values for row in predictions)]
    groups = [row.group for row in predictions]
    statistic = means(predictions, names)
    interval = intervals(statistic, groups, bootstrap=bootstrap, seed=seed)
    made = []
    for name, value in statistic(np.ones(len(predictions))).items():
        low, high = interval(name)
        made.append(Figure(name=name, value=value, low=low, high=high, better=BETTER[name]))
    return tuple(made)


def rouge(summaries: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Mean ROUGE-1, ROUGE-2 and summary-level ROUGE-L F1 with stemming, 0 to 100 (Lin 2004; rouge-score).

    Args:
        summaries: One a row, a sentence a line.
        references: As many, a sentence a line.

    Returns:
        The means by rouge-score's names; 0 where there are no rows.
    """
    kinds = ("rouge1", "rouge2", "rougeLsum")
    scorer = _scorer(kinds)
    scores = [scorer.score(reference, summary) for summary, reference in zip(summaries, references, strict=True)]
    return {kind: 100 * sum(row[kind].fmeasure for row in scores) / max(len(scores), 1) for kind in kinds}


def fragments(summary: Sequence[str], article: Sequence[str]) -> list[int]:
    """Lengths of the extractive fragments of a summary: the runs of tokens it shares with its article.

    The greedy procedure of Grusky, Naaman & Artzi 2018 (figure 3): at each place of the summary the longest match is
    taken, where the search goes on behind each match it has tried. An index of the article's tokens takes the place of
    its walk over all of them.

    Args:
        summary: Tokens.
        article: Tokens.

    Returns:
        Lengths in tokens, each at least 1, in the order of the summary.
    """
    wanted = set(summary)
    places: dict[str, list[int]] = defaultdict(list)
    for place, token in enumerate(article):
        if token in wanted:
            places[token].append(place)
    lengths = []
    at = 0
    while at < len(summary):
        longest, behind = 0, 0
        for start in places.get(summary[at], ()):
            if start >= behind:
                length = _match(summary, at, article, start)
                longest, behind = max(longest, length), start + length
        if longest:
            lengths.append(longest)
        at += max(longest, 1)
    return lengths


def _match(summary: Sequence[str], at: int, article: Sequence[str], start: int) -> int:
    """How many tokens agree from two places on."""
    length = 0
    most = min(len(summary) - at, len(article) - start)
    while length < most and summary[at + length] == article[start + length]:
        length += 1
    return length


def _taken_over(sentences: Sequence[Sequence[str]], article: Sequence[str]) -> dict[str, float]:
    """What a summary of at least one token takes over from its article, says anew and says twice."""
    summary = [token for sentence in sentences for token in sentence]
    lengths = fragments(summary, article)
    values = {
        "coverage": sum(lengths) / len(summary),
        "density": sum(length**2 for length in lengths) / len(summary),
        "compression": len(article) / len(summary),
    }
    for size in (1, 2, 3):
        own = {gram for sentence in sentences for gram in _grams(sentence, size)}
        if own:
            values[f"novel {size}-grams"] = len(own.difference(_grams(article, size))) / len(own)
    trigrams = [gram for sentence in sentences for gram in _grams(sentence, 3)]
    if trigrams:
        values["repetition"] = 1 - len(set(trigrams)) / len(trigrams)
    return values


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower())


def _grams(tokens: Sequence[str], size: int) -> Iterable[tuple[str, ...]]:
    return zip(*(tokens[first:] for first in range(size)), strict=False)


def _checked(references: Sequence[Sequence[str]], row: str) -> list[list[str]]:
    """The references, a sentence a line."""
    if not references:
        raise DataError(f"article {row!r}: no reference summary; expected at least one to compare with")
    checked = [[" ".join(sentence.split()) for sentence in reference if sentence.strip()] for reference in references]
    for number, reference in enumerate(checked, start=1):
        if not any(_ROUGE_READS.search(sentence) for sentence in reference):
            got = f"{reference[0]!r:.60}, where ROUGE reads Latin letters and digits only" if reference else "nothing"
            raise DataError(
                f"article {row!r}: reference summary {number} is {got}; expected text, or leave the row out"
            )
    return checked


def _rouge(summary: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    targets = ["\n".join(reference) for reference in references]
    scores = _scorer(tuple(ROUGE.values())).score_multi(targets, "\n".join(summary))
    return {name: 100 * float(scores[kind].fmeasure) for name, kind in ROUGE.items()}


@lru_cache
def _scorer(kinds: tuple[str, ...]) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(list(kinds), use_stemmer=True)
