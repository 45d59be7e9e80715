"""Changes without a model, against plain computations."""

import numpy as np
import pytest

from deeprage.data.dna import encode
from deeprage.errors import DeepRageError
from deeprage.interpretation.simple_changes import (
    correlation_change,
    motif_count,
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
