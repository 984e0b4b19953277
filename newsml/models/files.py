"""Files known by their content: path, SHA-256 and size.

Owns how files are described and their checksums made. Knows nothing of cards, sources or caches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from newsml.config.base import StrictModel


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path or not pure.parts:
        raise ValueError(f"got {path!r}, expected a relative path with forward slashes, inside the model's folder")
    return path


RelativePath = Annotated[str, AfterValidator(_inside)]
"""A path with forward slashes that stays in the folder it is relative to."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ModelFile(StrictModel):
    """A file of a model, known by its content: path in the model's folder, SHA-256 and size in bytes."""

    path: RelativePath
    sha256: Sha256
    bytes: int = Field(ge=0)


def model_files(folder: Path, paths: Iterable[str]) -> tuple[ModelFile, ...]:
    """Describe files for a card.

    Args:
        folder: The model's folder.
        paths: The files in it, relative, with forward slashes.
    """
    return tuple(
        ModelFile(path=path, sha256=sha256_of(folder / path), bytes=(folder / path).stat().st_size) for path in paths
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
