"""Errors in units of a condition's noise: as sure in calm conditions as in wild ones."""

import numpy as np
import pytest

from deeprage.evaluation.calibration import class_calibration
from deeprage.factorised.error_sample import ErrorSample

CALM, WILD = np.float32(0.2), np.float32(1.0)


def cells(seed: int, *, size: int = 6000, floor: float = 0.0) -> tuple[np.ndarray, ...]:
    """Predictions, truths whose error has the mean square floor + noise^2, and the noise."""
    rng = np.random.default_rng(seed)
    noise = np.where(np.arange(size) % 2, CALM, WILD).astype(np.float32)
    predicted = rng.normal(size=size).astype(np.float32)
    error = np.sqrt(floor + noise**2) * rng.standard_normal(size)
    return predicted, (predicted + error).astype(np.float32), noise


@pytest.mark.parametrize("floor", [0.0, 0.3])
def test_intervals_hold_their_share_in_calm_and_in_wild_conditions(floor: float) -> None:
    sample = ErrorSample(*cells(0, floor=floor))
    predicted, truth, noise = cells(1, floor=floor)
    inside = np.abs(truth - predicted) <= sample.half_width(predicted, noise, 0.9)
    for one in (CALM, WILD):
        assert abs(inside[noise == one].mean() - 0.9) < 0.025


def test_without_noise_the_same_cells_are_held_too_often_and_too_seldom() -> None:
    predicted, truth, noise = cells(0)
    half = ErrorSample(predicted, truth).half_width(predicted, noise, 0.9)
    inside = np.abs(truth - predicted) <= half
    assert inside[noise == CALM].mean() > 0.97
    assert inside[noise == WILD].mean() < 0.85


def test_class_probabilities_are_right_at_each_noise() -> None:
    sample = ErrorSample(*cells(0))
    predicted, truth, noise = cells(1, size=20_000)
    below = sample.below(predicted, noise, 0.5, at_edge=False)
    for one in (CALM, WILD):
        mine = noise == one
        chances = np.column_stack([below, 1 - below])[mine]
        found = class_calibration(chances, (truth >= 0.5)[mine].astype(np.intp))
        assert found["class_calibration_error"] < 0.03


def test_a_condition_whose_noise_cannot_be_told_is_as_unsure_as_the_wildest() -> None:
    sample = ErrorSample(*cells(0))
    value = np.zeros(1, np.float32)
    untold, wild = (
        sample.half_width(value, np.array([noise], np.float32), 0.9) for noise in (np.nan, WILD)
    )
    np.testing.assert_array_equal(untold, wild)


def test_noise_that_says_nothing_of_the_errors_changes_no_interval_by_much() -> None:
    rng = np.random.default_rng(2)
    predicted, error = rng.normal(size=(2, 8000)).astype(np.float32)
    noise = rng.uniform(0.1, 2, 8000).astype(np.float32)
    sample = ErrorSample(predicted, predicted + error, noise)
    calm, wild = sample.half_width(np.zeros(2, np.float32), np.array([0.1, 2], np.float32), 0.9)
    assert 0.85 < calm / wild < 1.15


def test_a_sample_keeps_the_noise_of_each_cell_s_condition() -> None:
    rng = np.random.default_rng(3)
    predicted, truth = rng.normal(size=(2, 4, 3)).astype(np.float32)
    truth[1, 2] = np.nan
    noise = np.array([1, 2, 3], np.float32)
    kept = ErrorSample.of(predicted, truth, rng, noise=noise)
    assert kept.noise is not None
    np.testing.assert_array_equal(kept.noise, np.delete(np.tile(noise, 4), 5))
    np.testing.assert_array_equal(kept.truth, np.delete(truth.ravel(), 5))
