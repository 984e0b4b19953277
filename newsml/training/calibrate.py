"""Temperature scaling: one number that makes probabilities honest (Guo et al. 2017).

Owns the fit. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

LEAST = 1e-9
"""Probability that stands for less, so that one hopeless row does not decide."""


def fit_temperature(probabilities: Callable[[float], np.ndarray], gold: np.ndarray) -> float:
    """The temperature that minimises the negative log-likelihood of held-out labels.

    Args:
        probabilities: From a temperature to probabilities, shape (rows, classes), reduced to rows as they are in use;
            a row of zeros has no answer and is left out.
        gold: (rows,) class numbers.

    Returns:
        A temperature between 0.1 and 10; over 1 means that the model was too sure of itself.
    """
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        found = probabilities(float(np.exp(log_temperature)))
        answered = found.any(axis=1)
        right = found[np.arange(len(gold)), gold][answered]
        return float(-np.log(np.maximum(right, LEAST)).mean())

    bounds = (np.log(0.1), np.log(10.0))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))
