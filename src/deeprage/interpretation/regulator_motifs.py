"""Which known motifs belong to which regulators, and what counts as a site of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from deeprage.data.motifs import Motif
from deeprage.data.sites import DEFAULT_P_VALUE, SitePattern, pwm_pattern
from deeprage.errors import DeepRageError
from deeprage.interpretation.tomtom import factors

#: Motifs too short for the usual p-value of a site are tried at these.
_LARGER_P_VALUES = (3e-4, 1e-3)


def motifs_of_regulators(
    motifs: Sequence[Motif], names: Sequence[str], symbols: Sequence[str]
) -> dict[int, list[Motif]]:
    """Motifs by the place of their regulator, matched by gene name or symbol, any case.

    A motif of a complex belongs to each of its members.

    Args:
        names, symbols: of the R regulators.
    """
    place = {symbol.upper(): slot for slot, symbol in enumerate(symbols)}
    place |= {name.upper(): slot for slot, name in enumerate(names)}
    found: dict[int, list[Motif]] = {}
    for motif in motifs:
        for factor in dict.fromkeys((*factors(motif.symbol), *factors(motif.name))):
            if factor in place:
                found.setdefault(place[factor], []).append(motif)
    return dict(sorted(found.items()))


def site_patterns(
    motifs: Mapping[int, Sequence[Motif]],
    background: NDArray[np.float64],
    *,
    longest: int,
    p_value: float = DEFAULT_P_VALUE,
) -> dict[int, list[SitePattern]]:
    """Site patterns by regulator, at `p_value` or, where a motif is too short for it, at 3e-4 or
    1e-3.

    Motifs that are too short to have sites that are rarer than chance, or longer than the
    promoters (`longest` bp), are left out, and so is a regulator that has no other.
    """
    found: dict[int, list[SitePattern]] = {}
    for slot, members in motifs.items():
        patterns = [
            _pattern(motif, background, p_value) for motif in members if motif.width <= longest
        ]
        kept = [pattern for pattern in patterns if pattern is not None]
        if kept:
            found[slot] = kept
    return found


def _pattern(motif: Motif, background: NDArray[np.float64], p_value: float) -> SitePattern | None:
    for at in (p_value, *(larger for larger in _LARGER_P_VALUES if larger > p_value)):
        try:
            return pwm_pattern(motif, background, p_value=at)
        except DeepRageError:  # even its best word is commoner than this
            continue
    return None
