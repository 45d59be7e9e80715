"""Short words in promoters: contiguous ones and halves with a gap, either strand the same."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.data.dna import N_TOKEN, reverse_complement

#: Counts beyond this are as good as this one.
MOST_COUNTED = 4


class WordCounts(NamedTuple):
    """How often each word of a shape occurs.

    Attributes:
        words: int8 (W, width) tokens, gaps as N; a word and its reverse complement are one.
        counts: uint8 (G, W), at most `MOST_COUNTED`.
    """

    words: NDArray[np.int8]
    counts: NDArray[np.uint8]


def word_counts(tokens: NDArray[np.int8], *, letters: int, gap: int = 0) -> WordCounts:
    """Counts of all words of `letters` letters with a gap of `gap` bp in their middle.

    A word with N in one of its letters is not counted.

    Args:
        tokens: int8 promoters (G, L).
    """
    offsets = np.arange(letters)
    offsets[letters // 2 :] += gap
    positions = tokens.shape[1] - offsets[-1]
    code = np.zeros((len(tokens), positions), dtype=np.int32)
    known = np.ones(code.shape, dtype=bool)
    for offset in offsets:
        here = tokens[:, offset : offset + positions]
        known &= here < N_TOKEN
        code = code * 4 + np.minimum(here, N_TOKEN - 1)
    kinds, column = _kinds(letters)
    counts = np.empty((len(tokens), len(kinds)), dtype=np.uint8)
    for gene in range(len(tokens)):
        found = np.bincount(column[code[gene][known[gene]]], minlength=len(kinds))
        counts[gene] = np.minimum(found, MOST_COUNTED)
    words = np.full((len(kinds), offsets[-1] + 1), N_TOKEN, dtype=np.int8)
    words[:, offsets] = kinds
    return WordCounts(words, counts)


def _kinds(letters: int) -> tuple[NDArray[np.int8], NDArray[np.intp]]:
    """The word (W, letters) of each kind, and the kind of each of the 4^letters codes."""
    codes = np.arange(4**letters)
    powers = 4 ** np.arange(letters - 1, -1, -1)
    words = (codes[:, None] // powers % 4).astype(np.int8)
    turned = reverse_complement(words).astype(np.intp) @ powers
    first, column = np.unique(np.minimum(codes, turned), return_inverse=True)
    return words[first], column.astype(np.intp)
