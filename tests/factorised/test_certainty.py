"""Kinds of cells, and intervals and probabilities by kind."""

import numpy as np
import pytest

from deeprage.data.labels import FIVE_CLASS_EDGES, classify
from deeprage.factorised.certainty import CellKind, Certainty, kinds_of
from deeprage.factorised.error_sample import ErrorSample


def test_a_cell_is_of_the_kind_that_its_gene_and_its_condition_make_it() -> None:
    genes, conditions = np.array([False, True]), np.array([False, True, False])
    plain = kinds_of(genes, conditions, by_promoter_alone=False)
    alone = kinds_of(genes, conditions, by_promoter_alone=True)
    seen = [CellKind.SEEN, CellKind.NEW_CONDITION, CellKind.SEEN]
    new = [CellKind.NEW_GENE, CellKind.NEW_BOTH, CellKind.NEW_GENE]
    np.testing.assert_array_equal(plain, [seen, new])
    by_promoter = [
        CellKind.NEW_GENE_BY_PROMOTER_ALONE,
        CellKind.NEW_BOTH_BY_PROMOTER_ALONE,
        CellKind.NEW_GENE_BY_PROMOTER_ALONE,
    ]
    np.testing.assert_array_equal(alone, [seen, by_promoter])
    assert plain.dtype == np.int8


@pytest.mark.parametrize("kind", list(CellKind))
def test_words_say_what_is_new(kind: CellKind) -> None:
    new_gene, new_condition = "GENE" in kind.name or "BOTH" in kind.name, kind % 2 == 1
    assert kind.words.startswith("new gene" if new_gene else "seen gene")
    assert kind.words.endswith("new condition" if new_condition else "seen condition")
    assert ("without coding sequence" in kind.words) == ("ALONE" in kind.name)


def spread(width: float, size: int = 2000) -> ErrorSample:
    errors = np.linspace(-width, width, size).astype(np.float32)
    return ErrorSample(np.zeros(size, np.float32), errors)


CERTAINTY = Certainty({CellKind.SEEN: spread(1), CellKind.NEW_GENE: spread(4)})
NOISE = np.ones(2, np.float32)


def test_each_kind_has_the_width_of_its_own_errors() -> None:
    kinds = np.array([[CellKind.SEEN, CellKind.NEW_GENE]], dtype=np.int8)
    half = CERTAINTY.half_width(np.zeros((1, 2), np.float32), kinds, NOISE, 0.5)
    np.testing.assert_allclose(half, [[0.5, 2]], rtol=0.01)


def test_probabilities_are_shares_of_the_errors_and_sum_to_one() -> None:
    kinds = np.array([[CellKind.SEEN, CellKind.NEW_GENE]], dtype=np.int8)
    value = np.array([[0.25, 0]], np.float32)
    found = CERTAINTY.probabilities(value, kinds, NOISE, (-0.5, 0.5))
    np.testing.assert_allclose(found, [[[0.125, 0.5, 0.375], [3.5 / 8, 1 / 8, 3.5 / 8]]], atol=0.01)
    five = CERTAINTY.probabilities(value, kinds, NOISE, FIVE_CLASS_EDGES)
    assert five.shape == (1, 2, 5)
    np.testing.assert_allclose(five.sum(axis=2), 1, atol=1e-5)


def test_a_truth_at_an_edge_is_in_the_class_away_from_zero() -> None:
    """Without errors the class is that of `classify`, at both edges."""
    sure = ErrorSample(np.zeros(4000, np.float32), np.zeros(4000, np.float32))
    certainty = Certainty({CellKind.SEEN: sure})
    value = np.array([[-0.5, 0.5, 0.0]], np.float32)
    kinds = np.zeros((1, 3), dtype=np.int8)
    found = certainty.probabilities(value, kinds, np.ones(3, np.float32), (-0.5, 0.5))
    np.testing.assert_array_equal(found.argmax(axis=2), classify(value))
    assert found.max(axis=2).min() > 0.99


def test_an_empty_sample_promises_nothing() -> None:
    empty = ErrorSample(np.zeros(0, np.float32), np.zeros(0, np.float32))
    certainty = Certainty({CellKind.SEEN: empty})
    value, kinds = np.zeros((1, 2), np.float32), np.zeros((1, 2), dtype=np.int8)
    assert np.isinf(certainty.half_width(value, kinds, NOISE, 0.9)).all()
    found = certainty.probabilities(value, kinds, NOISE, (-0.5, 0.5))
    np.testing.assert_allclose(found, 1 / 3)
