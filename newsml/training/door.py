"""Fine-tuning from Python: labelled articles in memory or in a table become a recipe, and the recipe is carried out.

Owns the way from arguments to a recipe. Knows nothing of training: what it writes, ``newsml finetune`` can repeat.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml

from newsml.article import Article
from newsml.config.finetune import FIELDS, FinetuneConfig, Task
from newsml.config.load import validated
from newsml.config.training import Training
from newsml.errors import DataError, FileMissingError, WriteError
from newsml.io.frames import column_names
from newsml.models.progress import ScreenProgress
from newsml.models.quiet import quiet
from newsml.tasks.query import StanceQuery
from newsml.training.finetune import finetune

RECIPE_FILE = "recipe.yaml"
"""The recipe in the output folder: ``newsml finetune OUTPUT/recipe.yaml`` does the same again."""

COMMON = ("id", "title", "group")
"""Columns that are taken under their own names where a table has them, beside those that a task needs."""

Pairs = Sequence[tuple[Article | StanceQuery, str | Sequence[str]]]
"""Labelled items: an article (or a question about one) with its label, or with its summary."""


def finetune_on(
    task: Task,
    train: str | Path | pd.DataFrame | Pairs,
    *,
    output: str | Path,
    dev: float | str | Path | pd.DataFrame | Pairs,
    columns: Mapping[str, str] | None,
    source: Mapping[str, Any] | None = None,
    labels: Sequence[str] = (),
    multi_label: bool = False,
    method: str | None = None,
    base: str | Path | None = None,
    training: Training | None = None,
    seed: int = 1,
    name: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Path:
    """Train a model on labelled articles.

    Args:
        task: What it is to do.
        train: A table's path, a data frame, or pairs. What is in memory is written to JSONL files in ``output``.
        output: Folder for the recipe, checkpoints and the model.
        dev: Labelled articles of their own to judge it by, or the share of ``train`` held out, 0 to 0.9.
        columns: newsml's field names to the table's column names; fields of the same name need not be listed.
        source: What else the recipe says of each table.
        labels: Class names in the order of the logits; empty reads them from the data.
        multi_label: As in a recipe.
        method: As in a recipe; None leaves it to newsml.
        base: Model to start from; None is the recipe's default.
        training: How the weights are fitted; None takes the defaults.
        seed: Fixes splits, initial weights and batch order.
        name: The model's name; None takes that of the output folder.
        say: Receives lines of progress; None shows them on standard error.

    Returns:
        The folder of the saved model.

    Raises:
        ConfigError: An argument fits no recipe.
        FileMissingError: There is no such table.
        DataError: Nothing to train on, or items of the wrong kind.
        WriteError: The output folder cannot be written.
        TrainingError: The data cannot be trained on.
    """
    folder = Path(output)
    share = float(dev) if isinstance(dev, int | float) else 0.0
    written: dict[Path, list[dict[str, Any]]] = {}
    tables = _tables(task, train, folder / "train", columns, written, source, share)
    if not isinstance(dev, int | float):
        tables += _tables(task, dev, folder / "dev", columns, written, source, 1.0)
    plain = _recipe(task, folder, name=name or None, method=method, base=base)
    plain |= {"seed": seed, "labels": list(labels), "multi_label": multi_label, "train": tables}
    plain["training"] = training.model_dump(mode="json", exclude_unset=True) if training else {}
    recipe = validated(plain, FinetuneConfig, where="finetune")
    _write(folder, plain, written)
    with redirect_stdout(sys.stderr), quiet():  # The trainer prints its losses.
        command = f"newsml finetune {folder / RECIPE_FILE}"
        return finetune(recipe, command=command, say=say or ScreenProgress().say).folder


def _recipe(task: Task, folder: Path, **given: str | Path | None) -> dict[str, Any]:
    """What every recipe says: what is made, from what, and where it goes; what is not given is left to its default."""
    return {
        "kind": "finetune",
        "name": _slug(folder) or task,
        "task": task,
        "output": str(folder),
        "card": {"summary": f"A model of task {task}, fine-tuned with newsml."},
        **{key: str(value) for key, value in given.items() if value is not None},
    }


def _write(folder: Path, recipe: Mapping[str, Any], written: Mapping[Path, Sequence[Mapping[str, Any]]]) -> None:
    """Put the recipe, and the labelled articles that lay in memory, into the output folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, records in written.items():
            lines = [json.dumps(record, default=str) + "\n" for record in records]
            path.write_text("".join(lines), encoding="utf-8")
        text = yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True, width=100)
        (folder / RECIPE_FILE).write_text(text, encoding="utf-8")
    except OSError as error:
        raise WriteError(f"{folder}: cannot be written ({error.strerror}); choose another output") from error


def asks_about(
    train: str | Path | pd.DataFrame | Pairs, columns: Mapping[str, str] | None
) -> Literal["claim", "target"]:
    """Whether labelled questions are about claims or about targets.

    Raises:
        DataError: That cannot be told, or there are none.
    """
    if isinstance(train, str | Path | pd.DataFrame):
        have = {*_columns(train), *(columns or ())}
    else:
        have = {
            "claim" if query.claim is not None else "target" for query, *_ in train if isinstance(query, StanceQuery)
        }
    found = {"claim", "target"} & have
    if len(found) != 1:
        got = "both" if found else "neither"
        raise DataError(
            f"train asks about {got} claims {'and' if found else 'nor'} targets, expected one of the two: pairs of "
            "StanceQuery and label of one kind, or a table with a column claim or a column target"
        )
    return "claim" if "claim" in found else "target"


def _columns(table: str | Path | pd.DataFrame) -> list[str]:
    """Names of a table's columns."""
    if not isinstance(table, str | Path):
        return [str(name) for name in table.columns]
    path = Path(table).expanduser()
    if not path.is_file():
        raise FileMissingError(
            f"no file {path} to train on; expected a .jsonl, .csv, .tsv or .parquet file, a data frame, or pairs of "
            "article and label (a data set of the hub goes into a recipe: newsml finetune)"
        )
    return column_names(path, str(path))


def _slug(folder: Path) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", folder.resolve().name.lower()).strip("-._")


def _tables(
    task: Task,
    given: str | Path | pd.DataFrame | Pairs,
    place: Path,
    columns: Mapping[str, str] | None,
    written: dict[Path, list[dict[str, Any]]],
    source: Mapping[str, Any] | None,
    dev: float,
) -> list[dict[str, Any]]:
    """The recipe's tables for what was given; what lies in memory is added to ``written`` by its future path."""
    more = {**(source or {}), "dev": dev}
    if isinstance(given, str | Path):
        return [{"path": str(Path(given).expanduser()), "columns": _mapped(task, _columns(given), columns), **more}]
    if isinstance(given, pd.DataFrame):
        mapped = _mapped(task, _columns(given), columns)
        kept = given[[name for name in given.columns if str(name) in mapped.values()]]
        path = place.with_suffix(".jsonl")
        written[path] = [{str(key): _plain(value) for key, value in row.items()} for row in kept.to_dict("records")]
        if not written[path]:
            raise DataError("the data frame has no row to train on")
        return [{"path": str(path), "columns": mapped, **more}]
    if columns:
        raise DataError("columns goes with a table or a data frame; pairs of article and label have none")
    tables = []
    for kind, records in _by_kind(task, given).items():
        path = place.with_name(f"{place.name}{kind}.jsonl")
        written[path] = records
        tables.append({"path": str(path), "columns": {name: name for name in records[0]}, **more})
    return tables


def _mapped(task: Task, have: Sequence[str], given: Mapping[str, str] | None) -> dict[str, str]:
    own = {name: name for name in (*FIELDS[task], *COMMON) if name in have}
    return own | dict(given or {})


def _plain(value: Any) -> Any:
    """A cell as JSON has it: missing values as null, arrays as lists."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    return None if value is None or value != value else value  # NaN, NaT: unlike themselves.


def _by_kind(task: Task, pairs: Pairs) -> dict[str, list[dict[str, Any]]]:
    """Pairs as records, in a table for each kind of question: their columns differ."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    answer = FIELDS[task][-1]
    for number, pair in enumerate(pairs):
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not isinstance(pair[0], Article | StanceQuery):
            raise DataError(f"item {number}: got {pair!r:.60}, expected a pair of an article and its {answer}")
        item, value = pair
        texts = (value,) if isinstance(value, str) else value
        if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
            raise DataError(f"item {number}: got the {answer} {value!r:.60}, expected text")
        article = item if isinstance(item, Article) else item.article
        record = {"id": article.id, "title": article.title, "text": article.text}
        for kind, asked in _questions(task, item, number):
            found[kind].append({**record, **asked, answer: value})
    if not found:
        raise DataError(f"no pair of article and {answer} to train on")
    return found


def _questions(task: Task, item: Article | StanceQuery, number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a pair asks besides the article: nothing, a claim, or a target, once for each place that is known."""
    wanted = {"claim-stance": "claim", "target-stance": "target"}.get(task)
    if (wanted is None) != isinstance(item, Article) or (
        isinstance(item, StanceQuery) and getattr(item, str(wanted)) is None
    ):
        got = "an Article" if isinstance(item, Article) else "a question about a claim or target"
        expected = f"a StanceQuery with a {wanted}" if wanted else "an Article"
        raise DataError(f"item {number}: got {got}, expected {expected} with its label, as in all other pairs")
    if isinstance(item, Article):
        yield "", {}
    elif item.claim is not None:
        yield "", {"claim": item.claim}
    elif item.places is not None:
        for start, end in item.places:
            yield "-places", {"target": item.target, "start": start, "end": end}
    elif item.scope == "mentions":
        # An empty list of fragments has the sentences that name the target stand for the article, as in use.
        yield "-mentions", {"target": item.target, "evidence": []}
    else:
        yield "-text", {"target": item.target}
