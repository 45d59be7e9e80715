"""Conformal intervals hold what they say, also where large predictions are less certain."""

import numpy as np
import pytest

from deeprage.factorised.intervals import ErrorQuantiles


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_coverage_on_new_cells_of_the_same_kind(level: float) -> None:
    rng = np.random.default_rng(0)
    predicted = rng.normal(size=8000)
    truth = predicted + rng.standard_t(4, size=8000) * (0.2 + np.abs(predicted))
    quantiles = ErrorQuantiles.of(predicted[:4000], truth[:4000])
    half = quantiles.half_width(predicted[4000:], level)
    inside = np.abs(predicted[4000:] - truth[4000:]) <= half
    assert abs(inside.mean() - level) < 0.025
    large = np.abs(predicted[4000:]) > 1.5
    assert abs(inside[large].mean() - level) < 0.06


def test_too_few_validation_cells_promise_nothing() -> None:
    quantiles = ErrorQuantiles.of(np.zeros(5), np.ones(5), bins=1)
    assert np.isinf(quantiles.half_width(np.zeros(1), 0.9)).all()
    assert quantiles.half_width(np.zeros(1), 0.5)[0] == 1


def test_bins_and_quantiles_in_closed_form() -> None:
    """Two bins of four cells by the size of the prediction; the errors are 1 to 4 and 5 to 8."""
    predicted = np.array([0.1, -0.2, 0.3, -0.4, 1, -2, 3, -4])
    truth = predicted + np.array([1, -2, 3, -4, 5, 6, -7, 8])
    truth = np.append(truth, [np.nan, 1.0])
    predicted = np.append(predicted, [0.0, np.nan])
    found = ErrorQuantiles.of(predicted, truth, bins=2)
    np.testing.assert_allclose(found.edges, [0.7])
    # The smallest error that at least level (4 + 1) of five ranks reach.
    for level, small in ((0.2, 1), (0.21, 2), (0.4, 2), (0.6, 3), (0.79, 4), (0.8, 4)):
        np.testing.assert_allclose(
            found.half_width(np.array([0.5, -0.5, 0.8, -9]), level),
            [small, small, small + 4, small + 4],
            rtol=1e-6,
        )
    assert np.isinf(found.half_width(np.zeros(1), 0.81)).all()


def test_there_are_eight_bins_of_equal_counts() -> None:
    predicted = np.random.default_rng(0).normal(size=8000)
    found = ErrorQuantiles.of(predicted, predicted + 1)
    assert len(found.edges) == 7
    assert {len(errors) for errors in found.errors} == {1000}
    shares = [np.mean(np.abs(predicted) <= edge) for edge in found.edges]
    np.testing.assert_allclose(shares, np.arange(1, 8) / 8)


def test_without_cells_there_is_one_bin_that_promises_nothing() -> None:
    found = ErrorQuantiles.of(np.full(3, np.nan), np.zeros(3))
    assert (len(found.edges), len(found.errors)) == (0, 1)
    assert np.isinf(found.half_width(np.zeros(2), 0.5)).all()
