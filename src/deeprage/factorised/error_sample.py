"""Errors of left-out cells of one kind, in units of how noisy each cell's condition is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from deeprage.factorised.intervals import ErrorQuantiles

Matrix = NDArray[np.float32]

#: Cells of a kind that are kept; more would not change a quantile that anybody prints.
MOST_CELLS = 60_000
_BINS = 12


@dataclass(frozen=True, eq=False)
class ErrorSample:
    """What was predicted for cells of a kind that were left out, and what was true.

    Where noise is known, errors are compared in units of the error that it lets expect, so that a
    condition that is noisier than others has wider intervals (normalised conformal prediction,
    Papadopoulos, Gammerman and Vovk 2008).

    Attributes:
        predicted, truth: log2 float32 (N,).
        noise: float32 (N,), `ConditionMap.noise` of each cell's condition, NaN where it cannot be
            told; None where every cell counts alike.
    """

    predicted: Matrix
    truth: Matrix
    noise: Matrix | None = None

    @classmethod
    def of(
        cls,
        predicted: NDArray[np.floating],
        truth: NDArray[np.floating],
        generator: np.random.Generator,
        *,
        noise: NDArray[np.floating] | None = None,
    ) -> ErrorSample:
        """Of the cells where both are known, at most `MOST_CELLS` of them, drawn at random.

        Args:
            noise: of the conditions (C,), where the others are (G, C).
        """
        known = np.flatnonzero(np.isfinite(predicted).ravel() & np.isfinite(truth).ravel())
        if len(known) > MOST_CELLS:
            known = np.sort(generator.choice(known, MOST_CELLS, replace=False))
        given = [predicted, truth]
        if noise is not None:
            given.append(np.broadcast_to(noise, predicted.shape))
        return cls(*(np.asarray(x, dtype=np.float32).ravel()[known] for x in given))

    def half_width(self, predicted: Matrix, noise: Matrix, level: float) -> Matrix:
        """Half the width (N,), log2, of intervals that hold a share `level` of the truth."""
        unit = self._unit(noise)
        half: Matrix = self._quantiles.half_width(predicted / unit, level) * unit
        return half

    def below(
        self, predicted: Matrix, noise: Matrix, edge: float | Matrix, *, at_edge: bool
    ) -> Matrix:
        """Probability (N,) that the truth lies below an edge, given predictions (N,), log2.

        The distribution of the errors of left-out cells whose prediction was about the same, put
        around the prediction.

        Args:
            edge: log2, one for all or one for each (N,).
            at_edge: whether a truth equal to the edge counts as below.
        """
        unit = self._unit(noise)
        edges, errors = self._errors
        found = np.empty(len(predicted), dtype=np.float32)
        part = np.searchsorted(edges, predicted / unit)
        side: Literal["left", "right"] = "right" if at_edge else "left"
        edge = np.broadcast_to(np.asarray(edge, dtype=np.float32), predicted.shape)
        for at, known in enumerate(errors):
            mine = part == at
            count = np.searchsorted(known, (edge[mine] - predicted[mine]) / unit[mine], side=side)
            found[mine] = (count + 0.5) / (len(known) + 1)
        return found

    def _unit(self, noise: Matrix | None) -> Matrix:
        """Root mean square error (N,) that noise lets expect; 1 where it does not count.

        Where noise cannot be told a cell is as unsure as the least sure left-out one.
        """
        if self.noise is None or noise is None or self._terms is None:
            size = len(self.predicted) if noise is None else len(noise)
            return np.ones(size, dtype=np.float32)
        floor, slope, most = self._terms
        known = np.where(np.isfinite(noise), noise, most)
        unit: Matrix = np.sqrt(floor + slope * known**2).astype(np.float32)
        return np.maximum(unit, np.float32(1e-6))

    @cached_property
    def _terms(self) -> tuple[float, float, float] | None:
        """Mean square error = floor + slope x noise^2, fitted to the cells; the largest noise.

        None where noise was told of no cell. Each cell counts by the inverse of its own scale,
        lest the noisiest conditions decide alone.
        """
        assert self.noise is not None
        told = np.isfinite(self.noise)
        if not told.any():
            return None
        square = self.noise[told].astype(np.float64) ** 2
        error = (self.truth - self.predicted)[told].astype(np.float64) ** 2
        weight = 1 / (square + max(float(square.mean()), 1e-12))
        (floor, slope), _ = nnls(np.column_stack([weight, square * weight]), error * weight)
        return float(floor), float(slope), float(np.sqrt(square.max()))

    @cached_property
    def _scaled(self) -> tuple[Matrix, Matrix]:
        """Predictions and truths in units of the expected error."""
        unit = self._unit(self.noise)
        return self.predicted / unit, self.truth / unit

    @cached_property
    def _quantiles(self) -> ErrorQuantiles:
        """Of the absolute error, by size of the prediction."""
        return ErrorQuantiles.of(*self._scaled)

    @cached_property
    def _errors(self) -> tuple[Matrix, list[Matrix]]:
        """Edges of bins of the prediction, and the sorted errors (truth less prediction) of each.

        Bins of equal counts, and thinner ones at both ends, where the errors change most.
        """
        predicted, truth = self._scaled
        shares = np.linspace(0, 1, _BINS + 1)[1:-1]
        shares = np.unique(np.concatenate([[0.02, 0.98], shares]))
        edges = (
            np.unique(np.quantile(predicted, shares)).astype(np.float32)
            if len(predicted)
            else np.zeros(0, dtype=np.float32)
        )
        edges = _without_empty_bins(edges, predicted)
        part = np.searchsorted(edges, predicted)
        error = truth - predicted
        return edges, [np.sort(error[part == at]) for at in range(len(edges) + 1)]


def _without_empty_bins(edges: Matrix, values: Matrix) -> Matrix:
    """The edges of bins that hold a value; an empty bin, as ties leave one, joins its neighbour."""
    filled = np.isin(np.arange(len(edges) + 1), np.searchsorted(edges, values))
    kept = edges[filled[:-1]]
    return kept if filled[-1] else kept[:-1]
