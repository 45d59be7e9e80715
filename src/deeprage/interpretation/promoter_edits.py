"""Masking the sites of a motif in promoters: with N, or by shuffling their letters in place."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.data.dna import N_TOKEN
from deeprage.data.sites import SiteFinder, SitePattern, covered, site_starts

How = Literal["N", "shuffle"]
#: How often a stretch is shuffled before its letters are given up.
_ATTEMPTS = 20


class Masked(NamedTuple):
    """Promoters without a motif's sites.

    Attributes:
        promoters: int8 (G, L).
        sites: intp (G,), sites that there were, either strand; a palindrome counts once.
        given_up: stretches of letters that no order frees of the motif (`AAAAA`) and that are N
            although they were to be shuffled.
    """

    promoters: NDArray[np.int8]
    sites: NDArray[np.intp]
    given_up: int


def mask_sites(
    promoters: NDArray[np.int8],
    pattern: SitePattern,
    *,
    how: How,
    rng: np.random.Generator,
    finder: SiteFinder | None = None,
) -> Masked:
    """Promoters (G, L) in which no site of a pattern is left, on either strand.

    `N` leaves nothing in a site's place. `shuffle` keeps the letters and their number: the letters
    of each stretch of overlapping or adjacent sites change places until none is a site.

    Args:
        finder: of sites in these promoters, if there is one.

    Raises:
        DeepRageError: the pattern is longer than the promoters.
    """
    starts = (finder or SiteFinder(promoters)).starts(pattern)
    inside = covered(starts, pattern.width)
    sites = starts.sum(axis=1)
    if how == "N":
        return Masked(np.where(inside, np.int8(N_TOKEN), promoters), sites, 0)
    rows = np.flatnonzero(sites)
    changed = promoters.copy()
    changed[rows], given_up = _shuffled(promoters[rows], inside[rows], pattern, rng)
    return Masked(changed, sites, given_up)


def _shuffled(
    promoters: NDArray[np.int8],
    inside: NDArray[np.bool_],
    pattern: SitePattern,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int8], int]:
    """Promoters with the letters of each stretch in another order, and how many are N instead."""
    result = promoters.copy()
    begins = inside & ~np.pad(inside, ((0, 0), (1, 0)))[:, :-1]
    stretch = np.where(inside, begins.ravel().cumsum().reshape(inside.shape), 0)
    bad = np.unique(stretch[inside])
    for _ in range(_ATTEMPTS):
        at = np.flatnonzero(np.isin(stretch, bad) & inside)
        # Sorted by stretch and then at random: letters stay in the stretch that they came from.
        order = np.lexsort((rng.random(len(at)), stretch.flat[at]))
        result.flat[at] = result.flat[at[order]]
        left = covered(site_starts(result, pattern), pattern.width)
        bad = np.unique(stretch[left & inside])
        if not len(bad):
            return result, 0
    result[np.isin(stretch, bad) & inside] = N_TOKEN
    return result, len(bad)
