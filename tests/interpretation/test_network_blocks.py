"""A trained network as a model for knock-outs: blocks, own levels, filters."""

import numpy as np
import pytest
import torch

from deeprage.data.split import visible
from deeprage.data.splitting import make_split
from deeprage.interpretation.block_model import block_model
from deeprage.interpretation.knockout import WildType, knock_out
from deeprage.interpretation.perturbation import FilterOff
from deeprage.interpretation.screen import screen_filters
from deeprage.networks.network import Network
from deeprage.networks.presets import preset
from deeprage.training.predictor import NetworkPredictor
from deeprage.training.scaling import Scaling


def make_wild(make_compendium, name: str = "deeprage-tp", **options: object) -> WildType:
    compendium = make_compendium(genes=20, conditions=6, regulators=4, missing=0.1)
    split = make_split(compendium, regime="pairs")
    seen = visible(compendium, split)
    torch.manual_seed(0)
    sizes = {"filters": 5, "filter_width": 7, "hidden": (8, 8), "pool": 20, "regulator_units": 8}
    if name == "deeprage-tp":
        sizes["pool"] = "global"
    network = Network(preset(name, **(sizes | options)), promoter_length=60, regulators=4)
    predictor = NetworkPredictor(
        network, scaling=Scaling.fit(seen, split), regulators=tuple(compendium.regulators)
    ).fit(seen, split)
    return WildType.of(
        block_model(predictor, compendium), compendium, trained_on=split.train_columns
    )


@pytest.mark.parametrize("name", ["deeprage-c", "deeprage-tp"])
def test_the_wild_type_is_what_the_predictor_predicts(make_compendium, name: str) -> None:
    """Also for regulators, whose own level is hidden."""
    wild = make_wild(make_compendium, name)
    expected = wild.model.predictor.predict(np.arange(20), np.arange(6))
    np.testing.assert_allclose(wild.predict(), expected, atol=1e-6)


def test_a_regulator_s_own_gene_does_not_see_its_level(make_compendium) -> None:
    wild = make_wild(make_compendium)
    levels = wild.levels.copy()
    levels[:, 1] -= 3
    change = wild.under(levels).predict() - wild.predict()
    own = wild.regulator_rows[1]
    assert abs(change[own]).max() == 0
    assert (abs(np.delete(change, own, axis=0)).max(axis=1) > 0).all()


@pytest.mark.parametrize("head", ["both", "classes"])
@pytest.mark.parametrize(
    "name", ["deeprage-c", "deeprage-tp", "deeprage-tp-spatial", "deeprage-tp-rnn", "deeprage-a"]
)
def test_a_screen_of_filters_is_many_knock_outs(make_compendium, name: str, head: str) -> None:
    wild = make_wild(make_compendium, name, head=head)
    found = screen_filters(wild, [3, 0])
    targets = ~np.isin(wild.genes, wild.regulator_rows)
    for at, number in enumerate([3, 0]):
        change = knock_out(wild, [FilterOff(number)], rng=np.random.default_rng(0)).change
        expected = abs(change).mean(axis=1)[targets]
        assert expected.max() > 0
        np.testing.assert_allclose(found.size[at, targets], expected, atol=1e-5)
        np.testing.assert_allclose(found.mean[at, targets], change.mean(axis=1)[targets], atol=1e-5)


def test_activity_is_the_mean_of_the_largest_activation(make_compendium) -> None:
    wild = make_wild(make_compendium)
    encoder = wild.model.predictor.network.promoter_encoder
    one_hot = torch.eye(5)[wild.promoters.astype(int)][..., :4].transpose(1, 2)
    with torch.no_grad():
        expected = encoder.activations(one_hot).amax(1).mean(0)
    np.testing.assert_allclose(wild.model.activity(wild.promoters), expected, atol=1e-5)
