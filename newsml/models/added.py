"""Models of the user's own that have a name: their cards, kept in the cache folder beside the models.

Owns giving and taking away names. Knows nothing of how files are fetched, read or run.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from newsml.errors import DownloadError, ModelError, WriteError, suggest
from newsml.models.architecture import architecture
from newsml.models.cache import cache_folder, unwritable
from newsml.models.card import CARD_FILE, Card, FolderSource, card_text, cards, read_card
from newsml.models.files import model_files
from newsml.models.sources import check_files, fetch

KEPT = (".safetensors", ".json", ".txt", ".model", ".jinja")
"""Endings of the files that a model consists of; code and pickles are never among them."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def added_names() -> list[str]:
    """The names that were given, in alphabetical order."""
    return sorted((path.stem for path in _folder().glob("*.yaml")), key=str.lower)


def added_card(name: str) -> Card | None:
    """The card of a model by the name that it was given, or None.

    Raises:
        ModelError: The card cannot be read.
    """
    path = _folder() / f"{name}.yaml"
    return read_card(path) if _NAME.fullmatch(name) and path.is_file() else None


def add(folder: Path, name: str | None = None) -> tuple[Card, Path]:
    """Give a saved model a name, by which every task loads it, and keep a copy of its files in the cache folder.

    Args:
        folder: A model with its card, as ``newsml finetune`` and ``save_pretrained`` leave it.
        name: What to call it; None takes the name on its card.

    Returns:
        The card under its new name, and the folder of the copy.

    Raises:
        ModelError: The folder is no such model, a file is not what the card says, its base cannot be found, or the
            name is taken.
        DownloadError: The cache folder cannot be written.
    """
    card = _read(folder)
    name = card.name if name is None else name
    if not _NAME.fullmatch(name):
        raise ModelError(f"{name!r:.60} is no model name; expected letters, digits, '.', '_' and '-'")
    if name in cards() or any(name in other.aliases for other in cards().values()):
        raise ModelError(f"{name!r} is the name of a model that comes with newsml; give another with --name")
    paths = sorted(path.name for path in folder.iterdir() if path.is_file() and path.suffix in KEPT)
    files = model_files(folder, paths)
    source = FolderSource(kind="folder", path=str(folder.resolve()))
    changes = {"name": name, "aliases": (), "base": _base(card), "files": files, "sources": (source,)}
    card = card.model_copy(update=changes)
    other = added_card(name)
    if other is not None and other.files != card.files:
        raise ModelError(
            f"{name!r} is another model already; give another name with --name, or first take this one away: "
            f"newsml models remove {name}"
        )
    path = fetch(card, verify=True)
    _write(card)
    return card, path


def remove(name: str) -> None:
    """Take a name away, and the copy of the model with it; the folder that it came from stays.

    Raises:
        ModelError: No model was given this name.
        WriteError: The cache folder cannot be written.
    """
    if name in cards():
        raise ModelError(f"{name!r} comes with newsml and cannot be removed; only models that were added can")
    if name not in added_names():
        near = suggest(name, added_names()) or f"; added are {', '.join(added_names()) or 'none'}"
        raise ModelError(f"no model {name!r} was added{near}")
    try:
        (_folder() / f"{name}.yaml").unlink()
        shutil.rmtree(cache_folder() / "models" / name, ignore_errors=True)
    except OSError as error:
        raise WriteError(f"{_folder()}: {name} cannot be removed ({error.strerror})") from error


def _folder() -> Path:
    return cache_folder() / "cards"


def _read(folder: Path) -> Card:
    """The card of a folder whose files are what it says."""
    if not folder.is_dir():
        near = suggest(folder.name, [path.name for path in folder.parent.iterdir()]) if folder.parent.is_dir() else ""
        raise ModelError(f"no folder {str(folder)!r}, expected a saved model{near}")
    if not (folder / CARD_FILE).is_file():
        raise ModelError(
            f"folder {str(folder)!r} has no card ({CARD_FILE}), expected one that newsml finetune or save_pretrained "
            "made; other models are loaded by their folder"
        )
    card = read_card(folder)
    try:
        check_files(card.files, folder)
    except DownloadError as error:
        raise ModelError(f"folder {str(folder)!r}: {error}; save or copy the model again") from error
    architecture(folder)
    if not any(folder.glob("*.safetensors")):
        raise ModelError(f"folder {str(folder)!r} holds no .safetensors file, expected the weights of the model")
    return card


def _base(card: Card) -> str | None:
    """The base, found from everywhere: a folder by its whole path."""
    if card.base is None or card.base in cards() or added_card(card.base):
        return card.base
    folder = Path(card.base).expanduser()
    if folder.is_dir():
        return str(folder.resolve())
    if re.fullmatch(r"[\w.-]+/[\w.-]+", card.base):
        return card.base
    raise ModelError(f"its base {card.base!r} is no card, no hub id, and no folder that is there; add it where it is")


def _write(card: Card) -> None:
    path = _folder() / f"{card.name}.yaml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{card.name}.partial")
        partial.write_text(card_text(card), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise unwritable(error) from error
