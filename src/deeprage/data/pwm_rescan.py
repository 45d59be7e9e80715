"""PWM scores of promoters in which a few letters were changed, from what the others scored."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deeprage.data.pwm_scan import (
    MotifScores,
    bin_starts,
    both_strands,
    is_wide,
    scan_log_odds,
    window_scores,
)

#: Windows of a block: what is scored again where a letter of them changed.
_BLOCK = 16
#: Promoters and changed promoters whose windows are held at a time.
_AT_A_TIME = 256
_LETTERS = np.eye(5, 4, dtype=np.float32)


def rescan(
    tokens: NDArray[np.int8],
    rows: NDArray[np.intp],
    changed: NDArray[np.int8],
    odds: Sequence[NDArray[np.float32]],
    *,
    bins: int,
) -> MotifScores:
    """Scores of changed promoters, as `scan_log_odds` gives them, in a fraction of its time.

    Windows are taken in blocks. The largest score and the sum of odds of a block are those of the
    promoter before the change unless one of the block's letters was changed.

    Args:
        tokens: int8 promoters (G, L) before the change, all of which is scanned.
        rows: of the promoter that each changed one comes from (P,).
        changed: int8 (P, L).
        odds: log2-odds matrices (4, width), none wider than L.
        bins: equal parts of the window.
    """
    best = np.empty((len(rows), len(odds), bins), dtype=np.float32)
    occupancy = np.empty((len(rows), len(odds)), dtype=np.float32)
    widths = np.array([matrix.shape[1] for matrix in odds], dtype=np.intp)
    wide = np.array([is_wide(matrix) for matrix in odds], dtype=bool)
    if wide.any():
        whole = scan_log_odds(changed, _those(odds, wide), bins=bins)
        best[:, wide], occupancy[:, wide] = whole.best, whole.occupancy
    order = np.argsort(rows, kind="stable")
    for width in np.unique(widths[~wide]):
        chosen = (widths == width) & ~wide
        members = np.flatnonzero(chosen)
        scanner = _Blocks(_those(odds, chosen), int(width), tokens.shape[1], bins)
        for first in range(0, len(tokens), _AT_A_TIME):
            last = min(first + _AT_A_TIME, len(tokens))
            between = np.searchsorted(rows[order], [first, last])
            part = order[between[0] : between[1]]
            if not len(part):
                continue
            largest, total = scanner.of(tokens[first:last])
            for start in range(0, len(part), 4 * _AT_A_TIME):
                those = part[start : start + 4 * _AT_A_TIME]
                at = rows[those] - first
                found = scanner.changed(tokens[rows[those]], changed[those], largest[at], total[at])
                best[np.ix_(those, members)] = found.best
                occupancy[np.ix_(those, members)] = found.occupancy
    return MotifScores(best=best, occupancy=occupancy)


def _those(
    odds: Sequence[NDArray[np.float32]], chosen: NDArray[np.bool_]
) -> list[NDArray[np.float32]]:
    return [matrix for matrix, one in zip(odds, chosen, strict=True) if one]


class _Blocks:
    """Motifs of one width, scored in blocks of windows that do not cross the bins."""

    def __init__(
        self, odds: Sequence[NDArray[np.float32]], width: int, length: int, bins: int
    ) -> None:
        self.filters, self.width = both_strands(list(odds)), width
        windows = length - width + 1
        edges = [*bin_starts(length, width, bins), windows]
        starts: list[int] = []
        self.first_of_bin: list[int] = []
        for low, high in pairwise(edges):
            self.first_of_bin.append(len(starts))
            starts += list(range(low, max(high, low + 1), _BLOCK))
        self.starts = np.array(starts, dtype=np.intp)
        self.ends = np.append(self.starts[1:], windows)
        # Windows of each block; a short one repeats its last, which then does not count.
        self.windows = self.starts[:, None] + np.arange(_BLOCK)
        self.counts = self.windows < self.ends[:, None]
        self.reach = np.minimum(self.starts[:, None] + np.arange(_BLOCK + width - 1), length - 1)

    def of(self, tokens: NDArray[np.int8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Largest score and sum of odds (G, blocks, M) of both strands."""
        scores = window_scores(_LETTERS[tokens], self.filters)
        largest = np.maximum.reduceat(_joined(scores, np.maximum), self.starts, axis=1)
        np.exp2(scores, out=scores)
        return largest, np.add.reduceat(_joined(scores, np.add), self.starts, axis=1)

    def changed(
        self,
        before: NDArray[np.int8],
        after: NDArray[np.int8],
        largest: NDArray[np.float32],
        total: NDArray[np.float32],
    ) -> MotifScores:
        """Scores of promoters after a change; `largest` and `total` (P, blocks, M) are copies."""
        differs = np.zeros((len(before), before.shape[1] + 1), dtype=np.int32)
        np.cumsum(before != after, axis=1, out=differs[:, 1:])
        touched = differs[:, self.ends + self.width - 1] > differs[:, self.starts]
        pair, block = np.nonzero(touched)
        if len(pair):
            letters = _LETTERS[after[pair[:, None], self.reach[block]]]
            scores = window_scores(letters, self.filters)
            outside = ~self.counts[block]
            scores[outside] = -np.inf
            largest[pair, block] = _joined(scores, np.maximum).max(axis=1)
            np.exp2(scores, out=scores)
            total[pair, block] = _joined(scores, np.add).sum(axis=1)
        best = np.maximum.reduceat(largest, self.first_of_bin, axis=1).transpose(0, 2, 1)
        return MotifScores(best=best, occupancy=np.log2(total.sum(axis=1)))


def _joined(scores: NDArray[np.float32], join: np.ufunc) -> NDArray[np.float32]:
    """Scores (B, windows, 2 * M) of both strands as one (B, windows, M)."""
    half = scores.shape[-1] // 2
    found: NDArray[np.float32] = join(scores[..., :half], scores[..., half:])
    return found
