"""Masked sites: nothing is left of the motif, and nothing else has changed."""

import numpy as np
import pytest

from deeprage.data.dna import N_TOKEN, decode, encode
from deeprage.data.sites import consensus_pattern, site_starts
from deeprage.interpretation.promoter_edits import mask_sites


def promoters(*, genes: int = 80, length: int = 300) -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.choice(4, (genes, length), p=[0.3, 0.2, 0.2, 0.3]).astype(np.int8)


@pytest.mark.parametrize("word", ["AGGGG", "TTASTAA", "GATAAG", "CACGTG", "SSSSS"])
@pytest.mark.parametrize("how", ["N", "shuffle"])
def test_no_site_is_left_and_the_rest_is_as_it_was(word: str, how: str) -> None:
    before, pattern = promoters(), consensus_pattern(word)
    masked = mask_sites(before, pattern, how=how, rng=np.random.default_rng(0))
    assert not site_starts(masked.promoters, pattern).any()
    starts = site_starts(before, pattern)
    np.testing.assert_array_equal(masked.sites, starts.sum(axis=1))
    for row in range(len(before)):
        changed = np.flatnonzero(masked.promoters[row] != before[row])
        sites = np.flatnonzero(starts[row])
        assert all(((at - sites >= 0) & (at - sites < len(word))).any() for at in changed)


def test_shuffling_keeps_the_letters_of_each_promoter() -> None:
    before, pattern = promoters(), consensus_pattern("AGGGG")
    masked = mask_sites(before, pattern, how="shuffle", rng=np.random.default_rng(0))
    assert masked.given_up == 0
    assert (masked.promoters != before).any()
    np.testing.assert_array_equal(np.sort(masked.promoters, axis=1), np.sort(before, axis=1))


def test_the_same_generator_gives_the_same_shuffle() -> None:
    once, again, other = (
        mask_sites(
            promoters(), consensus_pattern("AGGGG"), how="shuffle", rng=np.random.default_rng(seed)
        ).promoters
        for seed in (5, 5, 6)
    )
    assert (once == again).all()
    assert (once != other).any()


def test_letters_that_no_order_frees_become_unknown() -> None:
    tokens = encode("CCAAAAAACCGTGAGGGGTC")[None]
    masked = mask_sites(
        tokens, consensus_pattern("AAAAA"), how="shuffle", rng=np.random.default_rng(0)
    )
    assert masked.given_up == 1
    assert decode(masked.promoters[0]) == "CCNNNNNNCCGTGAGGGGTC"
    assert (masked.promoters[0] == N_TOKEN).sum() == 6
