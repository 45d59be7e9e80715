"""Principal factors of incomplete matrices, and options chosen on validation cells."""

import numpy as np

from deeprage.baselines.choosing import choose_options, squared_error
from deeprage.baselines.factors import principal_factors


def test_a_complete_matrix_gives_its_singular_value_decomposition() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 8)) * np.arange(1, 9)
    found = principal_factors(values, 3)
    left, size, right = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(
        found.scores @ found.loadings.T, (left[:, :3] * size[:3]) @ right[:3], atol=1e-9
    )
    np.testing.assert_allclose(found.loadings.T @ found.loadings, np.eye(3), atol=1e-9)


def test_missing_cells_of_a_low_rank_matrix_are_recovered() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(80, 2)) @ rng.normal(size=(2, 20)) + rng.normal(size=20)
    values = np.where(rng.random(truth.shape) < 0.2, np.nan, truth)
    found = principal_factors(values, 2, steps=500, tolerance=1e-8)
    np.testing.assert_allclose(found.mean + found.scores @ found.loadings.T, truth, atol=0.02)


def test_never_more_factors_than_the_matrix_has() -> None:
    assert principal_factors(np.random.default_rng(0).normal(size=(5, 3)), 10).scores.shape == (
        5,
        2,
    )
    single = principal_factors(np.ones((5, 1)), 10)
    assert single.scores.shape == (5, 0)
    np.testing.assert_allclose(single.mean, 1)


class TestChoice:
    def test_each_factor_gets_the_option_that_is_right_for_it(self) -> None:
        rng = np.random.default_rng(2)
        right = rng.normal(size=(40, 3))
        loadings = np.linalg.qr(rng.normal(size=(10, 3)))[0]
        paths = rng.normal(size=(4, 40, 3))
        wanted = [2, 0, 3]
        for factor, option in enumerate(wanted):
            paths[option, :, factor] = right[:, factor]
        residual = right @ loadings.T
        residual[rng.random(residual.shape) < 0.3] = np.nan
        choice = choose_options(paths, loadings, residual, sweeps=10)
        np.testing.assert_array_equal(choice.options, wanted)
        assert choice.error < 1e-20

    def test_without_validation_cells_the_middle_option_is_taken(self) -> None:
        choice = choose_options(np.ones((5, 2, 3)), np.ones((4, 3)), np.full((2, 4), np.nan))
        np.testing.assert_array_equal(choice.options, 2)

    def test_the_error_leaves_out_missing_cells(self) -> None:
        assert squared_error(np.array([1.0, 5.0]), np.array([3.0, np.nan])) == 4.0
        assert squared_error(np.ones(2), np.full(2, np.nan)) == 0.0
