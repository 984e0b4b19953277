"""Silence while other libraries load weights: what matters of it newsml checks and says itself.

Owns what is kept off the screen and that it comes back afterwards. Knows nothing of which models are loaded.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the bars, load reports and warnings of ``transformers``, ``peft`` and ``torch`` off the screen for a while.

    Errors are raised as ever. Warnings stay on where the user asked Python for them (``-W``, ``PYTHONWARNINGS``).
    """
    from transformers.utils import logging

    bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            if not sys.warnoptions:
                warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
