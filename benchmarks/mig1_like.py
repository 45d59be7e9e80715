"""The Mig1p test over a whole screen: whose five most changed genes hold three known targets?

The DeepRAGE paper shows one such factor. With many factors some pass by chance, since a few genes
change under almost any knock-out and have many known regulators: so the same is counted with the
target lists dealt anew among the factors.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from deeprage.data.compendium import Compendium
from deeprage.interpretation.known_targets import KnownTargets

TOP, HITS = 5, 3
_DRAWS = 200


class Mig1Like(NamedTuple):
    """Factors that pass, their number by chance (mean over draws), and how many are tested."""

    factors: tuple[str, ...]
    by_chance: float
    tested: int


def mig1_like(screen: Path, compendium: Compendium, network: Path) -> Mig1Like:
    """Of a screen's folder: `screen.tsv`, `size.parquet`. A factor passes by any of its knock-outs.

    By chance: each factor's targets are looked for in the knock-outs of another factor.
    """
    table = pd.read_csv(screen / "screen.tsv", sep="\t").dropna(subset=["factor", "auroc"])
    size = pd.read_parquet(screen / "size.parquet")
    row = {gene: at for at, gene in enumerate(compendium.genes)}
    known = KnownTargets(network, compendium)
    factors = sorted(set(table["factor"]))
    slots = [
        [slot for name in factor.split(", ") if (slot := known.slot(name)) is not None]
        for factor in factors
    ]
    rows = np.array([row[gene] for gene in size.columns])
    targets, candidates = known.table(slots, rows)
    members = [size.loc[table.loc[table["factor"] == factor, "name"]] for factor in factors]

    def passes(targets_of: int, knocked_out: int) -> bool:
        allowed = candidates[:, targets_of]
        for changed in members[knocked_out].to_numpy():
            first = np.argsort(-np.where(allowed, changed, -1.0), kind="stable")[:TOP]
            if (targets[first, targets_of] & (changed[first] > 0)).sum() >= HITS:
                return True
        return False

    every = range(len(factors))
    passed = np.array([[passes(one, other) for other in every] for one in every])
    rng = np.random.default_rng(0)
    draws = [passed[every, rng.permutation(len(factors))].sum() for _ in range(_DRAWS)]
    return Mig1Like(
        tuple(factors[at] for at in every if passed[at, at]), float(np.mean(draws)), len(factors)
    )
