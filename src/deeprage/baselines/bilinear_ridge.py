"""Bilinear ridge, Y ~ M A T: motif scores x coefficients x regulator levels, in closed form.

G=MAT (Tretyakov, Laur and Vilo 2011, PLoS ONE 6:e14559).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.choosing import squared_error
from deeprage.baselines.features import MotifFeatures, no_motifs, regulator_inputs, standardised
from deeprage.baselines.reference import training_values
from deeprage.data.compendium import Compendium
from deeprage.data.split import Role, Split
from deeprage.errors import DeepRageError

Matrix = NDArray[np.float64]
PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)


@dataclass(frozen=True)
class _Axis:
    """Training inputs X = left diag(values) right', and every row's coordinates X right."""

    left: Matrix
    values: Matrix
    coordinates: Matrix

    @classmethod
    def of(cls, inputs: Matrix, rows: NDArray[np.intp]) -> "_Axis":
        """Decompose `inputs[rows]`, by the smaller of its two Gram matrices."""
        seen = inputs[rows]
        if seen.shape[0] < seen.shape[1]:
            squares, left = np.linalg.eigh(seen @ seen.T)
            left, values = _positive(left, squares)
            right = seen.T @ (left / values)
        else:
            squares, right = np.linalg.eigh(seen.T @ seen)
            right, values = _positive(right, squares)
            left = seen @ (right / values)
        return cls(left, values, inputs @ right)


def _positive(vectors: Matrix, squares: Matrix) -> tuple[Matrix, Matrix]:
    kept = squares > 1e-10 * squares[-1]
    return vectors[:, kept], np.sqrt(squares[kept])


def bilinear_coefficients(
    genes: _Axis, conditions: _Axis, values: Matrix, penalty: float
) -> Matrix:
    """B (ranks of M and T) with A = V B P', the minimum of |Y - M A T|^2 + penalty |A|^2.

    With M = U S V' and T' = Q D P': B = S (U' Y Q) D / (s_i^2 d_j^2 + penalty), elementwise,
    which follows from setting the gradient to zero in the two singular bases (G=MAT).
    """
    weights = np.outer(genes.values, conditions.values)
    found: Matrix = weights * (genes.left.T @ values @ conditions.left)
    return found / (weights**2 + penalty)


class BilinearRidge:
    """Y ~ M A T with PWM scores M of the genes and regulator levels T of the conditions.

    Both inputs have a constant, so that main effects of motifs and of regulators are part of the
    model; one penalty, chosen on the validation cells, without refitting. Training cells that are
    missing are filled with the model's own prediction until they stand still, which gives the
    ridge on the observed cells alone (expectation-maximisation).

    Args:
        motifs, window, bins, cache: as `MotifFeatures`.
        penalties: in units of the mean squared length of a gene's inputs times that of a
            condition's.
        steps, tolerance: of the filling: stop after so many, or once the root mean square of the
            change of the filled cells is below this share of the values'.
    """

    needs_motifs = True

    needs_promoter = True

    def __init__(
        self,
        *,
        motifs: Sequence[Path | str] | None = None,
        window: int = 800,
        bins: int = 5,
        cache: Path | str | None = None,
        penalties: Sequence[float] = PENALTIES,
        steps: int = 30,
        tolerance: float = 1e-3,
    ) -> None:
        self.motif_features = MotifFeatures(motifs, window, bins, cache)
        self.penalties = tuple(penalties)
        self.steps = steps
        self.tolerance = tolerance

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Solve for each penalty on the training cells; keep the best on the validation cells."""
        if not self.penalties or min(self.penalties) <= 0:
            raise DeepRageError(
                f"penalties must be one or more numbers above 0, got {self.penalties}."
            )
        values = training_values(visible, split)
        values[~visible.has_promoter] = np.nan
        known = ~np.isnan(values)
        rows, columns = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
        if len(rows) < 2:
            raise DeepRageError("fewer than 2 genes have training cells: hold out less.")
        motif_inputs = self._motif_inputs(visible, rows)
        genes = _Axis.of(motif_inputs, rows)
        conditions = _Axis.of(_with_constant(regulator_inputs(visible, split)), columns)
        targets = values[np.ix_(rows, columns)].astype(np.float64)
        checked = np.where(split.cells(Role.VALIDATION), visible.expression, np.nan)
        checked[~visible.has_promoter] = np.nan
        self._choose(genes, conditions, targets, checked, len(rows) * len(columns))
        self.genes_, self.conditions_ = genes.coordinates, conditions.coordinates
        self.genes_[~visible.has_promoter] = self.genes_[rows].mean(axis=0)
        return self

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Log2 values (len(genes), len(conditions)); an average promoter for genes without one."""
        block = self.genes_[genes] @ self.coefficients_ @ self.conditions_[conditions].T
        return np.asarray(block, dtype=np.float32)

    def _motif_inputs(self, visible: Compendium, rows: NDArray[np.intp]) -> Matrix:
        features = self.motif_features.of(visible)
        if not features.shape[1]:
            raise no_motifs("bilinear-ridge")
        return _with_constant(standardised(features, rows).astype(np.float64))

    def _choose(
        self,
        genes: _Axis,
        conditions: _Axis,
        targets: Matrix,
        checked: NDArray[np.float32],
        cells: int,
    ) -> None:
        unit = float((genes.values**2).sum() * (conditions.values**2).sum()) / cells
        rows = np.flatnonzero((~np.isnan(checked)).any(axis=1))
        columns = np.flatnonzero((~np.isnan(checked)).any(axis=0))
        truth = checked[np.ix_(rows, columns)]
        filled = np.where(np.isnan(targets), np.nanmean(targets), targets)
        best = np.inf
        for penalty in sorted(self.penalties, reverse=True):
            # Each penalty starts from the cells that the stronger one before it filled.
            found = self._solve(genes, conditions, targets, filled, penalty * unit)
            block = genes.coordinates[rows] @ found @ conditions.coordinates[columns].T
            error = squared_error(block, truth)
            if error < best:
                best, self.penalty_, self.coefficients_ = error, penalty, found

    def _solve(
        self, genes: _Axis, conditions: _Axis, targets: Matrix, filled: Matrix, penalty: float
    ) -> Matrix:
        missing = np.isnan(targets)
        found = bilinear_coefficients(genes, conditions, filled, penalty)
        if not missing.any():
            return found
        left, right = genes.left * genes.values, conditions.left * conditions.values
        size = float(np.sqrt(np.mean(filled**2)))
        for _ in range(self.steps):
            guess = ((left @ found) @ right.T)[missing]
            change = float(np.sqrt(np.mean((guess - filled[missing]) ** 2)))
            filled[missing] = guess
            found = bilinear_coefficients(genes, conditions, filled, penalty)
            if change < self.tolerance * size:
                break
        return found


def _with_constant(inputs: Matrix) -> Matrix:
    """The inputs and a constant as long as an average row of theirs, so that it is not shrunk."""
    length = float(np.sqrt(np.mean(np.sum(inputs**2, axis=1))))
    return np.column_stack([inputs, np.full(len(inputs), length if length > 0 else 1.0)])
