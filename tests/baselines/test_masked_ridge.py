"""Ridges in closed form, with and without missing cells, against separate solves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from deeprage.baselines.bilinear_ridge import _Axis, bilinear_coefficients
from deeprage.baselines.masked_ridge import masked_kernel_ridge
from deeprage.baselines.ridge import ridge_path
from deeprage.errors import DeepRageError


@given(
    seed=st.integers(0, 10_000),
    missing=st.sampled_from([0.0, 0.05, 0.3, 0.7]),
    penalty=st.sampled_from([0.01, 1.0, 30.0]),
)
@settings(deadline=None, max_examples=25)
def test_each_column_is_the_ridge_on_its_observed_rows(
    seed: int, missing: float, penalty: float
) -> None:
    rng = np.random.default_rng(seed)
    inputs, new = rng.normal(size=(25, 12)), rng.normal(size=(6, 12))
    targets = rng.normal(size=(25, 8))
    targets[rng.random(targets.shape) < missing] = np.nan
    dual = masked_kernel_ridge(inputs @ inputs.T, targets, penalty, tolerance=1e-9)
    predicted = new @ inputs.T @ dual
    for column in range(8):
        seen = ~np.isnan(targets[:, column])
        assert (dual[~seen, column] == 0).all()
        if not seen.any():
            np.testing.assert_array_equal(predicted[:, column], 0)
            continue
        one = Ridge(alpha=penalty, fit_intercept=False, solver="cholesky")
        one.fit(inputs[seen], targets[seen, column])
        np.testing.assert_allclose(predicted[:, column], one.predict(new), rtol=1e-4, atol=1e-5)


def test_a_penalty_of_zero_is_refused() -> None:
    with pytest.raises(DeepRageError, match="above 0, got 0"):
        masked_kernel_ridge(np.eye(3), np.ones((3, 1)), 0.0)


@pytest.mark.parametrize("features", [8, 60])
def test_ridge_path_in_primal_and_dual_is_the_ridge_of_sklearn(features: int) -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(40, features)).astype(np.float32)
    rows = np.arange(0, 40, 2)
    targets = rng.normal(size=(20, 3))
    paths = ridge_path(inputs, rows, targets, [0.1, 10.0])
    size = (inputs[rows] ** 2).sum(axis=1).mean()
    for path, penalty in zip(paths, (0.1, 10.0), strict=True):
        one = Ridge(alpha=penalty * size, fit_intercept=False).fit(inputs[rows], targets)
        np.testing.assert_allclose(path, one.predict(inputs), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("shape", [(9, 4, 6, 3), (5, 8, 4, 7)])
def test_bilinear_coefficients_solve_the_ridge_on_the_kronecker_product(
    shape: tuple[int, int, int, int],
) -> None:
    rng = np.random.default_rng(1)
    genes, motifs, conditions, regulators = shape
    m, t = rng.normal(size=(genes, motifs)), rng.normal(size=(conditions, regulators))
    values = rng.normal(size=(genes, conditions))
    gene_axis = _Axis.of(m, np.arange(genes))
    condition_axis = _Axis.of(t, np.arange(conditions))
    found = bilinear_coefficients(gene_axis, condition_axis, values, 0.7)
    predicted = gene_axis.coordinates @ found @ condition_axis.coordinates.T
    plain = Ridge(alpha=0.7, fit_intercept=False).fit(np.kron(m, t), values.ravel())
    expected = plain.predict(np.kron(m, t)).reshape(values.shape)
    np.testing.assert_allclose(predicted, expected, rtol=1e-6, atol=1e-8)
