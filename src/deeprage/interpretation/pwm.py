"""From letter counts to a motif: probabilities, information, trimming, consensus."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deeprage.data.motifs import Motif

#: Fewest positions that trimming leaves.
NARROWEST = 5
_IUPAC = {"AG": "R", "CT": "Y", "CG": "S", "AT": "W", "GT": "K", "AC": "M"}


def motif_from_counts(
    counts: NDArray[np.float64], background: NDArray[np.float64], *, name: str
) -> Motif:
    """A motif from letters counted at each position, (4, K); one window's worth of background
    letters is added, so that no probability is 0.
    """
    padded = counts + background[:, None]
    return Motif(name, name, padded / padded.sum(axis=0))


def information(motif: Motif, background: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bits (width,) of each position: its relative entropy to the background letters."""
    p = motif.probabilities
    logs = np.log2(np.where(p > 0, p, 1.0) / background[:, None])
    bits: NDArray[np.float64] = (p * logs).sum(axis=0)
    return bits


def informative_span(
    motif: Motif, background: NDArray[np.float64], *, least: float = 0.25
) -> tuple[int, int]:
    """First and end position of what is left when positions with less than `least` bits are
    cut from both ends; at least `NARROWEST` positions, widened towards the more informative side.
    """
    bits = information(motif, background)
    strong = np.flatnonzero(bits >= least)
    if not len(strong):
        return 0, motif.width
    start, end = int(strong[0]), int(strong[-1]) + 1
    while end - start < min(NARROWEST, motif.width):
        left = bits[start - 1] if start > 0 else -1.0
        right = bits[end] if end < motif.width else -1.0
        start, end = (start - 1, end) if left > right else (start, end + 1)
    return start, end


def cut(motif: Motif, start: int, end: int) -> Motif:
    """The motif's positions from `start` up to `end`."""
    return Motif(motif.name, motif.symbol, np.ascontiguousarray(motif.probabilities[:, start:end]))


def reverse_complement(motif: Motif) -> Motif:
    """The motif as the other strand has it."""
    return Motif(motif.name, motif.symbol, np.ascontiguousarray(motif.probabilities[::-1, ::-1]))


def consensus(motif: Motif) -> str:
    """The motif in IUPAC letters, by Cavener's rule (1987, Nucleic Acids Res. 15:1353).

    One letter where it has more than half and twice the next; two where they have more than
    three quarters together; else N.
    """
    word = []
    for column in motif.probabilities.T:
        order = np.argsort(-column, kind="stable")
        first, second = column[order[0]], column[order[1]]
        if first > 0.5 and first > 2 * second:
            word.append("ACGT"[order[0]])
        elif first + second > 0.75:
            word.append(_IUPAC["".join(sorted("ACGT"[n] for n in order[:2]))])
        else:
            word.append("N")
    return "".join(word)
