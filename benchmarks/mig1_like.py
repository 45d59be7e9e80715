"""The Mig1p test over a whole screen: whose five most changed genes hold three known targets?

The DeepRAGE paper shows one such factor. With many factors some pass by chance, since a few genes
change under almost any knock-out and have many known regulators: so the same is counted with the
targets of every other factor, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from deeprage.data.compendium import Compendium
from deeprage.data.regulatory_network import align, read_network
from deeprage.interpretation.enrichment import most_changed
from deeprage.interpretation.filter_factors import known_slots
from deeprage.interpretation.known_targets import KnownTargets

TOP, HITS = 5, 3


class Mig1Like(NamedTuple):
    """Factors that pass, how many would if each had the targets of another, and how many there are.

    `by_chance` is the expectation over all ways to give each factor the targets of another one.
    """

    factors: tuple[str, ...]
    by_chance: float
    tested: int


def mig1_like(screen: Path, compendium: Compendium, network: Path) -> Mig1Like:
    """Of a screen's folder: `screen.tsv`, `size.parquet`. A factor passes by any of its knock-outs.

    Args:
        compendium: that of the run which was screened.
        network: the file of known targets that the screen was tested with.
    """
    table = pd.read_csv(screen / "screen.tsv", sep="\t").dropna(subset=["factor", "auroc"])
    size = pd.read_parquet(screen / "size.parquet")
    row = {gene: at for at, gene in enumerate(compendium.genes)}
    known = KnownTargets(
        align(
            read_network(network),
            names=compendium.names,
            regulator_rows=compendium.regulator_rows,
        ),
        compendium,
        source=network.name,
    )
    factors = sorted(set(table["factor"]))
    slots = [known_slots(factor.split(", "), known) for factor in factors]
    rows = np.array([row[gene] for gene in size.columns])
    targets, candidates = known.table(slots, rows)
    members = [size.loc[table.loc[table["factor"] == factor, "name"]] for factor in factors]

    def passes(targets_of: int, knocked_out: int) -> bool:
        allowed = candidates[:, targets_of]
        for changed in members[knocked_out].to_numpy():
            first = most_changed(np.where(allowed, changed, 0), TOP)
            if targets[first, targets_of].sum() >= HITS:
                return True
        return False

    every = range(len(factors))
    passed = np.array([[passes(one, other) for other in every] for one in every])
    own = passed.diagonal()
    return Mig1Like(
        tuple(factors[at] for at in every if own[at]),
        float(passed.sum() - own.sum()) / max(len(factors) - 1, 1),
        len(factors),
    )
