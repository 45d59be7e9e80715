"""Random counterparts of a knock-out, and the p-values that they give."""

import numpy as np
import pytest
from scipy.stats import kstest
from tests.interpretation.planted import World, make_world

from deeprage.data.sites import consensus_pattern
from deeprage.errors import DeepRageError
from deeprage.interpretation.epistasis import mean_size
from deeprage.interpretation.knockout import knock_out
from deeprage.interpretation.nulls import Counterparts, empirical_p, null_scores, random_pattern
from deeprage.interpretation.perturbation import FilterOff, LevelChange, MotifMask, PairOff


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(and_pairs=0)


class WithFilters:
    """A model that has twelve filters of rising activity."""

    regulators = tuple(f"REG{n:03d}" for n in range(8))
    reference_levels = np.zeros(8, dtype=np.float32)

    def respond(self, genes, promoters, levels):
        return np.zeros((len(genes), len(levels)), dtype=np.float32)

    def without(self, *, filters=(), pairs=()):
        return self

    def activity(self, promoters):
        return np.arange(12, dtype=np.float32)


class TestCounterparts:
    def test_regulators_are_others_and_keep_their_step(self, world: World) -> None:
        changes = [LevelChange(0, "A", -5, moved=True), LevelChange(3, "B", 2, moved=False)]
        counterparts = Counterparts(world.wild, changes, np.random.default_rng(0))
        drawn = [counterparts.draw() for _ in range(200)]
        slots = {one.slot for draw in drawn for one in draw}
        assert slots == {1, 2, 4, 5, 6, 7}
        assert all(first.slot != second.slot for first, second in drawn)
        assert {(one.value, one.moved) for draw in drawn for one in draw} == {
            (-5, True),
            (2, False),
        }

    def test_what_occurs_twice_is_replaced_alike(self, world: World, monkeypatch) -> None:
        wild = world.wild.__class__(**{**world.wild.__dict__, "model": WithFilters()})
        knocked = [FilterOff(4), PairOff(4, 2, "A"), LevelChange(2, "A", -1, moved=True)]
        monkeypatch.setattr("deeprage.interpretation.nulls.MATCHED_FILTERS", 3)
        counterparts = Counterparts(wild, knocked, np.random.default_rng(0))
        for _ in range(50):
            off, pair, level = counterparts.draw()
            assert off.number == pair.number
            assert pair.slot == level.slot != 2
            assert off.number in (3, 5, 2)  # the three that fire most nearly as strongly

    def test_twenty_filters_that_fire_about_as_strongly_are_drawn_from(self, world: World) -> None:
        class Many(WithFilters):
            def activity(self, promoters):
                return np.arange(50, dtype=np.float32)

        wild = world.wild.__class__(**{**world.wild.__dict__, "model": Many()})
        counterparts = Counterparts(wild, [FilterOff(25)], np.random.default_rng(0))
        drawn = {counterparts.draw()[0].number for _ in range(500)}
        assert drawn == set(range(15, 36)) - {25}

    def test_a_filter_must_exist_and_have_others(self, world: World) -> None:
        wild = world.wild.__class__(**{**world.wild.__dict__, "model": WithFilters()})
        rng = np.random.default_rng(0)
        for number in (12, -1):
            with pytest.raises(DeepRageError, match="the network has filters 0 to 11"):
                Counterparts(wild, [FilterOff(number)], rng)
        assert Counterparts(wild, [FilterOff(11)], rng).draw()[0].number != 11
        with pytest.raises(DeepRageError, match="no other filter"):
            Counterparts(wild, [FilterOff(number) for number in range(12)], rng)
        with pytest.raises(DeepRageError, match="PlantedModel has no filters"):
            Counterparts(world.wild, [FilterOff(0)], rng)

    def test_half_of_the_regulators_may_be_replaced(self) -> None:
        small = make_world(regulators=4, and_pairs=0)
        changes = [LevelChange(slot, "", 1, moved=True) for slot in (0, 2)]
        drawn = Counterparts(small.wild, changes, np.random.default_rng(0)).draw()
        assert {one.slot for one in drawn} == {1, 3}

    def test_too_few_others(self) -> None:
        small = make_world(regulators=2, and_pairs=0)
        changes = [LevelChange(slot, "", 1, moved=True) for slot in (0, 1)]
        with pytest.raises(DeepRageError, match="0 other regulators"):
            Counterparts(small.wild, changes, np.random.default_rng(0))


def test_a_random_motif_keeps_width_information_and_gc() -> None:
    pattern, rng = consensus_pattern("AGGRGTN"), np.random.default_rng(0)
    seen = set()
    for _ in range(300):
        drawn = random_pattern(pattern, rng)
        assert not drawn.same_sites(pattern)
        allowed = np.isfinite(drawn.scores[:4])
        assert sorted(allowed.sum(axis=0)) == [1, 1, 1, 1, 1, 2, 4]
        single = allowed[:, allowed.sum(axis=0) == 1]
        assert single[[1, 2]].sum() == 3
        seen.add(drawn.scores.tobytes())
    assert len(seen) > 150


def test_fast_null_scores_are_those_of_single_knock_outs(world: World) -> None:
    step = [LevelChange(2, "", -4, moved=True)]
    found = null_scores(
        world.wild, step, draws=5, rng=np.random.default_rng(7), before=world.wild.predict()
    )
    counterparts = Counterparts(world.wild, step, np.random.default_rng(7))
    for scores in found:
        one = knock_out(world.wild, counterparts.draw(), rng=np.random.default_rng(0))
        np.testing.assert_allclose(scores, mean_size(one.change), atol=1e-4)


class TestEmpiricalP:
    def test_in_closed_form(self) -> None:
        """Two genes, two null draws: each score over the root mean square of the gene's others."""
        scores = np.array([4.0, 3.0], dtype=np.float32)
        null = np.array([[3.0, 1.0], [0.0, 3.0]], dtype=np.float32)
        ratio = [4 / np.sqrt(4.5), 3 / np.sqrt(5)]
        chance = [3 / np.sqrt(8), 0, 1 / np.sqrt(9), 3 / np.sqrt(5)]
        expected = [(1 + sum(one >= r - 1e-12 for one in chance)) / 5 for r in ratio]
        np.testing.assert_allclose(empirical_p(scores, null), expected)
        assert expected == [1 / 5, 2 / 5]

    def test_a_gene_that_changes_here_alone_is_as_surprising_as_can_be(self) -> None:
        null = np.zeros((3, 2), dtype=np.float32)
        null[:, 1] = 1
        p = empirical_p(np.array([0.5, 0.0], dtype=np.float32), null)
        np.testing.assert_allclose(p, [1 / 7, 1])

    def test_exchangeable_scores_give_uniform_p_values(self) -> None:
        rng = np.random.default_rng(0)
        sensitive = rng.lognormal(0, 2, 400)
        draws = [np.abs(rng.normal(size=(11, 400))) * sensitive for _ in range(5)]
        pooled = np.concatenate([empirical_p(draw[0], draw[1:]) for draw in draws])
        assert kstest(pooled, "uniform").pvalue > 0.01

    def test_sparse_exchangeable_scores_are_not_called_surprising(self) -> None:
        """Most genes have no site of a random motif, so that most scores are 0."""
        rng = np.random.default_rng(1)
        scores = rng.exponential(size=(21, 3000)) * (rng.random((21, 3000)) < 0.03)
        p = empirical_p(scores[0], scores[1:])
        for level in (0.001, 0.01, 0.02):
            assert (p <= level).mean() <= 1.5 * level + 0.002
        assert (p[scores[0] == 0] > 0.9).all()

    def test_a_large_change_of_a_calm_gene_is_surprising_and_of_a_lively_one_is_not(self) -> None:
        rng = np.random.default_rng(2)
        size = np.where(np.arange(100) < 50, 0.1, 10.0)
        null = rng.exponential(size=(20, 100)) * size
        score = np.full(100, 8.0)
        p = empirical_p(score, null)
        assert p[:50].max() < 0.01
        assert p[50:].min() > 0.05


def test_planted_targets_are_found_against_random_regulators() -> None:
    """With many regulators a gene seldom answers to a random one; to its own it always does."""
    world = make_world(regulators=40, motif_width=10, genes=300, and_pairs=0, motifs_per_gene=1.5)
    step = [LevelChange(2, "", -5, moved=True)]
    found = knock_out(world.wild, step, rng=np.random.default_rng(0))
    null = null_scores(
        world.wild, step, draws=20, rng=np.random.default_rng(0), before=found.before
    )
    p = empirical_p(mean_size(found.change), null)
    targets = world.present[:, 2]
    assert targets.sum() > 5
    assert np.median(p[targets]) < 0.05
    assert (p[~targets] == 1).all()


def test_motif_nulls_touch_other_genes() -> None:
    world = make_world(and_pairs=0)
    mask = [MotifMask(consensus_pattern(world.model.consensus(1)))]
    null = null_scores(
        world.wild, mask, draws=6, rng=np.random.default_rng(0), before=world.wild.predict()
    )
    own = mean_size(knock_out(world.wild, mask, rng=np.random.default_rng(0)).change)
    assert null.shape == (6, len(own))
    assert null.mean() < 0.2 * own.mean()


def test_without_draws_there_is_no_null(world: World) -> None:
    change = [LevelChange(0, "", 1, moved=True)]
    before = world.wild.predict()
    found = null_scores(world.wild, change, draws=0, rng=np.random.default_rng(0), before=before)
    assert found.shape == (0, len(world.wild.genes))


def test_feedback_counts_in_the_null_too() -> None:
    """With feedback each draw is a knock-out of its own."""
    world = make_world(and_pairs=0)
    step, calls = [LevelChange(2, "", -4, moved=True)], []
    found = null_scores(
        world.wild, step, draws=3, rng=np.random.default_rng(7), before=world.wild.predict(),
        rounds=2, on_draw=lambda: calls.append(1),
    )  # fmt: skip
    rng = np.random.default_rng(7)
    counterparts = Counterparts(world.wild, step, rng)
    drawn = [counterparts.draw() for _ in range(3)]
    for scores, one in zip(found, drawn, strict=True):
        result = knock_out(world.wild, one, rng=rng, rounds=2)
        np.testing.assert_allclose(scores, mean_size(result.change), atol=1e-5)
    assert len(calls) == 3


def test_a_motif_without_a_counterpart_is_refused() -> None:
    with pytest.raises(DeepRageError, match="too short to be compared"):
        random_pattern(consensus_pattern("W"), np.random.default_rng(0))
