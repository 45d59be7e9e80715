"""What regulator levels are compared with, in closed form and against scipy and scikit-learn."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.metrics.pairwise import cosine_similarity

from deeprage.data import level_check, level_reference, level_units
from deeprage.data.level_check import _beyond_range, _constant, _outside
from deeprage.data.level_reference import (
    LevelReference,
    _scales,
    _Shape,
    _shrunk_covariance,
    same_as,
)
from deeprage.data.level_units import (
    Copy,
    copies,
    far_from_training,
    likely_unit,
    narrow,
    rearranged,
    scored_by,
)

RNG = np.random.default_rng


def reference_of(levels, series=None, *, relative: bool = True) -> LevelReference:
    levels = np.asarray(levels, dtype=np.float32)
    numbers = np.arange(len(levels)) if series is None else np.asarray(series)
    return LevelReference(levels, numbers.astype(np.int64), relative)


def factors(seed: int, conditions: int, regulators: int = 12) -> np.ndarray:
    """Levels that follow two factors, which differ between conditions."""
    rng = RNG(seed)
    loadings = RNG(99).normal(size=(2, regulators))
    return rng.normal(1, 1, (conditions, 2)) @ loadings + 0.2 * rng.normal(
        size=(conditions, regulators)
    )


class TestReference:
    def test_means_fill_what_was_not_measured(self) -> None:
        reference = reference_of([[1, np.nan, np.nan], [3, 4, np.nan], [np.nan, 6, np.nan]])
        np.testing.assert_array_equal(reference.mean, [2, 5, 0])
        np.testing.assert_array_equal(reference.filled, [[1, 5, 0], [3, 4, 0], [2, 6, 0]])
        np.testing.assert_array_equal(reference.low, [1, 4, 0])
        np.testing.assert_array_equal(reference.high, [3, 6, 0])
        np.testing.assert_array_equal(reference.usual, 0)
        absolute = reference_of([[1, 2], [3, 4]], relative=False)
        np.testing.assert_array_equal(absolute.usual, [2, 3])
        some = reference.of_regulators(np.array([True, False, True]))
        assert some.levels.shape == (3, 2)

    def test_scales_are_deviations_and_none_is_far_below_the_usual_one(self) -> None:
        levels = np.array([[0, 0, 5.0], [2, 4, 5], [4, 8, 5]])
        spread = levels.std(axis=0)
        usual = np.median(spread)
        np.testing.assert_allclose(_scales(levels), np.sqrt(spread**2 + (0.1 * usual) ** 2))
        # Where the median is 0 the mean is usual, and 1 where all are.
        one = np.array([[0, 0, 1.0], [0, 0, 3]])
        np.testing.assert_allclose(_scales(one), np.hypot([0, 0, 1], 0.1 / 3))
        np.testing.assert_allclose(_scales(np.zeros((4, 3))), 0.1)

    def test_the_covariance_is_shrunk_as_by_ledoit_and_wolf(self) -> None:
        z = RNG(0).normal(size=(20, 6)) @ RNG(1).normal(size=(6, 6))
        z -= z.mean(axis=0)
        expected, share = ledoit_wolf(z, assume_centered=True)
        assert share > 0.02
        np.testing.assert_allclose(_shrunk_covariance(z), expected, rtol=1e-6)
        many = RNG(2).normal(size=(20_000, 3)) * [1, 2, 3]
        many -= many.mean(axis=0)
        plain = many.T @ many / len(many)
        middle = np.trace(plain) / 3 * np.eye(3)
        np.testing.assert_allclose(_shrunk_covariance(many), 0.98 * plain + 0.02 * middle)

    def test_misfit_is_distance_and_order_over_all_permutations(self) -> None:
        shape = _Shape.of(RNG(0).normal(size=(30, 5)) @ RNG(1).normal(size=(5, 5)))
        asked = RNG(2).normal(size=(3, 5))

        def squared(row: np.ndarray) -> float:
            return float(row @ shape.precision @ row)

        for row, found in zip(asked, shape.misfit(asked), strict=True):
            z = (row - shape.mean) / shape.scale
            mean = np.mean([squared(z[list(order)]) for order in permutations(range(5))])
            expected = np.log(squared(z) / 5) + 8 * np.log(squared(z) / mean)
            assert found == pytest.approx(expected, rel=1e-6)
        assert shape.misfit(shape.mean[None])[0] == -np.inf
        gap = np.where(np.arange(5) == 2, np.nan, asked[0])
        filled = np.where(np.isnan(gap), shape.mean, gap)
        assert shape.misfit(gap[None]) == pytest.approx(shape.misfit(filled[None]))

    def test_series_are_left_out_in_six_folds_and_a_fiftieth_lies_beyond_the_limit(self) -> None:
        levels = factors(0, 120)
        series = np.repeat(np.arange(24), 5)
        reference = reference_of(levels, series)
        filled = reference.filled
        expected = np.empty(120)
        for fold in range(6):
            own = np.isin(series, np.arange(24)[fold::6])
            expected[own] = _Shape.of(filled[~own]).misfit(filled[own])
        np.testing.assert_allclose(reference._left_out, expected)
        rank = int(np.ceil(0.98 * 121)) - 1
        assert reference._limit == np.sort(expected)[rank]
        assert (expected > reference._limit).sum() == 120 - rank - 1
        few = reference_of(levels[:20], series[:20])
        null = few._null
        assert few._limit == pytest.approx(
            null[-1] + 2 / np.sqrt(20) * (null[-1] - np.median(null))
        )
        means = [expected[series == n].mean() for n in range(24)]
        assert reference._series_limit == pytest.approx(
            max(means) + 0.3 * (max(means) - np.median(means))
        )

    @pytest.mark.parametrize(
        ("conditions", "regulators", "series", "enough"),
        [(8, 5, 3, True), (7, 5, 3, False), (8, 4, 3, False), (8, 5, 2, False)],
    )
    def test_of_little_nothing_is_said(
        self, conditions: int, regulators: int, series: int, enough: bool
    ) -> None:
        levels = factors(1, conditions, regulators)
        reference = reference_of(levels, np.arange(conditions) % series)
        assert reference.fits_can_be_told == enough
        asked = factors(2, 4, regulators)
        assert np.isnan(reference.misfit(asked)).all() != enough
        if not enough:
            assert not reference.unlike(asked).any()
            assert not reference.all_unlike(10 * asked)

    def test_a_whole_table_needs_three_conditions_and_six_series_to_compare_with(self) -> None:
        levels = factors(0, 60)
        wrong = levels[:5][:, RNG(3).permutation(12)]
        for series, number, told in ((6, 3, True), (5, 3, False), (6, 2, False)):
            reference = reference_of(levels, np.arange(60) % series)
            assert reference.all_unlike(wrong[:number]) == told

    def test_direction_is_that_of_the_three_nearest_and_three_farthest(self) -> None:
        levels = factors(0, 20)
        reference = reference_of(levels, np.repeat(np.arange(10), 2))
        asked = factors(1, 4)
        scale = _scales(reference.filled)
        cosine = np.sort(cosine_similarity(asked / scale, reference.filled / scale), axis=1)
        expected = cosine[:, -3:].mean(axis=1) + cosine[:, :3].mean(axis=1)
        np.testing.assert_allclose(reference.direction(asked), expected, atol=1e-6)
        assert np.isnan(reference.direction(np.zeros((1, 12)))).all()
        np.testing.assert_allclose(reference.direction(-asked), -expected, atol=1e-6)
        assert len(reference.series_directions) == 10
        assert not len(reference_of(levels, np.zeros(20)).series_directions)

    def test_the_share_of_equal_levels_is_of_those_measured_in_both(self) -> None:
        one = np.array([[0.0, 1, np.nan, 3]])
        other = np.array([[0.0009, 1.0011, 5, 3], [np.nan] * 4, [9, 9, 9, 3]])
        np.testing.assert_allclose(same_as(one, other), [[2 / 3, 0, 1 / 3]])

    def test_numbers_that_the_documentation_gives(self) -> None:
        assert (level_reference.FALSE_ALARMS, level_reference.SAME_LEVEL) == (0.02, 1e-3)
        assert (level_reference.FEWEST_REGULATORS, level_reference.FEWEST_CONDITIONS) == (5, 8)
        assert (level_units._EXPLAINED, level_units._FEWEST_FOR_SCORES) == (0.8, 4)
        assert (level_units._MOST_LOOKED_AT, level_units._FEWEST_TO_COMPARE) == (200, 3)
        assert (level_check._MOST_READS, level_check._EDITED, level_check._FAR) == (1e10, 0.7, 1)
        assert pytest.approx(0.693, abs=1e-3) == level_units._NATURAL
        assert pytest.approx(0.301, abs=1e-3) == level_units._DECIMAL


class TestFarFromTraining:
    def test_location_beyond_the_margin_and_spread_beyond_the_widest(self) -> None:
        """Twenty conditions of twelve regulators, a plain computation of each."""
        levels = factors(0, 20)
        reference = reference_of(levels)

        def place(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            away = rows - reference.mean
            location = np.median(away, axis=1)
            size = np.sort(np.abs(away - location[:, None]), axis=1)[:, :-1]
            return location, np.sqrt((size**2).mean(axis=1))

        own, spread = place(reference.filled)
        spread = spread * np.sqrt(21 / 19)
        margin = max((0.25 + 8 / 20) * np.ptp(own), 0.5 * np.median(spread), 0.05)
        asked = np.concatenate(
            [levels[:3], levels[:3] + 1.01 * margin + own.max() - own[:3, None],
             levels[:3] - 0.99 * margin - (own[:3, None] - own.min()), 9 * levels[:3]]
        )  # fmt: skip
        location, wide = place(asked)
        beyond = np.maximum(location - own.max(), own.min() - location) / margin
        wider = wide / ((1.75 + 8 / 20) * spread.max())
        expected = np.where(beyond > 1, beyond, 0) + np.where(wider > 1, wider, 0)
        one_sided = ((reference.filled < 0).mean(axis=1).min() > 0.05) & (asked > 0).all(axis=1)
        np.testing.assert_allclose(
            far_from_training(reference, asked), expected + one_sided, rtol=1e-4
        )
        assert (expected[:3] == 0).all()
        assert (expected[3:6] > 1).all()

    def test_nothing_is_far_from_two_conditions(self) -> None:
        two = reference_of(factors(0, 2))
        assert not far_from_training(two, 100 * factors(1, 3)).any()
        three = reference_of(factors(0, 3))
        assert far_from_training(three, 1000 + factors(1, 3)).all()

    def test_all_above_0_is_odd_where_every_training_condition_goes_both_ways(self) -> None:
        rng = RNG(0)
        levels = rng.normal(size=(30, 8))
        positive = np.abs(rng.normal(size=(2, 8))) * 0.5
        assert (far_from_training(reference_of(levels), positive) == 1).all()
        assert not far_from_training(reference_of(levels, relative=False), positive).any()
        assert not far_from_training(reference_of(levels[:, :7]), positive[:, :7]).any()
        levels[4] = np.abs(levels[4])
        assert not far_from_training(reference_of(levels), positive).any()


class TestUnits:
    @pytest.mark.parametrize(
        ("factor", "constant", "cause"),
        [
            (np.log(2), 0, "natural logarithms"),
            (1.019 * np.log(2), 0.019, "natural logarithms"),
            (1.03 * np.log(2), 0, "values that were multiplied by 0.714"),
            (np.log10(2), -0.01, "decimal logarithms"),
            (-1, 0, "values with the sign turned round"),
            (-1.03, 0, "values that were multiplied by -1.03"),
            (1, 0.03, "values that were raised by 0.03"),
            (1.01, -0.5, "values that were lowered by 0.5"),
            (2, 0.5, "values that were multiplied by 2 and raised by 0.5"),
            (np.log(2), 0.5, "values that were multiplied by 0.693 and raised by 0.5"),
        ],
    )
    def test_the_cause_of_a_line(self, factor: float, constant: float, cause: str) -> None:
        assert Copy(0, 0, factor, constant).cause == cause

    @pytest.mark.parametrize(
        ("regulators", "spread", "noise", "recognised"),
        [(8, 1.0, 0, True), (7, 1.0, 0, False), (8, 0.04, 0, False), (8, 1.0, 3e-3, False)],
    )
    def test_a_training_condition_is_recognised_by_eight_levels_that_differ(
        self, regulators: int, spread: float, noise: float, recognised: bool
    ) -> None:
        levels = RNG(0).normal(size=(5, regulators))
        levels *= spread / levels.std(axis=1, keepdims=True)
        asked = 0.5 * np.float32(levels[[3]]).astype(float) + 1
        asked[0, 0] += noise
        found = copies(reference_of(levels), asked)
        assert bool(found) == recognised
        if found:
            (one,) = found
            assert (one.condition, one.training) == (0, 3)
            assert (one.factor, one.constant) == pytest.approx((0.5, 1), abs=1e-4)
        assert not copies(reference_of(levels), np.float32(levels).astype(float))

    @pytest.mark.parametrize(("factor", "recognised"), [(0.011, True), (0.009, False)])
    def test_levels_that_hardly_differ_are_no_copy(self, factor: float, recognised: bool) -> None:
        levels = RNG(0).normal(size=(5, 9))
        assert bool(copies(reference_of(levels), factor * levels[[2]])) == recognised

    def test_the_first_training_condition_on_a_line_is_meant(self) -> None:
        levels = RNG(0).normal(size=(6, 9))
        levels[4] = levels[1]
        (one,) = copies(reference_of(levels), 2 * levels[[4]])
        assert one.training == 1

    def test_missing_levels_are_left_out_of_the_line(self) -> None:
        levels = RNG(0).normal(size=(5, 12))
        training = levels.copy()
        training[3, :2] = np.nan
        asked = 3 * levels[[3]] - 2
        asked[0, 2:4] = np.nan
        (one,) = copies(reference_of(training), asked)
        assert (one.training, one.factor, one.constant) == (
            3, pytest.approx(3, abs=1e-4), pytest.approx(-2, abs=1e-4)
        )  # fmt: skip
        asked[0, 4] = np.nan  # seven are left
        assert not copies(reference_of(training), asked)

    def test_of_many_conditions_two_hundred_are_looked_at_evenly(self) -> None:
        levels = RNG(0).normal(size=(5, 9))
        found = copies(reference_of(levels), np.tile(2 * levels[[1]], (399, 1)))
        assert [one.condition for one in found] == list(range(0, 399, 2))

    def test_an_order_is_recognised_unless_it_is_the_own_one(self) -> None:
        levels = np.float32(RNG(0).normal(size=(5, 6))).astype(float)
        asked = levels[[1, 4]]
        asked[1, [0, 5]] = asked[1, [5, 0]]
        ((number, training, differs),) = rearranged(reference_of(levels), asked)
        assert (number, training) == (1, 4)
        np.testing.assert_array_equal(np.flatnonzero(differs), [0, 5])
        two_values = np.tile([0.0, 1], (3, 3))
        assert not rearranged(reference_of(two_values), two_values[:, ::-1])

    @pytest.mark.parametrize(("axis", "name"), [(0, "regulator"), (1, "condition")])
    @pytest.mark.parametrize("ddof", [0, 1])
    def test_scores_have_mean_0_and_deviation_1_within_each(
        self, axis: int, name: str, ddof: int
    ) -> None:
        levels = RNG(1).normal(2, 3, size=(6, 9))
        mean = levels.mean(axis=axis, keepdims=True)
        scores = (levels - mean) / levels.std(axis=axis, ddof=ddof, keepdims=True)
        reference = reference_of(factors(0, 10, 9))
        assert scored_by(reference, scores) == name
        assert scored_by(reference_of(scores), scores) is None
        assert scored_by(reference, 1.01 * scores) is None
        assert scored_by(reference, scores + 0.01) is None
        gap = scores.copy()
        gap[0, 0] = np.nan
        assert scored_by(reference, gap) is None

    def test_of_three_conditions_no_scores_are_recognised(self) -> None:
        reference = reference_of(factors(0, 10, 9))
        for count, name in ((4, "regulator"), (3, None)):
            levels = RNG(1).normal(size=(count, 9))
            scores = (levels - levels.mean(axis=0)) / levels.std(axis=0)
            assert scored_by(reference, scores) == name

    def test_scores_of_a_single_condition_or_regulator_are_not_told(self) -> None:
        reference = reference_of(factors(0, 10, 9))
        row = RNG(1).normal(size=(1, 9))
        scores = (row - row.mean()) / row.std()
        assert scored_by(reference, scores) is None
        two = RNG(1).normal(size=(2, 9))
        scores = (two - two.mean(axis=1, keepdims=True)) / two.std(axis=1, keepdims=True)
        assert scored_by(reference, scores) == "condition"

    def test_levels_that_spread_less_than_any_series_are_narrow(self) -> None:
        levels = factors(0, 60)
        reference = reference_of(levels, np.repeat(np.arange(12), 5))
        centred = levels - levels.mean(axis=0)
        away = np.sort(np.abs(centred - np.median(centred, axis=1)[:, None]))
        spread = np.sqrt((away[:, :-1] ** 2).mean(axis=1))
        least = min(spread.reshape(12, 5).mean(axis=1))
        for share, expected in ((0.88, True), (0.92, False)):
            asked = reference.mean + (levels[:5] - reference.mean) * (
                share * least / spread[:5].mean()
            )
            assert narrow(reference, asked) == expected
            assert not narrow(reference, asked[:3])

    def test_a_constant_is_named_with_its_size(self) -> None:
        reference = reference_of(factors(0, 60), np.repeat(np.arange(12), 5))
        for shift, words in ((6.0, "subtract 6"), (-6.0, "add ")):
            unit = likely_unit(reference, factors(3, 8) + shift)
            assert unit is not None
            assert "a constant of about" in unit.name
            assert unit.advice.startswith(words[:4])
        assert likely_unit(reference, RNG(0).normal(0, 500, (8, 12)) ** 3) is None


class TestNotes:
    REFERENCE = reference_of([[0, 0, 0], [1, 2, 4.0], [0.5, 1, 1]])

    def test_distance_from_the_range_is_the_root_mean_square(self) -> None:
        asked = np.array([[2.0, 1, 1], [-2, 5, np.nan], [1, 2, 4]])
        expected = [np.sqrt(1 / 3), np.sqrt((4 + 9) / 3), 0]
        np.testing.assert_allclose(_beyond_range(self.REFERENCE, asked), expected)

    def test_levels_outside_are_counted_and_far_ones_named(self) -> None:
        names = ["A", "B", "C"]
        assert _outside(self.REFERENCE, np.array([[1.0005, 2, 4]]), names) == []
        (near,) = _outside(self.REFERENCE, np.array([[1.5, 2, 4], [0, np.nan, 0]]), names)
        assert near.startswith("1 of 5 regulator levels lie outside")
        assert "far outside" not in near
        # A is 1 wide, but counts as the usual 2: far is beyond 3.
        (some,) = _outside(self.REFERENCE, np.array([[2.9, 4.1, 9.0], [-1.9, 0, 0]]), names)
        assert "2 regulators far outside: 'C' at 0 to 9, training 0 to 4; 'B' at 0 to 4.1" in some
        (far,) = _outside(self.REFERENCE, np.array([[3.1, 2, 4.0]]), names)
        assert "1 regulator far outside: 'A' at 3.1, training 0 to 1" in far

    def test_a_condition_without_differences(self) -> None:
        names = ["x", "y", "z"]
        levels = np.array([[2.0, 2.0005, 2], [1, 2, 3], [5, np.nan, np.nan]])
        (note,) = _constant(levels, names)
        assert "the same level, 2, in 1 of 3 conditions ('x')" in note
        assert _constant(levels[1:], names) == []
        assert len(_constant(levels[:, :2], names)) == 1
        assert _constant(np.array([[2.0, 2.0011]]), names) == []
        assert _constant(levels[:, :1], names) == []
