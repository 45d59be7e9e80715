"""Ridge regression of many targets at once, each on the cells where it is observed."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from deeprage.errors import DeepRageError

Matrix = NDArray[np.float64]


def masked_kernel_ridge(
    kernel: Matrix,
    targets: NDArray[np.floating],
    penalty: float,
    *,
    tolerance: float = 1e-7,
    most_steps: int = 200,
) -> Matrix:
    """Dual coefficients (N, M) of the ridge of every column of `targets` on its observed rows.

    Column m solves (K_oo + penalty I) a_o = y_o over the rows o where it is observed, and is 0
    elsewhere; `kernel_of_new_rows @ result` predicts. It is what a separate solve for each
    column gives, but all columns advance together by conjugate gradients, preconditioned by
    the inverse for a column without gaps (exact in one step there), so a few products of
    N x N by N x M do what M factorisations would.

    Args:
        kernel: symmetric, positive semi-definite (N, N); X X' for a linear ridge.
        targets: (N, M), NaN where missing.
        penalty: ridge penalty, above 0.
        tolerance: largest residual norm, relative to the target's, at which a column is done.
        most_steps: cap on the steps.

    Raises:
        DeepRageError: the penalty is not above 0.
    """
    if not penalty > 0:
        raise DeepRageError(f"the ridge penalty must be above 0, got {penalty:g}.")
    seen = ~np.isnan(targets)
    wanted = np.where(seen, targets, 0.0).astype(np.float64)
    factor = cho_factor(kernel + penalty * np.eye(len(kernel)), lower=True)
    if seen.all():
        exact: Matrix = cho_solve(factor, wanted)
        return exact

    def product(a: Matrix) -> Matrix:
        return np.where(seen, kernel @ a, 0.0) + penalty * a

    def precondition(a: Matrix) -> Matrix:
        return np.where(seen, cho_solve(factor, a), 0.0)

    return _conjugate_gradients(product, precondition, wanted, tolerance, most_steps)


def _conjugate_gradients(
    product: Callable[[Matrix], Matrix],
    precondition: Callable[[Matrix], Matrix],
    wanted: Matrix,
    tolerance: float,
    most_steps: int,
) -> Matrix:
    """Solve product(x) = wanted for all columns, each with its own step lengths."""
    solution = precondition(wanted)
    residual = wanted - product(solution)
    scaled = precondition(residual)
    direction = scaled.copy()
    slope = _dots(residual, scaled)
    enough = tolerance**2 * _dots(wanted, wanted)
    for _ in range(most_steps):
        open_ = _dots(residual, residual) > enough
        if not open_.any():
            break
        image = product(direction)
        step = np.where(open_, _ratio(slope, _dots(direction, image)), 0.0)
        solution += step * direction
        residual -= step * image
        scaled = precondition(residual)
        next_slope = _dots(residual, scaled)
        direction = scaled + _ratio(next_slope, slope) * direction
        slope = next_slope
    return solution


def _dots(a: Matrix, b: Matrix) -> Matrix:
    found: Matrix = np.einsum("nm,nm->m", a, b)
    return found


def _ratio(top: Matrix, bottom: Matrix) -> Matrix:
    return np.divide(top, bottom, out=np.zeros_like(top), where=np.abs(bottom) > 0)
