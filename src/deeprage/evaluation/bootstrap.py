"""Intervals of pooled scores by resampling gene groups and condition series.

Cells of one gene group, or of one condition series, stand or fall together: both are drawn with
replacement, independently, and a cell counts as often as its group times its series (the
pigeonhole bootstrap; Owen, 2007, Ann Appl Stat 1:386). It is somewhat wider than need be, never
far too narrow, which drawing cells would be.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deeprage.evaluation.metrics import Mask, Values

RESAMPLES = 1000
#: An axis with fewer units is not resampled: there is nothing to learn about its spread.
FEWEST_UNITS = 3

Draws = NDArray[np.float64]


class Resampler:
    """Draws of pooled scores over chosen cells; scores of one resampler are paired.

    Only sums by (group, series) are resampled, so that a thousand draws are a matrix product.

    Args:
        groups, series: of the rows and columns of (G, C).
        cells: bool (G, C), which cells are scored; they must have values.
        seed: same seed and cells, same draws.
    """

    def __init__(
        self,
        groups: Sequence[str],
        series: Sequence[str],
        cells: Mask,
        *,
        resamples: int = RESAMPLES,
        seed: int = 0,
    ) -> None:
        self.cells = cells
        rows, columns = np.nonzero(cells)
        group_names, group = np.unique(np.asarray(groups)[rows], return_inverse=True)
        series_names, one_series = np.unique(np.asarray(series)[columns], return_inverse=True)
        self.shape = len(group_names), len(series_names)
        self._block = group * self.shape[1] + one_series
        rng = np.random.default_rng(seed)
        self._group_weights = _weights(self.shape[0], resamples, rng)
        self._series_weights = _weights(self.shape[1], resamples, rng)
        self._count = self._draw(np.ones(len(rows)))

    @property
    def units(self) -> tuple[str, ...]:
        """What is resampled, for people."""
        named = (f"{self.shape[0]:,} gene groups", f"{self.shape[1]:,} condition series")
        return tuple(
            name for name, size in zip(named, self.shape, strict=True) if size >= FEWEST_UNITS
        )

    def pearson(self, observed: Values, predicted: Values) -> Draws:
        """Pearson over all cells, a draw each (B,); 0 where the prediction is constant."""
        x, y = (_centred(values[self.cells]) for values in (observed, predicted))
        n, sx, sy = self._count, self._draw(x), self._draw(y)
        with np.errstate(invalid="ignore", divide="ignore"):
            spread_x = self._draw(x * x) - sx**2 / n
            spread_y = self._draw(y * y) - sy**2 / n
            r = (self._draw(x * y) - sx * sy / n) / np.sqrt(spread_x * spread_y)
        tiny = 1e-9 * float((y * y).mean()) if len(y) else 0.0
        r[spread_y <= n * tiny] = 0.0
        r[~np.isfinite(r)] = np.nan
        return r

    def accuracy(self, right: Mask) -> Draws:
        """Share of cells in the right class, a draw each (B,).

        Args:
            right: bool (G, C).
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._draw(right[self.cells].astype(np.float64)) / self._count

    def _draw(self, terms: NDArray[np.float64]) -> Draws:
        """The sum of one number a cell, in each draw."""
        blocks = np.bincount(self._block, weights=terms, minlength=self.shape[0] * self.shape[1])
        by_series = self._group_weights @ blocks.reshape(self.shape)
        total: Draws = (by_series * self._series_weights).sum(axis=1)
        return total


def interval(draws: Draws, *, level: float = 0.95) -> tuple[float, float] | None:
    """The central interval of the draws; None if none is defined."""
    defined = draws[np.isfinite(draws)]
    if not len(defined):
        return None
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(defined, [tail, 100 - tail])
    return float(low), float(high)


def _weights(units: int, resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each unit is drawn (B, units)."""
    if units < FEWEST_UNITS:
        return np.ones((resamples, units))
    found: NDArray[np.float64] = rng.multinomial(
        units, np.full(units, 1 / units), size=resamples
    ).astype(np.float64)
    return found


def _centred(values: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    exact = values.astype(np.float64)
    centred: NDArray[np.float64] = exact - exact.mean() if len(exact) else exact
    return centred
