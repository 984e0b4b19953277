"""Model files from the Hugging Face Hub.

Owns which files of a repository are ever taken (never code, never pickles) and how the hub's errors read. Knows
nothing of what a card says or of newsml's own cache: the hub's client keeps its own.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterable
from pathlib import Path

from newsml.errors import DownloadError, ModelError
from newsml.models.card import CARD_FILE

_WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", CARD_FILE)
_UNWANTED = ("original/*", "onnx/*", "openvino/*")
_TIMEOUT_S = 10.0


def snapshot(repo: str, revision: str | None) -> tuple[Path, str]:
    """Fetch a repository's safetensors, configuration and tokenizer, or find them in the hub's cache.

    Args:
        repo: ``org/name``.
        revision: Commit, tag or branch; None is the main branch.

    Returns:
        The folder and the commit.

    Raises:
        ModelError: There is no such repository or revision, no access to it, or it has no safetensors.
        DownloadError: The hub cannot be reached and the files are not here.
    """
    try:
        folder = _download(repo, revision, _WANTED, None)
    except DownloadError as error:
        raise DownloadError(
            f"hub model {repo!r} is not on this machine and the Hugging Face Hub does not deliver it: {error}; give a "
            "local folder, or use one of the defaults (`newsml models list`), which come through the package index"
        ) from error
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            f"hub model {repo!r} holds no .safetensors file; other formats can carry code and are never loaded, "
            "choose a model that has them or convert it and give its folder"
        )
    return folder, folder.name


def deliver(repo: str, revision: str, paths: Iterable[str], target: Path) -> None:
    """Fetch named files of a repository into a folder, under the same paths.

    Raises:
        ModelError: There is no such repository or revision, or no access to it.
        DownloadError: The hub cannot be reached.
    """
    _download(repo, revision, tuple(paths), target)
    shutil.rmtree(target / ".cache", ignore_errors=True)


def _download(repo: str, revision: str | None, wanted: tuple[str, ...], target: Path | None) -> Path:
    from huggingface_hub import HfApi, errors, snapshot_download

    try:
        here_only = False
        try:
            # One quick question first: without a network the download itself would retry for half a minute.
            HfApi().model_info(repo, revision=revision, timeout=_TIMEOUT_S)
        except (ConnectionError, errors.HTTPError) as error:  # type: ignore[attr-defined]  # the HTTP client's own
            unknown = isinstance(error, errors.RepositoryNotFoundError | errors.RevisionNotFoundError)
            if unknown or target is not None:
                raise
            here_only = True
        return Path(
            snapshot_download(
                repo,
                revision=revision,
                allow_patterns=list(wanted),
                ignore_patterns=list(_UNWANTED),
                local_dir=target,
                local_files_only=here_only,
            )
        )
    except errors.GatedRepoError as error:
        raise ModelError(
            f"hub model {repo!r} asks for consent: accept its terms on its page, then run `hf auth login`"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise ModelError(
            f"the hub has no model {repo!r}; check the spelling, or run `hf auth login` if it is private"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ModelError(f"hub model {repo!r} has no revision {revision!r}; give a commit, tag or branch") from error
    except errors.HFValidationError as error:
        raise ModelError(f"{repo!r} is no hub id, expected org/name") from error
    except (OSError, RuntimeError, errors.HTTPError) as error:  # type: ignore[attr-defined]  # the HTTP client's own
        raise DownloadError(_reason(error)) from error


def _reason(error: Exception) -> str:
    """Why a download failed, in a few words; the client wraps the same failures in many types."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return "offline mode is on"
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.EROFS):
        return f"its files cannot be written: {error.strerror}"
    return "it cannot be reached"
