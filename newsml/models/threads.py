"""Who computes on how many threads beside whom.

Owns that products in numpy and the forward passes of models keep out of each other's way. Knows nothing of models.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Lock

from threadpoolctl import ThreadpoolController

_lock = Lock()
_inside: list[ExitStack] = []
"""One for each that is in ``one_thread`` now; the first holds the limit."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Products in numpy meanwhile use one thread.

    The others would wait for the next product at full speed, on the cores that the next forward pass needs: extraction
    took twice as long. Where several threads of the caller are in here, the last to leave takes the limit off.
    """
    with _lock:
        if not _inside:
            _inside.append(ExitStack())
            _inside[0].enter_context(_pools().limit(limits=1, user_api="blas"))
        else:
            _inside.append(_inside[0])
    try:
        yield
    finally:
        with _lock:
            limit = _inside.pop()
            if not _inside:
                limit.close()


@cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController()


def threads() -> int:
    """So many compute at once: as many as torch has, or would have."""
    if sys.modules.get("torch") is not None:
        import torch

        return torch.get_num_threads()
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
