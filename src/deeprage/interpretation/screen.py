"""Many knock-outs, each alone. For levels and filters promoters are encoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deeprage.data.sites import SitePattern
from deeprage.errors import DeepRageError
from deeprage.interpretation.block_model import Filtered, NetworkBlocks
from deeprage.interpretation.knockout import Matrix, WildType, knock_out
from deeprage.interpretation.perturbation import LevelChange, MotifMask
from deeprage.interpretation.promoter_edits import How

#: Numbers held at a time, about 64 MB: of the levels of one pass, and of a block predicted.
_CELLS_AT_ONCE = 16_000_000


@dataclass(frozen=True, eq=False)
class Scores:
    """What each of K knock-outs does to each gene, float32 (K, G), log2.

    Attributes:
        size: mean over conditions of |change|.
        mean: mean over conditions of the change.
    """

    size: Matrix
    mean: Matrix


def screen_regulators(
    wild: WildType,
    slots: NDArray[np.intp] | None = None,
    *,
    step: float = -5.0,
    before: Matrix | None = None,
    on_part: Callable[[], None] = lambda: None,
) -> Scores:
    """Move each regulator's level by `step` (log2), one at a time.

    Args:
        slots: which regulators; default: all.
        before: the wild type's prediction, if it is known already.
        on_part: called after each knock-out.
    """
    chosen = np.arange(len(wild.model.regulators)) if slots is None else slots
    names = wild.model.regulators
    changes = [[LevelChange(int(slot), names[slot], step, moved=True)] for slot in chosen]
    return level_scores(wild, changes, before=before, on_part=on_part)


def level_scores(
    wild: WildType,
    changes: Sequence[Sequence[LevelChange]],
    *,
    before: Matrix | None = None,
    on_part: Callable[[], None] = lambda: None,
) -> Scores:
    """Scores of K knock-outs that change levels alone."""
    if isinstance(wild.model, NetworkBlocks) and wild.model.linear_in_levels:
        return _linear_scores(wild, changes, on_part)
    before = wild.predict() if before is None else before
    at_once = max(1, _CELLS_AT_ONCE // wild.levels.size)
    parts = []
    for start in range(0, len(changes), at_once):
        part = changes[start : start + at_once]
        parts.append(_levels_at_once(wild, [_changed(wild.levels, one) for one in part], before))
        for _ in part:
            on_part()
    return Scores(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def screen_filters(
    wild: WildType,
    numbers: Sequence[int],
    *,
    before: Matrix | None = None,
    on_part: Callable[[], None] = lambda: None,
) -> Scores:
    """Silence each filter, one at a time.

    Where filters are the channels of the promoter map (the paper's networks), promoters are
    encoded once; a regulator's own level is then not hidden when its own gene is predicted.

    Raises:
        DeepRageError: the model has no such filters.
    """
    if not isinstance(wild.model, Filtered):
        raise DeepRageError(
            f"a {type(wild.model).__name__} has no filters to silence: screen regulators instead."
        )
    if isinstance(wild.model, NetworkBlocks):
        from deeprage.interpretation.network_edits import encodes_by_filter

        if encodes_by_filter(wild.model.predictor.network):
            return _filters_at_once(wild, wild.model, numbers, on_part)
    before = wild.predict() if before is None else before
    model = wild.model
    changes = (
        replace(wild, model=model.without(filters=[number])).predict() - before
        for number in numbers
    )
    return _one_by_one(changes, on_part)


def screen_motifs(
    wild: WildType,
    patterns: Sequence[SitePattern],
    *,
    how: How = "N",
    rng: np.random.Generator,
    before: Matrix | None = None,
    on_part: Callable[[], None] = lambda: None,
) -> Scores:
    """Mask the sites of each pattern in all promoters, one pattern at a time.

    Promoters that have a site are read again, so that this takes longer than the other screens.

    Args:
        how, rng: what becomes of the sites, and chance for shuffling them.
    """
    before = wild.predict() if before is None else before
    changes = (
        knock_out(wild, [MotifMask(pattern, how)], rng=rng, before=before).change
        for pattern in patterns
    )
    return _one_by_one(changes, on_part)


def _one_by_one(changes: Iterable[Matrix], on_part: Callable[[], None]) -> Scores:
    """Scores of changes (G, C), of which one is held at a time."""
    rows = []
    for change in changes:
        rows.append((np.abs(change).mean(axis=1), change.mean(axis=1)))
        on_part()
    return Scores(*(np.stack(arrays) for arrays in zip(*rows, strict=True)))


def _filters_at_once(
    wild: WildType, model: NetworkBlocks, numbers: Sequence[int], on_part: Callable[[], None]
) -> Scores:
    from deeprage.interpretation.network_edits import silence_each

    before = model.predictor.predict_new(wild.promoters, wild.levels).value
    size = np.empty((len(numbers), len(wild.genes)), dtype=np.float32)
    mean = np.empty_like(size)
    for rows, at, after in silence_each(model.predictor, wild.promoters, wild.levels, numbers):
        change = after - before[rows]
        size[at, rows], mean[at, rows] = np.abs(change).mean(axis=1), change.mean(axis=1)
        if rows.stop >= len(wild.genes):
            on_part()
    return Scores(size, mean)


def _linear_scores(
    wild: WildType, changes: Sequence[Sequence[LevelChange]], on_part: Callable[[], None]
) -> Scores:
    """Scores of a model that is linear in the levels: one step of each regulator says it all.

    The change is J D' with J (G, R) the response to one log2 unit of each regulator and D (C, R)
    the change of the levels: exact, and R + 1 conditions are predicted instead of K times C.
    """
    reference = wild.model.reference_levels[None].astype(np.float32)
    slots = sorted({one.slot for some in changes for one in some})
    steps = np.repeat(reference, len(slots), axis=0)
    steps[np.arange(len(slots)), slots] += 1
    said = wild.model.respond(wild.genes, wild.promoters, np.concatenate([reference, steps]))
    unit = {slot: said[:, 1 + at] - said[:, 0] for at, slot in enumerate(slots)}
    size = np.empty((len(changes), len(wild.genes)), dtype=np.float32)
    mean = np.empty_like(size)
    for number, some in enumerate(changes):
        moved = _changed(wild.levels, some) - wild.levels
        touched = sorted({one.slot for one in some})
        if len(touched) == 1:  # the same genes in every condition: no block is needed
            (slot,) = touched
            size[number] = np.abs(unit[slot]) * np.abs(moved[:, slot]).mean()
            mean[number] = unit[slot] * moved[:, slot].mean()
        else:
            change = np.stack([unit[slot] for slot in touched], axis=1) @ moved[:, touched].T
            size[number], mean[number] = np.abs(change).mean(axis=1), change.mean(axis=1)
        on_part()
    return Scores(size, mean)


def _changed(levels: Matrix, changes: Sequence[LevelChange]) -> Matrix:
    result = levels.copy()
    for one in changes:
        result[:, one.slot] = one.value + (result[:, one.slot] if one.moved else 0)
    return result


def _levels_at_once(
    wild: WildType, variants: Sequence[Matrix], before: Matrix
) -> tuple[Matrix, Matrix]:
    """Mean |change| and mean change (K, G) under each of K variants of the levels."""
    stacked = np.concatenate(variants)
    genes_at_once = max(1, _CELLS_AT_ONCE // len(stacked))
    size = np.empty((len(variants), len(wild.genes)), dtype=np.float32)
    mean = np.empty_like(size)
    for start in range(0, len(wild.genes), genes_at_once):
        part = slice(start, start + genes_at_once)
        after = wild.model.respond(wild.genes[part], wild.promoters[part], stacked)
        change = after.reshape(len(after), len(variants), -1) - before[part, None, :]
        size[:, part] = np.abs(change).mean(axis=2).T
        mean[:, part] = change.mean(axis=2).T
    return size, mean
