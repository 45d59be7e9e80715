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


def test_probabilities_are_those_of_the_errors_around_the_prediction() -> None:
    """A bin of errors at a time; half a cell is added on either side."""
    rng = np.random.default_rng(4)
    predicted = rng.permutation(2400).astype(np.float32) / 1000
    error = rng.choice([-0.5, 0, 0.25, 0.5, 1], 2400).astype(np.float32)
    sample = ErrorSample(predicted, predicted + error)
    asked = np.array([0.01, 0.3, 1.2, 2.39], np.float32)
    shares = [0.02, *np.arange(1, 12) / 12, 0.98]
    edges = np.quantile(predicted, shares)
    for at_edge in (False, True):
        found = sample.below(asked, np.zeros(4, np.float32), 1.45, at_edge=at_edge)
        for value, chance in zip(asked, found, strict=True):
            low = max([-np.inf, *edges[edges < value]])
            high = min([np.inf, *edges[edges >= value]])
            among = error[(predicted > low) & (predicted <= high)]
            left = np.float32(1.45) - value
            count = (among <= left).sum() if at_edge else (among < left).sum()
            assert chance == pytest.approx((count + 0.5) / (len(among) + 1), abs=1e-3)


def test_the_unit_is_fitted_to_floor_and_noise() -> None:
    sample = ErrorSample(*cells(5, size=60_000, floor=0.3))
    unit = sample._unit(np.array([0.0, CALM, WILD, 2.0], np.float32))
    np.testing.assert_allclose(unit**2, [0.3, 0.34, 1.3, 4.3], rtol=0.06)
    plain = ErrorSample(*cells(5)[:2])
    np.testing.assert_array_equal(plain._unit(np.array([0.1, 5], np.float32)), 1)
    untold = ErrorSample(*cells(5)[:2], np.full(6000, np.nan, np.float32))
    np.testing.assert_array_equal(untold._unit(np.array([0.1, 5], np.float32)), 1)


def test_calm_conditions_count_as_much_as_wild_ones_in_the_fit() -> None:
    """Squares over the noise's own: a fit without weights would leave the calm ones out."""
    predicted, truth, noise = cells(6, size=400, floor=0.02)
    sample = ErrorSample(predicted, truth, noise)
    square, error = noise.astype(float) ** 2, (truth - predicted).astype(float) ** 2
    weight = 1 / (square + square.mean())
    design = np.column_stack([weight, weight * square])
    solved, *_ = np.linalg.lstsq(design, weight * error, rcond=None)
    asked = np.array([CALM, WILD], np.float32)
    expected = np.sqrt(solved[0] + solved[1] * asked.astype(float) ** 2)
    np.testing.assert_allclose(sample._unit(asked), expected, rtol=1e-4)


def test_errors_are_kept_of_at_most_so_many_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deeprage.factorised.error_sample.MOST_CELLS", 50)
    values = np.arange(60, dtype=np.float32).reshape(6, 10)
    few = ErrorSample.of(values[:5], values[:5], np.random.default_rng(0))
    np.testing.assert_array_equal(few.truth, np.arange(50))
    many = ErrorSample.of(values, values + 1, np.random.default_rng(0))
    assert len(set(many.truth.tolist())) == 50
    np.testing.assert_array_equal(many.predicted, np.sort(many.truth) - 1)


def test_widths_are_in_units_of_the_noise() -> None:
    sample = ErrorSample(*cells(7, size=20_000))
    calm, wild = (
        sample.half_width(np.zeros(1, np.float32), np.array([one], np.float32), 0.9)[0]
        for one in (CALM, WILD)
    )
    assert wild / calm == pytest.approx(WILD / CALM, rel=0.05)
    assert wild == pytest.approx(1.645, rel=0.05)


@pytest.mark.parametrize("predicted", [[0] * 40, [0] * 20 + [1] * 20, [*range(10), *[9] * 30]])
def test_predictions_that_tie_leave_no_bin_without_errors(predicted: list[float]) -> None:
    """Between and beyond tied predictions the errors of the nearest ones count."""
    values = np.array(predicted, np.float32)
    sample = ErrorSample(values, values + np.tile([-1, 1], 20).astype(np.float32))
    asked = np.array([-5, 0.5, 20], np.float32)
    noise = np.zeros(1, np.float32)
    for edge, expected in ((-2, 0), (0, 0.5), (2, 1)):
        found = [
            sample.below(asked[[n]], noise[:1], asked[n] + edge, at_edge=False) for n in range(3)
        ]
        np.testing.assert_allclose(np.ravel(found), expected, atol=0.26)
