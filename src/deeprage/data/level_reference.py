"""The regulator levels of training, and how well other levels go with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.units import is_relative

Matrix = NDArray[np.float32]
Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Share of conditions like those of training that are called unlike them.
FALSE_ALARMS = 0.02
#: With fewer regulators or conditions nothing is said of how levels fit together.
FEWEST_REGULATORS, FEWEST_CONDITIONS = 5, 8
#: Levels that differ by less, log2, are the same: tables are rounded.
SAME_LEVEL = 1e-3
#: How much the order of the levels counts beside their size, as a power.
_ORDER = 8
_FOLDS = 6
_NEAREST = 3
#: For a whole table: its conditions, and series of training to compare with.
_FEWEST_TOGETHER, _FEWEST_SERIES = 3, 6


@dataclass(frozen=True, eq=False)
class LevelReference:
    """Regulator levels of the training conditions.

    Attributes:
        levels: float32 (N, R), log2, NaN where not measured.
        series: int64 (N,), number of the series of each condition.
        relative: whether they are log2 fold changes, so that 0 is no change.
    """

    levels: Matrix
    series: NDArray[np.int64]
    relative: bool

    @classmethod
    def of(cls, visible: Compendium, conditions: NDArray[np.intp]) -> LevelReference:
        """Of some conditions of a compendium.

        Args:
            conditions: columns (N,) that are trained on.
        """
        names = np.asarray(visible.series).astype(str)[conditions]
        series = np.unique(names, return_inverse=True)[1].reshape(-1).astype(np.int64)
        levels = np.ascontiguousarray(visible.regulator_levels[conditions])
        return cls(levels, series, is_relative(visible))

    def of_regulators(self, chosen: Mask) -> LevelReference:
        """The same for some of the regulators (R,)."""
        return replace(self, levels=np.ascontiguousarray(self.levels[:, chosen]))

    @cached_property
    def mean(self) -> Vector:
        """Mean level (R,) of each regulator, log2; 0 where none was measured."""
        known = ~np.isnan(self.levels)
        total = np.where(known, self.levels, 0).sum(axis=0, dtype=np.float64)
        found: Vector = total / np.maximum(known.sum(axis=0), 1)
        return found

    @cached_property
    def filled(self) -> NDArray[np.float64]:
        """Levels (N, R) with each regulator's mean where not measured."""
        return np.where(np.isnan(self.levels), self.mean, self.levels).astype(np.float64)

    @cached_property
    def low(self) -> Vector:
        """Lowest level (R,) of each regulator, log2."""
        lowest: Vector = self.filled.min(axis=0)
        return lowest

    @cached_property
    def high(self) -> Vector:
        """Highest level (R,) of each regulator, log2."""
        highest: Vector = self.filled.max(axis=0)
        return highest

    @cached_property
    def usual(self) -> Vector:
        """Level (R,) where nothing happens: 0 or, of log2 expression, the mean."""
        return np.zeros_like(self.mean) if self.relative else self.mean

    @property
    def fits_can_be_told(self) -> bool:
        """Whether there is enough to say how levels fit together."""
        enough = min(self.levels.shape) and self.levels.shape[0] >= FEWEST_CONDITIONS
        several = self.levels.shape[1] >= FEWEST_REGULATORS and len(np.unique(self.series)) > 2
        return bool(enough and several and self._null.size)

    def misfit(self, levels: NDArray[np.floating]) -> Vector:
        """How badly levels (C, R) fit together, (C,), on a logarithmic scale; see `_Shape.misfit`.

        NaN where nothing can be said.
        """
        if not self.fits_can_be_told:
            return np.full(len(levels), np.nan)
        return self._shape.misfit(levels)

    def unlike(self, levels: NDArray[np.floating]) -> Mask:
        """Which conditions (C,) fit together worse than those of training, their series left out.

        About `FALSE_ALARMS` of conditions that are like those of training are among them.
        """
        if not self.fits_can_be_told:
            return np.zeros(len(levels), dtype=bool)
        found: Mask = self.misfit(levels) > self._limit
        return found

    def all_unlike(self, levels: NDArray[np.floating]) -> bool:
        """Whether levels (C, R) of several conditions together fit worse than any training series.

        Much surer than `unlike` of single conditions where all of a table has the same wrong names.
        """
        if not self.fits_can_be_told or len(levels) < _FEWEST_TOGETHER:
            return False
        return bool(self.misfit(levels).mean() > self._series_limit)

    def direction(self, levels: NDArray[np.floating]) -> Vector:
        """Cosines (C,) with the nearest training conditions less those of the levels turned round.

        Above 0 for what goes the same way as training; NaN for a condition without any change.
        """
        return _direction(self._changes(self.levels), self._changes(levels))

    @cached_property
    def series_directions(self) -> Vector:
        """Mean `direction` of each training series, which is left out for it."""
        changes = self._changes(self.levels)
        found = []
        for number in np.unique(self.series):
            own = self.series == number
            if own.all():
                continue
            directions = _direction(changes[~own], changes[own])
            if not np.isnan(directions).all():
                found.append(float(np.nanmean(directions)))
        return np.array(found)

    def _changes(self, levels: NDArray[np.floating]) -> NDArray[np.float64]:
        filled = np.where(np.isnan(levels), self.mean, levels)
        return np.asarray((filled - self.usual) / _scales(self.filled), dtype=np.float64)

    @cached_property
    def _shape(self) -> _Shape:
        return _Shape.of(self.filled)

    @cached_property
    def _left_out(self) -> Vector:
        """Misfit (N,) of each training condition by the others, its series left out."""
        found = np.full(len(self.filled), np.nan)
        names = np.unique(self.series)
        if len(names) < 3 or not np.ptp(self.filled, axis=0).any():
            return found
        for fold in range(min(_FOLDS, len(names))):
            own = np.isin(self.series, names[fold::_FOLDS])
            if own.sum() <= len(own) - 3:
                found[own] = _Shape.of(self.filled[~own]).misfit(self.filled[own])
        return found

    @cached_property
    def _null(self) -> Vector:
        """Those that are defined, sorted."""
        return np.sort(self._left_out[np.isfinite(self._left_out)])

    @cached_property
    def _series_limit(self) -> float:
        """Beyond the largest mean misfit of a training series of several conditions."""
        parts = [self._left_out[self.series == number] for number in np.unique(self.series)]
        means = [float(part.mean()) for part in parts if len(part) > 1]
        means = [mean for mean in means if np.isfinite(mean)]
        if len(means) < _FEWEST_SERIES:
            return float("inf")
        return max(means) + 0.3 * (max(means) - float(np.median(means)))

    @cached_property
    def _limit(self) -> float:
        """The conformal quantile of the null; above all of it where there are too few."""
        null = self._null
        rank = int(np.ceil((1 - FALSE_ALARMS) * (len(null) + 1)))
        if rank <= len(null):
            return float(null[rank - 1])
        return float(null[-1] + 2 / np.sqrt(len(null)) * (null[-1] - np.median(null)))


@dataclass(frozen=True, eq=False)
class _Shape:
    """Means, scales and shrunk precision of levels, standardised."""

    mean: Vector
    scale: Vector
    precision: NDArray[np.float64]

    @classmethod
    def of(cls, levels: NDArray[np.float64]) -> _Shape:
        mean, scale = levels.mean(axis=0), _scales(levels)
        precision = np.linalg.inv(_shrunk_covariance((levels - mean) / scale))
        return cls(mean, scale, np.asarray(precision, dtype=np.float64))

    def misfit(self, levels: NDArray[np.floating]) -> Vector:
        """Logarithm of d^2 / R times a power of d^2 / (mean of d^2 over all permutations).

        d is the Mahalanobis distance from the mean. The first factor is how unusual the levels are.
        The second asks whether they would be as unusual in any other order: it is far below 1
        for levels that go with their regulators, and about 1 for levels under wrong names. The
        mean over permutations is exact: E[z_i z_j] is the same for all pairs.
        """
        known = np.where(np.isnan(levels), self.mean, levels)
        z = (known - self.mean) / self.scale
        size = z.shape[1]
        distance = np.einsum("cr,rs,cs->c", z, self.precision, z, optimize=True)
        square = (z**2).sum(axis=1)
        trace = float(np.trace(self.precision))
        rest = float(self.precision.sum()) - trace
        pairs = (z.sum(axis=1) ** 2 - square) / (size * (size - 1))
        permuted = trace * square / size + rest * pairs
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Vector = np.log(distance / size) + _ORDER * np.log(distance / permuted)
        # Levels at the mean of training fit perfectly.
        found[square <= 1e-12 * size] = -np.inf
        return found


def _scales(levels: NDArray[np.float64]) -> Vector:
    """Standard deviations (R,), none far below the usual one: a constant regulator has none."""
    spread = levels.std(axis=0)
    usual = float(np.median(spread)) or float(spread.mean()) or 1.0
    found: Vector = np.hypot(spread, 0.1 * usual)
    return found


def _shrunk_covariance(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariance (R, R) of centred rows (N, R), shrunk to a multiple of the identity.

    Ledoit and Wolf 2004, J Multivar Anal 88:365.
    """
    count, size = z.shape
    covariance = z.T @ z / count
    mean = float(np.trace(covariance)) / size
    spread = float(((covariance - mean * np.eye(size)) ** 2).sum())
    fourth = float(((z**2).sum(axis=1) ** 2).sum()) / count
    noise = max(fourth - float((covariance**2).sum()), 0.0) / count
    share = min(max(noise / spread if spread > 0 else 1.0, 0.02), 1.0)
    found: NDArray[np.float64] = (1 - share) * covariance
    found[np.diag_indices(size)] += share * max(mean, 1e-9)
    return found


def _direction(training: NDArray[np.float64], asked: NDArray[np.float64]) -> Vector:
    """See `LevelReference.direction`."""
    lengths = [np.sqrt((x**2).sum(axis=1)) for x in (training, asked)]
    moved = lengths[0] > 1e-9
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = training[moved] / lengths[0][moved, None]
        cosine = np.sort((asked / lengths[1][:, None]) @ unit.T, axis=1)
    if not cosine.shape[1]:
        return np.full(len(asked), np.nan)
    few = min(_NEAREST, cosine.shape[1])
    found: Vector = cosine[:, -few:].mean(axis=1) + cosine[:, :few].mean(axis=1)
    return found


def same_as(levels: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Share (C, N) of the regulators whose level is the same in two tables (C, R) and (N, R).

    Of those that are measured in both; 0 where none is.
    """
    found = np.zeros((len(levels), len(other)))
    for index, row in enumerate(levels):
        known = ~np.isnan(other) & ~np.isnan(row)
        with np.errstate(invalid="ignore"):
            same = (np.abs(other - row) < SAME_LEVEL) & known
        found[index] = same.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return found
