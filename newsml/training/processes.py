"""Where a run stands among the processes of a data-parallel one (``accelerate launch``, ``torchrun``).

Owns who writes and who speaks, the first process, and how a process takes its leave. Knows nothing of models.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


class Released(Exception):  # noqa: N818  # no error: the process has done its part
    """Raised in every process but the first once the weights are trained: the first saves and judges them alone."""


def is_first() -> bool:
    """Whether this is the process that writes; true where there is only one."""
    return int(os.environ.get("RANK", "0")) == 0


def count() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def together() -> Iterator[None]:
    """Ends the processes' connection with the work: one that is open when an interpreter ends may abort it."""
    try:
        yield
    finally:
        if count() > 1:
            from torch import distributed

            if distributed.is_initialized():
                distributed.destroy_process_group()
