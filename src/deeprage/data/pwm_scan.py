"""PWM scores of promoters: the best match in position bins, and the occupancy of the window."""

import hashlib
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from deeprage.data.motifs import Motif, letter_frequencies, log_odds
from deeprage.errors import DeepRageError
from deeprage.files import written_aside

#: Raised by one when the meaning of the scores changes, so that old caches are not read.
_SCORES_VERSION = 1
_CELLS_AT_ONCE = 8_000_000
#: Scores of more bits, either way, are not raised to odds as they are: float32 ends there.
_LARGEST_BITS = 126.0


@dataclass(frozen=True)
class MotifScores:
    """How well each motif fits each promoter.

    Attributes:
        best: float32 (G, M, bins), the best log2-odds of either strand whose centre lies in the
            bin, bins from 5' to 3'.
        occupancy: float32 (G, M), log2 of the sum over both strands and all positions of the
            odds, that is, of the expected occupancy of the window up to a constant (the weak
            binding limit of Granek & Clarke 2005, Genome Biology 6:R87).
    """

    best: NDArray[np.float32]
    occupancy: NDArray[np.float32]


def scan(
    tokens: NDArray[np.int8],
    motifs: Sequence[Motif],
    *,
    window: int = 800,
    bins: int = 5,
    cache: Path | None = None,
) -> MotifScores:
    """Scores of `motifs` in the last `window` letters of promoters, both strands.

    The background is the letter frequencies of the promoters themselves; N scores 0 (as much
    motif as background). All motifs of one width are scored by one matrix product over unfolded
    windows, in float32.

    Args:
        tokens: int8 promoters (G, L), 5' to 3' towards the gene.
        motifs: at least one; none wider than the window.
        window: letters before the promoter's 3' end that are scanned; all when L is less.
        bins: equal parts of the window.
        cache: a folder for scores, named by a hash of everything that they depend on.

    Raises:
        DeepRageError: no motif, one wider than a bin's share of the window allows, or bins < 1.
    """
    tokens = np.ascontiguousarray(tokens[:, max(0, tokens.shape[1] - window) :])
    _check(tokens, motifs, bins)
    background = letter_frequencies(tokens)
    odds = [log_odds(motif, background).astype(np.float32) for motif in motifs]
    if cache is None:
        return _scan(tokens, odds, bins)
    path = cache / f"motif-scores-{_content(tokens, odds, bins)}.npz"
    found = _read(path, (len(tokens), len(odds), bins))
    if found is None:
        found = _scan(tokens, odds, bins)
        with written_aside(path) as aside, aside.open("wb") as handle:
            np.savez(handle, best=found.best, occupancy=found.occupancy)
    return found


def scan_log_odds(
    tokens: NDArray[np.int8], odds: Sequence[NDArray[np.float32]], *, bins: int
) -> MotifScores:
    """Scores of ready log2-odds (4, width), of whatever background they were made against.

    For promoters that are to be scored as those of a training were, whose background they keep.

    Args:
        tokens: int8 promoters (G, L), all of which is scanned.
        odds: float32 matrices, none wider than L.
        bins: equal parts of the window.
    """
    return _scan(np.ascontiguousarray(tokens), list(odds), bins)


def _check(tokens: NDArray[np.int8], motifs: Sequence[Motif], bins: int) -> None:
    if not motifs:
        raise DeepRageError("there is no motif to scan with; give at least one.")
    length = tokens.shape[1]
    widest = max(motifs, key=lambda motif: motif.width)
    if widest.width > length:
        raise DeepRageError(
            f"motif {widest.name!r} is {widest.width} bp wide, the scanned window only {length}: "
            "drop the motif or widen the window."
        )
    if not 1 <= bins <= length - widest.width + 1:
        raise DeepRageError(
            f"bins must be between 1 and {length - widest.width + 1} for a window of {length} bp "
            f"and motifs up to {widest.width} bp wide, got {bins}."
        )


def _content(tokens: NDArray[np.int8], odds: list[NDArray[np.float32]], bins: int) -> str:
    digest = hashlib.sha256(f"{_SCORES_VERSION} {tokens.shape} {bins}".encode())
    digest.update(tokens.tobytes())
    for matrix in odds:
        digest.update(f"{matrix.shape}".encode())
        digest.update(np.ascontiguousarray(matrix).tobytes())
    return digest.hexdigest()[:24]


def _read(path: Path, shape: tuple[int, int, int]) -> MotifScores | None:
    """The cached scores, or None where there are none or they are damaged."""
    try:
        with np.load(path, allow_pickle=False) as saved:
            found = MotifScores(best=saved["best"], occupancy=saved["occupancy"])
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    return found if found.best.shape == shape else None


def _scan(tokens: NDArray[np.int8], odds: list[NDArray[np.float32]], bins: int) -> MotifScores:
    genes, length = tokens.shape
    best = np.empty((genes, len(odds), bins), dtype=np.float32)
    occupancy = np.empty((genes, len(odds)), dtype=np.float32)
    letters = np.eye(5, 4, dtype=np.float32)
    widths = np.array([matrix.shape[1] for matrix in odds], dtype=np.intp)
    wide = np.array([is_wide(matrix) for matrix in odds], dtype=bool)
    step = max(1, _CELLS_AT_ONCE // (length * 2 * max(len(odds), 1)))
    for width in np.unique(widths):
        members = np.flatnonzero(widths == width)
        filters = both_strands([odds[i] for i in members])
        starts = bin_starts(length, int(width), bins)
        for first in range(0, genes, step):
            part = slice(first, first + step)
            scores = window_scores(letters[tokens[part]], filters)
            by_bin = np.maximum.reduceat(scores, starts, axis=1)
            best[part, members] = _over_strands(by_bin, np.maximum).transpose(0, 2, 1)
            occupancy[part, members] = _occupancy(scores, wide=bool(wide[members].any()))
    return MotifScores(best=best, occupancy=occupancy)


def is_wide(odds: NDArray[np.float32]) -> bool:
    """Whether scores of log2-odds (4, width) may be too large or small for odds in float32."""
    return bool(np.abs(odds).max(axis=0).sum() > _LARGEST_BITS)


def _occupancy(scores: NDArray[np.float32], *, wide: bool) -> NDArray[np.float32]:
    """Log2 (B, M) of the sum of odds over positions and strands of scores (B, positions, 2 * M).

    Args:
        wide: whether the odds of some motif are beyond the range of float32. The largest score
            is then taken out of the sum. The scores are overwritten.
    """
    if not wide:
        np.exp2(scores, out=scores)
        return np.asarray(np.log2(_over_strands(scores.sum(axis=1), np.add)))
    largest = _over_strands(scores.max(axis=1), np.maximum)
    scores -= np.concatenate([largest, largest], axis=1)[:, None]
    np.exp2(scores, out=scores)
    return largest + np.log2(_over_strands(scores.sum(axis=1), np.add))


def both_strands(odds: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Filters (4 * width, 2 * M): the motifs, then their reverse complements."""
    forward = np.stack([matrix.T.ravel() for matrix in odds], axis=1)
    backward = np.stack([matrix[::-1, ::-1].T.ravel() for matrix in odds], axis=1)
    return np.concatenate([forward, backward], axis=1)


def bin_starts(length: int, width: int, bins: int) -> NDArray[np.intp]:
    """The first window of each bin; a window belongs to the bin of its centre."""
    edges = np.arange(bins) * length / bins
    starts = np.ceil(edges - (width - 1) / 2)
    # A bin narrower than half a motif would hold no centre: it then takes the nearest window.
    return np.clip(starts, np.arange(bins), length - width + 1 - bins + np.arange(bins)).astype(
        np.intp
    )


def window_scores(
    letters: NDArray[np.float32], filters: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Scores (B, positions, 2 * M) of one-hot letters (B, L, 4)."""
    batch, length, _ = letters.shape
    width = filters.shape[0] // 4
    positions = length - width + 1
    flat = np.ascontiguousarray(letters)
    # Letters of one window lie side by side, so a window is a row of a strided view.
    windows = as_strided(
        flat,
        shape=(batch, positions, 4 * width),
        strides=(flat.strides[0], flat.strides[1], flat.strides[2]),
        writeable=False,
    )
    scores = windows.reshape(batch * positions, 4 * width) @ filters
    return scores.reshape(batch, positions, filters.shape[1])


def _over_strands(values: NDArray[np.float32], join: np.ufunc) -> NDArray[np.float32]:
    """Join the forward half of the last axis with its backward half."""
    half = values.shape[-1] // 2
    joined: NDArray[np.float32] = join(values[..., :half], values[..., half:])
    return joined
