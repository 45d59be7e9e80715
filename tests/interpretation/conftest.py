"""A network that has learnt a simulated compendium whose every cause is known."""

from typing import NamedTuple

import pytest

from deeprage.data.catalog.simulated import to_compendium
from deeprage.data.catalog.simulation import Simulation, SimulationOptions, simulate
from deeprage.data.compendium import Compendium
from deeprage.data.splitting import make_split
from deeprage.networks.presets import preset
from deeprage.training.config import training_config
from deeprage.training.run import Run
from deeprage.training.train import train


class Learnt(NamedTuple):
    """The truth, what was measured, and the run."""

    simulation: Simulation
    compendium: Compendium
    run: Run


@pytest.fixture(scope="session")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    """Four regulators with a motif each, and a small tensor-product network; a few seconds."""
    options = SimulationOptions(
        genes=400,
        conditions=32,
        series=8,
        regulators=4,
        promoter_length=60,
        motif_width=8,
        motifs_per_gene=1.2,
        and_pairs=0,
        noise=0.2,
        missing=0.0,
        sharpness=1.0,
        seed=1,
    )
    simulation = simulate(options)
    compendium = to_compendium(simulation)
    split = make_split(
        compendium, regime="genes", seed=0, test_fraction=0.1, validation_fraction=0.1
    )
    network = preset(
        "deeprage-tp",
        filters=32,
        filter_width=10,
        hidden=(32, 32),
        head="regression",
        reverse_complement=True,
    )
    training = training_config(epochs=12, block_genes=8, learning_rate=3e-3, threads=1)
    out = tmp_path_factory.mktemp("learnt") / "run"
    return Learnt(
        simulation,
        compendium,
        train(compendium, split, out=out, network=network, training=training),
    )
