"""Which motifs are the same: similarity over all alignments, and groups of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deeprage.data.motifs import Motif

#: Average similarity within a group; two halves of one motif stay apart, shifted copies join.
SAME = 0.75


def similarity(motifs: Sequence[Motif]) -> NDArray[np.float64]:
    """Similarity (M, M) of motifs, 1 for the same up to shift and strand, about 0 for unlike ones.

    The cosine of the two matrices of probabilities less 1/4, at the best shift and strand.
    Positions that do not overlap count in the norms, so that a short match of long motifs is
    worth little, and positions without information hardly count.
    """
    widest = max(motif.width for motif in motifs)
    padded = np.zeros((len(motifs), 4, 3 * widest - 2))
    for number, motif in enumerate(motifs):
        padded[number, :, widest - 1 : widest - 1 + motif.width] = motif.probabilities - 0.25
    norms = np.maximum(np.sqrt((padded**2).sum(axis=(1, 2))), 1e-12)
    padded /= norms[:, None, None]
    still = padded[:, :, widest - 1 : 2 * widest - 1].reshape(len(motifs), -1)
    best = np.full((len(motifs), len(motifs)), -1.0)
    for turned in (padded, padded[:, ::-1, ::-1]):
        for start in range(2 * widest - 1):
            moved = turned[:, :, start : start + widest].reshape(len(motifs), -1)
            np.maximum(best, still @ moved.T, out=best)
    both: NDArray[np.float64] = np.maximum(best, best.T)
    return both


def groups(motifs: Sequence[Motif], *, same: float = SAME) -> NDArray[np.intp]:
    """The group of each motif (M,), numbered from 0 in order of first members.

    Average linkage, cut where the mean similarity between two groups falls below `same`.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(motifs) < 2:
        return np.zeros(len(motifs), dtype=np.intp)
    apart = np.clip(1 - similarity(motifs), 0, None)
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(apart, checks=False), method="average")
    labels = fcluster(tree, 1 - same, criterion="distance")
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    number: NDArray[np.intp] = np.argsort(np.argsort(first))
    return number[inverse]


def representatives(group: NDArray[np.intp], strength: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which motif (M,) speaks for its group: the one with the largest `strength`, then the first.

    `strength` must not be how well a motif matches, or groups would be counted at their luckiest.
    """
    order = np.lexsort((np.arange(len(group)), -strength, group))
    first = np.ones(len(group), dtype=bool)
    first[1:] = group[order][1:] != group[order][:-1]
    chosen = np.zeros(len(group), dtype=bool)
    chosen[order[first]] = True
    return chosen
