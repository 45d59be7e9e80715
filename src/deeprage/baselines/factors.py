"""Principal factors of an incomplete expression matrix."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Factors:
    """values (G, C) ~ mean + scores @ loadings'.

    Attributes:
        mean: of each condition over the genes (C,), log2.
        scores: of the genes (G, K), scaled by the singular values.
        loadings: of the conditions (C, K), orthonormal columns, strongest first.
    """

    mean: Matrix
    scores: Matrix
    loadings: Matrix


def principal_factors(
    values: NDArray[np.floating], most: int, *, steps: int = 50, tolerance: float = 1e-4
) -> Factors:
    """The leading factors of log2 values (G, C), NaN where missing.

    Regularised iterative principal components (Josse and Husson 2012, Journal de la Societe
    Francaise de Statistique 153:79): missing cells are filled from the current factors, each
    shrunk by (d^2 - noise) / d^2, the noise being the mean of the squares left out, until the
    filled cells stand still. Plain principal components where nothing is missing.

    Args:
        values: each condition has at least one value.
        most: at most so many factors; fewer if the matrix has not as many.
    """
    missing = np.isnan(values)
    count = np.maximum((~missing).sum(axis=0), 1)
    mean = np.nansum(values, axis=0, dtype=np.float64) / count
    filled = np.where(missing, mean, values).astype(np.float64)
    kept = max(min(most, *(size - 1 for size in values.shape)), 0)
    if missing.any() and kept:
        mean = _fill(filled, missing, kept, steps, tolerance)
    centred = filled - mean
    _, loadings = _leading(centred, kept)
    return Factors(mean, centred @ loadings, loadings)


def _fill(
    filled: Matrix, missing: NDArray[np.bool_], kept: int, steps: int, tolerance: float
) -> Matrix:
    """Fill the missing cells in place; returns the condition means."""
    mean: Matrix = filled.mean(axis=0)
    for _ in range(steps):
        centred = filled - mean
        squares, loadings = _leading(centred, kept)
        left_out = max(float((centred**2).sum() - squares.sum()), 0.0)
        noise = left_out / max(filled.shape[1] - kept, 1)
        shrink = np.maximum(squares - noise, 0) / np.maximum(squares, 1e-12)
        guess = mean + ((centred @ loadings) * shrink) @ loadings.T
        change = guess[missing] - filled[missing]
        filled[missing] = guess[missing]
        mean = filled.mean(axis=0)
        if np.mean(change**2) < tolerance**2 * np.mean(centred**2):
            break
    return mean


def _leading(centred: Matrix, kept: int) -> tuple[Matrix, Matrix]:
    """Squared singular values (K,) and right singular vectors (C, K), strongest first."""
    squares, vectors = np.linalg.eigh(centred.T @ centred)
    order = np.argsort(squares)[::-1][:kept]
    found = vectors[:, order]
    # The sign of an eigenvector is arbitrary: fix it, so that runs repeat.
    signs = np.sign(found[np.abs(found).argmax(axis=0), np.arange(len(order))])
    loadings: Matrix = found * np.where(signs == 0, 1, signs)
    return np.maximum(squares[order], 0), loadings
