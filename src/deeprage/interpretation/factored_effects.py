"""Effects of regulators' motifs and levels in a model of factor scores times loadings.

The same quantities as `pair_effects` and `level_attribution` measure in any model, in a small part
of the time: loadings do not depend on the promoter, nor factor scores on the levels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.data.dna import N_TOKEN
from deeprage.data.sites import SiteFinder, SitePattern
from deeprage.interpretation.block_model import Factored
from deeprage.interpretation.level_attribution import LevelEffects
from deeprage.interpretation.pair_effects import PairEffects, without_sites

Matrix = NDArray[np.float32]
Tokens = NDArray[np.int8]
#: Genes whose sites are masked at a time.
_GENES = 256


class Loadings(NamedTuple):
    """Loadings of K factors in C conditions.

    Attributes:
        as_is: float64 (C, K), at the levels as they are.
        raised: float64 (C, N, K), with each of N regulators high less with it low.
    """

    as_is: NDArray[np.float64]
    raised: NDArray[np.float64]


def loadings_of(
    model: Factored,
    levels: Matrix,
    slots: NDArray[np.intp],
    *,
    low: Matrix,
    high: Matrix,
    on_condition: Callable[[], None] = lambda: None,
) -> Loadings:
    """Loadings at levels (C, R), and what N regulators' levels do to them.

    Args:
        slots: places (N,) of the regulators; low, high: log2 (R,).
    """
    nobody = np.zeros(0, dtype=np.intp)
    as_is, raised = [], []
    for level in levels:
        both = np.concatenate([slots, slots])
        values = np.concatenate([low[slots], high[slots]])
        _, found = model.around(nobody, level, both, values)
        as_is.append(found[0])
        raised.append(found[1 + len(slots) :] - found[1 : 1 + len(slots)])
        on_condition()
    return Loadings(np.stack(as_is), np.stack(raised))


def factored_pair_effects(
    model: Factored,
    genes: NDArray[np.intp],
    promoters: Tokens,
    patterns: Mapping[int, Sequence[SitePattern]],
    loadings: Loadings,
    *,
    most: int | None = None,
    rng: np.random.Generator | None = None,
    on_genes: Callable[[], None] = lambda: None,
) -> PairEffects:
    """As `pair_effects`, for promoters (G, L) of genes (G,).

    Args:
        patterns: by the regulator's place; N regulators, in the order of the loadings.
        most: so many genes with sites are looked at for each regulator, drawn at random; all
            effects of the others are NaN. None for all.
        rng: draws them.
        on_genes: called after each of `steps_of(len(genes))` parts.
    """
    shape = (len(genes), len(patterns))
    found = PairEffects(
        np.zeros(shape, dtype=np.intp), *(np.zeros(shape, dtype=np.float32) for _ in range(3))
    )
    order = np.arange(len(genes))
    if most is not None:
        order = (rng or np.random.default_rng(0)).permutation(len(genes))
    left = np.full(len(patterns), len(genes) if most is None else most)
    for first in range(0, len(genes), _GENES):
        part = order[first : first + _GENES]
        pairs = _masked(promoters[part], patterns, left)
        found.sites[part] = pairs.sites
        for effect in (found.motif, found.mixed, found.signed):
            effect[np.ix_(part, np.arange(len(patterns)))] = np.where(pairs.skipped, np.nan, 0.0)
        lost = -_changes(model, genes[part], promoters[part], pairs)
        rows = part[pairs.rows]
        found.motif[rows, pairs.columns] = np.abs(lost @ loadings.as_is.T).mean(axis=1)
        for column in np.unique(pairs.columns):
            own = pairs.columns == column
            interaction = lost[own] @ loadings.raised[:, column].T
            found.mixed[rows[own], column] = np.abs(interaction).mean(axis=1)
            found.signed[rows[own], column] = interaction.mean(axis=1)
        on_genes()
    return found


def factored_level_effects(
    model: Factored,
    genes: NDArray[np.intp],
    promoters: Tokens,
    levels: Matrix,
    *,
    on_condition: Callable[[], None] = lambda: None,
) -> LevelEffects:
    """As `level_effects` by mutagenesis: each regulator at its reference, one at a time.

    Args:
        levels: log2 (C, R), nothing missing.
        on_condition: called after each condition.
    """
    every = np.arange(levels.shape[1])
    moved = levels.astype(np.float64) - model.reference_levels
    shift = model.score_shifts(genes, promoters)
    size = np.zeros((len(genes), len(every)))
    slope = np.zeros_like(size)
    for level, by in zip(levels, moved, strict=True):
        values, loadings = model.around(genes, level, every, model.reference_levels)
        lost = (values[:, :1] - values[:, 1:]) + shift @ (loadings[0] - loadings[1:]).T
        size += np.abs(lost) / len(levels)
        slope += lost * by
        on_condition()
    slope /= np.maximum((moved**2).sum(axis=0), 1e-12)
    return LevelEffects(size.astype(np.float32), slope.astype(np.float32))


def steps_of(genes: int) -> int:
    """How often `factored_pair_effects` calls back for so many genes."""
    return -(-genes // _GENES)


class _Masked(NamedTuple):
    """Promoters without the sites of one regulator each.

    Attributes:
        rows, columns: gene and regulator (P,); masked: int8 (P, L).
        sites: intp (G, N); skipped: bool (G, N), pairs with sites that are not looked at.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    masked: Tokens
    sites: NDArray[np.intp]
    skipped: NDArray[np.bool_]


def _masked(
    promoters: Tokens, patterns: Mapping[int, Sequence[SitePattern]], left: NDArray[np.intp]
) -> _Masked:
    """Promoters with sites, up to `left` (N,) for each regulator, which is counted down."""
    finder = SiteFinder(promoters)
    sites = np.zeros((len(promoters), len(patterns)), dtype=np.intp)
    skipped = np.zeros(sites.shape, dtype=bool)
    rows, columns, masked = [], [], []
    for column, some in enumerate(patterns.values()):
        without, sites[:, column] = without_sites(promoters, some, finder)
        having = np.flatnonzero(sites[:, column])
        taken = having[: left[column]]
        skipped[having[len(taken) :], column] = True
        left[column] -= len(taken)
        rows.append(taken)
        columns.append(np.full(len(taken), column, dtype=np.intp))
        masked.append(without[taken])
    return _Masked(
        np.concatenate(rows), np.concatenate(columns), np.concatenate(masked), sites, skipped
    )


def _changes(
    model: Factored, genes: NDArray[np.intp], promoters: Tokens, pairs: _Masked
) -> NDArray[np.float64]:
    """Change (P, K) of the factor scores; regulators with the same sites share it."""
    places = np.packbits((pairs.masked == N_TOKEN), axis=1)
    keys = np.concatenate([pairs.rows.astype("<i8").view(np.uint8).reshape(-1, 8), places], axis=1)
    _, first, same = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    changed = model.score_changes(genes, promoters, pairs.rows[first], pairs.masked[first])
    return changed[same.ravel()]
