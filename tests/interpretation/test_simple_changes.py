"""Changes without a model, against plain computations."""

import numpy as np
import pytest

from deeprage.data.dna import encode
from deeprage.errors import DeepRageError
from deeprage.interpretation.simple_changes import (
    correlation_change,
    motif_count,
    spread_within_series,
    undone_response,
)


def test_the_correlation_is_over_measured_training_conditions(make_compendium) -> None:
    compendium = make_compendium(genes=12, conditions=20, missing=0.2)
    columns = np.arange(3, 18)
    names = compendium.regulators[:2]
    found = correlation_change(compendium, names, columns, sign=-1)
    level = np.nan_to_num(compendium.regulator_levels[columns][:, :2]).mean(axis=1)
    for gene in range(12):
        values = compendium.expression[gene, columns]
        known = np.isfinite(values)
        expected = -np.corrcoef(values[known], level[known])[0, 1]
        assert found[gene] == pytest.approx(expected, abs=1e-5)
    with pytest.raises(DeepRageError, match="only 1 are in the compendium"):
        correlation_change(compendium, [names[0], "nobody"], columns, sign=-1)


def test_the_response_is_undone(make_compendium) -> None:
    compendium = make_compendium(genes=6, conditions=8, missing=0.3)
    found = undone_response(compendium, np.array([1, 4, 5]), sign=-1)
    with np.errstate(all="ignore"):
        expected = -np.nanmean(compendium.expression[:, [1, 4, 5]], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_motifs_are_counted_on_both_strands_near_the_gene(make_compendium) -> None:
    promoters = np.zeros((4, 700), dtype=np.int8)
    promoters[0, 650:655] = encode("AGGGG")
    promoters[1, 300:305] = encode("CCCCT")
    promoters[2, 10:15] = encode("AGGGG")  # too far away
    compendium = make_compendium(np.random.default_rng(0).normal(size=(4, 6)), promoters=promoters)
    np.testing.assert_array_equal(motif_count(compendium, ["AGGGG"], sign=-1), [-1, -1, 0, 0])


def test_motifs_are_counted_within_500_bp_only(make_compendium) -> None:
    promoters = np.zeros((3, 700), dtype=np.int8)
    promoters[0, 200:205] = encode("AGGGG")
    promoters[1, 199:204] = encode("AGGGG")
    promoters[2, 300:305], promoters[2, 400:405] = encode("AGGGG"), encode("TGACT")
    compendium = make_compendium(np.random.default_rng(0).normal(size=(3, 6)), promoters=promoters)
    found = motif_count(compendium, ["AGGGG", "TGACT"], sign=1)
    np.testing.assert_array_equal(found, [1, 0, 2])


def test_the_response_of_a_gene_that_was_not_measured_is_unknown(make_compendium) -> None:
    values = np.random.default_rng(0).normal(size=(6, 8))
    values[2, :3] = np.nan
    compendium = make_compendium(values)
    found = undone_response(compendium, np.arange(3), sign=1)
    assert np.isnan(found[2])
    np.testing.assert_allclose(found[[0, 1]], values[:2, :3].mean(axis=1), rtol=1e-5)


def test_the_spread_in_closed_form(make_compendium) -> None:
    """Two series of two and three conditions, and one of one that says nothing."""
    values = np.zeros((5, 6))
    values[0] = [1, 3, 0, 3, 6, 9]
    values[1] = [1, 1, 2, 2, 2, 7]
    values[2] = [np.nan, 1, 0, 2, np.nan, 5]
    values[3:] = np.random.default_rng(0).normal(size=(2, 6))
    compendium = make_compendium(values, series=["a", "a", "b", "b", "b", "c"], regulators=2)
    found = spread_within_series(compendium, np.arange(6))
    # Squares 2 and 18 with 1 and 2 degrees of freedom; none; one pair.
    np.testing.assert_allclose(found[:3], [np.sqrt(20 / 3), 0, np.sqrt(2)])


def test_a_constant_gene_has_no_correlation(make_compendium) -> None:
    values = np.random.default_rng(0).normal(size=(6, 9))
    values[0, :8] = 1.5  # over the given conditions
    compendium = make_compendium(values, regulators=2)
    names = compendium.regulators
    found = correlation_change(compendium, names, np.arange(8), sign=1)
    assert found[0] == 0
    level = values[4:, :8].mean(axis=0)
    assert found[1] == pytest.approx(np.corrcoef(values[1, :8], level)[0, 1], abs=1e-5)
