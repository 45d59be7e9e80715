"""Filters that start as words: planted ones are found, and with other responses they are not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deeprage.data.dna import decode, encode, reverse_complement
from deeprage.data.dna import one_hot as letters_of
from deeprage.errors import DeepRageError
from deeprage.training.first_words import telling_words, word_filters

PLANTED = ("TGACTC", "CGATGAG", "CCGNNNNCGG")


def planted(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Promoters (G, L) that may hold planted words, and values (G, C) that depend on them."""
    rng = np.random.default_rng(seed)
    promoters = rng.integers(0, 4, (500, 120)).astype(np.int8)
    present = rng.random((500, len(PLANTED))) < 0.3
    for number, name in enumerate(PLANTED):
        word = encode(name)
        for gene in np.flatnonzero(present[:, number]):
            placed = word if rng.random() < 0.5 else reverse_complement(word)
            start = 5 + 38 * number + int(rng.integers(20))
            at = np.flatnonzero(placed < 4)
            promoters[gene, start + at] = placed[at]
    values = present @ rng.normal(size=(len(PLANTED), 12)) + rng.normal(0, 0.3, (500, 12))
    values[rng.random(values.shape) < 0.05] = np.nan
    return promoters, values.astype(np.float32)


def either_strand(word: np.ndarray) -> set[str]:
    return {decode(word), decode(reverse_complement(word))}


def test_planted_words_come_first_and_leave_nothing_to_their_likes() -> None:
    promoters, values = planted()
    found = [either_strand(word) for word in telling_words(promoters, values, most=3, longest=11)]
    for name in PLANTED:
        assert any(other in name or name in other for word in found for other in word), name


def test_words_of_shuffled_genes_are_others() -> None:
    promoters, values = planted()
    values = np.random.default_rng(1).permutation(values)
    found = [either_strand(word) for word in telling_words(promoters, values, most=3, longest=11)]
    assert not any(set(PLANTED) & word for word in found)


def test_a_word_filter_fires_at_its_word_half_at_one_mismatch_and_not_at_two() -> None:
    weight, bias = word_filters([encode("CCGNNCGG"), encode("ACGTACG")], 11)
    assert weight.shape == (2, 4, 11)
    texts = ["AACCGTTCGGA", "AACCGTTCGCA", "AACCGTTCCCA"]
    ends = torch.from_numpy(letters_of(np.stack([encode(text) for text in texts])))
    padded = torch.nn.functional.pad(ends, (5, 5))
    fired = torch.nn.functional.conv1d(padded, torch.from_numpy(weight), torch.from_numpy(bias))
    best = fired[:, 0].amax(1).clamp_min(0)
    assert best.tolist() == pytest.approx([2.5, 0.5, 0.0])


def test_narrow_filters_and_too_many_are_refused() -> None:
    promoters, values = planted()
    with pytest.raises(DeepRageError, match="6 bp"):
        telling_words(promoters, values, most=3, longest=5)
    with pytest.raises(DeepRageError, match="candidate"):
        telling_words(promoters, values, most=100_000, longest=6)
