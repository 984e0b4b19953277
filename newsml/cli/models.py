"""``newsml models``: what models there are, what is known of one, fetching them ahead of time, and naming one's own.

Owns the tables and the cards on the screen. Knows nothing of how models are fetched or run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsml.cli.calibration import calibration_facts, calibration_tables

if TYPE_CHECKING:
    from rich.table import Table

    from newsml.models.card import Card, Figure

app = typer.Typer(help="List, show, fetch and name models.", no_args_is_help=True, add_completion=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the models that come with newsml and those that were added, and which are on this machine."""
    from newsml.models.added import added_card, added_names
    from newsml.models.card import cards

    own = [card for card in map(added_card, added_names()) if card]
    rows = [_state(card) for card in (*cards().values(), *own)]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("name", "task", "size", "licence", "here"):
        table.add_column(column, justify="right" if column == "size" else "left", no_wrap=column == "name")
    for row in rows:
        table.add_row(row["name"], row["task"], _size(row["bytes"]), row["licence"], "yes" if row["cached"] else "no")
    Console().print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A card's name or alias, or a saved model folder.")],
    as_json: AsJson = False,
) -> None:
    """Show what is known of a model: data, figures and how they were measured, limits."""
    card = _find(name)
    if as_json:
        typer.echo(json.dumps(card.model_dump(mode="json") | _state(card), indent=2, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    for label, text in _facts(card):
        facts.add_row(label, escape(text))
    console.print(f"[bold]{card.name}[/bold]  {card.task}\n{escape(card.summary)}\n", highlight=False)
    console.print(facts)
    for table in calibration_tables(card.calibration):
        console.print("", table)
    if card.figures:
        console.print("\n[bold]figures[/bold]")
        console.print(_figures(card.figures))
        for command in dict.fromkeys(_how(figure) for figure in card.figures):
            console.print(command, markup=False, highlight=False, soft_wrap=True)


@app.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Names of cards.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--from", help="Take the files from this folder; they are checked all the same.")
    ] = None,
) -> None:
    """Fetch models now, or check the checksums of those that are here."""
    from newsml.models.card import cards
    from newsml.models.sources import fetch

    if everything == bool(names):
        raise typer.BadParameter("give the names of the models to fetch, or --all")
    chosen = list(cards().values()) if everything else [_find(name) for name in names or ()]
    bases = [cards()[card.base] for card in chosen if card.base and card.base in cards()]
    for card in {card.name: card for card in (*bases, *chosen)}.values():
        path = fetch(card, folder=folder, verify=True)
        typer.echo(f"{card.name}: checked, in {path}")


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(help="A saved model with its card.", show_default=False)],
    name: Annotated[
        str | None, typer.Option("--name", help="What to call it; else the name on its card.", show_default=False)
    ] = None,
) -> None:
    """Give a model of your own a name, by which it is loaded from everywhere; its files are copied."""
    from newsml.models.added import add as give_name

    card, path = give_name(folder, name)
    typer.echo(f"{card.name}: added, in {path}")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="A name that was given with add.", show_default=False)]) -> None:
    """Take the name of a model of your own away, and the copy of its files; the folder it came from stays."""
    from newsml.models.added import remove as take_name

    take_name(name)
    typer.echo(f"{name}: removed")


def _find(name: str) -> Card:
    from newsml.errors import ModelError, suggest
    from newsml.models.added import added_names
    from newsml.models.card import CARD_FILE, cards, read_card
    from newsml.models.resolve import find_card

    if card := find_card(name):
        return card
    if (Path(name) / CARD_FILE).is_file():
        return read_card(Path(name))
    known = [*cards(), *added_names()]
    near = suggest(name, known) or f"; the cards are {', '.join(known)}"
    raise ModelError(f"no model card {name!r}{near}")


def _state(card: Card) -> dict[str, Any]:
    from newsml.models.sources import located

    path = located(card) if card.sources else None
    return {
        "name": card.name,
        "task": card.task,
        "bytes": card.bytes,
        "licence": card.licence,
        "cached": path is not None,
        "path": str(path) if path else None,
    }


def _facts(card: Card) -> list[tuple[str, str]]:
    data = "\n".join(
        f"{d.name} ({d.licence}{f', {d.rows:,} rows' if d.rows is not None else ''})" for d in card.training_data
    )
    state = _state(card)
    rows = [
        ("base", card.base or ""),
        ("also called", ", ".join(card.aliases)),
        ("labels", ", ".join(card.labels or ())),
        ("longest input", f"{card.max_tokens:,} tokens"),
        ("parameters", f"{card.parameters:,}" if card.parameters else ""),
        ("languages", ", ".join(card.languages)),
        ("licence", card.licence),
        ("trained on", data),
        ("made for", card.intended_use),
        ("limits", card.limits),
        ("tried", "\n".join(card.tried)),
        *calibration_facts(card.calibration),
        ("formula", card.formula or ""),
        ("hub", card.hub or ""),
        ("revision", card.revision),
        ("files", f"{len(card.files)}, {_size(card.bytes)}" if card.files else ""),
        ("here", state["path"] or ("no; it is fetched when first used" if card.sources else "")),
    ]
    return [(label, text) for label, text in rows if text]


def _figures(figures: tuple[Figure, ...]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("metric", "value", "95% interval", "baseline", "data", "rows"):
        table.add_column(column, justify="right" if column in ("value", "rows") else "left")
    for figure in figures:
        interval = "" if figure.low is None else f"{figure.low:.3g} to {figure.high:.3g}"
        baseline = f"{figure.baseline.value:.3g} ({figure.baseline.name})" if figure.baseline else ""
        data = f"{figure.data}, {figure.split}"
        cells = (figure.metric, f"{figure.value:.3g}", interval, baseline, data, f"{figure.rows:,}")
        table.add_row(*(escape(cell) for cell in cells))
    return table


def _how(figure: Figure) -> str:
    return f"measured {figure.date.isoformat()} on {figure.hardware}: {figure.command}"


def _size(size: int) -> str:
    from newsml.models.progress import megabytes

    return megabytes(size)
