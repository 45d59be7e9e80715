"""The benchmark of real knock-outs, on a made-up compendium whose truth is known."""

from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks.interpretation import models_of
from benchmarks.knockouts import (
    Task,
    ecoli_rows,
    ecoli_task,
    model_change,
    truth_of,
    yeast_rows,
    yeast_task,
)

from deeprage.baselines.regulator_ridge import RegulatorRidge
from deeprage.data.catalog.gasch import condition_table
from deeprage.data.catalog.real_knockouts import GROWTH
from deeprage.data.compendium import Compendium
from deeprage.data.dna import encode
from deeprage.data.sites import consensus_pattern, site_starts
from deeprage.data.split import Role, visible
from deeprage.data.splitting import make_split
from deeprage.folders import folder_change
from deeprage.interpretation.block_model import BlockModel, block_model
from deeprage.training.run import Run

GENES = 400
MSN, YAP = ("YMR037C", "YKL062W"), "YML007W"


def respond(promoters: np.ndarray, levels: np.ndarray, order: list[str]) -> np.ndarray:
    """Genes follow MSN2 and MSN4 by their number of AGGGG, and YAP1 by TTASTAA."""
    stre, yre = (
        site_starts(promoters, consensus_pattern(word)).sum(axis=1) for word in ("AGGGG", "TTASTAA")
    )
    of = {name: levels[:, slot] for slot, name in enumerate(order)}
    return np.outer(stre, of[MSN[0]] + of[MSN[1]]) + np.outer(yre, of[YAP])


class TrueModel:
    """What the data were made from."""

    def __init__(self, compendium: Compendium) -> None:
        self.regulators = tuple(compendium.regulators)
        self.reference_levels = np.zeros(len(self.regulators), dtype=np.float32)

    def respond(self, genes, promoters, levels):
        return respond(promoters, levels, list(self.regulators)).astype(np.float32)


@pytest.fixture(scope="module")
def yeast(tmp_path_factory) -> Task:
    """A knock-out leaves its own transcript, as those of yeast do, but takes its effect away."""
    rng = np.random.default_rng(0)
    table = condition_table()
    order = [*MSN, YAP]
    promoters = rng.integers(0, 4, (GENES, 120)).astype(np.int8)
    for word, share in (("AGGGG", 0.3), ("TTACTAA", 0.3)):
        for gene in np.flatnonzero(rng.random(GENES) < share):
            at = rng.integers(0, 110)
            promoters[gene, at : at + len(word)] = encode(word)
    levels = rng.normal(size=(len(table), 3))
    felt = levels.copy()
    series = list(table["series"])
    mutant, raised = series.index("mutants_heat_peroxide"), series.index("tf_overexpression")
    felt[mutant : mutant + 10] = levels[mutant : mutant + 10] = 1.0
    felt[[mutant + n for n in (1, 2, 6, 7)], :2] = -1
    felt[[mutant + n for n in (3, 4, 8, 9)], 2] = -1
    felt[raised : raised + 3] = levels[raised : raised + 3] = 2 * np.eye(3)
    values = respond(promoters, felt, order)
    values += 0.3 * rng.normal(size=values.shape)
    names = [*order, *(f"G{n}" for n in range(GENES))]
    compendium = Compendium.from_parts(
        expression=pd.DataFrame(
            np.vstack([levels.T, values]).astype(np.float32), index=names, columns=table.index
        ),
        promoters=dict(zip(names[3:], promoters, strict=True)),
        regulators=order,
        series=series,
    )
    path = tmp_path_factory.mktemp("yeast") / "yeast.h5ad"
    compendium.save(path)
    return yeast_task(path)


@pytest.fixture(scope="module")
def models(yeast: Task) -> dict[str, BlockModel]:
    ridge = RegulatorRidge().fit(visible(yeast.compendium, yeast.split), yeast.split)
    return {
        "regulator-ridge": block_model(ridge, yeast.compendium),
        "true": TrueModel(yeast.compendium),
    }


def test_nothing_of_the_mutants_is_seen(yeast: Task) -> None:
    series = np.array(yeast.compendium.series)
    hidden = np.isin(series, ["mutants_heat_peroxide", "tf_overexpression"])
    assert hidden.sum() == 13
    seen = visible(yeast.compendium, yeast.split)
    assert np.isnan(seen.expression[:, hidden]).all()
    assert yeast.split.cells(Role.TRAIN)[3:, ~hidden].any(axis=0).sum() > 100


def test_the_true_model_is_near_the_replicate_and_above_the_simple_ones(
    yeast: Task, models: dict[str, BlockModel]
) -> None:
    rows = yeast_rows(yeast, models, headline="true")
    found = {row.name: row.value for row in rows}
    for knockout in ("msn24_37C", "yap1_H2O2"):
        start = f"yeast.{knockout}"
        assert found[f"{start}.replicate.spearman"] > 0.3
        assert found[f"{start}.true.auroc100"] > 0.9
        assert found[f"{start}.true.spearman"] > found[f"{start}.stress.spearman"] + 0.2
        assert found[f"{start}.true-motif-only.spearman"] > 0.5
        assert found[f"{start}.motif-count.auroc100"] > 0.9
    assert found["yeast.MSN2_raised.true.sign"] > 0.9
    assert found["knockout.msn24_heat.spearman"] == found["yeast.msn24_37C.true.spearman"]
    assert found["knockout.msn24_heat.gain_low"] > 0
    assert {name for name in found if "array" in name} >= {
        "yeast.msn24_37C_array136.true.spearman",
        "yeast.msn24_37C_array137.stress.auroc100",
    }


def test_a_network_is_trained_without_them_and_another_run_is_refused(
    yeast: Task, tmp_path: Path
) -> None:
    options = Namespace(
        fitted=["regulator-kernel"],
        networks=["deeprage-tp"],
        run=[],
        out=tmp_path,
        yeast=tmp_path / "yeast.h5ad",
        epochs=1,
        device="cpu",
        threads=1,
        seed=0,
    )
    found = models_of(yeast, options)
    assert list(found) == ["regulator-kernel", "deeprage-tp"]
    for model in found.values():
        change = model_change(yeast, model, yeast.knockouts[0], motifs=True, levels=True)
        assert np.isfinite(change[3:]).all()
    trained = Run.load(tmp_path / "yeast.deeprage-tp")
    assert (trained.split.role == yeast.split.role).all()
    with folder_change(trained.path) as inner:
        make_split(yeast.compendium, regime="pairs").save(inner / "split.npz")
    options.networks, options.run = [], [f"yeast:leaky={trained.path}"]
    with pytest.raises(SystemExit, match="was trained on the conditions of the knock-outs"):
        models_of(yeast, options)


def test_regulators_and_genes_without_a_promoter_are_not_compared(
    yeast: Task, models: dict[str, BlockModel]
) -> None:
    change = model_change(yeast, models["true"], yeast.knockouts[0], motifs=False, levels=True)
    assert np.isnan(change[:3]).all()
    assert np.isfinite(change[3:]).all()
    assert np.isnan(truth_of(yeast, yeast.knockouts[0])[:3]).all()


def test_ecoli_medians_targets_and_gain(tmp_path: Path) -> None:
    """Six regulators; the ridge learns each from its own level, in three samples of a deletion."""
    rng = np.random.default_rng(1)
    names = ["fur", "cra", "crp", "nac", "soxS", "oxyR"]
    parent = "Escherichia coli K-12 MG1655"
    strains = [parent] * 60 + [f"{parent} del_{name}" for name in names for _ in range(3)]
    levels = rng.normal(size=(len(strains), 6))
    for at, name in enumerate(np.repeat(names, 3)):
        levels[60 + at, names.index(name)] = -8
    weights = rng.normal(size=(GENES, 6)) * (rng.random((GENES, 6)) < 0.1)
    values = weights @ levels.T + 0.2 * rng.normal(size=(GENES, len(strains)))
    table = pd.DataFrame({"strain": strains}, index=[f"s{n}" for n in range(len(strains))])
    for column in GROWTH:
        table[column] = "same"
    genes = [f"b{n}" for n in range(GENES + 6)]
    compendium = Compendium.from_parts(
        expression=pd.DataFrame(
            np.vstack([levels.T, values]).astype(np.float32), index=genes, columns=table.index
        ),
        promoters={gene: rng.integers(0, 4, 20).astype(np.int8) for gene in genes},
        regulators=genes[:6],
        series=[f"series{n % 12}" for n in range(60)] + ["deletions"] * 18,
        conditions=table,
        symbols=dict(zip(genes, names, strict=False)),
        name="made up",
    )
    compendium.save(tmp_path / "ecoli.h5ad")
    edges = [(genes[r], genes[6 + g]) for g, r in np.argwhere(weights != 0)]
    network = tmp_path / "network.tsv"
    pd.DataFrame(edges, columns=["regulator", "target"]).to_csv(network, sep="\t", index=False)
    task = ecoli_task(tmp_path / "ecoli.h5ad")
    assert len(task.knockouts) == 6
    assert (task.split.role[6:, 60:] == Role.TEST).all()
    assert (task.split.role[6:, :60] != Role.TEST).all()
    ridge = RegulatorRidge().fit(visible(task.compendium, task.split), task.split)
    models = {"regulator-ridge": block_model(ridge, task.compendium)}
    rows = ecoli_rows(
        task, models, network=network, headline="regulator-ridge", out=tmp_path / "out"
    )
    found = {row.name: row.value for row in rows}
    assert found["ecoli.regulator-ridge.target_auroc"] > 0.95
    assert found["ecoli.replicate.target_auroc"] > 0.95
    assert found["ecoli.correlation.target_auroc"] > 0.8
    assert found["ecoli.regulator-ridge.sign"] > 0.7
    assert found["knockout.ecoli.target_auroc"] == found["ecoli.regulator-ridge.target_auroc"]
    assert found["knockout.ecoli.gain_low"] <= 0  # not above itself
    assert len(pd.read_csv(tmp_path / "out" / "ecoli_knockouts.tsv", sep="\t")) == 6 * 5
