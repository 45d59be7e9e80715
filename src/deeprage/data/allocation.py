"""Dealing groups of unequal size into parts of wanted sizes, without parting a group."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def allocate(
    sizes: NDArray[np.intp], wanted: Sequence[float], rng: np.random.Generator
) -> NDArray[np.intp]:
    """The part (0 .. len(wanted) - 1) that each group goes to.

    Groups are dealt from the largest to the smallest, ties in random order. Each goes to a part
    drawn with probability proportional to the room left there, among the parts that it fits, so
    that a group of any size is held out about as often as `wanted` says; the many small groups at
    the end level the parts. No part stays empty as long as there are as many groups as parts.

    Args:
        sizes: (groups,) number of genes or conditions in each group.
        wanted: size wanted for each part; they should add up to the sum of `sizes`.
        rng: source of all randomness.

    Returns:
        intp (groups,).
    """
    room = np.asarray(wanted, dtype=float).copy()
    empty = np.ones(len(room), dtype=bool)
    part = np.empty(len(sizes), dtype=np.intp)
    order = np.lexsort((rng.random(len(sizes)), -sizes))
    for dealt, group in enumerate(order):
        must_fill = len(order) - dealt <= np.count_nonzero(empty)
        open_parts = np.flatnonzero(empty) if must_fill else _that_fit(room, float(sizes[group]))
        weight = np.maximum(room[open_parts], 1e-9)
        choice = open_parts[np.searchsorted(weight.cumsum(), rng.random() * weight.sum())]
        part[group] = choice
        room[choice] -= sizes[group]
        empty[choice] = False
    return part


def _that_fit(room: NDArray[np.float64], size: float) -> NDArray[np.intp]:
    """Parts that still have room for a group; else those that it overfills least."""
    # A part that wants 9.5 genes takes a tenth one, or rounding would leave the last gene homeless.
    fits = np.flatnonzero(room >= size - 0.5)
    return fits if len(fits) else np.flatnonzero(room == room.max())
