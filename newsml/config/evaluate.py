"""The schema of ``kind: evaluate`` configurations.

Owns what an evaluation may say: data sets, systems, baselines and doubt. Knows nothing of how it is carried out.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from newsml.config.base import StrictModel
from newsml.config.tables import Table

Task = Literal["topics", "claim-stance", "target-stance", "summary"]

FIELDS: dict[Task, tuple[str, ...]] = {
    "topics": ("text", "label"),
    "claim-stance": ("text", "claim", "label"),
    "target-stance": ("text", "target", "label"),
    "summary": ("text", "summary"),
}
"""Columns a table must map for each task; a multi-label topics table maps a column of lists to ``label``."""

OPTIONAL: dict[Task, tuple[str, ...]] = {
    "topics": ("id", "title", "group"),
    "claim-stance": ("id", "title", "group"),
    "target-stance": ("id", "title", "group", "start", "end"),
    "summary": ("id", "title", "group"),
}
"""Columns it may map. ``group`` names the article a row comes from; without it rows of one text are a group. ``start``
and ``end`` are the offsets at which the text names the target; without them its name is looked for."""

Name = Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._]|-[A-Za-z0-9._])*$")
Baseline = Literal["majority", "stratified", "tfidf", "cosine", "lead-2", "lead-3", "random", "textrank", "lexrank"]

BASELINES: dict[Task, tuple[Baseline, ...]] = {
    "topics": ("majority", "stratified", "tfidf", "cosine"),
    "claim-stance": ("majority", "stratified", "tfidf"),
    "target-stance": ("majority", "stratified", "tfidf"),
    "summary": ("lead-2", "lead-3", "random", "textrank", "lexrank"),
}
"""What each task can be compared with. ``tfidf`` needs a train table; ``majority`` and ``stratified`` take their class
shares from it where there is one, else from the test rows, and the report says so."""


class Dataset(StrictModel):
    """One data set.

    Attributes:
        name: What reports and files call it.
        test: The rows to evaluate on.
        train: Rows that baselines learn from; test rows are looked for among them.
        held_out: Share of the groups of ``test`` to evaluate on, for data without an official split; the other groups
            join ``train``. 1 evaluates on all.
        labels: Classes in the order of tables and plots; empty takes those of the data, sorted.
        wording: How a label is worded for zero-shot systems, where its name alone is not telling.
        scope: Target stance: ``"mentions"`` judges the sentences that name the target, ``"text"`` reads all of the
            text, for targets that are topics nobody names.
        references: Summaries: what a list in the table is, the ``"sentences"`` of one reference summary, or
            ``"several"`` reference summaries. Line breaks in a text part its sentences.
    """

    name: str = Name
    test: tuple[Table, ...] = Field(min_length=1)
    train: tuple[Table, ...] = ()
    held_out: float = Field(default=1.0, gt=0, le=1)
    labels: tuple[str, ...] = ()
    wording: dict[str, str] = Field(default_factory=dict)
    scope: Literal["mentions", "text"] = "mentions"
    references: Literal["sentences", "several"] = "sentences"


class System(StrictModel):
    """A model to evaluate, and how it is asked.

    Attributes:
        name: What reports and files call it.
        model: Card name, folder or hub id; ``"default"`` is the task's default.
        revision: Commit of a hub id.
        backend: What it computes with, as in ``from_pretrained``: what a faster one costs in quality is seen beside the
            same model in fp32.
        zero_shot: Topics: give it the data set's labels by name instead of taking its own.
        template: Zero-shot: the sentence a label stands in, with ``{}`` for the label.
        threshold: Topics: least score of an assigned topic, 0 to 1.
        labels: The model's labels to the data set's, where they are called otherwise; null counts as no answer.
        sentences: Summaries: their length in sentences; or
        words: in words; or
        ratio: as a share of the article's words.
    """

    name: str = Name
    model: str = "default"
    revision: str | None = None
    backend: str = "torch"
    zero_shot: bool = False
    template: str | None = None
    threshold: float | None = Field(default=None, ge=0, le=1)
    labels: dict[str, str | None] = Field(default_factory=dict)
    sentences: int | None = Field(default=None, ge=1)
    words: int | None = Field(default=None, ge=1)
    ratio: float | None = Field(default=None, gt=0, le=1)


class Bootstrap(StrictModel):
    """How doubt is measured.

    Attributes:
        samples: Bootstrap samples, and shuffles of the significance test; 0 leaves both out.
        level: Level of the intervals, 0 to 1.
    """

    samples: int = Field(default=1000, ge=0)
    level: float = Field(default=0.95, gt=0, lt=1)


class EvaluateConfig(StrictModel):
    """An evaluation: every system and baseline on every data set.

    Attributes:
        kind: Marks the file as an evaluation.
        name: What reports call it.
        task: What is evaluated.
        data_root: Folder that ``path`` is looked up in.
        output: Folder of the run: report, predictions, resolved configuration.
        seed: Fixes draws, splits, random baselines and intervals.
        multi_label: Topics: rows have any number of labels.
        data: The data sets.
        systems: The models.
        baselines: What they are compared with, on the same rows.
        bootstrap: Intervals and significance.
        nli: Summaries: an NLI model (card name, folder or hub id) that scores how far the article entails a summary.
        bertscore: Summaries: an encoder (card name, folder or hub id) to compute BERTScore with.
        evidence_rows: Topics and stance: test the evidence on so many rows that a system answered with some, drawn by
            the seed: the article is judged again without it, and without as many other sentences, and the report shows
            how far the score of the first answer falls. 0 leaves it out. A row costs seven judgements of claims and
            targets, four of topics. Baselines give no evidence and are left out.
        errors_shown: Examples of errors in the report, for each system.
        html: Whether to write the page with plots, beside the JSON and Markdown reports.
    """

    kind: Literal["evaluate"]
    name: str = Name
    task: Task
    data_root: str = "."
    output: str
    seed: int = 1
    multi_label: bool = False
    data: tuple[Dataset, ...] = Field(min_length=1)
    systems: tuple[System, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    bootstrap: Bootstrap = Field(default_factory=Bootstrap)
    nli: str | None = None
    bertscore: str | None = None
    evidence_rows: int = Field(default=0, ge=0)
    errors_shown: int = Field(default=12, ge=0)
    html: bool = True

    @model_validator(mode="after")
    def _tables(self) -> EvaluateConfig:
        for number, data in enumerate(self.data):
            for part, tables in (("test", data.test), ("train", data.train)):
                for place, table in enumerate(tables):
                    where = f"data[{number}].{part}[{place}]"
                    table.check_columns(FIELDS[self.task], OPTIONAL[self.task], where, self.task)
                    pairing = "unrelated" if table.unrelated else "stories" if table.stories else ""
                    if pairing and self.task != "claim-stance":
                        raise ValueError(f"{where}.{pairing}: goes with claim stance, not {self.task}")
            if twice := [label for label in data.labels if data.labels.count(label) > 1]:
                raise ValueError(f"data[{number}].labels: {twice[0]!r} stands there twice")
            worded = [data.wording.get(label, label) for label in data.labels]
            if same := [text for text in worded if worded.count(text) > 1]:
                raise ValueError(f"data[{number}].wording: two labels are worded {same[0]!r}")
            if unknown := [label for label in data.wording if data.labels and label not in data.labels]:
                raise ValueError(f"data[{number}].wording: {unknown[0]!r} is none of {', '.join(data.labels)}")
        return self

    @model_validator(mode="after")
    def _systems(self) -> EvaluateConfig:
        names = [system.name for system in self.systems] + list(self.baselines)
        for what, given in (("system or baseline", names), ("data set", [data.name for data in self.data])):
            plain = [name.lower() for name in given]  # Files of the run are named after them.
            if twice := [name for name in given if plain.count(name.lower()) > 1]:
                raise ValueError(f"two are named {twice[0]!r}; each {what} needs a name of its own")
        if not names:
            raise ValueError("systems: nothing to evaluate; name a system or a baseline")
        if unfit := [name for name in self.baselines if name not in BASELINES[self.task]]:
            raise ValueError(f"baselines: {unfit[0]!r} does not fit {self.task}; {', '.join(BASELINES[self.task])} do")
        for number, system in enumerate(self.systems):
            lengths = [key for key in ("sentences", "words", "ratio") if getattr(system, key) is not None]
            if len(lengths) > 1:
                raise ValueError(f"systems[{number}]: {' and '.join(lengths)} are given; keep one")
            if lengths and self.task != "summary":
                raise ValueError(f"systems[{number}].{lengths[0]}: goes with summaries, not {self.task}")
            asked = [key for key in ("zero_shot", "template", "threshold") if getattr(system, key) not in (False, None)]
            if asked and self.task != "topics":
                raise ValueError(f"systems[{number}].{asked[0]}: goes with topics, not {self.task}")
            if system.template is not None and not system.zero_shot:
                raise ValueError(f"systems[{number}].template: goes with zero_shot: true")
        if self.multi_label and self.task != "topics":
            raise ValueError(f"multi_label: goes with topics, not {self.task}")
        if self.task != "summary" and (judge := "nli" if self.nli else "bertscore" if self.bertscore else ""):
            raise ValueError(f"{judge}: goes with summaries, not {self.task}")
        if self.evidence_rows and self.task == "summary":
            raise ValueError(
                "evidence_rows: goes with topics and stance; of an extractive summary the evidence is the summary"
            )
        if self.evidence_rows and not self.systems:
            raise ValueError("evidence_rows: needs a system; baselines give no evidence")
        return self
