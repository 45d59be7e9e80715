"""A split that holds out chosen conditions; only `benchmarks/` uses it, for real knock-outs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deeprage.data.allocation import allocate
from deeprage.data.compendium import Compendium
from deeprage.data.split import Regime, Role, ScoringProtocol, Split, scored_rows
from deeprage.data.splitting import cross
from deeprage.errors import DeepRageError


def hold_out_conditions(
    compendium: Compendium,
    columns: NDArray[np.intp],
    *,
    validation_fraction: float = 0.1,
    seed: int = 0,
    protocol: ScoringProtocol = ScoringProtocol.DEFAULT,
) -> Split:
    """Test the given conditions; deal the others to training and validation by whole series.

    The held-out conditions may be part of a series: the rest of it (the wild types of a deletion
    strain) may be trained on.

    Args:
        columns: conditions to hold out.
        validation_fraction: share of the other conditions.

    Raises:
        DeepRageError: nothing is held out, or fewer than two series are left.
    """
    if not len(columns):
        raise DeepRageError("there is no condition to hold out: name one or more.")
    if not 0 < validation_fraction < 1:
        raise DeepRageError(
            f"the validation fraction must lie between 0 and 1, got {validation_fraction:g}."
        )
    roles = np.full(len(compendium.conditions), Role.TEST, dtype=np.int8)
    rest = np.setdiff1d(np.arange(len(roles)), columns)
    names = np.array(compendium.series)[rest]
    _, member, sizes = np.unique(names, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        raise DeepRageError(
            f"{len(sizes)} condition series are left beside those held out; 2 are needed, for "
            "training and validation: hold out less."
        )
    wanted = [(1 - validation_fraction) * len(rest), validation_fraction * len(rest)]
    # The parts are numbered as the roles are: TRAIN, VALIDATION.
    dealt = allocate(sizes, wanted, np.random.default_rng(seed)).astype(np.int8)
    roles[rest] = dealt[member.reshape(-1)]
    scored = scored_rows(compendium, protocol, Regime.CONDITIONS)
    return Split(
        Regime.CONDITIONS,
        tuple(compendium.genes),
        tuple(compendium.conditions),
        cross(compendium, scored, None, roles),
        f"{len(np.unique(columns))} chosen conditions held out, seed {seed}",
    )
