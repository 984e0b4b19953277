"""Deleted evidence: what is left of an article, which sentences it is compared with, and what is measured."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsml.article import Span
from newsml.config.evaluate import Bootstrap, EvaluateConfig
from newsml.evaluation.data import Rows, read_data
from newsml.evaluation.deletion import DRAWS, Drops, Trial, ask, deleted, trials
from newsml.evaluation.figures.deletion import deletions
from newsml.evaluation.predictions import NO_ANSWER, Prediction, read_predictions
from newsml.evaluation.report import Report
from newsml.evaluation.run import Watch, evaluate
from newsml.evaluation.systems import Answer
from newsml.io.rows import Row
from newsml.text.sentences import split
from tests.unit.evaluation.sets import evaluation, write

TEXT = "Russia met Norway. Rain fell.\n\nRussia won. Fog came. Russia lost."
TARGETS = {"text": "text", "title": "title", "target": "target", "label": "label"}


def sentences(*numbers: int, title: str = "") -> list[Any]:
    return [split(TEXT)[number] for number in numbers] + list(split(title, field="title"))


def span(words: str, text: str = TEXT, field: Any = "text") -> dict[str, Any]:
    start = text.index(words)
    return {"start": start, "end": start + len(words), "text": words, "field": field, "score": 0.5}


def test_what_is_left_stands_as_it_stood() -> None:
    row = Row(TEXT, "g", 0, id="r", title="On Russia", span=(0, 6))
    left = deleted(row, sentences(1, 3))
    assert left is not None
    assert [one.text for one in split(left.text)] == ["Russia met Norway.", "Russia won.", "Russia lost."]
    assert [one.paragraph for one in split(left.text)] == [0, 1, 1]
    assert (left.id, left.title, left.span) == ("r", "On Russia", None)
    assert deleted(row, sentences(4, 0)) == deleted(row, sentences(0, 4))
    bare = deleted(row, sentences(2, title="On Russia"))
    assert bare is not None
    assert (bare.title, "won" in bare.text) == ("", False)
    assert deleted(row, []) == replace(row, span=None)
    assert deleted(row, split(TEXT)) is None
    assert deleted(replace(row, text="Rain fell. 1987."), sentences(title="x")) is not None


def data_of(folder: Path, rows: Sequence[dict[str, Any]], **changes: Any) -> tuple[EvaluateConfig, Rows]:
    write(folder / "test.jsonl", rows)
    config = evaluation(folder, **{"task": "target-stance", "columns": TARGETS, "evidence_rows": 5,
                                   "systems": [{"name": "s"}], **changes})  # fmt: skip
    return config, read_data(config, 0)


def answered(rows: Rows, *evidence: dict[str, Any], label: str = "favor") -> list[Prediction]:
    scores = {"favor": 0.8, "against": 0.2}
    return [Prediction(row.id, row.group, row.labels, (label,), scores=scores, evidence=evidence) for row in rows.test]


def reads(*words: str) -> Any:
    """Says that of every row these sentences are judged."""

    def reading(rows: Iterable[Row]) -> Iterator[tuple[Span, ...]]:
        for row in rows:
            yield tuple(Span(row.text.index(one), row.text.index(one) + len(one), one) for one in words)

    return reading


def target(text: str = TEXT, **more: Any) -> dict[str, Any]:
    return {"text": text, "title": "Fog", "target": "Russia", "label": "favor", **more}


def lacks(row: Row | None) -> set[str]:
    """The sentences of the sample article that a row lacks."""
    assert row is not None
    gone = {one.text for one in split(TEXT)} - {one.text for one in split(row.text)}
    return gone | ({"Fog"} if not row.title else set())


def test_evidence_is_compared_with_any_others_and_with_others_that_were_read(tmp_path: Path) -> None:
    config, rows = data_of(tmp_path, [target()])
    evidence = span("Russia won."), span("Russia met Norway.")
    read = "Russia met Norway.", "Russia won.", "Fog came.", "Russia lost."
    (trial,) = trials(config, rows, answered(rows, *evidence), reads(*read))
    assert lacks(trial.without_evidence) == {"Russia won.", "Russia met Norway."}
    assert set(trial.without_others) == {"any", "read"}
    assert {len(kept) for kept in trial.without_others.values()} == {DRAWS}
    assert all(lacks(row) == {"Fog came.", "Russia lost."} for row in trial.without_others["read"])
    for row in trial.without_others["any"]:
        assert len(lacks(row)) == 2
        assert lacks(row) <= {"Rain fell.", "Fog came.", "Russia lost.", "Fog"}
    assert (trial,) == tuple(trials(config, rows, answered(rows, *evidence), reads(*read)))
    seeds = [config.model_copy(update={"seed": seed}) for seed in range(5)]
    drawn = {str(trials(one, rows, answered(rows, *evidence), reads(*read))[0].without_others) for one in seeds}
    assert len(drawn) > 1
    (whole,) = trials(config, rows, answered(rows, *evidence), None)
    assert set(whole.without_others) == {"any"}


def test_of_a_sentence_read_in_pieces_all_is_deleted(tmp_path: Path) -> None:
    config, rows = data_of(tmp_path, [target()])
    (trial,) = trials(config, rows, answered(rows, span("met"), span("Norway")), reads("Fog", "lost"))
    assert lacks(trial.without_evidence) == {"Russia met Norway."}
    assert {tuple(lacks(row)) for row in trial.without_others["read"]} <= {("Fog came.",), ("Russia lost.",)}


def test_rows_that_cannot_be_measured_say_why(tmp_path: Path) -> None:
    config, rows = data_of(tmp_path, [target("Russia won.")])
    (only,) = trials(config, rows, answered(rows, span("Russia won.", "Russia won.")), reads("Russia won."))
    assert only.skipped == dict.fromkeys(("any", "read"), "nothing would be left of the text")
    assert (only.without_evidence, only.without_others) == (None, {})
    config, rows = data_of(tmp_path, [target()])
    (few,) = trials(config, rows, answered(rows, span("Russia won."), span("Fog came.")), reads("Fog", "Rain fell."))
    assert few.skipped == {"read": "too few other sentences"}
    assert set(few.without_others) == {"any"}
    # The one sentence of the body is all that the title's evidence could be compared with.
    config, rows = data_of(tmp_path, [target("Rain fell.")])
    (title,) = trials(config, rows, answered(rows, span("Fog", "Fog", "title")), reads("Rain fell."))
    assert set(title.skipped.values()) == {"nothing would be left of the text"}
    columns = {**TARGETS, "start": "from", "end": "to"}
    config, rows = data_of(tmp_path, [{**target(), "from": 0, "to": 6}], columns=columns)
    (placed,) = trials(config, rows, answered(rows, span("Russia met Norway.")), reads())
    assert set(placed.skipped.values()) == {"its target is judged at one given place"}
    config, rows = data_of(tmp_path, [{**target(), "from": 0, "to": 6}], columns=columns, data={"scope": "text"})
    (text,) = trials(config, rows, answered(rows, span("Russia met Norway.")), None)
    assert set(text.without_others) == {"any"}


def test_so_many_answered_rows_with_evidence_are_drawn(tmp_path: Path) -> None:
    config, rows = data_of(tmp_path, [target(f"{TEXT} Item {n}.") for n in range(12)])
    answers = answered(rows, span("Russia won."))
    answers[::2] = [replace(one, evidence=()) for one in answers[::2]]
    answers[1] = replace(answers[1], prediction=())
    drawn = [trial.answer.id for trial in trials(config, rows, answers, None)]
    assert drawn == ["3", "5", "7", "9", "11"]
    few = config.model_copy(update={"evidence_rows": 2})
    assert len(trials(few, rows, answers, None)) == 2
    assert {trial.answer.id for trial in trials(few, rows, answers, None)} < set(drawn)


def asked(trial: Trial, tmp_path: Path, answers: dict[str, Answer], config: EvaluateConfig) -> dict[str, Drops]:
    """The drops of a trial whose deletions are answered by the first of the words that stands in their id."""

    def system(rows: Iterable[Row]) -> Iterator[Answer]:
        return (next(answer for word, answer in answers.items() if word in row.id) for row in rows)

    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
    drops = ask(config, [trial], lambda: system, path=path, key={}, progress=lambda *_: None)
    return {drop.control: drop for drop in drops}


def test_falls_of_the_score_of_the_first_answer(tmp_path: Path) -> None:
    config, rows = data_of(tmp_path, [target()])
    (trial,) = trials(config, rows, answered(rows, span("Russia won.")), reads("Russia won.", "Russia lost."))
    quoted = (Span(0, 3, "Fog"),)

    def says(favor: float) -> Answer:
        return Answer(("favor",), {"favor": favor, "against": 1 - favor}, quoted)

    others = {"any 1": says(0.8), "any 2": says(0.7), "any 3": says(0.6), "read": says(0.5)}
    found = asked(trial, tmp_path, {"evidence": says(0.3), **others}, config)
    assert (found["any"].evidence, found["any"].others) == pytest.approx((0.5, 0.1))
    assert (found["read"].evidence, found["read"].others) == pytest.approx((0.5, 0.3))
    assert not found["any"].unmentioned
    # Not mentioned, under whatever name the data set has for it: nothing of the old answer is left.
    absent = Answer(("favor",), {"favor": 1.0})
    found = asked(trial, tmp_path, {"evidence": absent, **others}, config)
    assert found["read"].evidence == pytest.approx(0.8)
    assert found["read"].unmentioned
    refused = Answer((), {NO_ANSWER: 1.0}, refused="no letter")
    found = asked(trial, tmp_path, {"evidence": says(0.3), **others, "read": refused}, config)
    assert found["read"].skipped == "the model refuses what is left"
    assert not found["any"].skipped


def test_figures_have_intervals_over_articles() -> None:
    rows = [
        Drops(Prediction(str(n), f"g{n // 2}", ("a",), ("a",)), "any", 0.4 + 0.01 * n, 0.1, unmentioned=n == 0)
        for n in range(10)
    ]
    lost = [Drops(rows[0].answer, "any", skipped="too few other sentences")] * 2
    (found,) = deletions([*rows, *lost], bootstrap=Bootstrap(samples=200), seed=1)
    assert (found.others, found.rows, found.groups, found.unmentioned) == ("any", 10, 5, 1)
    assert found.skipped == {"too few other sentences": 2}
    assert [figure.value for figure in found.figures] == pytest.approx([0.445, 0.1, 0.345])
    difference = found.figures[-1]
    assert difference.low is not None
    assert 0.3 < difference.low < difference.value
    (none,) = deletions([replace(lost[0], control="read")], bootstrap=Bootstrap(), seed=1)
    assert (none.others, none.rows, none.figures) == ("read", 0, ())
    assert deletions([], bootstrap=Bootstrap(), seed=1) == ()


def articles(folder: Path, count: int) -> None:
    """Articles with a claim, a target and a topic."""
    write(
        folder / "test.jsonl",
        [
            {
                "text": f"Russia met the council on day {n}. Rain fell. Russia left. Snow fell. Russia lost {n}.",
                "title": f"Day {n}",
                "claim": f"Russia met the council {n}.",
                "target": "Russia",
                "label": ("x", "y")[n % 2],
            }
            for n in range(count)
        ],
    )


def run(folder: Path, models: Path, task: str, **changes: Any) -> Report:
    subject = {"claim-stance": ["claim"], "target-stance": ["target"], "topics": []}[task]
    names = {"claim-stance": ("agree", "disagree"), "target-stance": ("favor", "against"), "topics": ("sport", "war")}
    columns = {name: name for name in ("text", "title", "label", *subject)}
    model = {"claim-stance": "claim", "target-stance": "target", "topics": "learned"}[task]
    body = {
        "columns": columns,
        "table": {"labels": dict(zip("xy", names[task], strict=True))},
        "systems": [{"name": "tiny", "model": str(models / model)}],
        "baselines": ["majority"],
        "evidence_rows": 6,
        **changes,
    }
    told: list[str] = []
    report = evaluate(evaluation(folder, task=task, **body), watch=Watch(progress=lambda name, *_: told.append(name)))
    assert ("d: tiny, without evidence" in told) == bool(body["evidence_rows"])
    return report


@pytest.mark.parametrize(
    ("task", "others"),
    [("topics", ["any"]), ("claim-stance", ["any", "read"]), ("target-stance", ["any", "read"])],
)
def test_every_task_is_measured_and_a_second_run_takes_what_is_there(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str, others: list[str]
) -> None:
    articles(tmp_path, 8)
    report = run(tmp_path, models, task, html=True)
    tiny, majority = report.cells
    assert majority.deletions == ()
    assert [one.others for one in tiny.deletions] == others
    for one in tiny.deletions:
        assert one.rows + sum(one.skipped.values()) <= 6
        assert [figure.name for figure in one.figures][2:] in (["difference of the drops"], [])
    assert tiny.deletions[0].rows > 0
    folder = tmp_path / "out" / "predictions"
    kept = read_predictions(folder / "d--tiny--evidence.jsonl")
    assert len({row.id for row in kept}) == len(kept) >= 4 * tiny.deletions[0].rows
    for shown in ("report.md", "report.html"):
        text = (tmp_path / "out" / shown).read_text(encoding="utf-8")
        assert "any others" in text
        assert ("others that were read" in text) == ("read" in others)

    def refuse(*_: Any) -> Any:
        raise AssertionError("everything is answered already")

    monkeypatch.setattr("newsml.evaluation.run.load", refuse)
    again = run(tmp_path, models, task, html=True)
    assert again.cells[0].deletions == tiny.deletions
    plain = run(tmp_path, models, task, evidence_rows=0)
    assert plain.cells[0].deletions == ()
    assert plain.cells[0].sha256 == tiny.sha256
    assert json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["cells"][0]["deletions"] == []
