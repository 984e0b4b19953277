"""A whole evaluation with tiny models: what is written, that it can be computed again, and that it resumes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import accuracy_score, f1_score

from newsml.config.evaluate import EvaluateConfig
from newsml.errors import DataError, MissingDependencyError, ModelError, WriteError
from newsml.evaluation import cells, systems
from newsml.evaluation.compare import compare_runs, read_report
from newsml.evaluation.figures.summaries import rouge
from newsml.evaluation.predictions import read_predictions
from newsml.evaluation.report import Cell, Report
from newsml.evaluation.run import Watch, evaluate
from newsml.evaluation.systems import Answer, Answering
from newsml.io.rows import Row
from tests.unit.evaluation.sets import claims, evaluation, topics, write

CLAIM_COLUMNS = {"text": "text", "claim": "claim", "label": "label"}


def timeless(report: Report) -> dict[str, Any]:
    """A report without what no two runs share."""
    plain = report.model_dump(mode="json", exclude={"created"})
    for cell in plain["cells"]:
        del cell["seconds"], cell["rows_per_second"]
    return plain


def cell_of(report: Report, system: str) -> Cell:
    return next(cell for cell in report.cells if cell.system == system)


def topics_run(folder: Path, models: Path, **rest: Any) -> EvaluateConfig:
    topics(folder / "test.jsonl", 12, labels=("sport", "weather", "war"))
    topics(folder / "train.jsonl", 60, labels=("sport", "weather", "war"), suffix=" Again.")
    return evaluation(
        folder,
        columns={"text": "text", "title": "title", "label": "label"},
        train=[{"path": "train.jsonl"}],
        systems=[{"name": "learned", "model": str(models / "learned")}],
        baselines=["majority", "stratified", "tfidf"],
        **rest,
    )


def test_every_figure_can_be_computed_again_from_the_predictions(models: Path, tmp_path: Path) -> None:
    config = topics_run(tmp_path, models)
    report = evaluate(config)
    out = tmp_path / "out"
    assert read_report(out) == report
    assert {path.name for path in out.iterdir()} == {"config.yaml", "predictions", "report.json", "report.md"}
    for cell in report.cells:
        rows = read_predictions(out / cell.predictions)
        gold, given = [row.gold[0] for row in rows], [row.label for row in rows]
        figures = {figure.name: figure for figure in cell.figures}
        assert figures["accuracy"].value == pytest.approx(accuracy_score(gold, given))
        assert figures["macro-F1"].value == pytest.approx(f1_score(gold, given, average="macro", zero_division=0))
        low, high = figures["macro-F1"].low, figures["macro-F1"].high
        assert low is not None
        assert high is not None
        assert low <= figures["macro-F1"].value <= high
        assert cell.confusion is not None
        assert sum(map(sum, cell.confusion.counts)) == cell.rows == 12
        assert [row.correct for row in rows] == [a == b for a, b in zip(gold, given, strict=True)]
        assert len(cell.mistakes) == min(3, 12 - sum(bool(row.correct) for row in rows))
    assert {cell.figures[1].value for cell in report.cells if cell.system == "tfidf"} == {1.0}
    learned = cell_of(report, "learned")
    assert learned.model == {"name": str(models / "learned"), "revision": learned.model["revision"]}  # type: ignore[index]
    assert learned.card is not None
    assert {(c.a, c.b) for c in report.comparisons} == {("learned", b) for b in ("majority", "stratified", "tfidf")}
    assert report.versions["newsml"] == "0.1.0"
    assert "learned" in (out / "report.md").read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_numbers(models: Path, tmp_path: Path) -> None:
    first = evaluate(topics_run(tmp_path / "a", models))
    second = evaluate(topics_run(tmp_path / "b", models))
    leave = {"config_sha256"}
    assert {k: v for k, v in timeless(first).items() if k not in leave} == {
        k: v for k, v in timeless(second).items() if k not in leave
    }


def test_an_interrupted_run_goes_on_and_gives_the_same_report(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "ROWS_AT_ONCE", 4)
    whole = evaluate(topics_run(tmp_path / "a", models))
    config = topics_run(tmp_path / "b", models)
    asked: Counter[str] = Counter()
    honest = systems.load

    def counted(config: EvaluateConfig, system: Any, rows: Any, *, stop: int | None = None) -> Answering:
        inner = honest(config, system, rows)

        def answers(chunk: Iterable[Row]) -> Iterator[Answer]:
            for number, answer in enumerate(inner(chunk)):
                if stop is not None and asked["rows"] >= stop and number == 2:
                    raise KeyboardInterrupt
                asked["rows"] += 1
                yield answer

        return answers

    monkeypatch.setattr("newsml.evaluation.run.load", lambda *given: counted(*given, stop=4))
    with pytest.raises(KeyboardInterrupt):
        evaluate(config)
    assert not (tmp_path / "b" / "out" / "report.json").exists()
    # What an interruption leaves behind a write is cut off again.
    with (tmp_path / "b" / "out" / "predictions" / "d--learned.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "half')
    asked.clear()
    monkeypatch.setattr("newsml.evaluation.run.load", counted)
    resumed = evaluate(config)
    assert asked["rows"] == 8
    assert {c.sha256 for c in resumed.cells} == {c.sha256 for c in whole.cells}
    assert timeless(resumed)["cells"] == timeless(whole)["cells"]
    asked.clear()
    assert timeless(evaluate(config)) == timeless(resumed)
    assert asked["rows"] == 0


def test_answers_that_were_edited_are_not_taken_for_the_models(models: Path, tmp_path: Path) -> None:
    config = topics_run(tmp_path, models)
    first = evaluate(config)
    path = tmp_path / "out" / cell_of(first, "majority").predictions
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("false", "true "), encoding="utf-8")
    assert timeless(evaluate(config)) == timeless(first)
    assert path.read_text(encoding="utf-8") == text


def test_what_was_answered_under_other_settings_is_not_used_again(models: Path, tmp_path: Path) -> None:
    config = topics_run(tmp_path, models)
    first = cell_of(evaluate(config), "learned")
    topics(tmp_path / "test.jsonl", 15, labels=("sport", "weather", "war"))
    second = cell_of(evaluate(config), "learned")
    assert (first.rows, second.rows) == (12, 15)
    drawn = cell_of(evaluate(config.model_copy(update={"seed": 2})), "stratified")
    assert drawn.sha256 != cell_of(evaluate(config), "stratified").sha256


def test_claims_are_scored_as_fnc_1_scores_them(models: Path, tmp_path: Path) -> None:
    claims(tmp_path / "test.jsonl", 8)
    config = evaluation(
        tmp_path,
        task="claim-stance",
        columns=CLAIM_COLUMNS,
        systems=[{"name": "claim", "model": str(models / "claim")}, {"name": "both", "model": str(models / "stance")}],
        baselines=["majority"],
    )
    report = evaluate(config)
    assert [figure.name for figure in report.cells[0].figures][:2] == ["FNC-1 weighted score", "macro-F1"]
    claim, both = cell_of(report, "claim"), cell_of(report, "both")
    assert claim.figures == both.figures
    evidence = [quote for row in read_predictions(tmp_path / "out" / claim.predictions) for quote in row.evidence]
    assert evidence
    assert {row.subject for row in read_predictions(tmp_path / "out" / claim.predictions)} == {
        f"Rain fell {number}" for number in range(8)
    }


def test_targets_are_judged_where_the_table_says(models: Path, tmp_path: Path) -> None:
    rows = [
        {"text": "Anna spoke. She lied.", "target": "Anna Berg", "label": "against", "start": 12, "end": 15},
        {"text": "Taxes rose. Nobody minds.", "target": "Anna Berg", "label": "neutral", "start": 0, "end": 5},
    ]
    write(tmp_path / "test.jsonl", rows)
    columns = {"text": "text", "target": "target", "label": "label"}
    system = {"name": "target", "model": str(models / "target")}
    given = {"task": "target-stance", "systems": [system], "data": {"labels": ["favor", "against", "neutral"]}}

    def answers(columns: dict[str, str], **change: Any) -> list[str]:
        config = evaluation(tmp_path, columns=columns, **{**given, **change})
        return [row.label for row in read_predictions(tmp_path / "out" / evaluate(config).cells[0].predictions)]

    searched = answers(columns)
    assert searched[1] == "not mentioned"
    assert "not mentioned" not in answers({**columns, "start": "start", "end": "end"})
    assert "not mentioned" not in answers(columns, data={**given["data"], "scope": "text"})  # type: ignore[dict-item]


def test_summaries_carry_their_own_figures(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_similarity(models, monkeypatch)
    text = "Rain fell in Oslo. Snow fell in Lund. The council met. Nobody was hurt in the storm, police said."
    references = ["Rain fell in Oslo.\nThe council met.", "Snow fell on Lund. Nobody was hurt."]
    write(tmp_path / "test.jsonl", [{"text": f"{text} Item {n}.", "summary": references} for n in range(4)])
    config = evaluation(
        tmp_path,
        task="summary",
        columns={"text": "text", "summary": "summary"},
        data={"references": "several"},
        systems=[{"name": "scorer", "model": str(models / "scorer"), "sentences": 2}],
        baselines=["lead-2", "lead-3", "random"],
        bertscore=str(models / "base"),
        nli=str(models / "nli"),
    )
    report = evaluate(config)
    scorer = cell_of(report, "scorer")
    names = [figure.name for figure in scorer.figures]
    assert names[:4] == ["ROUGE-1", "ROUGE-2", "ROUGE-L", "ROUGE-Lsum"]
    assert {"BERTScore", "NLI entailment", "similarity", "coverage", "unsupported facts"} <= set(names)
    copied = {figure.name: figure.value for figure in scorer.figures}
    assert copied["alignment"] > 0.8
    assert copied["doubtful sentences"] == 0.0
    assert "repaired sentences" not in names
    rows = read_predictions(tmp_path / "out" / scorer.predictions)
    assert rows[0].gold == ("Rain fell in Oslo.\nThe council met.", "Snow fell on Lund.\nNobody was hurt.")
    mean = sum(row.values["ROUGE-1"] for row in rows) / len(rows)
    assert scorer.figures[0].value == pytest.approx(mean)
    best = max(rouge(["\n".join(rows[0].prediction)], [gold])["rouge1"] for gold in rows[0].gold)
    assert rows[0].values["ROUGE-1"] == pytest.approx(best)
    assert scorer.mistakes
    assert scorer.confusion is None


def tiny_similarity(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Similarity by the tiny base: unit tests fetch nothing."""
    from newsml.evaluation.figures import summary_values
    from newsml.evaluation.figures.alignment import load_alignment
    from newsml.evaluation.figures.faithfulness import load_similarity

    monkeypatch.setattr(summary_values, "load_similarity", lambda: load_similarity(str(models / "base")))
    monkeypatch.setattr(summary_values, "load_alignment", lambda: load_alignment(str(models / "base")))


def test_several_labels_and_zero_shot(models: Path, tmp_path: Path) -> None:
    topics(tmp_path / "test.jsonl", 8, labels=(["sport", "weather"], ["war"], ["weather"]))
    config = evaluation(
        tmp_path,
        multi_label=True,
        systems=[
            {"name": "learned", "model": str(models / "learned")},
            {"name": "zero-shot", "model": str(models / "base"), "zero_shot": True, "threshold": 0.2},
        ],
        data={"wording": {"war": "armed conflict"}},
        baselines=["majority"],
    )
    report = evaluate(config)
    shot = cell_of(report, "zero-shot")
    assert shot.figures[0].name == "macro-F1"
    assert "average precision (macro)" in [figure.name for figure in shot.figures]
    rows = read_predictions(tmp_path / "out" / shot.predictions)
    assert set(rows[0].scores) == {"sport", "weather", "war"}
    assert shot.confusion is None
    assert len(shot.classes) == 3


def test_labels_of_a_model_are_mapped_and_a_missing_one_is_named(models: Path, tmp_path: Path) -> None:
    topics(tmp_path / "test.jsonl", 6)
    renamed = {"sport": "weather", "weather": "sport", "war": None}
    system = {"name": "learned", "model": str(models / "learned")}
    report = evaluate(evaluation(tmp_path, systems=[{**system, "labels": renamed}]))
    assert set(cell_of(report, "learned").confusion.predicted) >= {"sport", "weather"}  # type: ignore[union-attr]
    topics(tmp_path / "test.jsonl", 6, labels=("sport", "religion"))
    with pytest.raises(DataError, match="system learned never answers 'religion'"):
        evaluate(evaluation(tmp_path, systems=[system]))


def test_a_row_that_a_model_does_not_read_counts_as_wrong_and_is_reported(models: Path, tmp_path: Path) -> None:
    topics(tmp_path / "test.jsonl", 2, labels=("sport", "weather"))
    german = "Der Bundestag hat am Donnerstag nach langer Debatte den Haushalt für das kommende Jahr beschlossen."
    with (tmp_path / "test.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"text": german, "label": "sport"}) + "\n")
    report = evaluate(evaluation(tmp_path, systems=[{"name": "learned", "model": str(models / "learned")}]))
    cell = cell_of(report, "learned")
    assert cell.rows == 3
    assert "1 rows not read, which count as wrong" in cell.note
    assert read_predictions(tmp_path / "out" / cell.predictions)[2].correct is False


def test_several_data_sets_and_systems_make_a_matrix(models: Path, tmp_path: Path) -> None:
    topics(tmp_path / "test.jsonl", 6)
    topics(tmp_path / "other.jsonl", 8)
    config = topics_matrix(tmp_path, models)
    told: list[tuple[str, int, int]] = []
    report = evaluate(config, watch=Watch(progress=lambda *step: told.append(step)))
    assert [(cell.data, cell.system, cell.rows) for cell in report.cells] == [
        ("d", "learned", 6), ("d", "majority", 6), ("e", "learned", 8), ("e", "majority", 8),
    ]  # fmt: skip
    assert ("e: learned", 8, 8) in told


def topics_matrix(folder: Path, models: Path) -> EvaluateConfig:
    config = evaluation(folder, systems=[{"name": "learned", "model": str(models / "learned")}], baselines=["majority"])
    other = config.data[0].model_copy(
        update={"name": "e", "test": (config.data[0].test[0].model_copy(update={"path": "other.jsonl"}),)}
    )
    return config.model_copy(update={"data": (*config.data, other)})


def test_two_runs_are_compared_on_the_rows_they_share(models: Path, tmp_path: Path) -> None:
    config = topics_run(tmp_path, models)
    evaluate(config)
    out = tmp_path / "out"
    found = compare_runs(out, out, system_a="tfidf", system_b="majority", samples=200)
    assert [(c.figure, c.test) for c in found] == [
        ("macro-F1", "approximate randomisation"), ("accuracy", "McNemar, exact"),
    ]  # fmt: skip
    assert all(c.difference > 0 and c.p_value < 0.05 for c in found)
    assert found == compare_runs(out, out, system_a="tfidf", system_b="majority", samples=200)
    plain = json.loads((out / "report.json").read_text(encoding="utf-8"))
    other = tmp_path / "other"
    other.mkdir()
    (other / "report.json").write_text(json.dumps({**plain, "schema_version": 99}), encoding="utf-8")
    with pytest.raises(DataError, match="schema version 99, expected 1"):
        compare_runs(out, other)
    plain["data"][0]["test"]["sha256"] = "0"
    (other / "report.json").write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(DataError, match="has other rows in"):
        compare_runs(out, other)
    with pytest.raises(DataError, match="both sides are 'learned'"):
        compare_runs(out, out)
    with pytest.raises(DataError, match=r"has no system 'tfid'.*did you mean 'tfidf'"):
        compare_runs(out, out, system_a="tfid")
    with (out / "predictions" / "d--tfidf.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(DataError):
        compare_runs(out, out, system_b="tfidf")


def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topics(tmp_path / "test.jsonl", 4)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(WriteError, match="cannot be written"):
        evaluate(evaluation(tmp_path, output=str(tmp_path / "file" / "out")))
    with pytest.raises(ModelError, match="no-such"):
        evaluate(evaluation(tmp_path, systems=[{"name": "x", "model": "no-such-model"}]))
    from newsml.evaluation.pages import html

    monkeypatch.setattr(html, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'newsml\[report\]', or set html: false"):
        evaluate(evaluation(tmp_path, html=True))
    assert not (tmp_path / "out").exists()
