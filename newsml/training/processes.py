"""Where a run stands among the processes of a data-parallel one (``accelerate launch``, ``torchrun``).

Owns who writes and who speaks: the first process. Knows nothing of models.
"""

from __future__ import annotations

import os


class Released(Exception):  # noqa: N818  # no error: the process has done its part
    """Raised in every process but the first once the weights are trained: the first saves and judges them alone."""


def is_first() -> bool:
    """Whether this is the process that writes; true where there is only one."""
    return int(os.environ.get("RANK", "0")) == 0


def count() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))
