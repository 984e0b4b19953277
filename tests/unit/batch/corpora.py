"""A small corpus with every kind of bad row, and what an output folder holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SENTENCES = (
    "Rain fell in Oslo on Monday and the schools were closed.",
    "NATO warned of more Russian troops at the border, and Russia denied the report.",
    "The council voted on the budget after a long night.",
    "The team won the match, said its coach, and praised the young players.",
)
GERMAN = "Die Bundesregierung hat am Donnerstag ein neues Gesetz über den Ausbau der Windkraft beschlossen. " * 3
ROWS: list[Any] = [
    *({"id": f"a{n}", "title": f"Title {n}", "text": " ".join(SENTENCES[n % 3 :] * (1 + n % 4))} for n in range(7)),
    {"id": "empty", "text": " "},
    {"id": "a2", "text": "A text of its own, under an id that was met before."},
    {"id": "german", "text": GERMAN},
    {"id": "half", "text": f"Half a pair \ud800 in a text. {SENTENCES[1]}"},
    ["no object"],
    *({"id": f"b{n}", "text": SENTENCES[n % 4]} for n in range(5)),
]
"""Seventeen rows: one without text, one duplicate, one in German, one that is no object."""


def write_corpus(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of an output, by its name in it, but for the lock."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
