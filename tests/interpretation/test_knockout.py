"""Knock-outs of a model whose every cause is known, and of a ridge in closed form."""

import numpy as np
import pytest
from tests.interpretation.planted import World, make_world

from deeprage.baselines.regulator_ridge import RegulatorRidge
from deeprage.data.sites import consensus_pattern
from deeprage.data.split import visible
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError
from deeprage.interpretation.block_model import block_model
from deeprage.interpretation.knockout import WildType, knock_out
from deeprage.interpretation.perturbation import FilterOff, LevelChange, MotifMask, Perturbation


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(and_pairs=0)


def knocked(world: World, *perturbations: Perturbation, **options: int):
    return knock_out(world.wild, perturbations, rng=np.random.default_rng(0), **options)


def lowered(slot: int, by: float = 5) -> LevelChange:
    return LevelChange(slot, f"REG{slot + 1:03d}", -by, moved=True)


def masked(world: World, slot: int, how: str = "N") -> MotifMask:
    return MotifMask(consensus_pattern(world.model.consensus(slot)), how)


class TestOfOneThing:
    def test_a_lowered_regulator_changes_its_targets_by_its_strength(self, world: World) -> None:
        found = knocked(world, lowered(2))
        expected = np.where(world.present[:, 2], -5 * world.simulation.strength[2], 0)
        np.testing.assert_allclose(found.change, expected[:, None].repeat(15, 1), atol=1e-4)

    def test_a_level_that_is_set_is_the_same_everywhere(self, world: World) -> None:
        found = knocked(world, LevelChange(2, "REG003", 0.0, moved=False))
        absent = knocked(world, masked(world, 2))
        np.testing.assert_allclose(found.after, absent.after, atol=1e-5)

    @pytest.mark.parametrize("how", ["N", "shuffle"])
    def test_a_masked_motif_takes_its_regulator_away(self, world: World, how: str) -> None:
        found = knocked(world, masked(world, 4, how))
        levels = world.wild.levels[:, 4]
        expected = -world.simulation.strength[4] * np.outer(world.present[:, 4], levels)
        np.testing.assert_allclose(found.change, expected, atol=1e-4)
        np.testing.assert_array_equal(found.sites > 0, world.present[:, 4])

    def test_genes_and_conditions_may_be_chosen(self, world: World) -> None:
        rows, columns = np.array([20, 9, 70]), np.array([3, 1])
        chosen = WildType.of(
            world.model, world.compendium, trained_on=np.arange(15), genes=rows, conditions=columns
        )
        part = knock_out(chosen, [lowered(2)], rng=np.random.default_rng(0))
        whole = knocked(world, lowered(2))
        np.testing.assert_array_equal(part.after, whole.after[np.ix_(rows, columns)])


class TestOfSeveral:
    def test_all_at_once_is_not_one_after_the_other(self, world: World) -> None:
        """A motif that is gone no longer answers to its regulator."""
        both = knocked(world, masked(world, 2), lowered(2))
        alone = knocked(world, masked(world, 2))
        np.testing.assert_allclose(both.after, alone.after, atol=1e-5)

    def test_motifs_and_levels_of_two_regulators_add_up(self, world: World) -> None:
        both = knocked(world, lowered(1), masked(world, 5))
        sum_of_both = knocked(world, lowered(1)).change + knocked(world, masked(world, 5)).change
        np.testing.assert_allclose(both.change, sum_of_both, atol=1e-4)


class TestTrainingRange:
    def test_an_unseen_level_is_flagged_with_both_ranges(self, world: World) -> None:
        (flag,) = knocked(world, lowered(3, by=50), lowered(1, by=0.0)).out_of_range
        own = world.wild.levels[:, 3]
        assert flag.regulator == "REG004"
        assert (flag.low, flag.high) == pytest.approx((own.min(), own.max()))
        assert (flag.lowest, flag.highest) == pytest.approx((own.min() - 50, own.max() - 50))
        assert flag.conditions == 15

    def test_only_training_conditions_make_the_range(self, world: World) -> None:
        wild = WildType.of(world.model, world.compendium, trained_on=np.arange(5))
        assert (wild.low == world.wild.levels[:5].min(axis=0)).all()

    def test_a_level_that_was_not_changed_is_not_flagged(self, world: World) -> None:
        wild = WildType.of(world.model, world.compendium, trained_on=np.arange(2))
        assert not knock_out(wild, [masked(world, 1)], rng=np.random.default_rng(0)).out_of_range


class TestFeedback:
    def test_a_chain_of_regulators_takes_one_round_a_link(self) -> None:
        """REG001 drives REG002's own promoter, which drives REG003's: planted here."""
        world = make_world(and_pairs=0)
        promoters = world.compendium.promoters.copy()
        for below, above in ((1, 0), (2, 1)):
            pattern = consensus_pattern(world.model.consensus(above))
            promoters[below, 10:18] = pattern.scores.argmax(axis=0)
        world.compendium.adata.varm["promoter"][:] = promoters
        wild = WildType.of(world.model, world.compendium, trained_on=np.arange(15))
        wild.low[:], wild.high[:] = -100, 100
        strength, presence = world.simulation.strength, world.model.presence(wild.promoters)
        assert presence[[1, 2], [0, 1]].all()
        assert presence[:3].sum() == 2
        for rounds in range(3):
            found = knock_out(wild, [lowered(0, 1)], rng=np.random.default_rng(0), rounds=rounds)
            fall = np.zeros(8)
            fall[0] = -1
            if rounds > 0:
                fall[1] = fall[0] * strength[0]
            if rounds > 1:
                fall[2] = fall[1] * strength[1]
            expected = presence @ (strength * fall)
            np.testing.assert_allclose(found.change[:, 0], expected, atol=1e-4)

    def test_it_stays_in_the_training_range(self, world: World) -> None:
        class Explosive(type(world.model)):
            def respond(self, genes, promoters, levels):
                return np.tile(1e3 * levels.sum(axis=1), (len(genes), 1)).astype(np.float32)

        model = Explosive(world.simulation)
        wild = WildType.of(model, world.compendium, trained_on=np.arange(15))
        seen = []
        model.respond = lambda genes, promoters, levels: (
            seen.append(levels),
            Explosive.respond(model, genes, promoters, levels),
        )[1]
        knock_out(wild, [lowered(0)], rng=np.random.default_rng(0), rounds=3)
        others = np.stack(seen)[:, :, 1:]
        assert (others >= wild.low[1:] - 1e-5).all()
        assert (others <= wild.high[1:] + 1e-5).all()
        assert not (others[-1] == wild.levels[:, 1:]).all()

    def test_a_set_level_is_held(self, world: World) -> None:
        still = knocked(world, lowered(2))
        fed = knocked(world, lowered(2), rounds=2)
        np.testing.assert_allclose(fed.change, still.change, atol=1e-5)


class TestOfARidge:
    def test_the_change_is_the_coefficient_times_the_step(self, world: World) -> None:
        split = make_split(world.compendium, regime="conditions")
        ridge = RegulatorRidge().fit(visible(world.compendium, split), split)
        model = block_model(ridge, world.compendium)
        wild = WildType.of(model, world.compendium, trained_on=split.train_columns)
        one, two = (
            knock_out(wild, [lowered(2, by)], rng=np.random.default_rng(0)).change for by in (1, 2)
        )
        np.testing.assert_allclose(two, 2 * one, atol=1e-4)
        np.testing.assert_allclose(one, one[:, :1].repeat(15, 1), atol=1e-4)
        targets = np.arange(len(one)) >= 8
        moved, still = (
            abs(one[targets & kind, 0]).mean()
            for kind in (world.present[:, 2], ~world.present[:, 2])
        )
        assert moved > 1.5 * still

    def test_it_has_no_filters(self, world: World) -> None:
        with pytest.raises(DeepRageError, match="no filters to silence"):
            knocked(world, FilterOff(0))


def test_bad_requests(world: World) -> None:
    with pytest.raises(DeepRageError, match="nothing to knock out"):
        knocked(world)
    with pytest.raises(DeepRageError, match="rounds must be 0 or more, got -1"):
        knocked(world, lowered(0), rounds=-1)
    with pytest.raises(DeepRageError, match="cannot be knocked out"):
        block_model(object(), world.compendium)
