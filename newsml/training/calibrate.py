"""Temperature scaling: one number that makes probabilities honest (Guo et al. 2017).

Owns the fit. Knows nothing of models.
"""

from __future__ import annotations

import numpy as np


def fit_temperature(logits: np.ndarray, gold: np.ndarray) -> float:
    """The temperature that minimises the negative log-likelihood of held-out labels.

    Args:
        logits: (rows, classes).
        gold: (rows,) class numbers.

    Returns:
        A temperature between 0.25 and 10; over 1 means that the model was too sure of itself.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    rows = np.arange(len(gold))

    def loss(log_temperature: float) -> float:
        return float(-log_softmax(logits / np.exp(log_temperature), axis=1)[rows, gold].mean())

    bounds = (np.log(0.25), np.log(10.0))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))
