"""The figures of each summary, as an evaluation asks for them: those of words, and those of models.

Owns what counts as one reference. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsml.article import Article
from newsml.config.evaluate import Dataset, EvaluateConfig
from newsml.evaluation.cells import Values
from newsml.evaluation.figures.alignment import doubtful, load_alignment
from newsml.evaluation.figures.bertscore import load_bertscore
from newsml.evaluation.figures.faithfulness import load_entailment, load_similarity
from newsml.evaluation.figures.summaries import row_values
from newsml.evaluation.systems import Answer
from newsml.io.rows import Row
from newsml.text.sentences import split


def gold_summary(row: Row, dataset: Dataset) -> tuple[str, ...]:
    """The reference summaries of a row, each a text with a sentence a line."""
    if dataset.references == "several":
        return tuple("\n".join(_lines(text)) for text in row.summary)
    lines = (
        _lines(row.summary[0]) if len(row.summary) == 1 else [part for text in row.summary for part in lines_of(text)]
    )
    return ("\n".join(lines),)


def _lines(text: str) -> list[str]:
    """The sentences of a text: its lines, or those of a text on one line."""
    lines = lines_of(text)
    return lines if len(lines) > 1 else [sentence.text for sentence in split(text)]


def lines_of(text: str) -> list[str]:
    """The lines of a text that hold something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def summary_values(config: EvaluateConfig) -> Values:
    """What computes the figures of summaries; its models are loaded here.

    Raises:
        ModelError: A model is unknown, or cannot do what it is named for.
        DownloadError: Its files cannot be fetched.
    """
    similarity = load_similarity()
    alignment = load_alignment()
    entailment = load_entailment(config.nli) if config.nli else None
    bertscore = load_bertscore(config.bertscore) if config.bertscore else None

    def values(
        rows: Sequence[Row], answers: Sequence[Answer], golds: Sequence[tuple[str, ...]]
    ) -> Sequence[Mapping[str, float]]:
        """The figures of each row."""
        articles = [Article(row.text, title=row.title, id=row.id) for row in rows]
        references = [[lines_of(text) for text in gold] for gold in golds]
        made = [
            row_values(article, answer.given, wanted)
            for article, answer, wanted in zip(articles, answers, references, strict=True)
        ]
        pairs = [(article, answer.given) for article, answer in zip(articles, answers, strict=True)]
        aligned = alignment(pairs)
        columns: dict[str, Sequence[float | None]] = {
            "similarity": similarity(pairs),
            "alignment": [sum(values) / len(values) if values else None for values in aligned],
            "doubtful sentences": [doubtful(values) for values in aligned],
            "repaired sentences": [answer.repaired for answer in answers],
        }
        if entailment is not None:
            columns["NLI entailment"] = entailment(pairs)
        if bertscore is not None:
            columns["BERTScore"] = bertscore(
                [(answer.given, wanted) for answer, wanted in zip(answers, references, strict=True)]
            )
        for name, column in columns.items():
            for found, value in zip(made, column, strict=True):
                if value is not None:
                    found[name] = value
        return made

    return values
