"""A network learns a planted regulator-motif rule, and nothing where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.data.compendium import Compendium
from deeprage.data.split import Role, Split, visible
from deeprage.data.splitting import make_split
from deeprage.networks.presets import preset
from deeprage.training.config import training_config
from deeprage.training.train import train

MOTIF = np.array([0, 2, 2, 2, 2, 3], dtype=np.int8)  # AGGGGT
GENES, CONDITIONS, LENGTH = 400, 40, 60


def planted() -> Compendium:
    """Half of the promoters carry the motif; its genes follow the first regulator."""
    rng = np.random.default_rng(0)
    genes = [f"g{number}" for number in range(GENES)]
    tokens = rng.integers(0, 4, (GENES, LENGTH)).astype(np.int8)
    carries = rng.random(GENES) < 0.5
    for row in np.flatnonzero(carries):
        at = rng.integers(0, LENGTH - len(MOTIF))
        tokens[row, at : at + len(MOTIF)] = MOTIF
    levels = rng.normal(size=(6, CONDITIONS))
    values = 0.3 * rng.normal(size=(GENES, CONDITIONS))
    values[:6] = levels
    values[6:] += 1.5 * carries[6:, None] * levels[0]
    return Compendium.from_parts(
        expression=pd.DataFrame(values, genes, [f"c{number}" for number in range(CONDITIONS)]),
        promoters=dict(zip(genes, tokens, strict=True)),
        regulators=genes[:6],
    )


def test_correlation(compendium: Compendium, split: Split, out: Path, model: str) -> float:
    """Correlation over the test cells after a short training."""
    config = preset(
        model,
        filters=32,
        filter_width=8,
        pool="global",
        hidden=(32, 32),
        regulator_units=16,
        head="regression",
    )
    training = training_config(epochs=25, block_genes=8, learning_rate=3e-3)
    run = train(compendium, split, out=out, network=config, training=training)
    said = run.predictor().fit(visible(compendium, split), split)
    whole = said.predict(np.arange(GENES), np.arange(CONDITIONS))
    cells = split.cells(Role.TEST) & ~np.isnan(compendium.expression)
    return float(np.corrcoef(whole[cells], compendium.expression[cells])[0, 1])


test_correlation.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", ["deeprage-c", "deeprage-tp"])
def test_a_planted_motif_predicts_unseen_genes_in_unseen_conditions(
    tmp_path: Path, model: str
) -> None:
    compendium = planted()
    split = make_split(
        compendium, regime="both", seed=0, test_fraction=0.2, validation_fraction=0.2
    )
    assert test_correlation(compendium, split, tmp_path, model) > 0.7


def test_permuted_promoters_leave_the_condition_mean(tmp_path: Path) -> None:
    compendium = planted()
    split = make_split(
        compendium, regime="genes", seed=0, test_fraction=0.2, validation_fraction=0.2
    )
    shuffled = np.random.default_rng(1).permutation(GENES)
    compendium.adata.varm["promoter"] = compendium.promoters[shuffled]
    permuted = Compendium(compendium.adata)
    reached = test_correlation(permuted, split, tmp_path, "deeprage-c")
    train_cells = np.where(split.cells(Role.TRAIN), permuted.expression, np.nan)
    mean = np.broadcast_to(np.nanmean(train_cells, axis=0), permuted.expression.shape)
    cells = split.cells(Role.TEST)
    of_mean = float(np.corrcoef(mean[cells], permuted.expression[cells])[0, 1])
    # No more than the condition means, which it has learnt: neither promoters nor nothing at all.
    assert of_mean > 0.5
    assert of_mean - 0.15 < reached < of_mean + 0.05
