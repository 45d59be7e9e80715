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


class TestInterval:
    def test_matches_fishers_interval_for_independent_cells(self):
        rng = np.random.default_rng(2)
        observed = rng.normal(size=(400, 1)).astype(np.float32)
        predicted = (observed + rng.normal(size=observed.shape)).astype(np.float32)
        scored = np.ones(observed.shape, dtype=bool)
        names = [f"g{n}" for n in range(400)]
        found = pearson_interval(observed, predicted, scored, names, axis=0, generator=rng)
        z = np.arctanh(np.corrcoef(observed[:, 0], predicted[:, 0])[0, 1])
        expected = np.tanh([z - 1.96 / np.sqrt(397), z + 1.96 / np.sqrt(397)])
        assert found == pytest.approx(expected, abs=0.015)

    def test_is_wider_where_cells_of_a_unit_repeat_each_other(self):
        rng = np.random.default_rng(4)
        base = rng.normal(size=(60, 1))
        guess = base + rng.normal(size=base.shape)
        one, many = (
            self.width(np.repeat(base, n, 1), np.repeat(guess, n, 1), rng) for n in (1, 20)
        )
        assert many == pytest.approx(one, rel=0.2)

    @staticmethod
    def width(observed, predicted, rng):
        names = [f"g{n}" for n in range(len(observed))]
        scored = np.ones(observed.shape, dtype=bool)
        low, high = pearson_interval(
            observed, predicted, scored, names, axis=0, generator=rng, resamples=2000
        )
        return high - low

    def test_is_none_with_too_few_units(self):
        observed = np.random.default_rng(0).normal(size=(50, 40)).astype(np.float32)
        series = [f"s{n % (FEWEST_UNITS - 1)}" for n in range(40)]
        scored = np.ones(observed.shape, dtype=bool)
        rng = np.random.default_rng(0)
        assert pearson_interval(observed, observed, scored, series, axis=1, generator=rng) is None
