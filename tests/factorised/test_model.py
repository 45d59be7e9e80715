"""deeprage-f in all four regimes of a planted world, and under controls."""

from collections.abc import Callable

import numpy as np
import pytest

from deeprage.data.split import Role, visible
from deeprage.errors import DeepRageError
from deeprage.factorised.model import Factorised


@pytest.mark.parametrize(
    ("regime", "least"), [("pairs", 0.85), ("conditions", 0.8), ("genes", 0.7), ("both", 0.6)]
)
def test_every_regime_of_a_planted_world(make_world: Callable, regime: str, least: float) -> None:
    world = make_world(genes=320)
    assert world.skill(Factorised(motifs=[world.motifs]), regime) > least


def test_shuffled_promoters_say_nothing_of_unseen_genes(make_world: Callable) -> None:
    planted, shuffled = make_world(genes=320), make_world(genes=320, shuffle="promoters")
    assert planted.beats_condition_mean(Factorised(motifs=[planted.motifs]), "genes") > 0.3
    assert shuffled.beats_condition_mean(Factorised(motifs=[shuffled.motifs]), "genes") < 0.05


def test_permuted_regulators_say_nothing_of_unseen_conditions(make_world: Callable) -> None:
    worlds = [make_world(genes=60, conditions=60, shuffle="regulators", seed=s) for s in range(4)]
    skills = [w.skill(Factorised(motifs=[w.motifs]), "conditions") for w in worlds]
    assert abs(np.mean(skills)) < 0.3


def test_a_cell_does_not_change_its_own_prediction(make_world: Callable) -> None:
    """Seen cells are predicted without themselves, so that they can be compared with the truth."""
    world = make_world(missing=0.0)
    split = world.split("genes")
    seen = visible(world.compendium, split)
    genes, conditions = (np.arange(size) for size in seen.expression.shape)
    found = Factorised(motifs=[world.motifs]).fit(seen, split).predict(genes, conditions)
    trained = split.cells(Role.TRAIN)
    error = np.abs(found - seen.expression)[trained]
    assert np.median(error) > 0.1  # noise is 0.3: a copy of the input would have no error


def test_intervals_hold_the_truth_of_held_out_cells(make_world: Callable) -> None:
    world = make_world(genes=400)
    split = world.split("genes")
    seen = visible(world.compendium, split)
    model = Factorised(motifs=[world.motifs]).fit(seen, split)
    genes, conditions = (np.arange(size) for size in seen.expression.shape)
    low, high = model.predict_interval(genes, conditions, level=0.9)
    truth = world.compendium.expression
    tested = split.cells(Role.TEST) & ~np.isnan(truth)
    tested[world.compendium.regulator_rows] = False
    assert 0.84 < np.mean(((truth >= low) & (truth <= high))[tested]) < 0.95
    with pytest.raises(DeepRageError, match="between 0 and 1"):
        model.predict_interval(genes, conditions, level=90)


def test_the_same_seed_gives_the_same_predictions(make_world: Callable) -> None:
    world = make_world(genes=120)
    split = world.split("both")
    seen = visible(world.compendium, split)
    genes, conditions = (np.arange(size) for size in seen.expression.shape)
    first, second = (
        Factorised(motifs=[world.motifs], seed=3).fit(seen, split).predict(genes, conditions)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
