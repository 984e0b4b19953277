"""Products in numpy use one thread beside models, and as many as before afterwards."""

from __future__ import annotations

import numpy as np  # Whose pool of threads it is.
from threadpoolctl import ThreadpoolController

from newsml.models.threads import one_thread


def threads() -> set[int]:
    assert np.ones((2, 2)).dot(np.ones(2)).shape == (2,)
    return {pool.num_threads for pool in ThreadpoolController().select(user_api="blas").lib_controllers}


def test_one_thread_until_the_last_has_left() -> None:
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        first, second = one_thread(), one_thread()
        first.__enter__()
        assert threads() == {1}
        second.__enter__()
        first.__exit__(None, None, None)
        assert threads() == {1}
        second.__exit__(None, None, None)
        assert threads() == {2}
