"""Prediction intervals from the errors on validation cells (split conformal)."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ErrorQuantiles:
    """Quantiles of the absolute error by size of the prediction.

    A large predicted change is less certain than none. Cells are sorted into bins by the absolute
    predicted value; the interval of a new cell is the conformal quantile of its bin (Vovk 2012,
    Mondrian prediction). It holds on average for cells that differ from training cells as the
    validation cells do: the same regime.

    Attributes:
        edges: of the bins of |prediction|, log2 (B - 1,).
        errors: sorted absolute errors of each bin, log2.
    """

    edges: NDArray[np.float64]
    errors: tuple[NDArray[np.float32], ...]

    @classmethod
    def of(
        cls, predicted: NDArray[np.floating], truth: NDArray[np.floating], *, bins: int = 8
    ) -> Self:
        """From predictions and true values of validation cells (N,), NaN where unknown."""
        known = np.isfinite(predicted) & np.isfinite(truth)
        size, error = np.abs(predicted[known]), np.abs(predicted[known] - truth[known])
        shares = np.linspace(0, 1, bins + 1)[1:-1]
        edges = np.unique(np.quantile(size, shares)) if len(size) else np.zeros(0)
        part = np.searchsorted(edges, size)
        sorted_errors = tuple(
            np.sort(error[part == at]).astype(np.float32) for at in range(len(edges) + 1)
        )
        return cls(edges, sorted_errors)

    def half_width(self, predicted: NDArray[np.floating], level: float) -> NDArray[np.float32]:
        """Half the width, log2, of the interval that holds a share `level` of the truth."""
        widths = np.array([_quantile(errors, level) for errors in self.errors], dtype=np.float32)
        found: NDArray[np.float32] = widths[np.searchsorted(self.edges, np.abs(predicted))]
        return found


def _quantile(errors: NDArray[np.float32], level: float) -> float:
    """The conformal quantile: the ceil(level (n + 1))-th smallest error; infinite if n is less."""
    at = int(np.ceil(level * (len(errors) + 1))) - 1
    return float(errors[at]) if at < len(errors) else float("inf")
