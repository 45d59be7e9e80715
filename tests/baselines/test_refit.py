"""A refit learns from the validation cells with the choices made before, and from no test cell."""

from collections.abc import Callable

import numpy as np
import pytest

from deeprage.baselines.completion import Completion
from deeprage.baselines.kmer_ridge import KmerRidge
from deeprage.baselines.regulator_ridge import RegulatorKernel, RegulatorRidge
from deeprage.data.split import Role, visible
from deeprage.evaluation.evaluate import fit_and_predict


@pytest.mark.parametrize(
    ("build", "regime"),
    [
        (Completion, "pairs"),
        (RegulatorRidge, "conditions"),
        (RegulatorKernel, "conditions"),
        (KmerRidge, "genes"),
    ],
)
def test_validation_cells_enter_only_by_the_refit(
    make_world: Callable, build: type, regime: str
) -> None:
    world = make_world()
    split = world.split(regime)
    seen = visible(world.compendium, split)
    genes, conditions = (np.arange(size) for size in seen.expression.shape)
    before = build().fit(seen, split).predict(genes, conditions)
    after = build().fit(seen, split).refit(seen, split).predict(genes, conditions)
    found = fit_and_predict(world.compendium, split, build()).values
    validation, test = split.cells(Role.VALIDATION), split.cells(Role.TEST)
    np.testing.assert_array_equal(found[validation], before[validation])
    np.testing.assert_array_equal(found[test], after[test])
    assert np.abs(after - before)[test].max() > 1e-3


def test_a_refit_is_a_fit_on_both_with_the_chosen_penalty(make_world: Callable) -> None:
    world = make_world()
    split = world.split("conditions")
    seen = visible(world.compendium, split)
    genes, conditions = (np.arange(size) for size in seen.expression.shape)
    model = RegulatorRidge().fit(seen, split)
    chosen = (model.penalty_,)
    both = RegulatorRidge(penalties=chosen).fit(seen, split.validation_in_training())
    np.testing.assert_allclose(
        model.refit(seen, split).predict(genes, conditions),
        both.predict(genes, conditions),
        rtol=1e-5,
        atol=1e-6,
    )
