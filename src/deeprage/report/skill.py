"""How well a matrix was predicted: by gene, by condition, as a density, and how surely."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeprage.evaluation import metrics
from deeprage.evaluation.bootstrap import RESAMPLES, Resampler, interval

#: With fewer held-out units than this their resampling says nothing.
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
    """Skill of each of the G rows over its `scored` cells.

    Args:
        observed, predicted: float32 (G, C), log2.
        scored: bool (G, C), cells with a value in both.
    """
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
    """The observed matrix (G, C) with each gene's scored values in random order: chance.

    Args:
        observed: float32 (G, C), log2.
        scored: bool (G, C); other cells are left as they are.
    """
    result = observed.copy()
    for row, cells in zip(result, scored, strict=True):
        row[cells] = generator.permutation(row[cells])
    return result


@dataclass(frozen=True)
class Interval:
    """A bootstrap interval of a correlation.

    Attributes:
        low, high: ends of the central 95 %.
        units: what was drawn, for people: `312 gene groups`, `25 condition series`.
    """

    low: float
    high: float
    units: tuple[str, ...]


def pearson_interval(
    observed: NDArray[np.float32],
    predicted: NDArray[np.float32],
    scored: NDArray[np.bool_],
    *,
    groups: Sequence[str],
    series: Sequence[str],
    held_out: Collection[int] = (),
    resamples: int = RESAMPLES,
) -> Interval | None:
    """95 % interval of Pearson over all scored cells, as the benchmark gives it.

    Gene groups and condition series are drawn again with replacement, independently
    (`evaluation.bootstrap`; Owen 2007): cells of one group or of one series stand or fall together.

    Args:
        observed, predicted: float32 (G, C), log2.
        scored: bool (G, C), cells with a value in both.
        groups: of each gene.
        series: of each condition.
        held_out: axes whose units the split holds out, 0 for gene groups and 1 for series: with
            fewer than `FEWEST_UNITS` of them there is no interval.

    Returns:
        None with too few units, or where the correlation is not defined.
    """
    resampler = Resampler(groups, series, scored, resamples=resamples)
    if not resampler.units or any(resampler.shape[axis] < FEWEST_UNITS for axis in held_out):
        return None
    found = interval(resampler.pearson(observed, predicted))
    return None if found is None else Interval(*found, resampler.units)


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
