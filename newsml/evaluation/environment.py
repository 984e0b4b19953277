"""What an evaluation ran on: versions of packages, and the machine.

Owns the facts that a report states for others to repeat it. Knows nothing of evaluations.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform

PACKAGES = (
    "newsml",
    "torch",
    "transformers",
    "peft",
    "datasets",
    "scikit-learn",
    "scipy",
    "numpy",
    "rouge-score",
    "nupunkt",
)
"""Packages whose versions a report states, beside that of Python."""


def versions() -> dict[str, str]:
    """Versions of Python and of ``PACKAGES``."""
    return {"python": platform.python_version(), **{name: version_of(name) for name in PACKAGES}}


def version_of(package: str) -> str:
    """The version of a package, or that it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def hardware() -> str:
    """The machine in words, its GPU first where it has one."""
    import torch

    cores = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    return f"{torch.cuda.get_device_name(0)}; {cores}" if torch.cuda.is_available() else cores
