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
