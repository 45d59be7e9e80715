"""Matrix completion recovers planted low rank, and never does worse than its fallback."""

import numpy as np
import pytest

from deeprage.baselines.completion import Completion, _shrink
from deeprage.baselines.reference import Additive
from deeprage.data.split import Regime, Role, visible
from deeprage.data.splitting import make_split


def low_rank(genes: int, conditions: int, *, rank: int = 2, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(genes, rank)) @ rng.normal(size=(rank, conditions))


@pytest.mark.parametrize(("genes", "conditions"), [(80, 25), (25, 80)])
def test_planted_low_rank_is_recovered(make_compendium, genes: int, conditions: int) -> None:
    planted = low_rank(genes, conditions)
    compendium = make_compendium(planted, missing=0.05)
    split = make_split(compendium, regime="pairs")
    seen = visible(compendium, split)
    block = np.arange(genes), np.arange(conditions)
    found = Completion().fit(seen, split)
    hidden = split.cells(Role.TEST)
    error = np.mean((found.predict(*block) - planted)[hidden] ** 2)
    additive = np.mean((Additive().fit(seen, split).predict(*block) - planted)[hidden] ** 2)
    assert error < 0.02 * planted.var()
    assert error < 0.05 * additive
    assert found.rank_ < 12


def test_noise_is_left_to_the_additive_prediction(make_compendium) -> None:
    noise = np.random.default_rng(1).normal(size=(80, 25))
    compendium = make_compendium(noise)
    split = make_split(compendium, regime="pairs")
    seen = visible(compendium, split)
    block = np.arange(77), np.arange(25)
    hidden = split.cells(Role.TEST)[:77]
    found = Completion().fit(seen, split).predict(*block)
    additive = Additive().fit(seen, split).predict(*block)
    errors = [np.mean((x - noise[:77])[hidden] ** 2) for x in (found, additive)]
    assert errors[0] < 1.1 * errors[1]


@pytest.mark.parametrize("regime", [Regime.GENES, Regime.CONDITIONS, Regime.BOTH])
def test_what_was_never_seen_gets_the_additive_prediction(make_compendium, regime: Regime) -> None:
    compendium = make_compendium(low_rank(40, 20))
    split = make_split(compendium, regime=regime)
    seen = visible(compendium, split)
    block = np.arange(40), np.arange(20)
    found = Completion(penalties=(3.0, 1.0)).fit(seen, split).predict(*block)
    additive = Additive().fit(seen, split).predict(*block)
    held_out = split.cells(Role.TEST)
    np.testing.assert_allclose(found[held_out], additive[held_out], atol=1e-5)


def test_shrinking_lowers_each_singular_value_by_the_penalty() -> None:
    matrix = np.random.default_rng(2).normal(size=(30, 8)).astype(np.float32)
    left, singular, right = np.linalg.svd(matrix, full_matrices=False)
    expected = (left * np.maximum(singular - 4.0, 0)) @ right
    found, rank = _shrink(matrix, 4.0, 100)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert rank == (singular > 4.0).sum()
    assert _shrink(matrix, 4.0, 2)[1] == min(rank, 2)


def test_the_solution_is_stationary() -> None:
    """Soft-impute's fixed point: shrinking the filled matrix gives the same matrix back."""
    residual = low_rank(40, 10, seed=3).astype(np.float32)
    residual[np.random.default_rng(3).random(residual.shape) < 0.2] = np.nan
    solution = Completion(tolerance=1e-6, most_iterations=2000)._solve(
        residual, np.zeros_like(residual), 2.0
    )
    filled = np.where(np.isnan(residual), solution.values, residual)
    np.testing.assert_allclose(_shrink(filled, 2.0, 100)[0], solution.values, atol=1e-3)
