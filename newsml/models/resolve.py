"""From the name of a model to a folder on this machine: a card, a folder or a hub id, whichever alone can be meant.

Owns how names are read. Knows nothing of what the models do.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from newsml.errors import ModelError, suggest
from newsml.models import hub
from newsml.models.added import added_card, added_names
from newsml.models.architecture import MODEL_FILES, Architecture, architecture
from newsml.models.card import CARD_FILE, Card, cards, read_card
from newsml.models.sources import fetch

__all__ = ["Architecture", "Resolved", "architecture", "find_card", "resolve"]

_HUB_ID = re.compile(r"^(?P<repo>(?P<org>[\w.-]+)/[\w.-]+)(?:@(?P<revision>[\w./-]+))?$")
_PATH_LIKE = re.compile(r"^(?:~|\.{1,2}$|\.{0,2}/|\.{0,2}\\|[A-Za-z]:[\\/])")
_LONGEST_PART = 200
"""Characters; file systems refuse names much longer than this."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model found.

    Attributes:
        kind: What the name turned out to be.
        name: Card name, hub id, or the folder as given.
        path: Folder on this machine with its files.
        revision: Hub commit, or the first 12 hex digits of the weights' SHA-256.
        card: The card it comes with; None for models that are not newsml's.
    """

    kind: Literal["card", "folder", "hub"]
    name: str
    path: Path
    revision: str
    card: Card | None


def resolve(name: str | Path, *, revision: str | None = None, task: str | None = None) -> Resolved:
    """Find the one model a name can mean, and fetch it where it is not here yet.

    A string is a card (``all-MiniLM-L6-v2``, an alias such as ``default``, or a name given with ``newsml models add``),
    a model folder (``runs/stance/model``) or a hub id (``org/name``, ``org/name@revision``), and has to be exactly one
    of them. ``card:``, a path that starts with ``./``, ``/`` or ``~``, and ``hub:`` say which; so does a ``Path``.

    Args:
        name: What the caller wrote.
        revision: Commit, tag or branch of a hub id.
        task: The caller's task, such as ``"topics"``: picks among cards with the same alias, and the names offered
            where nothing is found. A card of another task is not refused.

    Returns:
        The model, with its files on this machine.

    Raises:
        ModelError: No reading holds, or more than one; or the model cannot be used.
        DownloadError: Its files cannot be fetched.
    """
    text = str(name)
    if not text.strip() or "\0" in text or any(len(part) > _LONGEST_PART for part in Path(text).parts):
        raise ModelError(f"{text!r:.60} is no model name; expected a card, a folder or a hub id (org/name)")
    if isinstance(name, Path) or _PATH_LIKE.match(text):
        return _folder(text, revision)
    if text.startswith("hub:"):
        return _hub(text.removeprefix("hub:"), revision)
    if text.startswith("card:"):
        text = text.removeprefix("card:")
        if card := find_card(text, task=task):
            return _card(card, revision)
        raise ModelError(f"no model card {text!r}{_offer(text, task)}")
    card = find_card(text, task=task)
    if card and _is_model(Path(text)):
        raise ModelError(
            f"{text!r} is a model card and a folder; write 'card:{text}' for the one or './{text}' for the other"
        )
    if card:
        return _card(card, revision)
    if Path(text).exists():
        return _folder(text, revision)
    found = _HUB_ID.match(text)
    if not found:
        raise ModelError(
            f"{text!r} is no model: no card has this name, no folder {text!r} exists, and a hub id reads "
            f"org/name{_offer(text, task)}"
        )
    _refuse_near_folder(text, Path(found["org"]))
    return _hub(text, revision)


def find_card(name: str, *, task: str | None = None) -> Card | None:
    """Look a card up by name or alias.

    Args:
        name: What was asked for.
        task: Only aliases of this task count; names count whatever the task.

    Raises:
        ModelError: The alias stands for several cards.
    """
    if card := cards().get(name) or added_card(name):
        return card
    found = [card for card in cards().values() if name in card.aliases and task in (None, card.task)]
    if len(found) > 1:
        raise ModelError(f"{name!r} can mean {', '.join(repr(card.name) for card in found)}; write the one you mean")
    return found[0] if found else None


def _card(card: Card, revision: str | None) -> Resolved:
    if revision is not None and revision != card.revision:
        raise ModelError(
            f"{card.name}: got revision {revision!r}, but its card fixes it to {card.revision!r}; "
            "leave the revision out, or name a hub id"
        )
    return Resolved("card", card.name, fetch(card), card.revision, card)


def _folder(text: str, revision: str | None) -> Resolved:
    path = Path(text).expanduser()
    if not path.is_dir():
        what = "is a file" if path.is_file() else "does not exist"
        near = suggest(path.name, [p.name for p in path.parent.iterdir()]) if path.parent.is_dir() else ""
        raise ModelError(f"{text!r} {what}, expected a model folder{near}")
    if not _is_model(path):
        raise ModelError(f"folder {text!r} holds no model, expected {', '.join(MODEL_FILES[:-1])} or {MODEL_FILES[-1]}")
    if revision is not None:
        raise ModelError(f"got revision {revision!r} for the folder {text!r}; only hub ids have revisions")
    card = read_card(path) if (path / CARD_FILE).is_file() else None
    return Resolved("folder", text, path, _weights_revision(path), card)


def _hub(text: str, revision: str | None) -> Resolved:
    found = _HUB_ID.match(text)
    if not found:
        raise ModelError(f"{text!r} is no hub id, expected org/name or org/name@revision")
    if revision and found["revision"] and revision != found["revision"]:
        raise ModelError(f"{text!r}: got revision {revision!r} as well; give one of the two")
    path, commit = hub.snapshot(found["repo"], found["revision"] or revision)
    return Resolved("hub", found["repo"], path, commit, read_card(path) if (path / CARD_FILE).is_file() else None)


def _refuse_near_folder(text: str, org: Path) -> None:
    """A path with a slip in it must not become a download."""
    if org.is_dir():
        near = suggest(Path(text).name, [path.name for path in org.iterdir()])
        raise ModelError(
            f"{text!r}: folder {str(org)!r} exists but holds no {Path(text).name!r}{near or ';'} "
            f"write 'hub:{text}' if you mean the hub"
        )


def _is_model(folder: Path) -> bool:
    return any((folder / file).is_file() for file in MODEL_FILES)


def _weights_revision(folder: Path) -> str:
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        other = [path.name for end in ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl") for path in folder.glob(end)]
        hint = f"; {other[0]} can carry code and is never loaded, save it as safetensors" if other else ""
        raise ModelError(f"folder {str(folder)!r} holds no .safetensors file{hint}")
    digest = hashlib.sha256()
    for path in weights:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:12]


def _offer(name: str, task: str | None) -> str:
    known = {card.name: card for card in cards().values()}
    names = [*added_names(), *(other for card in known.values() for other in (card.name, *card.aliases))]
    fitting = [card.name for card in known.values() if card.task == task] or list(known)
    return suggest(name, names) or f"; the cards are {', '.join(fitting)}"
