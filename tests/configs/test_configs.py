"""Every configuration of the repository is sound, names its own launch line, and can be carried out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import pandas as pd
import pytest

from newsml.config.evaluate import Dataset, EvaluateConfig
from newsml.config.finetune import FinetuneConfig
from newsml.config.load import check, load
from newsml.config.tables import Table
from newsml.evaluation import baselines
from newsml.evaluation.figures import summary_values
from newsml.evaluation.figures.alignment import load_alignment
from newsml.evaluation.figures.faithfulness import load_similarity
from newsml.evaluation.run import evaluate
from newsml.models.card import read_card
from newsml.training.finetune import finetune

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))
RECIPES = [path for path in CONFIGS if path.parent.name == "finetune"]
ROWS = 24
every = pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
EVALUATIONS = [path for path in CONFIGS if path.parent.name == "evaluate"]
evaluations = pytest.mark.parametrize("path", EVALUATIONS, ids=lambda path: path.stem)
recipes = pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)


def test_there_are_configs() -> None:
    assert len(RECIPES) > 3
    assert len(EVALUATIONS) > 12


@every
def test_a_config_is_sound(path: Path) -> None:
    assert check(path) == []


@every
def test_a_config_says_how_it_is_launched(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    header = text[: text.index("\nkind:")].splitlines()
    assert all(line.startswith("#") for line in header)
    command = f"newsml {path.parent.name} {path.relative_to(ROOT).as_posix()}"
    assert any(line.lstrip("# ").startswith(command) for line in header)


@recipes
def test_a_recipe_is_named_after_its_file(path: Path) -> None:
    recipe = load(path, FinetuneConfig)
    assert recipe.name == path.stem
    assert recipe.output == f"runs/{path.stem}"
    assert recipe.training_data
    assert recipe.card.limits
    assert recipe.start is None or recipe.start in {f"runs/{other.stem}/model" for other in RECIPES}


@recipes
def test_the_tables_of_a_recipe_exist(path: Path) -> None:
    recipe = load(path, FinetuneConfig)
    data = ROOT / recipe.data_root
    if not data.is_dir():
        pytest.skip(f"no folder {recipe.data_root} beside this checkout")
    wanted = [source.path for source in recipe.train if source.path] + [
        source.join.path for source in recipe.train if source.join
    ]
    assert [name for name in wanted if not (data / name).is_file()] == []


@recipes
def test_a_recipe_can_be_carried_out(path: Path, models: Path, tmp_path: Path) -> None:
    recipe = load(path, FinetuneConfig)
    for source in recipe.train:
        generate(source, tmp_path / "data", recipe.labels)
    writes = recipe.task == "summary-abstractive"
    most = 1024 if writes else 64  # The tiny tokenizer spells prompts letter by letter.
    steps = recipe.training.model_copy(
        update={"max_steps": 2, "batch_size": 4, "save_steps": 2, "max_tokens": most, "precision": "fp32"}
    )
    places = {
        "start": None,
        "base": str(models / ("chat" if writes else "base")),
        "data_root": str(tmp_path / "data"),
        "output": str(tmp_path / "out"),
    }
    outcome = finetune(recipe.model_copy(update={**places, "training": steps}))
    card = read_card(outcome.folder)
    assert (card.name, card.task) == (recipe.name, recipe.task)
    assert card.labels == (outcome.labels or None)
    assert card.figures
    record = json.loads((outcome.folder / "training.json").read_text(encoding="utf-8"))
    assert (record["rows"]["dev"] > 0) == (recipe.folds == 0)


@evaluations
def test_an_evaluation_is_named_after_its_file(path: Path) -> None:
    evaluation = load(path, EvaluateConfig)
    assert evaluation.name == path.stem
    assert evaluation.output == f"runs/{path.stem}"
    assert "licence" in path.read_text(encoding="utf-8").split("\nkind:")[0].lower()


@evaluations
def test_an_evaluation_can_be_carried_out(
    path: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = load(path, EvaluateConfig)
    root = tmp_path / "data"
    hub = {}
    for data in evaluation.data:
        for table in (*data.test, *data.train):
            generate(table, root, data.labels)
            hub[table.dataset, table.subset, table.split, table.revision] = place_of(table, root)
    monkeypatch.setattr(
        "datasets.load_dataset",
        lambda name, subset, *, split, revision: datasets.Dataset.from_json(str(hub[name, subset, split, revision])),
    )
    monkeypatch.setattr(baselines, "COSINE", baselines.COSINE.model_copy(update={"model": str(models / "base")}))
    monkeypatch.setattr(summary_values, "load_similarity", lambda: load_similarity(str(models / "base")))
    monkeypatch.setattr(summary_values, "load_alignment", lambda: load_alignment(str(models / "base")))
    tiny = {"topics": "iptc", "claim-stance": "claim", "target-stance": "target", "summary": "scorer"}
    changes = {
        "data": tuple(half(data) for data in evaluation.data),
        "data_root": str(root),
        "output": str(tmp_path / "out"),
        "bootstrap": evaluation.bootstrap.model_copy(update={"samples": 20}),
        "systems": tuple(
            system.model_copy(update={"model": str(models / ("base" if system.zero_shot else tiny[evaluation.task]))})
            for system in evaluation.systems
        ),
    }
    report = evaluate(evaluation.model_copy(update=changes))
    assert len(report.cells) == len(evaluation.data) * (len(evaluation.systems) + len(evaluation.baselines))
    assert all(cell.rows >= ROWS // 6 for cell in report.cells)
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000


def half(data: Dataset) -> Dataset:
    """A data set that evaluates on a share of its rows, with half of the few that are generated instead."""
    tests = tuple(table.model_copy(update={"stories": 0.5}) if table.stories else table for table in data.test)
    return data.model_copy(update={"test": tests, "held_out": 0.5 if data.held_out < 1 else 1.0})


def generate(source: Table, root: Path, classes: Sequence[str] = ()) -> None:
    """Write a table of the schema that a source reads: the same columns, labels, joins and lists."""
    labels = [*(source.labels or classes or ("sport", "weather"))]
    records = [record(source, number, labels[number % len(labels)]) for number in range(ROWS)]
    for column, values in source.where.items():
        for entry in records:
            entry[column] = values[0]
    if source.explode is not None:
        outer = [source.columns[field] for field in ("text", "title", "group") if field in source.columns]
        records = [
            {name: entry.pop(name) for name in outer} | {source.explode: [entry]} for entry in map(dict, records)
        ]
    if source.join is not None:
        text = source.columns["text"]
        save([{source.join.key: n, text: entry.pop(text)} for n, entry in enumerate(records)], root / source.join.path)
        records = [{source.join.key: n, **entry} for n, entry in enumerate(records)]
    save(records, place_of(source, root))


def place_of(table: Table, root: Path) -> Path:
    """Where the rows of a table are written; those of a data set as JSONL."""
    return root / (table.path or f"{table.name.replace(':', '-')}.jsonl")


def record(source: Table, number: int, label: str) -> dict[str, Any]:
    """One row, its text unlike that of any other table."""
    text = f"Russia met the council in Oslo. Report {number} of {source.name} was read. Rain fell over the border."
    values: dict[str, Any] = {
        "text": text,
        "id": f"row-{number}",
        "title": f"Report {number}",
        "label": label,
        "secondary": label if number % 2 else None,
        "claim": f"Russia met council {number}.",
        "target": "Russia",
        "start": 0,
        "end": 6,
        "group": f"{source.name} {number}",
        "evidence": ["Russia met the council"],
        "summary": ["Rain fell over the border.", f"Report {number} was read."],
    }
    return {column: values[field] for field, column in source.columns.items()}


def save(records: list[dict[str, Any]], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if ".jsonl" in path.suffixes and path.exists():  # Another source reads other columns of the same file.
        before = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        records = [{**new, **old} for new, old in zip(records, before, strict=True)]
    frame = pd.DataFrame(records)
    if ".jsonl" in path.suffixes:
        frame.to_json(path, orient="records", lines=True)
    elif ".parquet" in path.suffixes:
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if ".tsv" in path.suffixes else ",")
