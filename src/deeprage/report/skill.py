"""How well a matrix was predicted: by gene, by condition, as a density, and how surely."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeprage.evaluation import metrics

#: With fewer units than this a resampling says nothing.
FEWEST_UNITS = 8


@dataclass(frozen=True)
class Skill:
    """Skill of each gene or of each condition.

    Attributes:
        cells: int (N,), number of scored cells.
        pearson: float (N,), NaN with fewer than `metrics.LEAST_CELLS` cells or no variance.
        mse: float (N,), squared log2 units, NaN without a cell.
        spread: float (N,), standard deviation of the observed values, log2, NaN without a cell.
    """

    cells: NDArray[np.intp]
    pearson: NDArray[np.float64]
    mse: NDArray[np.float64]
    spread: NDArray[np.float64]


def skill_of_genes(
    observed: NDArray[np.float32], predicted: NDArray[np.float32], scored: NDArray[np.bool_]
) -> Skill:
    """Skill of each row of (G, C) matrices of log2 values over its `scored` cells."""
    cells = scored.sum(axis=1)
    error = np.where(scored, observed - predicted, 0.0).astype(np.float64)
    known = np.where(scored, observed, 0.0).astype(np.float64)
    with np.errstate(invalid="ignore"):
        mean = known.sum(axis=1) / cells
        away = np.where(scored, known - mean[:, None], 0.0)
        return Skill(
            cells=cells,
            pearson=metrics.within_gene_pearson(observed, predicted, scored),
            mse=(error**2).sum(axis=1) / cells,
            spread=np.sqrt((away**2).sum(axis=1) / cells),
        )


def skill_of_conditions(
    observed: NDArray[np.float32], predicted: NDArray[np.float32], scored: NDArray[np.bool_]
) -> Skill:
    """Skill of each column, as `skill_of_genes`."""
    return skill_of_genes(observed.T, predicted.T, scored.T)


def shuffled_within_genes(
    observed: NDArray[np.float32], scored: NDArray[np.bool_], generator: np.random.Generator
) -> NDArray[np.float32]:
    """The observed matrix with each gene's scored values in random order, as chance has it."""
    result = observed.copy()
    for row, cells in zip(result, scored, strict=True):
        row[cells] = generator.permutation(row[cells])
    return result


def pearson_interval(
    observed: NDArray[np.float32],
    predicted: NDArray[np.float32],
    scored: NDArray[np.bool_],
    units: Sequence[str],
    *,
    axis: int,
    generator: np.random.Generator,
    resamples: int = 1000,
) -> tuple[float, float] | None:
    """95 % bootstrap interval of Pearson over all scored cells, resampling whole units.

    Cells of one gene or of one series are not independent, so the units that are drawn are those
    that the split holds out, not cells (Field and Welsh, 2007, cluster bootstrap).

    Args:
        units: the unit of each gene (`axis=0`) or of each condition (`axis=1`).
        axis: the axis of (G, C) that the units label.
    Returns:
        Low and high end, or None with fewer than `FEWEST_UNITS` units.
    """
    labels, unit = np.unique(np.asarray(units), return_inverse=True)
    total = np.zeros((len(labels), 6))
    known = observed[scored].astype(np.float64)
    guess = predicted[scored].astype(np.float64)
    of_cell = unit[np.nonzero(scored)[axis]]
    known, guess = known - known.mean(), guess - guess.mean()
    terms = (np.ones_like(known), known, guess, known**2, guess**2, known * guess)
    for column, term in enumerate(terms):
        total[:, column] = np.bincount(of_cell, weights=term, minlength=len(labels))
    total = total[total[:, 0] > 0]
    if len(total) < FEWEST_UNITS:
        return None
    draws = generator.multinomial(len(total), np.full(len(total), 1 / len(total)), size=resamples)
    n, sx, sy, sxx, syy, sxy = (draws @ total).T
    spread = (sxx - sx**2 / n) * (syy - sy**2 / n)
    r = (sxy - sx * sy / n) / np.sqrt(np.where(spread > 0, spread, np.nan))
    if not np.isfinite(r).any():
        return None
    low, high = np.nanpercentile(r, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True)
class Density:
    """Counts of cells by predicted (x) and observed (y) value, on one scale for both.

    Attributes:
        edges: float (bins + 1,), log2 units, the same for both axes.
        counts: int (bins, bins), rows observed, columns predicted.
        outside: number of cells beyond the edges, moved into the outermost bins.
        mean_observed: float (bins,), mean observed value of each column, NaN below 20 cells.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    outside: int
    mean_observed: NDArray[np.float64]

    @property
    def centres(self) -> NDArray[np.float64]:
        """Middle of each bin (bins,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2


def density(
    observed: NDArray[np.float32], predicted: NDArray[np.float32], *, bins: int = 80
) -> Density:
    """Two-dimensional histogram of vectors of log2 values over the central 99.8 % of `observed`."""
    low, high = np.percentile(observed, [0.1, 99.9])
    reach = max(float(high - low) * 0.03, 0.05)
    edges = np.linspace(low - reach, high + reach, bins + 1)
    beyond = (observed < edges[0]) | (observed > edges[-1])
    beyond |= (predicted < edges[0]) | (predicted > edges[-1])
    x, y = (np.clip(values, edges[0], edges[-1]) for values in (predicted, observed))
    counts, _, _ = np.histogram2d(y, x, bins=(edges, edges))
    column = np.clip(np.digitize(x, edges) - 1, 0, bins - 1)
    number = np.bincount(column, minlength=bins)
    sums = np.bincount(column, weights=observed, minlength=bins)
    mean = np.where(number >= 20, sums / np.maximum(number, 1), np.nan)
    return Density(edges, counts.astype(np.int64), int(beyond.sum()), mean)
