"""Regulator ridge and neighbours: planted regulator logic, missing cells, self-masking."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge

from deeprage.baselines.features import regulator_inputs
from deeprage.baselines.neighbours import Neighbours
from deeprage.baselines.regulator_ridge import RegulatorKernel, RegulatorRidge
from deeprage.data.split import Role, visible
from deeprage.errors import DeepRageError

REGIMES = ("pairs", "conditions", "genes", "both")


@pytest.mark.parametrize("build", [RegulatorRidge, RegulatorKernel])
def test_planted_regulators_predict_unseen_conditions(make_world: Callable, build: type) -> None:
    assert make_world().skill(build(), "conditions") > 0.8
    assert make_world().skill(build(), "pairs") > 0.8


@pytest.mark.parametrize("build", [RegulatorRidge, RegulatorKernel])
def test_permuted_regulators_say_nothing_of_unseen_conditions(
    make_world: Callable, build: type
) -> None:
    # A test has few conditions, so one permutation may fit by chance: several are averaged.
    worlds = [make_world(genes=60, conditions=60, shuffle="regulators", seed=s) for s in range(6)]
    assert abs(np.mean([world.skill(build(), "conditions") for world in worlds])) < 0.25


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("build", [RegulatorRidge, RegulatorKernel, Neighbours])
def test_every_regime_gives_finite_predictions(
    make_world: Callable, build: type, regime: str
) -> None:
    world = make_world(genes=100, conditions=24, missing=0.2)
    assert world.skill(build(), regime) > -0.2


def fitted_on(world, seed: int = 0):
    split = world.split("conditions", seed)
    seen = visible(world.compendium, split)
    inputs = regulator_inputs(seen, split)
    columns = split.train_columns
    trained = np.where(split.cells(Role.TRAIN), seen.expression, np.nan)
    size = np.mean(np.sum(inputs[columns] ** 2, axis=1))
    return split, seen, inputs, trained, size


def test_each_gene_is_the_ridge_of_sklearn_on_its_observed_cells(make_world: Callable) -> None:
    world = make_world(genes=60, conditions=30, missing=0.3)
    split, seen, inputs, trained, size = fitted_on(world)
    model = RegulatorRidge(penalties=(0.4,), mask_self=False).fit(seen, split)
    features = np.column_stack([inputs / np.sqrt(size), np.ones(len(inputs))])
    genes, conditions = (np.arange(n) for n in trained.shape)
    found = model.predict(genes, conditions)
    for gene in genes:
        known = ~np.isnan(trained[gene])
        one = Ridge(alpha=0.4, fit_intercept=False).fit(features[known], trained[gene, known])
        np.testing.assert_allclose(found[gene], one.predict(features), rtol=1e-3, atol=1e-3)


def test_the_kernel_form_is_kernel_ridge_of_sklearn(make_world: Callable) -> None:
    world = make_world(genes=40, conditions=30, missing=0.3)
    split, seen, inputs, trained, _ = fitted_on(world)
    model = RegulatorKernel(
        widths=(2.0,), linear_shares=(0.0,), penalties=(0.3,), mask_self=False
    ).fit(seen, split)
    taught = inputs[split.train_columns]
    distances = ((taught[:, None] - taught[None]) ** 2).sum(axis=2)
    gamma = 1 / (2 * np.median(distances[np.triu_indices(len(taught), 1)]))

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.exp(-gamma * ((a[:, None] - b[None]) ** 2).sum(axis=2)) + 1

    found = model.predict(np.arange(40), np.arange(30))
    for gene in range(0, 40, 5):
        known = ~np.isnan(trained[gene])
        one = KernelRidge(alpha=0.3, kernel="precomputed")
        one.fit(kernel(inputs[known], inputs[known]), trained[gene, known])
        expected = one.predict(kernel(inputs, inputs[known]))
        np.testing.assert_allclose(found[gene], expected, rtol=1e-3, atol=1e-3)


def test_a_regulator_is_not_predicted_from_itself(make_world: Callable) -> None:
    world = make_world(conditions=60)
    split, seen, *_ = fitted_on(world)
    rows = world.compendium.regulator_rows
    tested = np.flatnonzero((split.role == Role.TEST).all(axis=0))
    truth = world.compendium.expression[np.ix_(rows, tested)]
    masked = RegulatorRidge().fit(seen, split).predict(rows, tested)
    leaky = RegulatorRidge(mask_self=False).fit(seen, split).predict(rows, tested)
    # The levels are independent draws, so nothing but itself tells a regulator.
    assert np.corrcoef(leaky.ravel(), truth.ravel())[0, 1] > 0.9
    assert abs(np.corrcoef(masked.ravel(), truth.ravel())[0, 1]) < 0.35


def test_missing_regulator_levels_are_the_training_mean(make_world: Callable) -> None:
    world = make_world(genes=40, conditions=12)
    values = world.compendium.expression.copy()
    row = world.compendium.regulator_rows[0]
    values[row, 3] = np.nan
    changed = type(world.compendium)(world.compendium.adata).with_expression(values)
    changed.adata.obsm["regulator_levels"] = values[world.compendium.regulator_rows].T
    split = world.split("genes")
    inputs = regulator_inputs(type(changed)(changed.adata), split)
    assert inputs[3, 0] == 0
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-6)


def test_penalties_must_be_above_zero(make_world: Callable) -> None:
    world = make_world(genes=40, conditions=12)
    split = world.split("genes")
    with pytest.raises(DeepRageError, match="above 0"):
        RegulatorRidge(penalties=(0.0,)).fit(visible(world.compendium, split), split)


class TestNeighbours:
    def test_a_twin_condition_is_found_by_its_regulators(self, make_world: Callable) -> None:
        world = make_world(conditions=40)
        values = world.compendium.expression.copy()
        values[:, 20:] = values[:, :20]
        twins = type(world)(_with_levels(world.compendium, values), world.motifs)
        model = Neighbours(by="conditions", condition_ks=(1,))
        split = twins.split("conditions")
        role = split.role.copy()
        # First copies train; second copies validate or are tested.
        role[:, :20], role[:, 20:26], role[:, 26:] = Role.TRAIN, Role.VALIDATION, Role.TEST
        split = type(split)(split.regime, split.genes, split.conditions, role, "twins")
        model.fit(visible(twins.compendium, split), split)
        found = model.predict(np.arange(200), np.arange(26, 40))
        truth = values[:200, 26:]
        known = ~np.isnan(truth)
        assert np.corrcoef(found[known], truth[known])[0, 1] > 0.95

    def test_genes_with_alike_promoters_are_alike(self, make_world: Callable) -> None:
        world = make_world()
        rng = np.random.default_rng(0)
        compendium = world.compendium
        families = rng.integers(0, 40, size=len(compendium.genes))
        profiles = rng.normal(size=(40, len(compendium.conditions)))
        promoters = rng.integers(0, 4, size=(40, 120)).astype(np.int8)[families]
        compendium.adata.varm["promoter"] = np.where(
            rng.random(promoters.shape) < 0.1, (promoters + 1) % 4, promoters
        ).astype(np.int8)
        values = compendium.expression.copy()
        targets = np.setdiff1d(np.arange(len(values)), compendium.regulator_rows)
        values[targets] = profiles[families[targets]]
        changed = type(world)(_with_levels(compendium, values), world.motifs)
        model = Neighbours(k=5, window=120)
        assert changed.skill(model, "genes") > 0.6
        assert model.way_.gene_k > 0

    def test_wrong_settings_are_refused(self) -> None:
        with pytest.raises(DeepRageError, match="'conditions'"):
            Neighbours(by="condition")
        with pytest.raises(DeepRageError, match="1 or more"):
            Neighbours(gene_ks=(0,))


def _with_levels(compendium, values: np.ndarray):
    changed = compendium.with_expression(values)
    changed.adata.obsm["regulator_levels"] = values[compendium.regulator_rows].T
    return type(changed)(changed.adata)


def test_a_changed_level_changes_a_gene_by_its_coefficient(make_world: Callable) -> None:
    world = make_world(genes=40, conditions=30)
    split, seen, inputs, trained, size = fitted_on(world)
    model = RegulatorRidge(penalties=(0.4,)).fit(seen, split)
    lowered = seen.regulator_levels.copy()
    lowered[:, 2] -= 3
    targets = np.setdiff1d(split.train_rows, seen.regulator_rows)
    change = model.predict_levels(targets, lowered) - model.predict(targets, np.arange(30))
    gene = targets[4]
    known = ~np.isnan(trained[gene])
    features = np.column_stack([inputs / np.sqrt(size), np.ones(len(inputs))])
    alone = Ridge(alpha=0.4, fit_intercept=False).fit(features[known], trained[gene][known])
    np.testing.assert_allclose(change[4], -3 * alone.coef_[2] / np.sqrt(size), atol=1e-4)
    own = seen.regulator_rows[[2]]
    assert np.allclose(model.predict_levels(own, lowered), model.predict(own, np.arange(30)))
