"""From a handful of sequences to PSSMs: agglomeration by weighted divergence (MEDUSA)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from deeprage.data.dna import encode

#: Few enough that windows and scores stay in the cache.
_CELLS_AT_ONCE = 300_000


@dataclass(frozen=True, eq=False)
class Pssm:
    """A position-specific matrix and how much evidence it stands for.

    Attributes:
        probabilities: float64 (4, width); columns sum to 1.
        weight: of the sequences that it was made from.
    """

    probabilities: NDArray[np.float64]
    weight: float

    @property
    def likeliest(self) -> str:
        """The likeliest letters; N where none is likelier than 0.4."""
        best = self.probabilities.argmax(axis=0)
        sure = self.probabilities.max(axis=0) > 0.4
        return "".join("ACGT"[i] if is_sure else "N" for i, is_sure in zip(best, sure, strict=True))


def word_pssm(
    word: str, weight: float, background: NDArray[np.float64], *, certainty: float = 0.9
) -> Pssm:
    """The PSSM of a word over ACGTN: a letter has probability about `certainty`, the others and
    every position of N follow the background (4,)."""
    tokens = encode(word)
    letters = np.eye(5, 4)[tokens].T
    known = letters.sum(axis=0) * certainty
    return Pssm(known * letters + (1 - known) * background[:, None], weight)


def agglomerate(
    leaves: Sequence[Pssm], background: NDArray[np.float64], *, widest: int = 20
) -> list[Pssm]:
    """The leaves and every merge of the two closest, up to 2 n - 1 PSSMs.

    The distance of two PSSMs is the least, over offsets and orientations, of the sum over
    positions of the weighted divergence from their mixture, where a position that only one of
    them has is compared with the background. Merges wider than `widest` are not made.
    """
    made = list(leaves)
    alive = list(range(len(made)))
    pairs = {
        (i, j): _align(made[i], made[j], background, widest) for i in alive for j in alive if i < j
    }
    while pairs:
        i, j = min(pairs, key=lambda pair: pairs[pair][0])
        _, merged = pairs[i, j]
        if merged is None:
            break
        alive = [k for k in alive if k not in (i, j)]
        pairs = {pair: found for pair, found in pairs.items() if not {i, j} & set(pair)}
        number = len(made)
        made.append(merged)
        pairs |= {(k, number): _align(made[k], merged, background, widest) for k in alive}
        alive.append(number)
    return made


def _align(
    first: Pssm, second: Pssm, background: NDArray[np.float64], widest: int
) -> tuple[float, Pssm | None]:
    """Distance at the best alignment, and the merged PSSM there (None where all are too wide)."""
    a, b = first.probabilities, second.probabilities
    share = first.weight / (first.weight + second.weight)
    wide, narrow = a.shape[1], b.shape[1]
    # At least half of the shorter one must overlap, else unrelated words are chained.
    overlap = (min(wide, narrow) + 1) // 2
    starts = np.arange(overlap - narrow, wide - overlap + 1)
    lefts = np.minimum(starts, 0)
    widths = np.maximum(wide, starts + narrow) - lefts
    starts, lefts = starts[widths <= widest], lefts[widths <= widest]
    if not len(starts):
        return np.inf, None
    size = int(widths[widths <= widest].max())
    padded_a = np.broadcast_to(background[:, None], (len(starts), 2, 4, size)).copy()
    padded_b = padded_a.copy()
    for k, (start, left) in enumerate(zip(starts, lefts, strict=True)):
        padded_a[k, :, :, -left : wide - left] = a
        padded_b[k, 0, :, start - left : start - left + narrow] = b
        padded_b[k, 1, :, start - left : start - left + narrow] = b[::-1, ::-1]
    mixed = share * padded_a + (1 - share) * padded_b
    distance = (
        share * padded_a * np.log2(padded_a / mixed)
        + (1 - share) * padded_b * np.log2(padded_b / mixed)
    ).sum(axis=(2, 3))
    at, turn = np.unravel_index(int(np.argmin(distance)), distance.shape)
    width = int(max(wide, starts[at] + narrow) - lefts[at])
    merged = Pssm(mixed[at, turn, :, :width], first.weight + second.weight)
    return float(distance[at, turn]), merged


def best_matches(
    tokens: NDArray[np.int8], pssms: Sequence[Pssm], background: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Best log2-odds float32 (G, n) of PSSMs on either strand of promoters int8 (G, L).

    N scores 0. One matrix product: all PSSMs are padded to the widest, the promoters with N.
    """
    width = max(pssm.probabilities.shape[1] for pssm in pssms)
    filters = np.zeros((2, len(pssms), width, 4), dtype=np.float32)
    for number, pssm in enumerate(pssms):
        odds = np.log2(pssm.probabilities / background[:, None]).T
        filters[0, number, : len(odds)] = odds
        filters[1, number, : len(odds)] = odds[::-1, ::-1]
    flat = filters.reshape(2 * len(pssms), width * 4).T.copy()
    letters = np.zeros((len(tokens), tokens.shape[1] + width - 1, 4), dtype=np.float32)
    letters[:, : tokens.shape[1]] = np.eye(5, 4, dtype=np.float32)[tokens]
    best = np.empty((len(tokens), len(pssms)), dtype=np.float32)
    step = max(1, _CELLS_AT_ONCE // (tokens.shape[1] * max(width * 4, flat.shape[1])))
    for first in range(0, len(tokens), step):
        part = letters[first : first + step]
        windows = sliding_window_view(part, width, axis=1).transpose(0, 1, 3, 2)
        rows = windows.reshape(-1, width * 4)
        scores = (rows @ flat).reshape(len(part), tokens.shape[1], 2, len(pssms))
        best[first : first + step] = scores.max(axis=(1, 2))
    return best


@dataclass(frozen=True)
class Cut:
    """A threshold on the scores of one of several PSSMs, and the gain of the rule it makes."""

    gain: float
    pssm: int
    threshold: float


def best_pssm_cut(
    scores: NDArray[np.float32], up: NDArray[np.float32], down: NDArray[np.float32]
) -> Cut:
    """The PSSM and threshold whose rule `score >= threshold` has the largest gain.

    Args:
        scores: float32 (G, n).
        up, down: float32 (G,), weights of Up and Down cells that a rule covers with each gene.
    """
    order = np.argsort(-scores, axis=0, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=0)
    gains = np.abs(
        np.sqrt(np.cumsum(up.astype(np.float64)[order], axis=0))
        - np.sqrt(np.cumsum(down.astype(np.float64)[order], axis=0))
    )
    # A threshold cannot part genes of equal score, nor hold for all genes.
    gains[:-1][ranked[:-1] == ranked[1:]] = -1
    gains[-1] = -1
    row, pssm = np.unravel_index(int(np.argmax(gains)), gains.shape)
    return Cut(float(gains[row, pssm]), int(pssm), float(ranked[row, pssm]))
