"""How alike promoters and conditions are across a split: the measurements of the audit."""

import numpy as np
from numpy.typing import NDArray

from deeprage.data.dna import N_TOKEN, one_hot, reverse_complement
from deeprage.data.groups import SHARED_WORDS, WORD, shared_words

_CANDIDATES = 20


def shared_with(
    tokens: NDArray[np.int8], test: NDArray[np.intp], train: NDArray[np.intp]
) -> tuple[NDArray[np.bool_], float]:
    """Which test promoters near-copy a training promoter, and the highest identity between them.

    A near-copy shares the share `groups.SHARED_WORDS` of its 16-mers, on either strand: the
    criterion of the gene groups. The identity is the share of the window that is the same, base by
    base without gaps, of the pairs that share most 16-mers.

    Args:
        tokens: int8 (G, L).
        test, train: rows without one in common.

    Returns:
        bool (len(test),), and the identity, 0 .. 1 (0 if no two promoters share a 16-mer).
    """
    length = tokens.shape[1]
    rows = np.concatenate([test, train])
    if length <= WORD or not len(test) or not len(train):
        return np.zeros(len(test), dtype=bool), 0.0
    least = max(1, round(SHARED_WORDS * (length - WORD + 1)))
    near = np.zeros(len(test), dtype=bool)
    best: list[tuple[int, int, int]] = []
    for shared in shared_words(tokens[rows], first=len(test)):
        across = shared.col >= len(test)
        one, other, count = shared.row[across], shared.col[across], shared.data[across]
        near[one[count >= least]] = True
        top = np.argsort(-count, kind="stable")[:_CANDIDATES]
        found = zip(count[top].tolist(), one[top].tolist(), other[top].tolist(), strict=True)
        best = sorted([*best, *found], key=lambda pair: -pair[0])[:_CANDIDATES]
    pairs = [(rows[one], rows[other]) for _, one, other in best]
    return near, max((identity(tokens[a], tokens[b]) for a, b in pairs), default=0.0)


def identity(one: NDArray[np.int8], other: NDArray[np.int8]) -> float:
    """Share of the window (length,) that agrees at the best shift on the better strand."""
    from scipy.signal import correlate

    strands = np.stack([other, reverse_complement(other)])
    letters = one_hot(one[None])[0]
    matches = np.zeros((2, 2 * len(one) - 1))
    for strand, found in zip(one_hot(strands), matches, strict=True):
        for base in range(N_TOKEN):
            found += correlate(letters[base], strand[base], method="fft")
    return round(float(matches.max())) / len(one)


def column_correlations(
    values: NDArray[np.float32], one: NDArray[np.intp], other: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Pearson correlation (len(one), len(other)) of columns over rows where both have a value.

    0 where fewer than three rows are common or a column is constant.
    """
    known = ~np.isnan(values)
    centre = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    x = np.where(known, values - centre, 0.0).astype(np.float64)
    m = known.astype(np.float64)
    count = m[:, one].T @ m[:, other]
    # Sums over the rows that both columns have.
    sum_x, sum_y = x[:, one].T @ m[:, other], m[:, one].T @ x[:, other]
    square_x, square_y = (x[:, one] ** 2).T @ m[:, other], m[:, one].T @ (x[:, other] ** 2)
    count = np.maximum(count, 1e-9)
    covariance = x[:, one].T @ x[:, other] - sum_x * sum_y / count
    spread = np.sqrt(
        np.maximum(square_x - sum_x**2 / count, 0) * np.maximum(square_y - sum_y**2 / count, 0)
    )
    usable = (spread > 1e-9) & (count > 2.5)
    return np.where(usable, covariance / np.where(usable, spread, 1), 0.0)
