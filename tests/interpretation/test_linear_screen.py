"""Networks that are linear in the levels: a screen by one step a regulator is the screen itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from deeprage.data.dna import one_hot
from deeprage.data.split import visible
from deeprage.data.splitting import make_split
from deeprage.interpretation.block_model import BlockModel, block_model
from deeprage.interpretation.knockout import WildType, knock_out
from deeprage.interpretation.model import NetworkModel
from deeprage.interpretation.motifs import MotifOptions, find_motifs
from deeprage.interpretation.perturbation import LevelChange
from deeprage.interpretation.screen import level_scores, screen_filters, screen_regulators
from deeprage.networks.network import Network
from deeprage.networks.presets import preset
from deeprage.training.predictor import NetworkPredictor
from deeprage.training.scaling import Scaling

SMALL = {"filters": 5, "filter_width": 7, "window": 46, "pool": 20, "rank": 3}


def make_wild(make_compendium, **options: object) -> WildType:
    compendium = make_compendium(genes=20, conditions=6, regulators=4, missing=0.1)
    split = make_split(compendium, regime="pairs")
    seen = visible(compendium, split)
    torch.manual_seed(0)
    network = Network(
        preset("deeprage-motif", **(SMALL | options)), promoter_length=60, regulators=4
    )
    predictor = NetworkPredictor(
        network, scaling=Scaling.fit(seen, split), regulators=tuple(compendium.regulators)
    ).fit(seen, split)
    return WildType.of(
        block_model(predictor, compendium), compendium, trained_on=split.train_columns
    )


class Counted:
    """A model that passes on what it is asked and counts the conditions."""

    def __init__(self, model: BlockModel) -> None:
        self._model = model
        self.regulators, self.reference_levels = model.regulators, model.reference_levels
        self.conditions = 0

    def respond(self, genes, promoters, levels):
        self.conditions += len(levels)
        return self._model.respond(genes, promoters, levels)


CHANGES = [
    [LevelChange(0, "R0", -5.0, moved=True)],
    [LevelChange(2, "R2", 1.5, moved=False)],
    [LevelChange(1, "R1", -2.0, moved=True), LevelChange(3, "R3", 0.5, moved=False)],
]


def test_scores_of_level_changes_are_those_of_single_knock_outs(make_compendium) -> None:
    wild = make_wild(make_compendium)
    assert wild.model.linear_in_levels
    found = level_scores(wild, CHANGES)
    for at, changes in enumerate(CHANGES):
        change = knock_out(wild, changes, rng=np.random.default_rng(0)).change
        assert abs(change).max() > 1e-3
        np.testing.assert_allclose(found.size[at], abs(change).mean(axis=1), atol=1e-5)
        np.testing.assert_allclose(found.mean[at], change.mean(axis=1), atol=1e-5)


def test_the_closed_form_is_the_one_used_and_agrees_with_the_long_one(make_compendium) -> None:
    wild = make_wild(make_compendium)
    slow = Counted(wild.model)
    long = screen_regulators(replace(wild, model=slow), before=wild.predict())
    assert slow.conditions == 4 * 6  # each knock-out in each condition
    short = screen_regulators(wild)
    np.testing.assert_allclose(short.size, long.size, atol=1e-5)
    np.testing.assert_allclose(short.mean, long.mean, atol=1e-5)


@pytest.mark.parametrize(
    "options", [{"rectify": True, "hidden": (4, 4)}, {"regulator_encoder": "dense"}]
)
def test_networks_that_are_not_linear_in_the_levels_say_so(make_compendium, options) -> None:
    wild = make_wild(make_compendium, **options)
    assert not wild.model.linear_in_levels
    found = level_scores(wild, CHANGES)
    change = knock_out(wild, CHANGES[0], rng=np.random.default_rng(0)).change
    np.testing.assert_allclose(found.size[0], abs(change).mean(axis=1), atol=1e-5)


def test_filters_of_a_window_neither_fire_nor_change_anything_beyond_it(make_compendium) -> None:
    wild = make_wild(make_compendium)
    far = wild.promoters.copy()
    far[:, :10] = 3 - np.minimum(far[:, :10], 3)
    assert (far != wild.promoters).any()
    np.testing.assert_array_equal(replace(wild, promoters=far).predict(), wild.predict())
    np.testing.assert_array_equal(wild.model.activity(far), wild.model.activity(wild.promoters))
    encoder = wild.model.predictor.network.promoter_encoder
    with torch.no_grad():
        expected = encoder.activations(torch.from_numpy(one_hot(wild.promoters))).amax(1).mean(0)
    np.testing.assert_allclose(wild.model.activity(wild.promoters), expected, atol=1e-5)
    assert screen_filters(wild, [0, 3]).size.max() > 0


def test_motifs_come_from_the_window_that_filters_read(make_compendium) -> None:
    """Letters that the network never sees are in no motif."""
    wild = make_wild(make_compendium)
    model = NetworkModel(wild.model.predictor, regulator_rows=wild.regulator_rows)
    filters = model.filters()
    assert (filters.window, filters.both_strands) == (46, True)
    far = wild.promoters.copy()
    far[:, :10] = 0
    known = wild_motifs()
    options = MotifOptions(rounds=0, filter_rounds=0)
    one = find_motifs(filters, wild.promoters, known, options)
    other = find_motifs(filters, far, known, options)
    np.testing.assert_array_equal(one.scan.counts, other.scan.counts)
    assert one.scan.positions.shape[1] == 46 - 7 + 1


def wild_motifs():
    from deeprage.data.motifs import Motif

    rng = np.random.default_rng(3)
    return [Motif(f"m{n}", f"M{n}", rng.dirichlet(np.full(4, 0.3), 8).T) for n in range(3)]
