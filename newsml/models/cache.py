"""The folder on this machine that keeps fetched models.

Owns where it is, how an entry becomes whole at once or not at all, and how a whole one is told. Knows nothing of
where the files come from.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from newsml.errors import DownloadError
from newsml.models.card import Card
from newsml.models.files import model_files, sha256_of

MANIFEST = "manifest.json"
"""File in every entry that lists its files with size and SHA-256; written last."""


def cache_folder() -> Path:
    """Where models are kept: ``NEWSML_HOME``, or else the platform's cache folder for newsml."""
    if home := os.environ.get("NEWSML_HOME"):
        return Path(home).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("newsml", appauthor=False)


def entry_of(card: Card) -> Path:
    """Where a card's files lie once fetched; the folder's name changes with their content."""
    return cache_folder() / "models" / card.name / card.fingerprint


def is_whole(entry: Path, *, verify: bool = False) -> bool:
    """Whether an entry holds every file of its manifest.

    Args:
        entry: The folder.
        verify: Compare SHA-256 as well as presence and size; reads every byte.
    """
    try:
        files = json.loads((entry / MANIFEST).read_text(encoding="utf-8"))["files"]
        return all(
            (entry / file["path"]).stat().st_size == file["bytes"]
            and (not verify or sha256_of(entry / file["path"]) == file["sha256"])
            for file in files
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


@contextmanager
def locked(entry: Path, *, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold an entry for this process while it is filled.

    Args:
        entry: The folder to be made.
        waiting: Called once where another process holds it.

    Raises:
        DownloadError: The cache folder cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(entry.parent / f".{entry.name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waiting()
            lock.acquire()
    except OSError as error:
        raise unwritable(error) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def filling(entry: Path) -> Iterator[Path]:
    """Give an empty folder; when the block ends well it becomes the entry, and else it is gone.

    Call with the entry ``locked``. What an interrupted process left is cleared first.

    Raises:
        DownloadError: The cache folder cannot be written or is full.
    """
    staging = entry.parent / f".{entry.name}.partial"
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        yield staging
        _write_manifest(staging)
        shutil.rmtree(entry, ignore_errors=True)
        staging.replace(entry)
    except DownloadError:
        raise
    except OSError as error:
        raise unwritable(error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def entry_made_of(model: Any, kind: str, how: str) -> Path:
    """Where something made of a loaded model lies; the folder's name changes with its weights.

    Args:
        model: A torch model; adapters are merged into its weights, or of no account.
        kind: What is made, the name of the folder above.
        how: What else it depends on: configuration, versions.
    """
    import torch

    digest = hashlib.sha256(how.encode())
    for key, tensor in sorted(model.state_dict().items()):
        if ".lora_" in key:
            continue
        digest.update(key.replace(".base_layer.", ".").encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return cache_folder() / kind / digest.hexdigest()[:32]


def kept(entry: Path, make: Callable[[Path], None], *, name: str) -> Path:
    """An entry with something made on this machine, which is made now where it is not whole.

    Args:
        entry: The folder.
        make: Fills a folder.
        name: What messages call it.

    Raises:
        DownloadError: The cache folder cannot be written.
    """
    from newsml.models.progress import ScreenProgress

    if not is_whole(entry):
        waiting = f"{name}: another process is making it, waiting …"
        with locked(entry, waiting=lambda: ScreenProgress().say(waiting)):
            if not is_whole(entry):
                with filling(entry) as folder:
                    make(folder)
    return entry


def unwritable(error: OSError) -> DownloadError:
    """The error for a cache folder that does not take files."""
    return DownloadError(
        f"cannot write to the cache folder {cache_folder()} ({error.strerror or error}); "
        "make room or make it writable, or set NEWSML_HOME to a folder that is"
    )


def _write_manifest(folder: Path) -> None:
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = [file.model_dump() for file in model_files(folder, paths)]
    (folder / MANIFEST).write_text(json.dumps({"files": files}, indent=1) + "\n", encoding="utf-8")
