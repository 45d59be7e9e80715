"""Epistasis: zero where causes add up, and the planted AND logic where they do not."""

import numpy as np
import pytest
from tests.interpretation.planted import make_world

from deeprage.data.sites import consensus_pattern
from deeprage.errors import DeepRageError
from deeprage.interpretation.epistasis import dissect
from deeprage.interpretation.perturbation import LevelChange, MotifMask


def test_motifs_with_and_logic_have_the_planted_epistasis() -> None:
    """Both gone is S1 L1 + S2 L2 + P; each alone takes P with it: epistasis is + P."""
    world = make_world(and_pairs=2, genes=200, motif_width=10)
    first, second = world.simulation.pairs[0]
    masks = [MotifMask(consensus_pattern(world.model.consensus(r))) for r in (first, second)]
    found = dissect(world.wild, masks, rng=np.random.default_rng(0)).epistasis()
    both = world.present[:, first] & world.present[:, second]
    levels = world.wild.levels
    joint = np.maximum(0, np.minimum(levels[:, first], levels[:, second]))
    expected = np.outer(both, world.simulation.pair_strength[0] * joint)
    assert both.sum() > 10
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_independent_causes_have_none() -> None:
    world = make_world(and_pairs=0)
    steps = [LevelChange(slot, "", -3.0, moved=True) for slot in (0, 3, 5)]
    found = dissect(world.wild, steps, rng=np.random.default_rng(0))
    assert set(found.pairs) == {(0, 1), (0, 2), (1, 2)}
    assert abs(found.whole.change).max() > 1
    for numbers in ((), (0, 1), (2, 1)):
        np.testing.assert_allclose(found.epistasis(*numbers), 0, atol=1e-4)


def test_shuffled_sites_are_drawn_alike() -> None:
    world = make_world(and_pairs=0)
    pattern = consensus_pattern(world.model.consensus(1))
    level = LevelChange(1, "", 0.0, moved=False)
    found = dissect(
        world.wild, [level, MotifMask(pattern, "shuffle")], rng=np.random.default_rng(0)
    )
    # Either alone takes all there is: together they do no more.
    np.testing.assert_allclose(found.epistasis(), -found.singles[0].change, atol=1e-4)


def test_one_thing_has_no_epistasis() -> None:
    world = make_world()
    with pytest.raises(DeepRageError, match="two knock-outs or more, got 1"):
        dissect(world.wild, [LevelChange(0, "", 1.0, moved=True)], rng=np.random.default_rng(0))
