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
