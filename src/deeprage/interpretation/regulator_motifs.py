"""Which known motifs belong to which regulators, and what counts as a site of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.data.motif_names import motif_owners
from deeprage.data.motifs import Motif
from deeprage.data.names import NameResolver
from deeprage.data.sites import DEFAULT_P_VALUE, SitePattern, check_site_p, pwm_pattern
from deeprage.errors import DeepRageError

#: Motifs too short for the usual p-value of a site are tried at these.
_P_VALUES = (DEFAULT_P_VALUE, 3e-4, 1e-3)


def motifs_of_regulators(
    motifs: Sequence[Motif], names: Sequence[str], symbols: Sequence[str]
) -> dict[int, list[Motif]]:
    """Motifs by the place of their regulator, see `motif_owners`.

    Args:
        names, symbols: of the R regulators.
    """
    return motif_owners(motifs, NameResolver.from_symbols(names, symbols)).by_regulator


def site_patterns(
    motifs: Mapping[int, Sequence[Motif]],
    background: NDArray[np.float64],
    *,
    longest: int,
    p_value: float | None = None,
) -> dict[int, list[SitePattern]]:
    """Site patterns by regulator.

    Motifs that are too short to have sites that are rarer than chance, or longer than the
    promoters (`longest` bp), are left out, and so is a regulator that has no other.

    Args:
        p_value: of a site; None for 1e-4 or, where a motif is too short for that, 3e-4 or 1e-3.

    Raises:
        DeepRageError: `p_value` is not between 0 and 1.
    """
    if p_value is not None:
        check_site_p(p_value)
    tried = _P_VALUES if p_value is None else (p_value,)
    found: dict[int, list[SitePattern]] = {}
    for slot, members in motifs.items():
        patterns = [
            _pattern(motif, background, tried) for motif in members if motif.width <= longest
        ]
        kept = [pattern for pattern in patterns if pattern is not None]
        if kept:
            found[slot] = kept
    return found


def _pattern(
    motif: Motif, background: NDArray[np.float64], p_values: Sequence[float]
) -> SitePattern | None:
    for p_value in p_values:
        try:
            return pwm_pattern(motif, background, p_value=p_value)
        except DeepRageError:  # even its best word is commoner than this
            continue
    return None


class OwnedPattern(NamedTuple):
    """The sites of a known motif and the regulators that it belongs to.

    Attributes:
        name: the motif's, unique among those of a list.
        pattern: its sites.
        slots: the regulators' places.
    """

    name: str
    pattern: SitePattern
    slots: list[int]


def owned_patterns(
    motifs: Sequence[Motif],
    regulators: NameResolver,
    background: NDArray[np.float64],
    *,
    longest: int,
    p_value: float | None = None,
) -> list[OwnedPattern]:
    """Each motif that belongs to a regulator and can have sites, once, in the order given.

    Args:
        regulators: finds places of the R regulators (`Compendium.regulator_names`).
        longest, p_value: see `site_patterns`.

    Raises:
        DeepRageError: no motif belongs to a regulator, or none that does can have sites.
    """
    owners = {at: slots for at, slots in enumerate(motif_owners(motifs, regulators).slots) if slots}
    if not owners:
        raise DeepRageError(
            f"none of {len(motifs)} known motifs is named after a regulator of the compendium: "
            f"give --motifs FILE with names such as {', '.join(regulators.shown[:3])}."
        )
    patterns = site_patterns(
        {at: [motifs[at]] for at in owners}, background, longest=longest, p_value=p_value
    )
    if not patterns:
        raise DeepRageError(
            f"{len(owners)} motifs are named after regulators, but none can have sites in "
            f"promoters of {longest} bp: give motifs of 5 bp or more, or a larger --site-p."
        )
    seen: dict[str, int] = {}
    found = []
    for at, (pattern,) in patterns.items():
        name = motifs[at].name
        seen[name] = seen.get(name, 0) + 1
        shown = name if seen[name] == 1 else f"{name} ({seen[name]})"
        found.append(OwnedPattern(shown, pattern, owners[at]))
    return found
