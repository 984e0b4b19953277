"""Two runs on the same rows: which of their systems is better, and whether that may be chance.

Owns how a run folder is read back. Knows nothing of how a test is computed.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from newsml.errors import DataError, FileMissingError, suggest
from newsml.evaluation.figures.comparison import Terms
from newsml.evaluation.figures.of_task import compare_cells
from newsml.evaluation.predictions import Prediction, read_predictions
from newsml.evaluation.report import SCHEMA_VERSION, Cell, Comparison, Report


def compare_runs(
    run_a: Path,
    run_b: Path,
    *,
    system_a: str | None = None,
    system_b: str | None = None,
    samples: int = 10_000,
    seed: int = 1,
) -> tuple[Comparison, ...]:
    """Compare a system of one run with a system of another, on every data set that both have.

    Args:
        run_a: Folder of a run.
        run_b: Folder of another, or the same.
        system_a: Name of the system; None takes the run's one model.
        system_b: Likewise.
        samples: Shuffles of the test, and bootstrap samples.
        seed: Fixes the draws.

    Raises:
        FileMissingError: A folder holds no report.
        DataError: A report or its predictions cannot be read or do not belong together, the system is not there, the
            runs are of different tasks or have no data set in common, or the two did not answer the same rows.
    """
    first, second = read_report(run_a), read_report(run_b)
    if first.task != second.task:
        raise DataError(f"{run_a} evaluates {first.task}, {run_b} {second.task}; only one task's runs can be compared")
    name_a, name_b = _chosen(first, run_a, system_a, "--a"), _chosen(second, run_b, system_b, "--b")
    if run_a.resolve() == run_b.resolve() and name_a == name_b:
        raise DataError(f"both sides are {name_a!r} of {run_a}; name another system with --a or --b")
    shared = [data for data in first.data if any(data.name == other.name for other in second.data)]
    if not shared:
        have = ", ".join(data.name for data in second.data)
        raise DataError(f"no data set of {run_a} ({', '.join(d.name for d in first.data)}) is in {run_b} ({have})")
    # Of equal names, the runs tell the systems apart.
    labels = (name_a, name_b) if name_a != name_b else (f"{run_a.name}: {name_a}", f"{run_b.name}: {name_b}")
    made: list[Comparison] = []
    for data in shared:
        other = next(other for other in second.data if other.name == data.name)
        if data.test.sha256 != other.test.sha256:
            raise DataError(f"{data.name} has other rows in {run_a} than in {run_b}; compare runs on the same data")
        one, two = _cell(first, data.name, name_a), _cell(second, data.name, name_b)
        made += compare_cells(
            _predictions(run_a, one),
            _predictions(run_b, two),
            Terms(data.name, *labels, samples=samples, level=first.level, seed=seed),
            task=first.task,
            labels=tuple(dict.fromkeys((*data.labels, *other.labels))),
            multi_label=one.confusion is None and bool(one.classes),
        )
    return tuple(made)


def read_report(folder: Path) -> Report:
    """The report of a run.

    Raises:
        FileMissingError: There is none.
        DataError: It cannot be read, or another version of newsml wrote it in another form.
    """
    path = folder / "report.json"
    try:
        report = Report.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise FileMissingError(f"{folder}: no report.json; give the folder that newsml evaluate wrote to") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "file"
        raise DataError(f"{path}: not a report of this version of newsml ({where}: {fault['msg']})") from error
    if report.schema_version != SCHEMA_VERSION:
        raise DataError(f"{path}: schema version {report.schema_version}, expected {SCHEMA_VERSION}; evaluate again")
    return report


def _chosen(report: Report, run: Path, name: str | None, option: str) -> str:
    systems = list(dict.fromkeys(cell.system for cell in report.cells))
    if name is not None:
        if name not in systems:
            raise DataError(f"{run} has no system {name!r}; it has {', '.join(systems)}{suggest(name, systems)}")
        return name
    models = list(dict.fromkeys(cell.system for cell in report.cells if not cell.baseline))
    if len(models) != 1:
        raise DataError(f"{run} has {len(models)} models; name a system with {option}: {', '.join(systems)}")
    return models[0]


def _cell(report: Report, data: str, system: str) -> Cell:
    return next(cell for cell in report.cells if (cell.data, cell.system) == (data, system))


def _predictions(run: Path, cell: Cell) -> list[Prediction]:
    path = run / cell.predictions
    found = read_predictions(path)
    if sha256(path.read_bytes()).hexdigest() != cell.sha256:
        raise DataError(f"{path} is not what the report was made from; run the evaluation again")
    return found
