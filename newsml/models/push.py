"""Model folders to the Hugging Face Hub.

Owns what is asked beforehand, what the hub is given, and how its refusals read. Knows nothing of training.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newsml.errors import ModelError, WriteError
from newsml.models.card import Card, cards, read_card

PAGE = "README.md"
"""What the hub shows of a model."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def check_push(repo: str) -> None:
    """Ask the hub who is there, so that a refusal comes before the work and not after it.

    Raises:
        ModelError: The name is no hub id.
        WriteError: The hub cannot be reached, or nobody is logged in.
    """
    if not _HUB_ID.fullmatch(repo):
        raise ModelError(f"{repo!r:.60} is no hub id to push to, expected org/name")
    from huggingface_hub import HfApi

    with _refusals(repo):
        HfApi().whoami()


def push(folder: Path, repo: str) -> str:
    """Put a saved model on the hub, in a private repository, made where there is none.

    Args:
        folder: A saved model with its card. Where it has no README.md it is given one, made from the card.
        repo: ``org/name``.

    Returns:
        The address of its page.

    Raises:
        ModelError: Nobody else could use it: it is an adapter on a base in a folder of this machine.
        WriteError: The hub does not take it; the folder is as it was.
    """
    card = read_card(folder)
    if (folder / "adapter_config.json").is_file() and card.base and _is_local(card.base):
        raise ModelError(
            f"{card.name} is an adapter on {card.base!r}, which nobody else has; train it on a card or a "
            "hub id, or push what save_pretrained saves, in which the adapter is merged"
        )
    from huggingface_hub import HfApi

    with _refusals(repo, folder):
        page = folder / PAGE
        if not page.is_file():
            page.write_text(_page(card, repo), encoding="utf-8")
        api = HfApi()
        address = api.create_repo(repo, private=True, exist_ok=True)
        api.upload_folder(repo_id=repo, folder_path=folder, commit_message=f"{card.name}, by newsml")
    return str(address)


@contextmanager
def _refusals(repo: str, folder: Path | None = None) -> Iterator[None]:
    """Say why the hub took nothing."""
    from huggingface_hub import errors

    again = f"; the model is in {folder}, `hf upload {repo} {folder}` tries again" if folder else ""
    try:
        yield
    except errors.LocalTokenNotFoundError as error:
        raise WriteError(f"cannot push to {repo}: nobody is logged in, run `hf auth login` first{again}") from error
    except errors.OfflineModeIsEnabled as error:
        raise WriteError(f"cannot push to {repo}: offline mode is on, unset HF_HUB_OFFLINE{again}") from error
    except errors.HfHubHTTPError as error:
        code = error.response.status_code
        hint = ", log in with an account that may write there (`hf auth login`)" if code in (401, 403, 404) else ""
        raise WriteError(f"cannot push to {repo}: the hub answers {code}{hint}{again}") from error
    except (OSError, errors.HTTPError) as error:  # type: ignore[attr-defined]  # the HTTP client's own
        reason = getattr(error, "strerror", None) or "the Hugging Face Hub cannot be reached"
        raise WriteError(f"cannot push to {repo}: {reason}{again}") from error


def _is_local(base: str) -> bool:
    return base not in cards() and (Path(base).expanduser().is_dir() or not _HUB_ID.fullmatch(base))


def _page(card: Card, repo: str) -> str:
    """A model page: what the hub sorts by, then the card in words."""
    from huggingface_hub import ModelCardData

    known = cards().get(card.base or "")
    base = known.hub if known else card.base
    language = list(card.languages) or None
    facts = ModelCardData(
        base_model=base, language=language, license=card.licence.lower(), library_name="newsml", tags=[card.task]
    )
    lines = [f"---\n{facts.to_yaml()}\n---", f"# {card.name}", card.summary]
    lines.append(f"Made for: {card.intended_use}\n\nLimits: {card.limits}")
    if card.labels:
        lines.append(f"Labels: {', '.join(card.labels)}")
    if card.figures:
        rows = ["| figure | value | 95 % interval | data | rows |", "|---|---|---|---|---|"]
        for one in card.figures:
            interval = "" if one.low is None else f"{one.low:.3f} to {one.high:.3f}"
            rows.append(f"| {one.metric} | {one.value:.3f} | {interval} | {one.data}, {one.split} | {one.rows:,} |")
        lines.append("\n".join(rows))
    lines.append(f"newsml loads it with `from_pretrained('hub:{repo}')`.")
    return "\n\n".join(lines) + "\n"
