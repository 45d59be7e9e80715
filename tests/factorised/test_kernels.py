"""Kernels and their ridge equal scikit-learn's."""

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel
from sklearn.preprocessing import StandardScaler

from deeprage.factorised.gaussian import Completed
from deeprage.factorised.kernels import (
    GaussianKernel,
    mean_kernel,
    median_distance,
    ridge_dual,
    sample,
    squared_distances,
)
from deeprage.factorised.similar_genes import residual_of_similar_genes


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(0).normal(2, 3, size=(30, 4)).astype(np.float32)


def test_distances(features) -> None:
    found = squared_distances(features[:7], features)
    np.testing.assert_allclose(
        found, euclidean_distances(features[:7], features, squared=True), atol=1e-3
    )
    # Rounding takes some of equal points below 0 before they are lifted.
    far = features + np.float32(1000)
    assert (squared_distances(far, far) >= 0).all()


def test_a_kernel_is_as_wide_as_its_points_are_far_apart(features) -> None:
    kernel = GaussianKernel.of(features)
    scaled = StandardScaler().fit(features)
    taught = scaled.transform(features)
    width = np.median(euclidean_distances(taught, squared=True))
    assert kernel.width == pytest.approx(width, rel=1e-4)
    asked = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_allclose(
        kernel(asked), rbf_kernel(scaled.transform(asked), taught, gamma=1 / width), atol=1e-4
    )
    np.testing.assert_allclose(np.diag(kernel(features)), 1, atol=1e-4)
    other = GaussianKernel.of(features[:, ::-1] ** 2)
    np.testing.assert_allclose(
        mean_kernel([kernel, other], [asked, asked]), (kernel(asked) + other(asked)) / 2
    )


def test_points_that_are_all_the_same_are_no_further_than_next_to_nothing() -> None:
    assert median_distance(np.zeros((3, 3), np.float32)) == 1e-6
    assert median_distance(np.array([1, 2, 5], np.float32)) == 2


@pytest.mark.parametrize(("points", "taken"), [(10, 10), (999, 999), (1000, 500), (5100, 510)])
def test_about_500_points_are_a_sample(points: int, taken: int) -> None:
    assert len(np.arange(points)[sample(points)]) == taken


def test_the_ridge_is_scikit_learn_s(features) -> None:
    targets = np.random.default_rng(2).normal(size=(30, 3))
    kernel = rbf_kernel(features.astype(float), gamma=0.05)
    reference = KernelRidge(alpha=0.7, kernel="precomputed").fit(kernel, targets)
    np.testing.assert_allclose(ridge_dual(kernel.copy(), targets, 0.7), reference.dual_coef_)


class TestSimilarGenes:
    @pytest.fixture
    def completed(self) -> Completed:
        rng = np.random.default_rng(0)
        blind = rng.normal(size=(40, 6)).astype(np.float32)
        values = (blind + 0.5 * np.sin(3 * blind)).astype(np.float32)
        return Completed(values, blind, np.zeros(6, np.float32), np.eye(6, dtype=np.float32))

    def test_it_is_a_kernel_ridge_of_the_residuals_on_scaled_profiles(self, completed) -> None:
        rng = np.random.default_rng(1)
        known = rng.random((40, 6)) < 0.7
        found = residual_of_similar_genes(completed, known, generator=rng)
        size = np.sqrt((completed.blind**2).mean(axis=1))
        profiles = completed.blind / (size + 0.15)[:, None]
        width = 0.3 * np.median(euclidean_distances(profiles, squared=True))
        residual = np.where(known, completed.values - completed.blind, 0)
        ridge = KernelRidge(alpha=1.0, kernel="rbf", gamma=1 / width).fit(profiles, residual)
        np.testing.assert_allclose(found, ridge.predict(profiles), atol=1e-4)

    def test_at_most_so_many_genes_teach(self, completed) -> None:
        known = np.ones((40, 6), dtype=bool)
        every, most, few = (
            residual_of_similar_genes(
                completed, known, most=most, generator=np.random.default_rng(3)
            )
            for most in (8000, 40, 10)
        )
        np.testing.assert_array_equal(every, most)
        taught = np.sort(np.random.default_rng(3).choice(40, 10, replace=False))
        # Ten genes teach, so that all residuals lie in ten dimensions and vanish far from them.
        profiles = completed.blind / (np.sqrt((completed.blind**2).mean(1)) + 0.15)[:, None]
        width = 0.3 * np.median(euclidean_distances(profiles[taught], squared=True))
        ridge = KernelRidge(alpha=1.0, kernel="rbf", gamma=1 / width)
        ridge.fit(profiles[taught], (completed.values - completed.blind)[taught])
        np.testing.assert_allclose(few, ridge.predict(profiles), atol=1e-4)
