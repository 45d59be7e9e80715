"""What a trained deeprage-f recognises: its own genes by promoter, its conditions by levels."""

from dataclasses import replace

import numpy as np
import pytest

from deeprage.errors import DeepRageError
from deeprage.factorised.certainty import CellKind, Certainty
from deeprage.factorised.condition_map import ConditionMap, FactorMap
from deeprage.factorised.error_sample import ErrorSample
from deeprage.factorised.trained import Learnt, TrainedFactorised
from deeprage.factorised.unseen_conditions import Mixture, OverConditions, OverGenes, World

GENES, CONDITIONS, REGULATORS = 8, 6, 4


class Scorer:
    """Two factor scores: the numbers of A and of C; one more of A if the coding start is known."""

    def __init__(self, reads_coding: bool) -> None:
        self.reads_coding = reads_coding

    def scores(self, promoters, coding=None):
        more = 0 if coding is None else 1
        return np.stack([(promoters == 0).sum(axis=1) + more, (promoters == 1).sum(axis=1)], axis=1)


def learnt(*, reads_coding: bool = False, **changes) -> Learnt:
    """Genes 0 to 5 and conditions 0 to 4 are seen; gene 5 has no promoter, 2 and 3 share one."""
    rng = np.random.default_rng(0)
    promoters = rng.integers(0, 4, (GENES, 12)).astype(np.int8)
    promoters[3] = promoters[2]
    promoters[5] = 4
    levels = rng.normal(size=(REGULATORS, CONDITIONS))
    levels[3, 1] = np.nan
    seen, columns = np.arange(6), np.arange(5)
    nobody = np.zeros(0, dtype=np.intp)
    world = World(rng.normal(size=(6, 5)), levels[:, :5], nobody, nobody)
    mixture = Mixture(OverConditions(0.2, 3.0), OverGenes(0.1, 0.6), (1.0, 0.0))
    errors = rng.normal(size=(2, 300)).astype(np.float32)
    scorer = Scorer(reads_coding)
    parts = {
        "genes": tuple(f"g{n}" for n in range(GENES)),
        "conditions": tuple(f"c{n}" for n in range(CONDITIONS)),
        "regulators": tuple(f"r{n}" for n in range(REGULATORS)),
        "promoters": promoters,
        "coding": np.zeros((GENES, 6), np.int8) if reads_coding else None,
        "seen_genes": seen,
        "seen_conditions": columns,
        "taught": np.array([True] * 5 + [False]),
        "predicted": rng.normal(size=(GENES, CONDITIONS)).astype(np.float32),
        "kinds": rng.integers(0, 2, (GENES, CONDITIONS)).astype(np.int8),
        "noise": np.arange(CONDITIONS, dtype=np.float32),
        "series": np.arange(5),
        "promoter_scores": scorer.scores(promoters).astype(np.float64),
        "condition_map": ConditionMap(world, mixture),
        "factor_map": FactorMap(rng.normal(size=5), np.linalg.qr(rng.normal(size=(5, 2)))[0]),
        "scorer": scorer,
        "class_origin": np.zeros(GENES, np.float32),
        "certainty": Certainty({kind: ErrorSample(*errors) for kind in CellKind}),
    }
    return Learnt(**(parts | changes))


@pytest.fixture
def model() -> TrainedFactorised:
    return TrainedFactorised(learnt())


def levels_of(model: TrainedFactorised) -> np.ndarray:
    """Levels of the seen conditions (5, R)."""
    return model.learnt.condition_map.levels.copy()


class TestLevels:
    def test_reference_and_range_are_those_of_the_seen_conditions(self, model) -> None:
        levels = levels_of(model)
        np.testing.assert_allclose(model.reference_levels, np.nanmean(levels, axis=0), rtol=1e-5)
        # A level that was not measured is taken to be the mean.
        np.testing.assert_allclose(model.regulator_low, np.nanmin(levels, axis=0))
        np.testing.assert_allclose(model.regulator_high, np.nanmax(levels, axis=0))

    def test_a_regulator_that_was_never_measured_is_at_zero(self) -> None:
        plain = learnt()
        world = plain.condition_map.world
        blank = world.levels.copy()
        blank[2] = np.nan
        conditions = replace(plain.condition_map, world=replace(world, levels=blank))
        model = TrainedFactorised(replace(plain, condition_map=conditions))
        assert model.reference_levels[2] == model.regulator_low[2] == 0

    def test_the_usual_level_is_no_change_or_the_mean(self, model) -> None:
        np.testing.assert_array_equal(model.usual_levels, 0)
        absolute = TrainedFactorised(learnt(relative=False))
        np.testing.assert_array_equal(absolute.usual_levels, absolute.reference_levels)


class TestConditions:
    def test_levels_within_a_thousandth_are_those_of_a_seen_condition(self, model) -> None:
        levels = levels_of(model)
        assert list(model._known_conditions(levels + np.float32(9e-4))) == [0, 1, 2, 3, 4]
        assert list(model._known_conditions(levels + np.float32(1.2e-3))) == [-1] * 5
        one = levels[:1].copy()
        one[0, 2] += 0.01
        assert list(model._known_conditions(one)) == [-1]

    def test_a_level_that_was_not_measured_may_be_anything(self, model) -> None:
        asked = levels_of(model)[[1]]
        asked[0, 3] = 77
        assert list(model._known_conditions(asked)) == [1]

    @pytest.mark.parametrize(("measured", "known"), [(3, 0), (2, -1), (1, -1)])
    def test_more_than_half_of_the_levels_must_have_been_measured(
        self, measured: int, known: int
    ) -> None:
        plain = learnt()
        world = plain.condition_map.world
        holes = world.levels.copy()
        holes[measured:, 0] = np.nan
        conditions = replace(plain.condition_map, world=replace(world, levels=holes))
        model = TrainedFactorised(replace(plain, condition_map=conditions))
        assert list(model._known_conditions(levels_of(model)[:1])) == [known]

    def test_of_equal_conditions_the_first_is_meant(self) -> None:
        plain = learnt()
        world = plain.condition_map.world
        same = world.levels.copy()
        same[:, 4] = same[:, 2]
        conditions = replace(plain.condition_map, world=replace(world, levels=same))
        model = TrainedFactorised(replace(plain, condition_map=conditions))
        assert list(model._known_conditions(levels_of(model)[[4]])) == [2]


class TestGenes:
    def test_a_promoter_of_one_seen_gene_is_that_gene(self, model) -> None:
        found = model._known_genes(model.learnt.promoters, None)
        # Two share a promoter, one has none, and the last two were not seen.
        assert list(found) == [0, 1, -1, -1, 4, -1, -1, -1]

    def test_where_genes_share_a_promoter_the_name_decides(self, model) -> None:
        promoters = model.learnt.promoters[[2, 2, 2, 0]]
        found = model._known_genes(promoters, ["g3", "g2", "other", "other"])
        assert list(found) == [3, 2, -1, 0]


class TestPredictNew:
    def test_what_is_known_is_what_was_predicted(self, model) -> None:
        mine = model.learnt
        asked = np.concatenate([levels_of(model)[[3, 0]], np.ones((1, REGULATORS), np.float32)])
        found = model.predict_new(mine.promoters[[4, 6, 1]], asked)
        np.testing.assert_array_equal(
            found.value[np.ix_([0, 2], [0, 1])], mine.predicted[np.ix_([4, 1], [3, 0])]
        )
        np.testing.assert_array_equal(
            found.kinds[np.ix_([0, 2], [0, 1])], mine.kinds[np.ix_([4, 1], [3, 0])]
        )
        profiles = mine.condition_map.profiles(asked[2:])
        np.testing.assert_allclose(found.value[[0, 2], 2], profiles[[4, 1], 0], rtol=1e-5)
        assert list(found.kinds[[0, 2], 2]) == [CellKind.NEW_CONDITION] * 2
        # A new gene: its scores on the loadings of the seen conditions, and of the new one.
        scores = mine.scorer.scores(mine.promoters[[6]])[0]
        factors = mine.factor_map
        np.testing.assert_allclose(
            found.value[1, :2], (factors.mean + factors.loadings @ scores)[[3, 0]], rtol=1e-5
        )
        values = mine.condition_map.values[mine.taught]
        mean, loadings = factors.of_profiles(values, profiles[mine.taught])
        np.testing.assert_allclose(found.value[1, 2], mean[0] + loadings[0] @ scores, rtol=1e-5)
        assert list(found.kinds[1]) == [CellKind.NEW_GENE] * 2 + [CellKind.NEW_BOTH]
        np.testing.assert_array_equal(found.noise[:2], [3, 0])
        np.testing.assert_allclose(found.noise[2], mine.condition_map.noise(asked[2:])[0])

    def test_a_new_gene_is_known_better_with_its_coding_start(self) -> None:
        model = TrainedFactorised(learnt(reads_coding=True))
        promoters = model.learnt.promoters[[6, 0]]
        asked = levels_of(model)[:1]
        alone = model.predict_new(promoters, asked)
        told = model.predict_new(promoters, asked, coding=np.zeros((2, 6), np.int8))
        assert alone.kinds[0, 0] == CellKind.NEW_GENE_BY_PROMOTER_ALONE
        assert told.kinds[0, 0] == CellKind.NEW_GENE
        difference = told.value - alone.value
        np.testing.assert_allclose(
            difference[:, 0], [model.learnt.factor_map.loadings[0, 0], 0], atol=1e-5
        )

    def test_nothing_is_asked(self, model) -> None:
        found = model.predict_new(model.learnt.promoters[[6]], np.zeros((0, REGULATORS)))
        assert found.value.shape == (1, 0)


class TestRespond:
    def test_a_changed_promoter_adds_what_its_factors_say(self, model) -> None:
        mine = model.learnt
        levels = np.random.default_rng(1).normal(size=(3, REGULATORS)).astype(np.float32)
        rows = np.array([0, 6, 2])
        before = model.respond(rows, mine.promoters[rows], levels)
        profiles = mine.condition_map.profiles(levels)
        np.testing.assert_allclose(before[[0, 2]], profiles[[0, 2]], rtol=1e-5)
        changed = mine.promoters[rows].copy()
        changed[:2, 0] = (changed[:2, 0] + 1) % 4
        after = model.respond(rows, changed, levels)
        moved = mine.scorer.scores(changed) - mine.promoter_scores[rows]
        values = mine.condition_map.values[mine.taught]
        _, loadings = mine.factor_map.of_profiles(values, profiles[mine.taught])
        np.testing.assert_allclose(after - before, moved @ loadings.T, atol=1e-4)

    def test_profiles_are_remembered_for_the_last_levels_alone(self, model) -> None:
        rng = np.random.default_rng(2)
        asked = [rng.normal(size=(2, REGULATORS)).astype(np.float32) for _ in range(9)]
        first = model._profiles(asked[0])
        assert model._profiles(asked[0].copy()) is first
        for levels in asked[1:8]:
            model._profiles(levels)
        assert model._profiles(asked[0]) is first
        model._profiles(asked[8])
        again = model._profiles(asked[0])
        assert again is not first
        np.testing.assert_array_equal(again, first)

    def test_many_conditions_are_predicted_part_by_part(self, model) -> None:
        levels = np.random.default_rng(3).normal(size=(130, REGULATORS)).astype(np.float32)
        np.testing.assert_allclose(
            model._profiles(levels), model.learnt.condition_map.profiles(levels), atol=1e-5
        )


@pytest.mark.parametrize("level", [0, 1, -0.1, 1.5])
def test_the_level_of_an_interval_lies_between_0_and_1(model, level: float) -> None:
    value, kinds = np.zeros((1, 1), np.float32), np.zeros((1, 1), np.int8)
    with pytest.raises(DeepRageError, match="between 0 and 1"):
        model.interval(value, kinds, np.zeros(1, np.float32), level=level)


def test_an_interval_is_centred_on_the_prediction(model) -> None:
    value, kinds = np.full((1, 1), 2, np.float32), np.zeros((1, 1), np.int8)
    noise = np.zeros(1, np.float32)
    low, high = model.interval(value, kinds, noise)
    half = model.learnt.certainty.half_width(value, kinds, noise, 0.9)
    np.testing.assert_allclose([low[0, 0], high[0, 0]], [2 - half[0, 0], 2 + half[0, 0]])


def test_new_conditions_project_on_the_factors_of_the_genes_that_taught(model) -> None:
    """A profile that is planted from the factors gives back its loadings, from some columns too."""
    factors = model.learnt.factor_map
    scores = np.random.default_rng(4).normal(size=(30, 2))
    scores -= scores.mean(axis=0)
    values = factors.mean + scores @ factors.loadings.T
    planted = np.array([[0.5, -1.0], [2.0, 0.3], [0, 1]])
    profiles = np.array([1.0, 2.0, 3.0]) + scores @ planted.T
    for seen in (None, np.array([0, 2, 3])):
        mean, loadings = factors.of_profiles(values, profiles, seen)
        np.testing.assert_allclose(mean, [1, 2, 3], atol=1e-9)
        np.testing.assert_allclose(loadings, planted, atol=1e-9)


def test_series_are_left_out_whole_in_six_groups(model) -> None:
    mine = model.learnt.condition_map
    series = np.array(["a", "b", "a", "c", "b"])
    folds = [fold for fold, _, _ in mine.left_out(series, np.random.default_rng(0))]
    assert sorted(map(tuple, folds)) == [(0, 2), (1, 4), (3,)]
    for fold, profiles, noise in mine.left_out(series, np.random.default_rng(0)):
        kept = np.setdiff1d(np.arange(5), fold)
        world = mine.world
        np.testing.assert_allclose(profiles, mine.mixture(world, kept, fold), rtol=1e-4)
        np.testing.assert_allclose(
            noise, mine.mixture.over_genes.noise(world, kept, fold), rtol=1e-4
        )
    assert not list(mine.left_out(np.array(["a"] * 5), np.random.default_rng(0)))
    two = np.array(["a", "a", "b", "b", "b"])
    assert len(list(mine.left_out(two, np.random.default_rng(0)))) == 2
