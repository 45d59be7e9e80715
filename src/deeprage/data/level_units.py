"""In which unit regulator levels are given: the log2 values of training, or something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeprage.data.level_reference import SAME_LEVEL, LevelReference

Levels = NDArray[np.float64]
Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: A unit explains levels if so large a share of the conditions then looks like training.
_EXPLAINED = 0.8
#: z-scores are recognised from so many conditions on.
_FEWEST_FOR_SCORES = 4
#: With fewer training conditions nothing is far from them.
_FEWEST_TO_COMPARE = 3
#: A training condition is recognised by so many levels that differ so much, log2.
_FEWEST_FOR_COPY, _LEAST_SPREAD = 8, 0.05
#: Conditions that are compared with each training condition.
_MOST_LOOKED_AT = 200
_NATURAL, _DECIMAL = float(np.log(2)), float(np.log10(2))


@dataclass(frozen=True)
class Unit:
    """What levels may be in place of what they should be.

    Attributes:
        name: for people, `ratios without a logarithm`.
        advice: what to do, `take log2 of them`.
        convert: levels (C, R) in log2, as they would be if that is what they are.
        possible: whether levels can be that at all.
    """

    name: str
    advice: str
    convert: Callable[[Levels], Levels]
    possible: Callable[[Levels], bool] = lambda levels: True


def far_from_training(reference: LevelReference, levels: Levels) -> Vector:
    """How far outside training the location or spread (C,) of levels is; 0 where it is not.

    The location of a condition is the median over regulators of what its levels differ from the
    regulators' means by, its spread the deviation from that. A small spread is never outside: all
    regulators may be at their usual level. Nothing is outside of very few conditions.
    """
    if len(reference.levels) < _FEWEST_TO_COMPARE:
        return np.zeros(len(levels))
    location, spread = _location_and_spread(reference, levels)
    own_location, own_spread = _location_and_spread(reference, reference.filled)
    low, high = own_location.min(), own_location.max()
    # A few conditions do not show how far others go.
    count = len(own_location)
    slack = 8 / count
    # Deviations from a mean that a condition itself is part of are too small.
    own_spread = own_spread * np.sqrt((count + 1) / (count - 1))
    usual = float(np.median(own_spread))
    margin = max((0.25 + slack) * (high - low), 0.5 * usual, 0.05)
    beyond = np.maximum(location - high, low - location) / margin
    wider = spread / max((1.75 + slack) * float(own_spread.max()), 1e-9)
    far = np.where(beyond > 1, beyond, 0.0) + np.where(wider > 1, wider, 0.0)
    return far + _one_sided(reference, levels)


def _one_sided(reference: LevelReference, levels: Levels) -> Vector:
    """1 for conditions (C,) without a negative level where those of training have some; else 0.

    Log2 fold changes go both ways, ratios are all above 0.
    """
    negative = [(x < 0).mean(axis=1) for x in (reference.filled, levels)]
    usual = reference.relative and negative[0].min() > 0.05 and levels.shape[1] >= _FEWEST_FOR_COPY
    return np.where((negative[1] == 0) & (levels > 0).all(axis=1), 1.0 if usual else 0.0, 0.0)


def likely_unit(reference: LevelReference, levels: Levels) -> Unit | None:
    """The unit that explains levels (C, R) which are far from training; None if none does.

    Of those after whose conversion most conditions look like training, the one after which they fit
    together best.
    """
    before = far_from_training(reference, levels)
    rated: list[tuple[float, int, Unit]] = []
    for number, unit in enumerate(_units(reference, levels)):
        if not unit.possible(levels):
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            converted = unit.convert(levels)
        if not np.isfinite(converted[~np.isnan(levels)]).all():
            continue
        after = far_from_training(reference, converted)
        alike = np.mean((after == 0) & ~reference.unlike(converted))
        if alike >= _EXPLAINED and after.sum() < before.sum():
            misfit = reference.misfit(converted)
            told = np.isfinite(misfit)
            rated.append((float(misfit[told].mean()) if told.any() else 0.0, number, unit))
    return min(rated, key=lambda entry: entry[:2])[2] if rated else None


def _units(reference: LevelReference, levels: Levels) -> list[Unit]:
    """What people give in place of the log2 values of training, the likeliest first."""
    location, spread = _location_and_spread(reference, levels)
    _, own_spread = _location_and_spread(reference, reference.filled)
    shift = float(np.median(location))
    narrow = float(np.median(spread)) > 0
    scale = float(np.median(spread)) / max(float(np.median(own_spread)), 1e-9) if narrow else 1.0
    middle = float(np.median(reference.filled))
    times = float(np.nanmedian(levels)) / middle if middle else 0.0
    linear = Unit(
        "counts, TPM or intensities without a logarithm",
        "give log2 fold changes" if reference.relative else "take log2(1 + x) of them",
        lambda x: _relative(np.log2(x + 1), reference),
        lambda x: bool(np.nanmin(x) >= 0 and np.nanmax(x) > 20 and not _around_one(x)),
    )
    if reference.relative:
        special = [
            Unit(
                "ratios without a logarithm",
                "take log2 of them",
                np.log2,
                _around_one,
            ),
            linear,
            Unit(
                "log2 expression, not log2 fold changes",
                "subtract each regulator's level in the reference condition",
                lambda x: x - _reference_levels(x),
                lambda x: (
                    bool(np.nanmedian(x) > 1)
                    and _differ(_reference_levels(x) - reference.mean, own_spread)
                ),
            ),
        ]
    else:
        special = [
            linear,
            Unit(
                "log2 fold changes or z-scores, not log2 expression",
                "add each regulator's level in the reference condition",
                lambda x: x + reference.mean,
                lambda x: bool(np.nanmean(x < 0) > 0.1),
            ),
            Unit("natural logarithms", "divide them by 0.693", lambda x: x / _NATURAL),
            Unit("decimal logarithms", "divide them by 0.301", lambda x: x / _DECIMAL),
            Unit("values with the sign turned round", "multiply them by -1", lambda x: -x),
            _multiplied(times, lambda x: x / times),
        ]
    return [
        *special,
        Unit(
            f"values with a constant of about {shift:+.2g} added",
            f"subtract {shift:.2g}" if shift > 0 else f"add {-shift:.2g}",
            lambda x: x - shift,
        ),
        _multiplied(scale, lambda x: reference.usual + (x - reference.usual) / scale),
    ]


def _multiplied(factor: float, convert: Callable[[Levels], Levels]) -> Unit:
    return Unit(
        f"values that were multiplied by about {factor:.2g}",
        f"divide them by {factor:.2g}",
        convert,
        lambda x: factor > 0,
    )


def _around_one(levels: Levels) -> bool:
    return bool(np.nanmin(levels) > 0 and 0.4 < np.nanmedian(levels) < 2.5)


def _differ(levels: Vector, own_spread: Vector) -> bool:
    """Whether the regulators' usual levels (R,) differ more than those of a training condition."""
    return bool(levels.std() > float(np.median(own_spread)))


def _relative(levels: Levels, reference: LevelReference) -> Levels:
    """Log2 expression as it is for such a training, else less each regulator's usual level."""
    return levels - _reference_levels(levels) if reference.relative else levels


def _reference_levels(levels: Levels) -> Levels:
    """Each regulator's median where there are several conditions, else that of all of them."""
    if len(levels) > 2:
        found: Levels = np.nanmedian(levels, axis=0)
        return found
    return np.full(levels.shape[1], np.nanmedian(levels))


def narrow(reference: LevelReference, levels: Levels) -> bool:
    """Whether levels (C, R) of several conditions spread less than in any series of training."""
    if len(levels) < _FEWEST_FOR_SCORES or not reference.fits_can_be_told:
        return False
    _, spread = _location_and_spread(reference, levels)
    _, own = _location_and_spread(reference, reference.filled)
    series = [own[reference.series == number].mean() for number in np.unique(reference.series)]
    return bool(spread.mean() < 0.9 * min(series))


def scored_by(reference: LevelReference, levels: Levels) -> str | None:
    """`regulator` or `condition` if levels (C, R) are z-scores within it, and training is not."""
    for name, axis in (("regulator", 0), ("condition", 1)):
        if levels.shape[axis] < _FEWEST_FOR_SCORES or levels.shape[1 - axis] < 2:
            continue
        if _are_scores(levels, axis) and not _are_scores(reference.filled, axis):
            return name
    return None


def _are_scores(levels: Levels, axis: int) -> bool:
    if np.isnan(levels).any():
        return False
    mean, count = levels.mean(axis=axis), levels.shape[axis]
    # With one or no degree of freedom taken off.
    spread = levels.std(axis=axis)[:, None] * np.array([1.0, np.sqrt(count / (count - 1))])
    unit = (np.abs(spread - 1) < 5e-3).mean(axis=0).max() > 0.95
    return bool(unit and (np.abs(mean) < 5e-3).mean() > 0.95)


@dataclass(frozen=True)
class Copy:
    """Levels that are those of a training condition times a factor, plus a constant.

    Attributes:
        condition: number (from 0) among the asked ones; training: among those of training.
    """

    condition: int
    training: int
    factor: float
    constant: float

    @property
    def cause(self) -> str:
        """What was done to them, for people."""
        near = (("natural logarithms", _NATURAL), ("decimal logarithms", _DECIMAL))
        by_factor = [name for name, factor in near if abs(self.factor / factor - 1) < 0.02]
        if by_factor and abs(self.constant) < 0.02:
            return by_factor[0]
        if abs(self.factor + 1) < 0.02 and abs(self.constant) < 0.02:
            return "values with the sign turned round"
        times = "" if abs(self.factor - 1) < 0.02 else f"multiplied by {self.factor:.3g}"
        plus = "" if abs(self.constant) < 0.02 else f"raised by {self.constant:.3g}"
        if self.constant < -0.02:
            plus = f"lowered by {-self.constant:.3g}"
        return f"values that were {' and '.join(part for part in (times, plus) if part)}"


def copies(reference: LevelReference, levels: Levels) -> list[Copy]:
    """The conditions whose levels are a training condition's, up to a line that is not y = x."""
    found = []
    for number in _some(levels):
        row = levels[number]
        match = _closest_line(reference.levels.astype(np.float64), row)
        if match is not None:
            training, factor, constant = match
            found.append(Copy(number, training, factor, constant))
    return found


def _closest_line(training: Levels, row: Vector) -> tuple[int, float, float] | None:
    """Training condition, factor and constant; None where the levels are not on such a line."""
    known = ~np.isnan(training) & ~np.isnan(row)
    count = np.maximum(known.sum(axis=1), 1)[:, None]
    x, y = np.where(known, training, 0), np.where(known, row, 0)
    x_mean, y_mean = x.sum(axis=1, keepdims=True) / count, y.sum(axis=1, keepdims=True) / count
    x, y = np.where(known, x - x_mean, 0), np.where(known, y - y_mean, 0)
    xx, xy = (x**2).sum(axis=1), (x * y).sum(axis=1)
    varied = (xx / count[:, 0] > _LEAST_SPREAD**2) & (count[:, 0] >= _FEWEST_FOR_COPY)
    factor = np.where(varied, xy / np.where(varied, xx, 1), 0)
    away = np.abs(y - factor[:, None] * x).max(axis=1, initial=0)
    exact = varied & (np.abs(factor) > 0.01) & (away < SAME_LEVEL * np.maximum(1, np.abs(factor)))
    if not exact.any():
        return None
    best = int(np.flatnonzero(exact)[0])
    constant = float(y_mean[best, 0] - factor[best] * x_mean[best, 0])
    is_line = abs(factor[best] - 1) > 0.01 or abs(constant) > 0.01
    return (best, float(factor[best]), constant) if is_line else None


def rearranged(reference: LevelReference, levels: Levels) -> list[tuple[int, int, Mask]]:
    """The conditions that have a training condition's levels in another order.

    Returns:
        number of the condition, of the training condition, and which regulators (R,) differ.
    """
    found = []
    training = np.sort(reference.levels, axis=1)
    for number in _some(levels):
        row = levels[number]
        own = np.sort(row)
        with np.errstate(invalid="ignore"):
            same = (np.abs(training - own) < SAME_LEVEL) | (np.isnan(training) & np.isnan(own))
        for candidate in np.flatnonzero(same.all(axis=1)):
            with np.errstate(invalid="ignore"):
                differs = np.abs(reference.levels[candidate] - row) >= SAME_LEVEL
            if differs.any() and len(np.unique(own[~np.isnan(own)])) > 2:
                found.append((number, int(candidate), np.asarray(differs)))
                break
    return found


def _some(levels: Levels) -> list[int]:
    """Rows to look at one by one, evenly spaced where there are many."""
    count = min(len(levels), _MOST_LOOKED_AT)
    return [int(row) for row in np.linspace(0, len(levels) - 1, count).round()] if count else []


def _location_and_spread(reference: LevelReference, levels: Levels) -> tuple[Vector, Vector]:
    """Median and deviation (C,) over regulators of levels less the regulators' means.

    The deviation is a root mean square without the farthest twentieth.
    """
    away = np.asarray(levels, dtype=np.float64) - reference.mean
    location = np.median(np.where(np.isnan(away), 0.0, away), axis=1)
    size = np.sort(np.abs(np.nan_to_num(away - location[:, None])), axis=1)
    # One regulator alone, however far off, is no matter of units.
    size = size[:, : size.shape[1] - max(1, size.shape[1] // 20)]
    return location, np.sqrt((size**2).mean(axis=1)) if size.shape[1] else location * 0
