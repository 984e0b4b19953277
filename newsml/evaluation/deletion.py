"""Articles without their evidence, and without as many other sentences: is the evidence what the answer rests on?

Owns which rows and sentences are drawn, what is left of an article, and asking again. Knows nothing of figures.

An answer's evidence is faithful where the answer's score falls when the evidence is deleted, by more than it falls when
as many other sentences are (*comprehensiveness*, DeYoung et al. 2020, against a random baseline). Which others matters:
of a long article most sentences are not read for a claim or a target at all, and deleting those changes nothing. So
there are two comparisons: with any other sentences of text and title, and, where only some are read (those nearest to a
claim, those that name a target), with others that were read. The second is the honest one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Literal

from newsml.article import Sentence
from newsml.config.evaluate import EvaluateConfig
from newsml.evaluation.cells import answer_rows
from newsml.evaluation.data import Rows
from newsml.evaluation.predictions import NO_ANSWER, Prediction
from newsml.evaluation.systems import Answering, Reading
from newsml.io.rows import Row
from newsml.text.sentences import split

DRAWS = 3
"""Random deletions of each kind for each row; their scores are averaged."""

Control = Literal["any", "read"]
CONTROLS: tuple[Control, ...] = ("any", "read")

NOTHING_LEFT = "nothing would be left of the text"
TOO_FEW = "too few other sentences"
PLACED = "its target is judged at one given place"
NOT_READ = "the model refuses what is left"


@dataclass(frozen=True, slots=True)
class Trial:
    """A row with what is left of its article after deletions.

    Attributes:
        answer: What was answered to the whole article, with evidence.
        without_evidence: The row without its evidence; None where that cannot be had.
        without_others: The row without as many other sentences, ``DRAWS`` times, by kind of sentence.
        skipped: Why a kind is missing.
    """

    answer: Prediction
    without_evidence: Row | None = None
    without_others: Mapping[Control, tuple[Row, ...]] = field(default_factory=dict)
    skipped: Mapping[Control, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drops:
    """How the score of a row's first answer falls.

    Attributes:
        answer: What was answered to the whole article.
        control: Which sentences the evidence is compared with.
        evidence: Fall of the score without the evidence, -1 to 1.
        others: Fall without as many others, mean of the draws.
        unmentioned: True where without the evidence the target is not mentioned, so that the score is 0.
        skipped: Why there is no measurement; empty where there is one.
    """

    answer: Prediction
    control: Control
    evidence: float = 0.0
    others: float = 0.0
    unmentioned: bool = False
    skipped: str = ""


def deleted(row: Row, sentences: Iterable[Sentence]) -> Row | None:
    """A row without some sentences of its text and title; the white space around them stays.

    Returns:
        The row with the id it had and without offsets of its target; None where no letter is left of the text.
    """
    left = {"text": row.text, "title": row.title}
    for sentence in sorted(sentences, key=lambda one: -one.start):  # From the end, so that offsets before it hold.
        whole = left[sentence.field]
        left[sentence.field] = whole[: sentence.start] + whole[sentence.end :]
    if not any(character.isalpha() for character in left["text"]):
        return None
    return replace(row, text=left["text"], title=left["title"].strip(), span=None)


def trials(config: EvaluateConfig, rows: Rows, answers: Sequence[Prediction], reading: Reading | None) -> list[Trial]:
    """A seeded sample of the rows that were answered with evidence, and their deletions.

    Args:
        config: The evaluation: ``evidence_rows``, seed.
        rows: The data set.
        answers: The answers to it, in order.
        reading: Which sentences of a row a model reads; None where it reads all.
    """
    order = Random(f"{config.seed} evidence").sample(range(len(answers)), len(answers))
    eligible = (place for place in order if answers[place].prediction and answers[place].evidence)
    chosen = sorted(islice(eligible, config.evidence_rows))
    placed = config.task == "target-stance" and rows.dataset.scope == "mentions"
    asked = [place for place in chosen if not (placed and rows.test[place].span)]
    read = dict(zip(asked, reading(rows.test[place] for place in asked), strict=True)) if reading else {}
    controls: tuple[Control, ...] = CONTROLS if reading else ("any",)
    made = []
    for place in chosen:
        row, answer = rows.test[place], answers[place]
        if place not in asked:
            made.append(Trial(answer, skipped=dict.fromkeys(controls, PLACED)))
            continue
        sentences = (*split(row.title, field="title"), *split(row.text))
        evidence = _overlapping(sentences, [(one["field"], one["start"], one["end"]) for one in answer.evidence])
        others = [one for one in sentences if one not in evidence]
        pools: dict[Control, list[Sentence]] = {"any": others}
        if reading:
            spans = [(span.field, span.start, span.end) for span in read[place]]
            pools["read"] = _overlapping(others, spans)
        made.append(_trial(row, answer, evidence, pools, seed=config.seed))
    return made


def _overlapping(sentences: Sequence[Sentence], spans: Sequence[tuple[str, int, int]]) -> list[Sentence]:
    """The sentences that hold a part of a span: of an over-long sentence a model may have read a piece."""
    return [
        one
        for one in sentences
        if any(one.field == place and one.start < end and start < one.end for place, start, end in spans)
    ]


def _trial(
    row: Row, answer: Prediction, evidence: Sequence[Sentence], pools: Mapping[Control, list[Sentence]], *, seed: int
) -> Trial:
    without = deleted(row, evidence)
    if without is None:
        return Trial(answer, skipped=dict.fromkeys(pools, NOTHING_LEFT))
    kept: dict[Control, tuple[Row, ...]] = {}
    skipped: dict[Control, str] = {}
    for control, pool in pools.items():
        if len(pool) < len(evidence):
            skipped[control] = TOO_FEW
            continue
        drawn = [
            deleted(row, Random(f"{seed} {row.id} {control} {draw}").sample(pool, len(evidence)))
            for draw in range(1, DRAWS + 1)
        ]
        left = tuple(
            replace(one, id=f"{row.id} without {control} {draw}")
            for draw, one in enumerate(drawn, 1)
            if one is not None
        )
        if len(left) < DRAWS:
            skipped[control] = NOTHING_LEFT
        else:
            kept[control] = left
    return Trial(answer, replace(without, id=f"{row.id} without evidence"), kept, skipped)


def ask(
    config: EvaluateConfig,
    found: Sequence[Trial],
    load: Callable[[], Answering],
    *,
    path: Path,
    key: Mapping[str, Any],
    progress: Callable[[int, int], None],
) -> tuple[Drops, ...]:
    """Answer every deletion, or take the answers that lie there already, and say how far scores fell.

    Args:
        config: The evaluation.
        found: The trials.
        load: Loads the system; called only where a deletion is left to answer.
        path: The file of answers.
        key: What they depend on.
        progress: Receives how many deletions are answered, and of how many.

    Raises:
        WriteError: The file cannot be written.
    """
    rows = [row for trial in found for row in _rows(trial)]
    answered = answer_rows(rows, load, path=path, key=key, gold=lambda row: row.labels, values=None, progress=progress)
    answers = {answer.id: answer for answer in answered.predictions}
    naming = config.task == "target-stance"
    return tuple(drop for trial in found for drop in _drops(trial, answers, naming=naming))


def _rows(trial: Trial) -> Iterator[Row]:
    if trial.without_evidence is not None and trial.without_others:
        yield trial.without_evidence
    for rows in trial.without_others.values():
        yield from rows


def _drops(trial: Trial, answers: Mapping[str, Prediction], *, naming: bool) -> Iterator[Drops]:
    answer = trial.answer
    for control, reason in trial.skipped.items():
        yield Drops(answer, control, skipped=reason)
    if trial.without_evidence is None:
        return
    label = answer.prediction[0]
    before = answer.scores.get(label, 0.0)
    for control, rows in trial.without_others.items():
        alone, *others = (answers[row.id] for row in (trial.without_evidence, *rows))
        if any(set(one.scores) == {NO_ANSWER} for one in (alone, *others)):
            yield Drops(answer, control, skipped=NOT_READ)
            continue
        # A target is judged with evidence wherever it is named; a score may stand for *not mentioned* by another name.
        scores = [0.0 if naming and not one.evidence else one.scores.get(label, 0.0) for one in (alone, *others)]
        yield Drops(
            answer,
            control,
            evidence=before - scores[0],
            others=before - sum(scores[1:]) / len(others),
            unmentioned=naming and not alone.evidence,
        )
