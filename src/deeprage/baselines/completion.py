"""Matrix completion: what the matrix alone says about its missing cells."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.effects import fit_effects
from deeprage.baselines.reference import training_values
from deeprage.data.compendium import Compendium
from deeprage.data.split import Role, Split

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class _Solution:
    """Completed residuals, the penalty that gave them, and their rank."""

    values: Matrix
    penalty: float
    rank: int


class Completion:
    """Soft-thresholded singular value decomposition, with neither sequence nor regulators.

    After the additive effects are taken off, the matrix Z minimises
    1/2 sum over training cells (x - z)^2 + penalty * (sum of singular values of Z), by the
    iteration of Mazumder, Hastie and Tibshirani (2010, JMLR 11:2287, SoftImpute): fill the hidden
    cells from Z, decompose, lower every singular value by the penalty. Penalties are tried from
    large to small, each starting from the last, until the validation error rises; the best is kept.

    The strongest simple predictor of randomly held-out cells. A gene or condition without any
    training cell gets its additive prediction.

    Args:
        penalties: penalties to try, falling, in units of the singular values; default: a
            geometric path down from half the largest singular value of the training cells.
        most_rank: at most so many singular values are kept.
        patience: so many penalties without improvement end the path.
        most_iterations, tolerance: for each penalty, stop after so many steps or once the
            relative change of Z is below the tolerance.
    """

    def __init__(
        self,
        *,
        penalties: tuple[float, ...] | None = None,
        most_rank: int = 100,
        patience: int = 2,
        most_iterations: int = 100,
        tolerance: float = 1e-3,
    ) -> None:
        self.penalties = penalties
        self.most_rank = most_rank
        self.patience = patience
        self.most_iterations = most_iterations
        self.tolerance = tolerance

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Complete the training cells; the penalty is chosen on the validation cells."""
        values = training_values(visible, split)
        self.effects_ = fit_effects(values)
        base = self.effects_.block(np.arange(values.shape[0]), np.arange(values.shape[1]))
        checked = np.where(split.cells(Role.VALIDATION), visible.expression - base, np.nan)
        if values.shape[0] < values.shape[1]:
            best = self._path((values - base).T, checked.T)
            self.low_rank_ = best.values.T
        else:
            best = self._path(values - base, checked)
            self.low_rank_ = best.values
        self.penalty_, self.rank_ = best.penalty, best.rank
        return self

    def refit(self, visible: Compendium, split: Split) -> Self:
        """Complete training and validation cells together at the chosen penalty."""
        values = training_values(visible, split.validation_in_training())
        self.effects_ = fit_effects(values)
        base = self.effects_.block(np.arange(values.shape[0]), np.arange(values.shape[1]))
        if not np.isfinite(self.penalty_):  # no penalty was better than the effects alone
            return self
        if values.shape[0] < values.shape[1]:
            best = self._solve((values - base).T, self.low_rank_.T, self.penalty_)
            self.low_rank_ = best.values.T
        else:
            best = self._solve(values - base, self.low_rank_, self.penalty_)
            self.low_rank_ = best.values
        self.rank_ = best.rank
        return self

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Log2 values (len(genes), len(conditions))."""
        return self.effects_.block(genes, conditions) + self.low_rank_[np.ix_(genes, conditions)]

    def _path(self, residual: Matrix, checked: Matrix) -> _Solution:
        """The solution of least squared error in the cells of `checked`, along the penalties."""
        is_checked = ~np.isnan(checked)
        best = _Solution(np.zeros_like(residual), np.inf, 0)
        best_error = _squared_error(best.values, checked, is_checked)
        solution, worse = best, 0
        for penalty in self.penalties or _default_penalties(residual):
            solution = self._solve(residual, solution.values, penalty)
            error = _squared_error(solution.values, checked, is_checked)
            if error < best_error:
                best, best_error, worse = solution, error, 0
            elif solution.rank:
                worse += 1
            if worse >= self.patience:
                break
        return best

    def _solve(self, residual: Matrix, start: Matrix, penalty: float) -> _Solution:
        """Soft-impute `residual` (tall, NaN where hidden) at one penalty, from `start`."""
        known = ~np.isnan(residual)
        values, rank = start, 0
        for _ in range(self.most_iterations):
            filled = np.where(known, residual, values)
            updated, rank = _shrink(filled, penalty, self.most_rank)
            change = float(np.linalg.norm(updated - values))
            values = updated
            if change <= self.tolerance * float(np.linalg.norm(updated)):
                break
        return _Solution(values, penalty, rank)


def _shrink(filled: Matrix, penalty: float, most_rank: int) -> tuple[Matrix, int]:
    """`filled` (tall) with its singular values lowered by the penalty, and the rank left.

    With few columns the cheapest exact way is the eigenvectors V of filled' filled: lowering the
    singular values d to d - penalty is filled V diag(1 - penalty / d) V'.
    """
    from scipy.linalg import eigh

    size = filled.shape[1]
    squares, vectors = eigh(filled.T @ filled, subset_by_index=[max(size - most_rank, 0), size - 1])
    singular = np.sqrt(np.maximum(squares, 0))
    kept = singular > penalty
    if not kept.any():
        return np.zeros_like(filled), 0
    right = vectors[:, kept]
    shrunk = (filled @ right) * (1 - penalty / singular[kept])
    return shrunk.astype(np.float32) @ right.T, int(kept.sum())


def _default_penalties(residual: Matrix) -> list[float]:
    known = np.nan_to_num(residual)
    largest = float(np.sqrt(np.linalg.eigvalsh(known.T @ known)[-1]))
    return [largest / 2 * 0.85**step for step in range(40)] if largest > 0 else []


def _squared_error(values: Matrix, checked: Matrix, is_checked: NDArray[np.bool_]) -> float:
    difference = np.where(is_checked, checked - values, 0.0)
    return float(np.sum(difference**2, dtype=np.float64))
