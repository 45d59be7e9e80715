"""The completion against closed forms of the multivariate normal."""

import numpy as np

from deeprage.factorised.gaussian import complete


def draws(rng: np.random.Generator, genes: int, conditions: int) -> tuple[np.ndarray, ...]:
    root = rng.normal(size=(conditions, conditions))
    covariance = root @ root.T + np.eye(conditions)
    mean = rng.normal(size=conditions)
    return rng.multivariate_normal(mean, covariance, size=genes), mean, covariance


def test_mean_and_covariance_of_the_truth_are_found_despite_missing_cells() -> None:
    rng = np.random.default_rng(0)
    values, mean, covariance = draws(rng, 6000, 6)
    values[rng.random(values.shape) < 0.2] = np.nan
    found = complete(values, steps=30, ridge=0.0)
    np.testing.assert_allclose(found.mean, mean, atol=0.15)
    assert np.abs(found.covariance - covariance).max() < 0.06 * np.abs(covariance).max()


def test_a_missing_cell_is_the_conditional_mean_and_blind_cells_do_not_see_themselves() -> None:
    rng = np.random.default_rng(1)
    values, _, _ = draws(rng, 300, 5)
    values[rng.random(values.shape) < 0.2] = np.nan
    found = complete(values, steps=3)
    # `complete` reports the parameters with which the last pass was made.
    mean, covariance = found.mean.astype(float), found.covariance.astype(float)
    for gene in range(40):
        for cell in range(5):
            others = ~np.isnan(values[gene])
            others[cell] = False
            weights = np.linalg.solve(covariance[np.ix_(others, others)], covariance[others, cell])
            expected = mean[cell] + weights @ (values[gene, others] - mean[others])
            np.testing.assert_allclose(found.blind[gene, cell], expected, rtol=2e-3, atol=2e-3)
            if np.isnan(values[gene, cell]):
                assert found.values[gene, cell] == found.blind[gene, cell]
            else:
                assert found.values[gene, cell] == np.float32(values[gene, cell])


def test_more_passes_never_lower_the_likelihood_of_the_known_cells() -> None:
    rng = np.random.default_rng(2)
    values, _, _ = draws(rng, 400, 5)
    values[rng.random(values.shape) < 0.3] = np.nan
    likelihoods = []
    for steps in (1, 2, 4, 8, 16):
        found = complete(values, steps=steps, ridge=0.0)
        likelihoods.append(_log_likelihood(values, found.mean, found.covariance))
    assert np.all(np.diff(likelihoods) > -1e-2)


def _log_likelihood(values: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> float:
    total = 0.0
    for row in values:
        known = ~np.isnan(row)
        part = covariance[np.ix_(known, known)].astype(float)
        centred = row[known] - mean[known]
        total -= 0.5 * (np.linalg.slogdet(part)[1] + centred @ np.linalg.solve(part, centred))
    return total


def test_it_starts_from_the_covariance_of_the_cells_known_in_both() -> None:
    """One pass shows the start: pairwise means and products, with no direction below a fiftieth."""
    rng = np.random.default_rng(3)
    values, _, _ = draws(rng, 200, 5)
    values[:, 4] = values[:, 0]  # a direction without variance
    values[:, :3][rng.random((200, 3)) < 0.01] = np.nan
    found = complete(values, steps=1)
    known = ~np.isnan(values)
    mean = np.array([values[known[:, n], n].mean() for n in range(5)])
    np.testing.assert_allclose(found.mean, mean, rtol=1e-4)
    centred = np.where(known, values - mean, 0)
    pairwise = np.empty((5, 5))
    for a in range(5):
        for b in range(5):
            both = known[:, a] & known[:, b]
            pairwise[a, b] = (centred[both, a] * centred[both, b]).mean()
    weights, vectors = np.linalg.eigh(pairwise)
    least = 0.02 * (centred[known] ** 2).mean()
    assert weights.min() < least
    expected = (vectors * np.maximum(weights, least)) @ vectors.T
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-3, atol=1e-3)


def test_each_step_adds_a_ridge_in_units_of_the_mean_variance() -> None:
    rng = np.random.default_rng(4)
    values, _, _ = draws(rng, 300, 4)
    plain, ridged = (complete(values, steps=2, ridge=ridge) for ridge in (0.0, 0.1))
    # Nothing is missing: one step gives the covariance of the values.
    np.testing.assert_allclose(plain.covariance, np.cov(values.T, bias=True), rtol=1e-3, atol=1e-3)
    added = ridged.covariance - plain.covariance
    np.testing.assert_allclose(
        added, 0.1 * np.mean(np.diag(plain.covariance)) * np.eye(4), atol=1e-3
    )
    default = complete(values, steps=2)
    np.testing.assert_allclose(default.covariance - plain.covariance, 0.2 * added, atol=1e-3)


def test_a_start_is_gone_on_from_and_batches_change_nothing() -> None:
    rng = np.random.default_rng(5)
    values, _, _ = draws(rng, 120, 5)
    values[rng.random(values.shape) < 0.3] = np.nan
    five = complete(values, steps=5)
    again = complete(values, steps=1, start=five)
    np.testing.assert_array_equal(again.covariance, five.covariance)
    np.testing.assert_allclose(again.values, five.values, atol=1e-4)
    one_more = complete(values, steps=2, start=five)
    np.testing.assert_allclose(one_more.values, complete(values, steps=6).values, atol=1e-4)
    small = complete(values, steps=5, batch=3)
    np.testing.assert_allclose(small.values, five.values, atol=1e-4)


def test_a_condition_without_a_value_is_completed_with_the_mean_of_its_start() -> None:
    values = np.full((6, 3), np.nan)
    values[:, :2] = np.random.default_rng(0).normal(size=(6, 2))
    found = complete(values, steps=1)
    assert np.isfinite(found.values).all()
    nothing = complete(np.full((4, 2), np.nan), steps=2)
    np.testing.assert_allclose(nothing.values, 0, atol=1e-6)
