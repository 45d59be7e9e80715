"""Regulator levels that somebody gives, checked against those of training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeprage.data.expression import LARGEST_LOG2
from deeprage.data.level_reference import SAME_LEVEL, LevelReference, same_as
from deeprage.data.level_units import (
    copies,
    far_from_training,
    likely_unit,
    narrow,
    rearranged,
    scored_by,
)
from deeprage.errors import DeepRageError, counted, examples

Levels = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Levels of which so large a share is as usual, or as in a training condition, are an edit of it.
_EDITED = 0.7
#: A regulator is called far outside training beyond its range by as much as it is wide.
_FAR = 1.0
_MOST_READS = 1e10
_SERIES_WITH_A_DIRECTION = 8


@dataclass(frozen=True, eq=False)
class LevelFindings:
    """What is odd about levels (C, R).

    Attributes:
        notes: for people; empty where nothing is odd.
        unlike: bool (C,), conditions whose levels do not fit the regulators they are given for.
        beyond: float32 (C,), log2: how far from what training saw each condition is. Intervals grow
            by it.
    """

    notes: tuple[str, ...]
    unlike: Mask
    beyond: NDArray[np.float32]


def check_levels(
    reference: LevelReference,
    levels: NDArray[np.floating],
    *,
    conditions: Sequence[str],
    regulators: Sequence[str],
    source: str = "the levels",
) -> LevelFindings:
    """Compare levels (C, R) with those of training: unit, order, range.

    Args:
        levels: log2, NaN where not measured: such a level is not looked at.
        conditions: names (C,); regulators: names (R,).
        source: what they come from, for messages.

    Raises:
        DeepRageError: a level that no log2 value is; the message names the likely unit.
    """
    given = np.asarray(levels, dtype=np.float64)
    _refuse_impossible(reference, given, conditions, regulators, source)
    measured = ~np.isnan(given)
    unlike = np.zeros(len(given), dtype=bool)
    beyond = _beyond_range(reference, given)
    notes = _constant(given, conditions)
    # Each pattern of measured regulators has its own training to be compared with.
    patterns, which = np.unique(measured, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        own = np.flatnonzero(which.reshape(-1) == number)
        if pattern.sum() < 2:
            continue
        part = reference if pattern.all() else reference.of_regulators(pattern)
        names = [name for name, used in zip(regulators, pattern, strict=True) if used]
        found = _check_pattern(
            part, given[np.ix_(own, pattern)], [conditions[int(at)] for at in own], names, source
        )
        notes += found.notes
        unlike[own] = found.unlike
        beyond[own] = np.maximum(beyond[own], found.beyond)
    return LevelFindings(tuple(dict.fromkeys(notes)), unlike, beyond.astype(np.float32))


def _check_pattern(
    reference: LevelReference,
    levels: Levels,
    conditions: Sequence[str],
    regulators: Sequence[str],
    source: str,
) -> LevelFindings:
    """The same for levels without gaps."""
    notes: list[str] = []
    beyond = np.zeros(len(levels))
    unlike = np.zeros(len(levels), dtype=bool)
    alike = same_as(levels, reference.levels).max(axis=1, initial=0)
    edited = np.maximum(alike, same_as(levels, reference.usual[None])[:, 0]) >= _EDITED
    known = alike >= 1
    explained = known.copy()
    for number, _, differs in rearranged(reference, levels):
        unlike[number] = explained[number] = True
        swapped = [name for name, odd in zip(regulators, differs, strict=True) if odd]
        notes.append(
            f"{source}: {conditions[number]!r} has the levels of a training condition under other "
            f"names ({counted(len(swapped), 'regulator')}, such as {examples(swapped)}): check "
            "that each level stands beside its regulator"
        )
    by_cause: dict[str, list[int]] = {}
    for copy in copies(reference, levels):
        if not explained[copy.condition]:
            by_cause.setdefault(copy.cause, []).append(copy.condition)
    for cause, members in by_cause.items():
        explained[members] = unlike[members] = True
        notes.append(
            f"{source}: {_named(members, conditions)} {_have(members)} the levels of training "
            f"conditions as {cause}: give {_unit(reference)}"
        )
    scores = scored_by(reference, levels)
    if scores is not None:
        notes.append(f"{source} look like z-scores of each {scores}: give {_unit(reference)}")
        unlike |= ~explained
        explained[:] = True
    far = far_from_training(reference, levels)
    odd = np.flatnonzero((far > 0) & ~explained & ~edited)
    if len(odd):
        notes.append(_of_unit(reference, levels, odd, conditions, source))
        beyond[odd] = np.abs(np.median(levels[odd] - reference.mean, axis=1))
        unlike[odd] = explained[odd] = True
    rest = np.flatnonzero(~explained & ~edited)
    together = reference.all_unlike(levels[rest])
    alone = rest[reference.unlike(levels[rest])]
    suspects = rest if together else alone
    turned = _turned(reference, levels[rest])
    if turned:
        notes.append(
            f"{source}: {_named(rest, conditions)} {'go' if len(rest) > 1 else 'goes'} the "
            "opposite way to the training conditions: check the sign of the log2 values"
        )
        unlike[rest] = True
    elif narrow(reference, levels[rest]):
        notes.append(
            f"{source} differ less between regulators than in any series of training: "
            f"{_span(levels[rest])}; in training they lie at {_span(reference.filled)}: if they "
            "are natural or decimal logarithms, divide them by 0.693 or 0.301"
        )
    elif len(suspects):
        notes.append(
            f"{source}: in {_named(suspects, conditions)} the regulator levels fit together worse "
            "than in the conditions of training, though each may be in its range: check that each "
            "level stands beside its regulator; expect large errors"
        )
        unlike[suspects] = True
    notes += _outside(reference, levels[~explained | known], regulators)
    # Levels that say nothing of the condition leave an error as large as the change itself.
    size = np.sqrt(np.mean((levels - reference.mean) ** 2, axis=1))
    beyond = np.where(unlike, np.maximum(beyond, size), beyond)
    return LevelFindings(tuple(notes), unlike, beyond.astype(np.float32))


def _of_unit(
    reference: LevelReference,
    levels: Levels,
    odd: NDArray[np.intp],
    conditions: Sequence[str],
    source: str,
) -> str:
    """A note on conditions that are far from all of training."""
    part = levels[odd]
    unit = likely_unit(reference, part)
    where = "" if len(odd) == len(levels) else f" in {_named(odd, conditions)}"
    found = f"{_span(part)}{where}; in training they lie at {_span(reference.filled)}"
    if unit is None:
        return (
            f"{source} are unlike those of training: {found}: check their unit, "
            f"{_unit(reference)} are needed; expect large errors"
        )
    return f"{source} look like {unit.name}: {found}: {unit.advice}"


def _turned(reference: LevelReference, levels: Levels) -> bool:
    """Whether the conditions go the opposite way to training, all in all."""
    if not reference.fits_can_be_told or not len(levels):
        return False
    own = reference.series_directions
    asked = reference.direction(levels)
    asked = asked[~np.isnan(asked)]
    if len(own) < _SERIES_WITH_A_DIRECTION or not len(asked):
        return False
    middle, least = float(np.median(own)), float(own.min())
    return bool(asked.mean() < min(least - 0.25 * (middle - least), -0.25 * middle))


def _refuse_impossible(
    reference: LevelReference,
    levels: Levels,
    conditions: Sequence[str],
    regulators: Sequence[str],
    source: str,
) -> None:
    """Raise a `DeepRageError` for levels beyond what a log2 value can be."""
    most = max(float(LARGEST_LOG2), 2 * float(np.abs(reference.filled).max(initial=0)))
    with np.errstate(invalid="ignore"):
        impossible = np.isinf(levels) | (np.abs(levels) > most)
    if not impossible.any():
        return
    row, column = np.argwhere(impossible)[0]
    known = levels[np.isfinite(levels)]
    whole_rows = levels[np.isfinite(levels).all(axis=1)]
    unit = likely_unit(reference, whole_rows) if len(whole_rows) else None
    whole = len(known) and known.min() >= 0 and bool((known == np.round(known)).all())
    if whole and known.max() < _MOST_READS:
        cause = "; they look like counts"
    elif unit is not None:
        cause = f"; they look like {unit.name}"
    else:
        cause = ""
    if len(known) and np.abs(known).max() > _MOST_READS:
        cause = ""
    raise DeepRageError(
        f"{source} have {counted(int(impossible.sum()), 'level')} that no log2 value is, such as "
        f"{levels[row, column]:g} of {str(regulators[column])!r} in {str(conditions[row])!r}"
        f"{cause}: {_span(levels)}; in training they lie at {_span(reference.filled)}: give "
        f"{_unit(reference)}."
    )


def _constant(levels: Levels, conditions: Sequence[str]) -> list[str]:
    """A note on conditions in which all regulators have the same level."""
    if levels.shape[1] < 2:
        return []
    with np.errstate(invalid="ignore"):
        spread = np.nanmax(levels, axis=1, initial=-np.inf) - np.nanmin(
            levels, axis=1, initial=np.inf
        )
    measured = (~np.isnan(levels)).sum(axis=1) > 1
    same = np.flatnonzero(measured & (spread < SAME_LEVEL))
    if not len(same):
        return []
    value = float(np.nanmedian(levels[same[0]]))
    return [
        f"all regulators have the same level, {value:.4g}, in {_named(same, conditions)}: nothing "
        "tells such a condition from others"
    ]


def _beyond_range(reference: LevelReference, levels: Levels) -> NDArray[np.float64]:
    """Root mean square distance (C,), log2, of levels from the range of each regulator."""
    outside = np.maximum(levels - reference.high, reference.low - levels)
    outside = np.where(np.isnan(outside), 0, np.maximum(outside, 0))
    found: NDArray[np.float64] = np.sqrt(np.mean(outside**2, axis=1))
    return found


def _outside(reference: LevelReference, levels: Levels, regulators: Sequence[str]) -> list[str]:
    """A note on levels (C, R) outside the range of their regulator; the farthest are named."""
    width = reference.high - reference.low
    width = np.maximum(width, max(float(np.median(width)), SAME_LEVEL))
    with np.errstate(invalid="ignore"):
        above = np.maximum(levels - reference.high, reference.low - levels)
    outside = above > SAME_LEVEL
    if not outside.any():
        return []
    all_levels = counted(int((~np.isnan(levels)).sum()), "regulator level")
    text = f"{outside.sum():,} of {all_levels} lie outside "
    farthest = np.nanmax(np.where(outside, above, 0) / width, axis=0)
    far = [int(at) for at in np.argsort(-farthest, kind="stable") if farthest[at] > _FAR]
    named = [
        f"{str(regulators[at])!r} at {_ends(levels[:, at])}, training {reference.low[at]:.3g} to "
        f"{reference.high[at]:.3g}"
        for at in far[:3]
    ]
    more = f"; {counted(len(far), 'regulator')} far outside: {'; '.join(named)}" if far else ""
    more += "; ..." if len(far) > 3 else ""
    return [f"{text}what training saw of their regulator{more}: the model extrapolates there"]


def _ends(levels: NDArray[np.float64]) -> str:
    low, high = float(np.nanmin(levels)), float(np.nanmax(levels))
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _unit(reference: LevelReference) -> str:
    return "log2 fold changes" if reference.relative else "log2 expression"


def _span(levels: NDArray[np.floating]) -> str:
    """`-0.8 to 1.2`, and the median where it says more: the central 98 % of levels."""
    known = levels[np.isfinite(levels)]
    if not len(known):
        return "no finite value"
    low, middle, high = (float(x) for x in np.quantile(known, [0.01, 0.5, 0.99]))
    if low == high:
        return f"{low:.4g}"
    return f"{low:.4g} to {high:.4g} (median {middle:.3g})"


def _named(members: Iterable[int], conditions: Sequence[str]) -> str:
    """`2 of 8 conditions ('a', 'b')`."""
    names = [conditions[int(at)] for at in members]
    return f"{len(names)} of {counted(len(conditions), 'condition')} ({examples(names)})"


def _have(members: Sequence[int]) -> str:
    return "have" if len(members) > 1 else "has"
