"""Reference points equal their closed forms, whatever is hidden."""

import numpy as np
import pytest

from deeprage.baselines import BASELINES, make_baseline
from deeprage.baselines.effects import fit_effects
from deeprage.baselines.reference import Additive, ConditionMean, GeneMean, MajorityClass
from deeprage.data.predictor import Predictor
from deeprage.data.split import Regime, Role, visible
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError

SIMPLE = ("zero", "majority", "gene-mean", "condition-mean", "additive", "completion")


def dense_least_squares(values: np.ndarray) -> np.ndarray:
    """Fitted values (G, C) of mean + gene + condition, by lstsq on the full design matrix."""
    rows, columns = np.nonzero(~np.isnan(values))
    design = np.zeros((len(rows), sum(values.shape)))
    design[np.arange(len(rows)), rows] = 1
    design[np.arange(len(rows)), values.shape[0] + columns] = 1
    effects = np.linalg.lstsq(design, values[rows, columns], rcond=None)[0]
    return effects[: values.shape[0], None] + effects[None, values.shape[0] :]


class TestEffects:
    @pytest.mark.parametrize("shape", [(25, 7), (7, 25)])
    @pytest.mark.parametrize("missing", [0.0, 0.3])
    def test_equal_dense_least_squares(self, shape: tuple[int, int], missing: float) -> None:
        rng = np.random.default_rng(1)
        values = (rng.normal(size=shape) + rng.normal(size=(shape[0], 1)) * 3).astype(np.float32)
        values[rng.random(shape) < missing] = np.nan
        found = fit_effects(values).block(np.arange(shape[0]), np.arange(shape[1]))
        np.testing.assert_allclose(found, dense_least_squares(values), atol=2e-5)

    def test_complete_data_give_the_means(self) -> None:
        values = np.random.default_rng(2).normal(size=(9, 5)).astype(np.float32)
        found = fit_effects(values)
        assert found.mean == pytest.approx(values.mean(), abs=1e-6)
        np.testing.assert_allclose(found.gene, values.mean(axis=1) - values.mean(), atol=1e-6)
        np.testing.assert_allclose(found.condition, values.mean(axis=0) - values.mean(), atol=1e-6)

    def test_an_unseen_gene_is_an_average_one(self) -> None:
        values = np.random.default_rng(3).normal(size=(9, 5)).astype(np.float32)
        values[4] = np.nan
        found = fit_effects(values)
        expected = np.nanmean(values, axis=0)
        np.testing.assert_allclose(found.block(np.array([4]), np.arange(5))[0], expected, atol=1e-6)

    def test_nothing_known_gives_zero(self) -> None:
        found = fit_effects(np.full((3, 4), np.nan, dtype=np.float32))
        assert not found.block(np.arange(3), np.arange(4)).any()


class TestMeans:
    def test_only_training_cells_count(self, make_compendium) -> None:
        compendium = make_compendium(missing=0.1)
        split = make_split(compendium, regime="pairs", test_fraction=0.2, validation_fraction=0.2)
        train = np.where(split.cells(Role.TRAIN), compendium.expression, np.nan)[:27]
        seen = visible(compendium, split)
        rows, columns = np.array([3, 1]), np.array([0, 5, 2])
        by_gene = GeneMean().fit(seen, split).predict(rows, columns)
        np.testing.assert_allclose(
            by_gene, np.repeat(np.nanmean(train, axis=1)[rows, None], 3, axis=1), rtol=1e-5
        )
        by_condition = ConditionMean().fit(seen, split).predict(rows, columns)
        np.testing.assert_allclose(
            by_condition, np.repeat(np.nanmean(train, axis=0)[None, columns], 2, axis=0), rtol=1e-5
        )

    def test_additive_finds_planted_effects(self, make_compendium) -> None:
        rng = np.random.default_rng(4)
        planted = rng.normal(size=(30, 1)) + rng.normal(size=(1, 12))
        compendium = make_compendium(planted, missing=0.1)
        split = make_split(compendium, regime="pairs")
        found = Additive().fit(visible(compendium, split), split)
        scored = np.arange(27)
        np.testing.assert_allclose(found.predict(scored, np.arange(12)), planted[scored], atol=1e-5)


class TestMajority:
    def test_names_the_commonest_training_class(self, make_compendium) -> None:
        values = np.random.default_rng(5).normal(3, 0.5, size=(30, 12))
        compendium = make_compendium(values)
        split = make_split(compendium, regime="pairs")
        found = MajorityClass().fit(visible(compendium, split), split)
        block = np.arange(4), np.arange(3)
        assert (found.predict_with_classes(*block)[1] == 2).all()
        assert found.predict(*block) == pytest.approx(3, abs=0.1)

    def test_predicts_no_change_where_that_is_the_majority(self, make_compendium) -> None:
        compendium = make_compendium(np.random.default_rng(6).normal(0.1, 0.1, size=(30, 12)))
        split = make_split(compendium, regime="pairs")
        found = MajorityClass().fit(visible(compendium, split), split)
        assert not found.predict(np.arange(4), np.arange(3)).any()


@pytest.mark.parametrize("name", SIMPLE)
@pytest.mark.parametrize("regime", list(Regime))
def test_all_keep_the_contract(make_compendium, name: str, regime: Regime) -> None:
    compendium = make_compendium(missing=0.1)
    split = make_split(compendium, regime=regime)
    predictor = make_baseline(name)
    assert isinstance(predictor, Predictor)
    fitted = predictor.fit(visible(compendium, split), split)
    everything = fitted.predict(np.arange(30), np.arange(12))
    assert everything.dtype == np.float32
    assert np.isfinite(everything).all()
    rows, columns = np.array([7, 2]), np.array([11, 0, 3])
    np.testing.assert_array_equal(fitted.predict(rows, columns), everything[np.ix_(rows, columns)])


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(DeepRageError, match="Did you mean 'completion'"):
        make_baseline("complation")
    assert set(SIMPLE) <= set(BASELINES)
