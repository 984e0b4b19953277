"""What goes wrong when a model's files are loaded, in one line.

Owns the wording. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from newsml.errors import ModelError, NewsmlError


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Turns what libraries raise over a model's files into one line.

    Raises:
        ModelError: The files are missing, damaged, or do not fit together.
    """
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, SafetensorError) as error:
        if isinstance(error, NewsmlError):
            raise
        reason = " ".join(str(error).split())
        raise ModelError(f"{folder}: cannot be loaded ({reason:.200}); save or fetch the model again") from error
