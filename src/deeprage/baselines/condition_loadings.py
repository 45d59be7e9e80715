"""Factor loadings of conditions: from their profile if seen, else by the regulator ridge."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.factors import Factors
from deeprage.baselines.masked_ridge import masked_kernel_ridge

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class ConditionLoadings:
    """Mean (C,) and loadings (C, K) of every condition of the compendium."""

    mean: Matrix
    loadings: Matrix


def linear_kernel(inputs: Matrix, columns: NDArray[np.intp]) -> Matrix:
    """Kernel (C, len(columns)) of regulator levels, scaled to a mean diagonal of 1, plus 1.

    The 1 is a constant input, as strong as all the regulators of a condition together, so that
    a gene's or factor's mean is hardly penalised.
    """
    seen = inputs[columns]
    size = float(np.mean(np.sum(seen**2, axis=1)))
    kernel: Matrix = inputs @ seen.T / (size if size > 0 else 1.0) + 1.0
    return kernel


def condition_loadings(
    inputs: Matrix, columns: NDArray[np.intp], factors: Factors, penalty: float
) -> ConditionLoadings:
    """The training conditions' own mean and loadings, and the ridge's for all others.

    Args:
        inputs: regulator levels (C, R), centred.
        columns: the training conditions, in the order of the factors' loadings.
        penalty: of the ridge, in units of the kernel's mean diagonal.
    """
    kernel = linear_kernel(inputs, columns)
    targets = np.column_stack([factors.mean, factors.loadings])
    both = kernel @ masked_kernel_ridge(kernel[columns], targets, penalty)
    both[columns] = targets
    return ConditionLoadings(both[:, 0], both[:, 1:])
