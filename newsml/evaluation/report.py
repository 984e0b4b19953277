"""The report of an evaluation: what ``report.json`` holds.

Owns the schema, of which ``report.md`` and ``report.html`` are renderings. Knows nothing of how figures are computed.

``newsml.evaluation.report.Report.model_json_schema()`` is the schema as JSON Schema.
"""

from __future__ import annotations

from typing import Any, Literal

from newsml.config.base import StrictModel
from newsml.evaluation.report_data import Data

SCHEMA_VERSION = 1
"""Rises when a field changes its meaning or goes away."""


class Figure(StrictModel):
    """A figure of merit.

    Attributes:
        name: Its usual name, such as ``macro-F1``.
        value: Shares and F1 from 0 to 1; ROUGE, BERTScore and the FNC-1 score from 0 to 100.
        low: Lower end of the bootstrap interval; None where there is none.
        high: Upper end.
        better: Which way is better; ``none`` for descriptions such as a length.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    better: Literal["higher", "lower", "none"] = "higher"


class ClassFigures(StrictModel):
    """How one class is told.

    Attributes:
        label: The class.
        precision: 0 to 1.
        recall: 0 to 1.
        f1: 0 to 1, with its interval.
        rows: Gold rows of the class.
        predicted: Rows that were given the class.
    """

    label: str
    precision: float
    recall: float
    f1: Figure
    rows: int
    predicted: int


class Confusion(StrictModel):
    """Gold classes down, answers across.

    Attributes:
        gold: Names of the rows of the matrix.
        predicted: Names of its columns: the classes, then other answers (such as *not mentioned*, *(none)*).
        counts: Rows of the data set.
    """

    gold: tuple[str, ...]
    predicted: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Bin(StrictModel):
    """Answers of about the same confidence.

    Attributes:
        low: Least confidence, 0 to 1.
        high: Greatest confidence.
        rows: How many answers.
        confidence: Their mean confidence.
        accuracy: Share of them that is right.
    """

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


class Point(StrictModel):
    """A point of the risk-coverage curve (El-Yaniv & Wiener 2010).

    Attributes:
        coverage: Share of the rows answered, the most confident first, 0 to 1.
        risk: Share of wrong answers among them.
    """

    coverage: float
    risk: float


class Quote(StrictModel):
    """A stretch of an article's text (``field`` ``text``) or title, by character offsets.

    Attributes:
        start: Offset of the first character.
        end: Offset just past the last.
        text: The characters themselves.
        field: ``text`` or ``title``.
        score: How strongly it carries the answer.
    """

    start: int
    end: int
    text: str
    field: Literal["text", "title"] = "text"
    score: float | None = None


class Mistake(StrictModel):
    """A wrong answer; of a summary, a row among the worst by ROUGE-L.

    Attributes:
        id: The row.
        subject: Claim or target; empty for the other tasks.
        gold: The right answer, or the reference summary.
        prediction: The answer given.
        score: Its probability, 0 to 1; of a summary, its ROUGE-L, 0 to 100.
        title: The article's title.
        text: The article's text from its start, at most 4,000 characters.
        cut: Characters of the text left out.
        evidence: What the system gave as its evidence, strongest first.
    """

    id: str
    subject: str
    gold: str
    prediction: str
    score: float | None
    title: str
    text: str
    cut: int
    evidence: tuple[Quote, ...]


class Deletion(StrictModel):
    """What the deletion of an answer's evidence does to its score, beside the deletion of as many other sentences.

    Attributes:
        others: Which other sentences: ``any`` of the article, or others of those that were ``read`` (the sentences
            nearest to a claim, those that name a target).
        rows: Rows measured.
        groups: Articles they come from; intervals are clustered by them.
        figures: Mean fall of the first answer's score without the evidence and without the others, -1 to 1, and their
            difference; empty where no row was measured.
        unmentioned: Rows whose target is not mentioned without the evidence: the score counts as 0 there.
        skipped: Reason to number of drawn rows that were not measured.
    """

    others: Literal["any", "read"]
    rows: int
    groups: int
    figures: tuple[Figure, ...]
    unmentioned: int
    skipped: dict[str, int]


class Cell(StrictModel):
    """One system on one data set.

    Attributes:
        data: Name of the data set.
        system: Name of the system.
        baseline: Whether it is a baseline.
        note: What a reader must know, such as where a baseline's class shares come from; empty where nothing.
        model: Name and revision of the model; None for baselines without one.
        card: Its model card; None where it has none.
        rows: Rows evaluated.
        groups: Articles they come from; intervals are clustered by them.
        figures: Figures of merit, the chief one first.
        classes: By class; empty for summaries.
        confusion: None for summaries and multi-label topics.
        reliability: At most ten bins by confidence; empty where the system has no scores.
        risk_coverage: At most 100 points; empty where the system has no scores.
        mistakes: Examples of errors, the most confident first.
        deletions: What the deletion of evidence does; empty where it was not asked for, and for baselines.
        seconds: Wall time of the predictions, loading of the model left out.
        rows_per_second: Their rate.
        predictions: File of the predictions, relative to the report.
        sha256: Its SHA-256.
    """

    data: str
    system: str
    baseline: bool
    note: str = ""
    model: dict[str, str] | None = None
    card: dict[str, Any] | None = None
    rows: int
    groups: int
    figures: tuple[Figure, ...]
    classes: tuple[ClassFigures, ...] = ()
    confusion: Confusion | None = None
    reliability: tuple[Bin, ...] = ()
    risk_coverage: tuple[Point, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    deletions: tuple[Deletion, ...] = ()
    seconds: float
    rows_per_second: float
    predictions: str
    sha256: str


class Comparison(StrictModel):
    """Two systems on the same rows.

    Attributes:
        data: Name of the data set.
        a: One system.
        b: The other.
        figure: Which figure.
        value_a: Its value for a.
        value_b: Its value for b.
        difference: ``value_a - value_b``.
        low: Lower end of the paired bootstrap interval of the difference.
        high: Upper end.
        p_value: Two-sided, of the test.
        test: ``approximate randomisation`` (Noreen 1989) or ``McNemar, exact``.
        rows: Rows both answered.
    """

    data: str
    a: str
    b: str
    figure: str
    value_a: float
    value_b: float
    difference: float
    low: float | None
    high: float | None
    p_value: float
    test: str
    rows: int


class Report(StrictModel):
    """An evaluation.

    Attributes:
        schema_version: ``SCHEMA_VERSION`` of the newsml that wrote it.
        name: Name of the configuration.
        task: What was evaluated.
        config_sha256: Of the resolved configuration, ``config.yaml`` beside the report.
        created: Date and time in UTC, ISO 8601.
        seed: The seed.
        level: Level of the intervals, 0 to 1.
        samples: Bootstrap samples.
        versions: Package to version, with ``python`` and ``newsml``.
        hardware: The machine in words.
        partial: Whether any data set is partial.
        data: The data sets.
        cells: Every system on every data set, in the order of the configuration.
        comparisons: Each system against the others, on the chief figure.
    """

    schema_version: int = SCHEMA_VERSION
    name: str
    task: Literal["topics", "claim-stance", "target-stance", "summary"]
    config_sha256: str
    created: str
    seed: int
    level: float
    samples: int
    versions: dict[str, str]
    hardware: str
    partial: bool
    data: tuple[Data, ...]
    cells: tuple[Cell, ...]
    comparisons: tuple[Comparison, ...]
