"""Ridge regression of each gene's expression on the regulators' levels, plain and with kernels.

Hoerl and Kennard (1970, Technometrics 12:55); kernels: Saunders, Gammerman and Vovk (1998, ICML).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from deeprage.baselines.choosing import squared_error
from deeprage.baselines.features import regulator_inputs, regulator_means
from deeprage.baselines.masked_ridge import masked_kernel_ridge
from deeprage.baselines.reference import training_values
from deeprage.data.compendium import Compendium
from deeprage.data.split import Role, Split
from deeprage.errors import DeepRageError

Matrix = NDArray[np.float64]
#: From regulator levels (A, R) and (B, R) to a kernel (A, B).
Kernel = Callable[[Matrix, Matrix], Matrix]

PENALTIES = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class _Option:
    label: str
    kernel: Kernel
    penalty: float


class _OwnRow(NamedTuple):
    """A regulator's own row, fitted without its own level: its slot, conditions, coefficients."""

    slot: int
    taught: Matrix
    dual: Matrix


class RegulatorKernelRidge:
    """One ridge a gene from the regulator levels of a condition, all genes in one solve.

    Each gene is fitted on exactly the training cells in which it was measured. A constant input,
    as strong as the regulators of an average condition together, carries the gene's mean. The
    validation cells choose one option for all genes. A gene that is
    itself a regulator is predicted without its own level (`mask_self`). A gene without training
    cells gets the mean prediction of the genes with them.
    """

    penalties: tuple[float, ...]
    mask_self: bool

    def _kernels(self, seen: Matrix) -> dict[str, Kernel]:
        raise NotImplementedError

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Fit on the training cells under each option; keep the best on the validation cells."""
        if not self.penalties or min(self.penalties) <= 0:
            raise DeepRageError(
                f"penalties must be one or more numbers above 0, got {self.penalties}."
            )
        return self._learn(visible, split, option=None)

    def refit(self, visible: Compendium, split: Split) -> Self:
        """Fit on training and validation cells with the option that `fit` chose."""
        return self._learn(visible, split.validation_in_training(), option=self._option)

    def _learn(self, visible: Compendium, split: Split, *, option: _Option | None) -> Self:
        values = training_values(visible, split)
        rows, columns = _observed(values)
        if not len(rows):
            raise DeepRageError("there is no training cell with a value: hold out less.")
        inputs = regulator_inputs(visible, split)
        targets = values[np.ix_(rows, columns)].T.astype(np.float64)
        if option is None:
            checked = np.where(split.cells(Role.VALIDATION), visible.expression, np.nan)
            option = self._best(inputs, columns, rows, targets, checked)
        else:  # its kernel in units of these training conditions
            kernel = self._kernels(inputs[columns])[option.label]
            option = _Option(option.label, kernel, option.penalty)
        self._option = option
        self.option_, self.penalty_ = option.label, option.penalty
        self._kernel, self._taught = option.kernel, inputs[columns]
        gram = option.kernel(self._taught, self._taught)
        dual = masked_kernel_ridge(gram, targets, option.penalty, tolerance=1e-6)
        # Genes without a training cell answer as those with one do on average.
        self._dual = np.repeat(dual.mean(axis=1, keepdims=True), len(values), axis=1)
        self._dual[:, rows] = dual
        self._own: dict[int, _OwnRow] = {}
        if self.mask_self:
            self._own = _without_own_levels(visible, inputs, columns, values, option)
        self.means_ = regulator_means(visible, split)
        every = np.arange(len(values))
        self.predicted_ = self.predict_levels(every, visible.regulator_levels)
        return self

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Log2 values (len(genes), len(conditions))."""
        return self.predicted_[np.ix_(genes, conditions)]

    def predict_levels(
        self, genes: NDArray[np.intp], levels: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Log2 values (len(genes), C) under any regulator levels.

        Args:
            levels: log2 (C, R), in the order of the fitted compendium's regulators; NaN counts
                as the mean over the training conditions.
        """
        inputs = np.where(np.isnan(levels), 0.0, levels - self.means_)
        predicted = (self._kernel(inputs, self._taught) @ self._dual[:, genes]).T
        for at, gene in enumerate(genes):
            if (own := self._own.get(int(gene))) is not None:
                others = np.delete(inputs, own.slot, axis=1)
                predicted[at] = self._kernel(others, own.taught) @ own.dual
        return np.asarray(predicted, dtype=np.float32)

    def _best(
        self,
        inputs: Matrix,
        columns: NDArray[np.intp],
        rows: NDArray[np.intp],
        targets: Matrix,
        checked: NDArray[np.float32],
    ) -> _Option:
        kernels = self._kernels(inputs[columns])
        options = [
            _Option(label, kernel, penalty)
            for label, kernel in kernels.items()
            for penalty in self.penalties
        ]
        wanted = np.flatnonzero((~np.isnan(checked)).any(axis=0))
        unseen = np.ones(len(checked), dtype=bool)
        unseen[rows] = False
        if len(options) == 1 or not len(wanted):
            return options[len(self.penalties) // 2]
        errors = []
        known, new = checked[rows][:, wanted].T, checked[unseen][:, wanted].T
        weights = (~np.isnan(known)).sum(), (~np.isnan(new)).sum()
        for option in options:
            found = _rough_predictions(inputs, columns, targets, option, wanted)
            average = found.mean(axis=1, keepdims=True)
            both = squared_error(found, known), squared_error(average, new)
            errors.append(float(np.dot(both, weights)))
        return options[int(np.argmin(errors))]


class RegulatorRidge(RegulatorKernelRidge):
    """Linear ridge: value = gene's constant + sum over regulators of coefficient x level.

    Args:
        penalties: tried on the validation cells, in units of the mean squared length of a
            training condition's (centred) regulator levels.
        mask_self: predict a regulator without its own level.
    """

    def __init__(self, *, penalties: Sequence[float] = PENALTIES, mask_self: bool = True) -> None:
        self.penalties = tuple(penalties)
        self.mask_self = mask_self

    def _kernels(self, seen: Matrix) -> dict[str, Kernel]:
        size = _mean_square(seen)
        return {"linear": lambda a, b: a @ b.T / size + 1.0}


class RegulatorKernel(RegulatorKernelRidge):
    """Kernel ridge with Gaussian kernels of the regulator levels, alone and with a linear part.

    Kernel exp(-|x - x'|^2 / (width x median squared distance)), plus `linear_shares` of the
    linear kernel; both have a mean diagonal of 1.

    Args:
        widths: in units of the median squared distance between training conditions.
        linear_shares: weights of the linear kernel that are tried beside the Gaussian one.
        penalties, mask_self: as `RegulatorRidge`.
    """

    def __init__(
        self,
        *,
        widths: Sequence[float] = (1.0, 3.0),
        linear_shares: Sequence[float] = (0.0, 1.0),
        penalties: Sequence[float] = (0.03, 0.1, 0.3, 1.0),
        mask_self: bool = True,
    ) -> None:
        self.widths = tuple(widths)
        self.linear_shares = tuple(linear_shares)
        self.penalties = tuple(penalties)
        self.mask_self = mask_self

    def _kernels(self, seen: Matrix) -> dict[str, Kernel]:
        size = _mean_square(seen)
        distances = _squared_distances(seen, seen)
        between = distances[np.triu_indices(len(seen), 1)]
        median = float(np.median(between)) if len(between) else 0.0
        scale = median if median > 0 else 1.0
        return {
            f"width {width:g}, linear {share:g}": _gaussian(width * scale, share / size)
            for width in self.widths
            for share in self.linear_shares
        }


def _gaussian(width: float, linear: float) -> Kernel:
    def kernel(a: Matrix, b: Matrix) -> Matrix:
        found: Matrix = np.exp(-_squared_distances(a, b) / width) + linear * (a @ b.T) + 1.0
        return found

    return kernel


def _squared_distances(a: Matrix, b: Matrix) -> Matrix:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * a @ b.T
    found: Matrix = np.maximum(squares, 0.0)
    return found


def _mean_square(seen: Matrix) -> float:
    size = float(np.mean(np.sum(seen**2, axis=1)))
    return size if size > 0 else 1.0


def _without_own_levels(
    visible: Compendium,
    inputs: Matrix,
    columns: NDArray[np.intp],
    values: NDArray[np.float32],
    option: _Option,
) -> dict[int, _OwnRow]:
    """The regulators' own rows, each fitted without its own level among the inputs."""
    found = {}
    for number, row in enumerate(visible.regulator_rows):
        target = values[row, columns].astype(np.float64)
        seen = ~np.isnan(target)
        if not seen.any():
            continue
        taught = np.delete(inputs, number, axis=1)[columns[seen]]
        gram = option.kernel(taught, taught)
        gram[np.diag_indices_from(gram)] += option.penalty
        dual = cho_solve(cho_factor(gram, lower=True), target[seen])
        found[int(row)] = _OwnRow(number, taught, dual)
    return found


def _observed(
    values: NDArray[np.float32],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns with at least one value."""
    known = ~np.isnan(values)
    return np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))


def _rough_predictions(
    inputs: Matrix,
    columns: NDArray[np.intp],
    targets: Matrix,
    option: _Option,
    wanted: NDArray[np.intp],
) -> Matrix:
    """Predictions (wanted, genes), exact enough to choose an option by."""
    seen = inputs[columns]
    dual = masked_kernel_ridge(option.kernel(seen, seen), targets, option.penalty, tolerance=1e-3)
    return option.kernel(inputs[wanted], seen) @ dual
