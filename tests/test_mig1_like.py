"""The Mig1p test of a screen: planted targets pass; chance is what targets of others give."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks.mig1_like import mig1_like


def test_factors_whose_targets_change_most_pass(make_compendium, tmp_path: Path) -> None:
    compendium = make_compendium(genes=40, regulators=3)
    names = [compendium.genes[row] for row in compendium.regulator_rows]
    others = [gene for gene in compendium.genes if gene not in names]
    targets = {name: others[10 * at : 10 * at + 8] for at, name in enumerate(names)}
    edges = [(name, gene) for name, some in targets.items() for gene in some]
    network = tmp_path / "edges.tsv"
    pd.DataFrame(edges, columns=["regulator", "gene"]).to_csv(network, sep="\t", index=False)
    size = pd.DataFrame(0.0, index=["a", "b", "c"], columns=compendium.genes)
    size.loc["a", targets[names[0]][:4]] = [4.0, 3.0, 2.0, 1.0]  # its own
    size.loc["b", targets[names[0]][:3]] = [3.0, 2.0, 1.0]  # those of another
    size.loc["c", targets[names[2]][:2]] = [2.0, 1.0]  # too few
    size.to_parquet(tmp_path / "size.parquet")
    table = pd.DataFrame({"name": size.index, "factor": names, "auroc": np.full(3, 0.5)})
    table.to_csv(tmp_path / "screen.tsv", sep="\t", index=False)
    found = mig1_like(tmp_path, compendium, network)
    assert found.factors == (names[0],)
    assert found.tested == 3
    # Of the six ways to give a factor another's targets one passes: the first's, for `b`.
    assert found.by_chance == pytest.approx(0.5)
