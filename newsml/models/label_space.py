"""The head of a label space: the centre of its texts, beside the adapter.

Owns the file. Knows nothing of labels or of how texts become vectors.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from newsml.errors import ModelError
from newsml.models.loading import loading

CENTRE_FILE = "label_space.safetensors"


def save_centre(centre: np.ndarray, folder: Path) -> None:
    """Write the mean vector of many texts, shape (width,), beside the encoder or adapter that made it."""
    save_file({"centre": np.ascontiguousarray(centre, dtype=np.float32)}, folder / CENTRE_FILE)


def load_centre(folder: Path) -> np.ndarray | None:
    """The centre that lies in a model folder; None where the model has none.

    Raises:
        ModelError: The file is damaged.
    """
    path = folder / CENTRE_FILE
    if not path.is_file():
        return None
    with loading(folder):
        tensors: dict[str, np.ndarray] = load_file(path)
    if "centre" not in tensors or tensors["centre"].ndim != 1:
        raise ModelError(
            f"{path}: expected one tensor, centre, of one dimension; got {', '.join(tensors) or 'nothing'}"
        )
    return tensors["centre"]
