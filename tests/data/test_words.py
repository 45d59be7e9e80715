"""Words in promoters: counted as a reader would."""

from __future__ import annotations

import numpy as np

from deeprage.data.dna import N_TOKEN, decode, encode, reverse_complement
from deeprage.data.words import MOST_COUNTED, word_counts


def by_reading(promoter: str, letters: int, gap: int) -> dict[str, int]:
    """Counts by words, each read letter by letter; the smaller of a word and its complement."""
    half, width, found = letters // 2, letters + gap, dict[str, int]()
    for start in range(len(promoter) - width + 1):
        word = promoter[start : start + width]
        word = word[:half] + "N" * gap + word[half + gap :]
        if word.count("N") > gap:
            continue
        other = decode(reverse_complement(encode(word)))
        found[min(word, other)] = found.get(min(word, other), 0) + 1
    return found


def test_words_are_counted_on_both_strands_with_gaps_and_without_n() -> None:
    rng = np.random.default_rng(0)
    tokens = rng.choice(5, size=(4, 90), p=[0.3, 0.2, 0.2, 0.25, 0.05]).astype(np.int8)
    for letters, gap in ((4, 0), (4, 3), (6, 2), (5, 0)):
        found = word_counts(tokens, letters=letters, gap=gap)
        names = [decode(word) for word in found.words]
        assert len(set(names)) == len(names)
        for gene, promoter in enumerate(tokens):
            expected = by_reading(decode(promoter), letters, gap)
            seen = {
                name: int(count)
                for name, count in zip(names, found.counts[gene], strict=True)
                if count
            }
            assert seen == {name: min(n, MOST_COUNTED) for name, n in expected.items()}


def test_there_is_one_word_for_each_pair_of_strands() -> None:
    found = word_counts(np.full((1, 30), N_TOKEN, dtype=np.int8), letters=6)
    assert len(found.words) == (4**6 + 4**3) // 2  # palindromes are their own other strand
    assert not found.counts.any()
