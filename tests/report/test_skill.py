"""Skill by gene and condition, densities and intervals, against plain computations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeprage.report.skill import (
    FEWEST_UNITS,
    density,
    pearson_interval,
    shuffled_within_genes,
    skill_of_conditions,
    skill_of_genes,
)


@pytest.fixture
def matrices() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    observed = rng.normal(size=(30, 12)).astype(np.float32)
    predicted = (0.6 * observed + rng.normal(scale=0.5, size=observed.shape)).astype(np.float32)
    scored = rng.random(observed.shape) < 0.7
    scored[4] = False
    observed[~scored] = np.nan
    return observed, predicted, scored


class TestSkill:
    def test_equals_a_loop_over_genes(self, matrices):
        observed, predicted, scored = matrices
        found = skill_of_genes(observed, predicted, scored)
        for gene, cells in enumerate(scored):
            if not cells.any():
                assert found.cells[gene] == 0
                assert np.isnan([found.pearson[gene], found.mse[gene], found.spread[gene]]).all()
                continue
            x, y = observed[gene, cells], predicted[gene, cells]
            assert found.pearson[gene] == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-5)
            assert found.mse[gene] == pytest.approx(((x - y) ** 2).mean(), rel=1e-5)
            assert found.spread[gene] == pytest.approx(x.std(), rel=1e-5)

    def test_conditions_are_the_genes_of_the_transpose(self, matrices):
        observed, predicted, scored = matrices
        found = skill_of_conditions(observed, predicted, scored)
        cells = scored[:, 7]
        assert found.cells[7] == cells.sum()
        expected = np.corrcoef(observed[cells, 7], predicted[cells, 7])[0, 1]
        assert found.pearson[7] == pytest.approx(expected, abs=1e-5)


class TestShuffle:
    def test_keeps_each_genes_values_and_leaves_other_cells_alone(self, matrices):
        observed, _, scored = matrices
        shuffled = shuffled_within_genes(observed, scored, np.random.default_rng(0))
        assert np.isnan(shuffled[~scored]).all()
        for gene, cells in enumerate(scored):
            assert np.sort(shuffled[gene, cells]) == pytest.approx(np.sort(observed[gene, cells]))

    def test_destroys_skill(self):
        rng = np.random.default_rng(1)
        observed = rng.normal(size=(200, 30)).astype(np.float32)
        scored = np.ones(observed.shape, dtype=bool)
        shuffled = shuffled_within_genes(observed, scored, rng)
        assert np.median(skill_of_genes(observed, observed, scored).pearson) > 0.99
        assert abs(np.median(skill_of_genes(shuffled, observed, scored).pearson)) < 0.05


class TestDensity:
    @settings(deadline=None, max_examples=25)
    @given(st.integers(0, 1000), st.floats(0, 1), st.integers(20, 400))
    def test_counts_every_cell_once_at_its_place(self, seed, share, number):
        rng = np.random.default_rng(seed)
        observed = rng.normal(size=number).astype(np.float32)
        predicted = (share * observed).astype(np.float32)
        found = density(observed, predicted, bins=16)
        assert found.counts.sum() == number
        inside = (observed > found.edges[0]) & (observed < found.edges[-1])
        inside &= (predicted > found.edges[0]) & (predicted < found.edges[-1])
        assert found.outside == number - inside.sum()

    def test_rows_are_observed_and_columns_predicted(self):
        observed = np.repeat(np.float32([-1, 1]), 50)
        found = density(observed, np.full(100, 0.5, dtype=np.float32), bins=10)
        rows, columns = np.nonzero(found.counts)
        assert len(rows) == 2
        assert len(set(columns)) == 1

    def test_mean_observed_lies_on_the_diagonal_of_a_calibrated_model(self):
        rng = np.random.default_rng(5)
        predicted = rng.normal(size=50_000).astype(np.float32)
        observed = predicted + rng.normal(scale=0.5, size=50_000).astype(np.float32)
        found = density(observed, predicted)
        busy = found.counts.sum(axis=0) > 400
        assert found.mean_observed[busy] == pytest.approx(found.centres[busy], abs=0.12)


def names(number: int, letter: str = "g") -> list[str]:
    return [f"{letter}{n}" for n in range(number)]


class TestInterval:
    def test_matches_fishers_interval_for_independent_cells(self):
        rng = np.random.default_rng(2)
        observed = rng.normal(size=(400, 1)).astype(np.float32)
        predicted = (observed + rng.normal(size=observed.shape)).astype(np.float32)
        found = self.interval(observed, predicted, groups=names(400), held_out=(0,))
        z = np.arctanh(np.corrcoef(observed[:, 0], predicted[:, 0])[0, 1])
        expected = np.tanh([z - 1.96 / np.sqrt(397), z + 1.96 / np.sqrt(397)])
        assert (found.low, found.high) == pytest.approx(expected, abs=0.015)
        assert found.units == ("400 gene groups",)

    @pytest.mark.parametrize("axis", [0, 1])
    def test_is_as_wide_as_that_of_one_member_of_each_group_or_series(self, axis):
        """Twenty copies of a unit say no more than one: single genes would be 4 times narrower."""
        rng = np.random.default_rng(4)
        base = rng.normal(size=(60, 1))
        guess = base + rng.normal(size=base.shape)
        widths = []
        for copies in (1, 20):
            units = np.repeat(names(60), copies)
            other = names(1)
            x, y = (np.repeat(values, copies, 0) for values in (base, guess))
            x, y = (x, y) if axis == 0 else (x.T, y.T)
            labels = {"groups": units, "series": other}
            if axis == 1:
                labels = {"groups": other, "series": units}
            found = self.interval(x, y, **labels, held_out=(axis,))
            widths.append(found.high - found.low)
        assert widths[1] == pytest.approx(widths[0], rel=0.2)

    def test_of_both_axes_is_wider_than_of_either(self):
        """What a group and a series add to all their cells is uncertain twice."""
        rng = np.random.default_rng(6)
        observed = rng.normal(size=(40, 1)) + rng.normal(size=(1, 30))
        guess = observed + rng.normal(size=(40, 1)) + rng.normal(size=(1, 30))
        found = [
            self.interval(observed, guess, groups=groups, series=series)
            for groups, series in (
                (names(40), names(30)),
                (names(40), ["one"] * 30),
                (["one"] * 40, names(30)),
            )
        ]
        widths = [one.high - one.low for one in found]
        assert widths[0] > 1.15 * max(widths[1:])

    def test_is_none_with_too_few_units_of_what_is_held_out(self):
        observed = np.random.default_rng(0).normal(size=(50, 40)).astype(np.float32)
        series = [f"s{n % (FEWEST_UNITS - 1)}" for n in range(40)]
        labels = {"groups": names(50), "series": series}
        assert self.interval(observed, observed, **labels, held_out=(1,)) is None
        assert self.interval(observed, observed, **labels, held_out=(0, 1)) is None
        assert self.interval(observed, observed, **labels, held_out=(0,)) is not None

    @staticmethod
    def interval(observed, predicted, *, groups, series=("s",), held_out=()):
        scored = np.ones(observed.shape, dtype=bool)
        return pearson_interval(
            observed.astype(np.float32),
            predicted.astype(np.float32),
            scored,
            groups=groups,
            series=series,
            held_out=held_out,
        )
