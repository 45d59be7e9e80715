"""Draws agree with doing it the long way, and cover the truth where units are shared."""

import numpy as np
import pytest

from deeprage.evaluation.bootstrap import Resampler, interval


def planted(rng: np.random.Generator, *, genes: int = 24, conditions: int = 15):
    observed = rng.normal(size=(genes, conditions))
    predicted = (0.6 * observed + rng.normal(size=observed.shape)).astype(np.float32)
    groups = [f"g{row // 2}" for row in range(genes)]
    series = [f"s{column // 3}" for column in range(conditions)]
    cells = rng.random(observed.shape) < 0.8
    return observed.astype(np.float32), predicted, groups, series, cells


class TestDraws:
    def test_they_equal_scores_of_the_repeated_cells(self) -> None:
        observed, predicted, groups, series, cells = planted(np.random.default_rng(0))
        resampler = Resampler(groups, series, cells, resamples=20, seed=4)
        right = np.abs(observed - predicted) < 1
        r, share = resampler.pearson(observed, predicted), resampler.accuracy(right)
        # The same draws, each cell repeated as often as its group times its series.
        rng = np.random.default_rng(4)
        by_group = rng.multinomial(12, np.full(12, 1 / 12), size=20)
        by_series = rng.multinomial(5, np.full(5, 1 / 5), size=20)
        group = np.searchsorted(sorted(set(groups)), groups)
        one_series = np.searchsorted(sorted(set(series)), series)
        for draw in range(20):
            times = np.outer(by_group[draw][group], by_series[draw][one_series])[cells]
            x, y = np.repeat(observed[cells], times), np.repeat(predicted[cells], times)
            assert r[draw] == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-9)
            assert share[draw] == pytest.approx(np.repeat(right[cells], times).mean())

    def test_a_difference_from_itself_is_nothing(self) -> None:
        observed, predicted, groups, series, cells = planted(np.random.default_rng(1))
        one, two = (Resampler(groups, series, cells, resamples=30, seed=1) for _ in range(2))
        difference = one.pearson(observed, predicted) - two.pearson(observed, 3 * predicted + 1)
        np.testing.assert_allclose(difference, 0, atol=1e-6)

    def test_a_constant_prediction_has_no_correlation(self) -> None:
        observed, predicted, groups, series, cells = planted(np.random.default_rng(1))
        resampler = Resampler(groups, series, cells, resamples=10)
        np.testing.assert_array_equal(resampler.pearson(observed, np.full_like(predicted, 3)), 0)

    def test_cells_that_are_not_scored_do_not_matter(self) -> None:
        observed, predicted, groups, series, cells = planted(np.random.default_rng(2))
        resampler = Resampler(groups, series, cells, resamples=10)
        spoilt = np.where(cells, predicted, np.nan)
        np.testing.assert_array_equal(
            resampler.pearson(observed, predicted), resampler.pearson(observed, spoilt)
        )

    def test_a_single_series_is_not_resampled(self) -> None:
        observed, predicted, groups, _, cells = planted(np.random.default_rng(2))
        resampler = Resampler(groups, ["one"] * 15, cells, resamples=10)
        assert resampler.units == ("12 gene groups",)
        assert np.ptp(resampler.pearson(observed, predicted)) > 0


class TestInterval:
    def test_it_covers_the_truth_where_cells_share_their_unit(self) -> None:
        """Skill differs between series: drawing cells would miss the truth most of the time."""
        rng = np.random.default_rng(5)
        covered = covered_by_cells = 0
        trials, series = 60, [f"s{column // 4}" for column in range(80)]
        for _ in range(trials):
            skill = np.repeat(rng.normal(0.5, 0.4, 20), 4)
            signal = rng.normal(size=(40, 80))
            right = signal * 0 + (rng.random((40, 80)) < np.clip(skill, 0, 1))
            cells = np.ones_like(right, dtype=bool)
            names = [f"g{row}" for row in range(40)]
            low, high = interval(
                Resampler(names, series, cells, resamples=300).accuracy(right > 0)
            ) or (0, 0)
            truth = np.clip(rng.normal(0.5, 0.4, 20000), 0, 1).mean()
            covered += low <= truth <= high
            error = 1.96 * right.std() / np.sqrt(right.size)
            covered_by_cells += abs(right.mean() - truth) <= error
        assert covered / trials > 0.85
        assert covered_by_cells / trials < 0.5

    def test_nothing_defined_has_no_interval(self) -> None:
        assert interval(np.array([np.nan, np.nan])) is None

    def test_it_holds_the_central_share_of_the_draws(self) -> None:
        draws = np.append(np.random.default_rng(0).permutation(1001).astype(float), np.nan)
        assert interval(draws) == pytest.approx((25, 975))
        assert interval(draws, level=0.5) == pytest.approx((250, 750))


class TestUnits:
    @pytest.mark.parametrize(("groups", "named"), [(2, ()), (3, ("3 gene groups",))])
    def test_an_axis_of_fewer_than_three_units_is_not_resampled(
        self, groups: int, named: tuple[str, ...]
    ) -> None:
        rng = np.random.default_rng(0)
        observed, predicted = rng.normal(size=(2, 6, 4))
        names = [f"g{row % groups}" for row in range(6)]
        resampler = Resampler(names, ["s"] * 4, np.ones((6, 4), bool), resamples=10)
        assert resampler.units == named
        draws = resampler.pearson(observed, predicted)
        assert (np.ptp(draws) > 0) == bool(named)
        if not named:
            plain = np.corrcoef(observed.ravel(), predicted.ravel())[0, 1]
            np.testing.assert_allclose(draws, plain)

    def test_a_thousand_draws_without_seed_are_always_the_same(self) -> None:
        observed, predicted, groups, series, cells = planted(np.random.default_rng(3))
        one, two, seeded = (
            Resampler(groups, series, cells, **chosen).pearson(observed, predicted)
            for chosen in ({}, {}, {"seed": 0})
        )
        assert one.shape == (1000,)
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, seeded)

    def test_a_large_common_level_does_not_change_the_correlation(self) -> None:
        observed, predicted, groups, series, cells = planted(np.random.default_rng(3))
        resampler = Resampler(groups, series, cells, resamples=20)
        np.testing.assert_allclose(
            resampler.pearson(observed.astype(float) + 1e6, predicted.astype(float) - 1e6),
            resampler.pearson(observed, predicted),
            atol=1e-6,
        )

    def test_without_a_cell_nothing_is_defined(self) -> None:
        observed, predicted, groups, series, cells = planted(np.random.default_rng(3))
        resampler = Resampler(groups, series, np.zeros_like(cells), resamples=5)
        assert np.isnan(resampler.pearson(observed, predicted)).all()
        assert interval(resampler.accuracy(observed > 0)) is None
