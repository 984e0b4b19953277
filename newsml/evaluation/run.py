"""An evaluation, carried out: every system and baseline on every data set, and a report of it.

Owns the order of the steps and the run folder. Knows nothing of how rows are answered or figures computed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from newsml.config.evaluate import EvaluateConfig
from newsml.errors import WriteError
from newsml.evaluation.baselines import about, load_baseline
from newsml.evaluation.cells import Answered, Values, answer_rows
from newsml.evaluation.data import Rows, read_data
from newsml.evaluation.deletion import ask, trials
from newsml.evaluation.environment import hardware, version_of, versions
from newsml.evaluation.figures.comparison import Terms
from newsml.evaluation.figures.deletion import deletions
from newsml.evaluation.figures.of_task import compare_cells, describe
from newsml.evaluation.figures.summary_values import gold_summary, summary_values
from newsml.evaluation.report import Cell, Comparison, Deletion, Report
from newsml.evaluation.systems import Answering, Reading, identify, load, load_reading
from newsml.io.rows import Row


@dataclass(frozen=True, slots=True)
class Watch:
    """What follows a run.

    Attributes:
        say: Receives a line now and then.
        progress: Receives the name of what is being answered, how many rows are done, and of how many.
    """

    say: Callable[[str], None] = lambda _: None
    progress: Callable[[str, int, int], None] = lambda *_: None


def evaluate(config: EvaluateConfig, *, watch: Watch | None = None) -> Report:
    """Carry out an evaluation.

    The folder ``output`` holds the resolved configuration (``config.yaml``), ``predictions/DATA--SYSTEM.jsonl``, from
    which every figure can be computed again (``DATA--SYSTEM--evidence.jsonl``: the answers without evidence), and the
    report as ``report.json``, ``report.md`` and ``report.html``. An interrupted run goes on where it was: finished
    answers are taken as they are, as long as data, model, settings and newsml are the same.

    Args:
        config: The evaluation.
        watch: What follows the run.

    Returns:
        The report.

    Raises:
        FileMissingError: A table is not there.
        DataError: The data cannot be evaluated on.
        ModelError: A model is unknown, or cannot do the task.
        MissingDependencyError: A package that a baseline, a metric or the page needs is missing.
        WriteError: The output folder cannot be written.
    """
    watch = watch or Watch()
    if config.html:
        from newsml.evaluation.pages.html import need_plots

        need_plots()
    values = summary_values(config) if config.task == "summary" else None
    data = []
    for number, dataset in enumerate(config.data):
        watch.say(f"reading {dataset.name}")
        data.append(read_data(config, number))
    cells: list[Cell] = []
    answered: dict[tuple[str, str], Answered] = {}
    for rows in data:
        for member in _members(config, rows):
            found = _answer(config, rows, member, values, watch)
            answered[rows.dataset.name, member.name] = found
            cells.append(_cell(config, rows, member, found, _deletions(config, rows, member, found, watch)))
    watch.say("comparing")
    report = _report(config, data, cells, _comparisons(config, data, cells, answered))
    write_report(config, report)
    return report


@dataclass(frozen=True, slots=True)
class _Member:
    """A system or baseline on a data set.

    Attributes:
        name: What reports call it.
        key: What its answers depend on.
        load: Loads or fits it.
        reading: Loads what says which sentences it judges; None for baselines, which give no evidence.
        note: What a reader must know.
        model: Name and revision; None for baselines.
        card: Its card.
    """

    name: str
    key: Mapping[str, Any]
    load: Callable[[], Answering]
    reading: Callable[[], Reading | None] | None = None
    note: str = ""
    model: dict[str, str] | None = None
    card: dict[str, Any] | None = None


def _members(config: EvaluateConfig, rows: Rows) -> Iterator[_Member]:
    common = {
        "newsml": version_of("newsml"),
        "task": config.task,
        "seed": config.seed,
        "multi_label": config.multi_label,
        "data": rows.about.test.sha256,
        "labels": rows.labels,
        "wording": rows.dataset.wording,
        "scope": rows.dataset.scope,
        "references": rows.dataset.references,
        "nli": config.nli,
        "bertscore": config.bertscore,
    }
    for system in config.systems:
        model = identify(config, system)
        yield _Member(
            name=system.name,
            key={**common, **system.model_dump(mode="json"), "revision": model.revision},
            load=partial(load, config, system, rows),
            reading=partial(load_reading, config, system, rows),
            model={"name": model.name, "revision": model.revision},
            card=model.card.model_dump(mode="json") if model.card else None,
        )
    train = rows.about.train.sha256 if rows.about.train else ""
    for name in config.baselines:
        note = about(name, config, rows)
        key = {**common, "baseline": name, "train": train, "note": note}
        yield _Member(name, key, partial(load_baseline, name, config, rows), note=note)


def _answer(config: EvaluateConfig, rows: Rows, member: _Member, values: Values | None, watch: Watch) -> Answered:
    name = f"{rows.dataset.name}--{member.name}"

    def gold(row: Row) -> tuple[str, ...]:
        return gold_summary(row, rows.dataset) if config.task == "summary" else row.labels

    return answer_rows(
        rows.test,
        member.load,
        path=Path(config.output) / "predictions" / f"{name}.jsonl",
        key=member.key,
        gold=gold,
        values=values,
        progress=lambda done, total: watch.progress(f"{rows.dataset.name}: {member.name}", done, total),
    )


def _deletions(
    config: EvaluateConfig, rows: Rows, member: _Member, found: Answered, watch: Watch
) -> tuple[Deletion, ...]:
    """What deleted evidence does to the answers of a system, where the evaluation asks for it."""
    if member.reading is None or not config.evidence_rows:
        return ()
    name = f"{rows.dataset.name}: {member.name}, without evidence"
    watch.say(f"deleting evidence, {rows.dataset.name}: {member.name}")
    drops = ask(
        config,
        trials(config, rows, found.predictions, member.reading()),
        member.load,
        path=found.path.with_name(f"{found.path.stem}--evidence.jsonl"),
        key={**member.key, "evidence_rows": config.evidence_rows, "answers": found.sha256},
        progress=lambda done, total: watch.progress(name, done, total),
    )
    return deletions(drops, bootstrap=config.bootstrap, seed=config.seed)


def _cell(config: EvaluateConfig, rows: Rows, member: _Member, found: Answered, deleted: tuple[Deletion, ...]) -> Cell:
    refused = [f"{count} rows not read, which count as wrong: {reason}" for reason, count in found.refused.items()]
    return Cell(
        data=rows.dataset.name,
        system=member.name,
        baseline=member.model is None,
        note="; ".join([*([member.note] if member.note else []), *refused]),
        model=member.model,
        card=member.card,
        deletions=deleted,
        rows=len(found.predictions),
        groups=len({row.group for row in found.predictions}),
        seconds=round(found.seconds, 3),
        rows_per_second=round(len(found.predictions) / max(found.seconds, 1e-9), 3),
        predictions=found.path.relative_to(config.output).as_posix(),
        sha256=found.sha256,
        **describe(config, rows, found.predictions),
    )


def _comparisons(
    config: EvaluateConfig, data: Sequence[Rows], cells: Sequence[Cell], answered: Mapping[tuple[str, str], Answered]
) -> tuple[Comparison, ...]:
    made: list[Comparison] = []
    for rows in data:
        own = [cell for cell in cells if cell.data == rows.dataset.name]
        for a, b in combinations(own, 2):
            if not (a.baseline and b.baseline):
                doubt = config.bootstrap
                made += compare_cells(
                    answered[a.data, a.system].predictions,
                    answered[b.data, b.system].predictions,
                    Terms(a.data, a.system, b.system, samples=doubt.samples, level=doubt.level, seed=config.seed),
                    task=config.task,
                    labels=rows.labels,
                    multi_label=config.multi_label,
                )
    return tuple(made)


def _report(
    config: EvaluateConfig, data: Sequence[Rows], cells: Sequence[Cell], comparisons: tuple[Comparison, ...]
) -> Report:
    return Report(
        name=config.name,
        task=config.task,
        config_sha256=sha256(_resolved(config).encode()).hexdigest(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=config.seed,
        level=config.bootstrap.level,
        samples=config.bootstrap.samples,
        versions=versions(),
        hardware=hardware(),
        partial=any(rows.about.partial for rows in data),
        data=tuple(rows.about for rows in data),
        cells=tuple(cells),
        comparisons=comparisons,
    )


def write_report(config: EvaluateConfig, report: Report) -> None:
    """Write the resolved configuration and the report's renderings to the run folder.

    Raises:
        WriteError: The folder cannot be written.
    """
    from newsml.evaluation.pages.markdown import markdown

    files = {
        "config.yaml": _resolved(config),
        "report.json": json.dumps(report.model_dump(mode="json"), indent=2) + "\n",
        "report.md": markdown(report),
    }
    if config.html:
        from newsml.evaluation.pages.html import html

        files["report.html"] = html(report)
    folder = Path(config.output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.html").unlink(missing_ok=True)  # That of an earlier run is not this one's.
        for name, text in files.items():
            (folder / f"{name}.part").write_text(text, encoding="utf-8")
            (folder / f"{name}.part").replace(folder / name)
    except OSError as error:
        raise WriteError(f"{folder}: cannot be written ({error.strerror}); choose another output") from error


def _resolved(config: EvaluateConfig) -> str:
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
