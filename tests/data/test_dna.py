"""DNA as tokens: there and back, the other strand, one-hot."""

import numpy as np
import pytest
from Bio.Seq import Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from deeprage.data.dna import decode, encode, one_hot, reverse_complement
from deeprage.errors import DeepRageError

SEQUENCES = st.text("ACGTN", min_size=1, max_size=60)


@given(SEQUENCES)
@settings(deadline=None, max_examples=30)
def test_decoding_gives_the_sequence_back(sequence: str) -> None:
    assert decode(encode(sequence)) == sequence
    assert decode(encode(sequence.lower())) == sequence


@given(SEQUENCES)
@settings(deadline=None, max_examples=30)
def test_the_other_strand_is_that_of_biopython(sequence: str) -> None:
    found = decode(reverse_complement(encode(sequence)))
    assert found == str(Seq(sequence).reverse_complement())


def test_strands_of_a_batch_are_turned_one_by_one() -> None:
    batch = np.stack([encode("AACG"), encode("TTNC")])
    turned = reverse_complement(batch)
    assert [decode(row) for row in turned] == ["CGTT", "GNAA"]


def test_one_hot_is_in_the_order_acgt_with_n_as_zeros() -> None:
    found = one_hot(encode("ACGTN")[None])
    assert found.shape == (1, 4, 5)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0, :, :4], np.eye(4))
    assert not found[0, :, 4].any()


@pytest.mark.parametrize("letter", ["R", "-", "*", "é", "€"])
def test_another_letter_is_named_with_its_place(letter: str) -> None:
    with pytest.raises(DeepRageError, match="position 3"):
        encode(f"AC{letter}T", name="the promoter of G1")
