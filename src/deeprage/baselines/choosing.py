"""Choices on validation cells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Choice:
    """The option of each factor (K,), and the mean squared error that they give."""

    options: NDArray[np.intp]
    error: float


def squared_error(predicted: NDArray[np.floating], values: NDArray[np.floating]) -> float:
    """Mean squared error over the cells where `values` is not NaN; 0 if there is none."""
    known = ~np.isnan(values)
    if not known.any():
        return 0.0
    difference = np.where(known, predicted - values, 0.0)
    return float(np.sum(difference**2, dtype=np.float64) / known.sum())


def choose_options(
    paths: NDArray[np.floating],
    loadings: NDArray[np.floating],
    residual: NDArray[np.floating],
    *,
    sweeps: int = 3,
) -> Choice:
    """For each factor the option whose scores predict the residual best, by coordinate descent.

    Args:
        paths: scores (options, G, K) of the genes under each option.
        loadings: (C, K) of the conditions.
        residual: log2 values (G, C) less the condition means, NaN where there is no validation
            cell.
        sweeps: passes over the factors, strongest first.
    """
    number, _, factors = paths.shape
    known = ~np.isnan(residual)
    options = np.full(factors, number // 2, dtype=np.intp)
    if not known.any():
        return Choice(options, 0.0)
    left = np.where(known, residual, 0.0).astype(np.float64)
    for factor in range(factors):
        left -= known * np.outer(paths[options[factor], :, factor], loadings[:, factor])
    squares = known @ (loadings**2)
    for _ in range(sweeps):
        before = options.copy()
        for factor in range(factors):
            current = paths[options[factor], :, factor]
            left += known * np.outer(current, loadings[:, factor])
            # |left - s v'|^2 over known cells = const - 2 s'(left v) + (s^2)'(known v^2)
            gain = left @ loadings[:, factor]
            scores = paths[:, :, factor]
            cost = (scores**2) @ squares[:, factor] - 2 * scores @ gain
            options[factor] = int(cost.argmin())
            left -= known * np.outer(paths[options[factor], :, factor], loadings[:, factor])
        if (options == before).all():
            break
    return Choice(options, float(np.sum(left**2) / known.sum()))
