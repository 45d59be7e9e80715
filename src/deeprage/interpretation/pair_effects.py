"""The joint effect of a regulator and its motif: what of a gene's response needs the sites."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.data.sites import SiteFinder, SitePattern
from deeprage.interpretation.block_model import BlockModel
from deeprage.interpretation.promoter_edits import mask_sites

Matrix = NDArray[np.float32]


class PairEffects(NamedTuple):
    """Effects of N regulators' motifs on G genes, all (G, N); 0 for a gene without a site.

    Attributes:
        sites: intp, sites that were masked.
        motif: float32 log2, mean over conditions of |prediction less that without the sites|.
        mixed: float32 log2, mean over conditions of |interaction|, see `pair_effects`.
        signed: float32 log2, mean interaction; positive for an activator.
    """

    sites: NDArray[np.intp]
    motif: Matrix
    mixed: Matrix
    signed: Matrix


def pair_effects(
    model: BlockModel,
    genes: NDArray[np.intp],
    promoters: NDArray[np.int8],
    levels: Matrix,
    patterns: Mapping[int, Sequence[SitePattern]],
    *,
    low: Matrix,
    high: Matrix,
    on_regulator: Callable[[], None] = lambda: None,
) -> PairEffects:
    """Mask each regulator's sites, set its level low and high, and take the interaction.

    With f the prediction, x the promoter, x' the promoter without the sites (N in their place),
    and the regulator's level at `high` or `low` in an otherwise unchanged condition, it is

        [f(x, high) - f(x, low)] - [f(x', high) - f(x', low)]:

    how much of the gene's response to the regulator goes through the regulator's sites. A main
    effect of either, such as a regulator that follows stress or a motif that lifts a promoter in
    every condition, cancels.

    Args:
        genes: rows (G,) of the compendium.
        promoters: tokens (G, L) of these genes.
        levels: log2 (C, R), nothing missing.
        patterns: site patterns by the regulator's place; N regulators, in this order.
        low, high: log2 (R,).
        on_regulator: called after each regulator.
    """
    shape = (len(genes), len(patterns))
    found = PairEffects(
        np.zeros(shape, dtype=np.intp), *(np.zeros(shape, dtype=np.float32) for _ in range(3))
    )
    finder = SiteFinder(promoters)
    for column, (slot, some) in enumerate(patterns.items()):
        masked, sites = without_sites(promoters, some, finder)
        found.sites[:, column] = sites
        rows = np.flatnonzero(sites)
        if len(rows):
            raised, lowered = levels.copy(), levels.copy()
            raised[:, slot], lowered[:, slot] = high[slot], low[slot]
            every = np.concatenate([levels, raised, lowered])
            lost = model.respond(genes[rows], promoters[rows], every)
            lost -= model.respond(genes[rows], masked[rows], every)
            as_is, at_high, at_low = np.split(lost, 3, axis=1)
            interaction = at_high - at_low
            found.motif[rows, column] = np.abs(as_is).mean(axis=1)
            found.mixed[rows, column] = np.abs(interaction).mean(axis=1)
            found.signed[rows, column] = interaction.mean(axis=1)
        on_regulator()
    return found


def without_sites(
    promoters: NDArray[np.int8], patterns: Sequence[SitePattern], finder: SiteFinder
) -> tuple[NDArray[np.int8], NDArray[np.intp]]:
    """Promoters with the sites of all patterns as N, and how many sites there were.

    Args:
        finder: of sites in these promoters.
    """
    total = np.zeros(len(promoters), dtype=np.intp)
    rng = np.random.default_rng(0)  # not drawn from: letters become N
    for number, pattern in enumerate(patterns):
        promoters, sites, _ = mask_sites(
            promoters, pattern, how="N", rng=rng, finder=finder if number == 0 else None
        )
        total += sites
    return promoters, total
