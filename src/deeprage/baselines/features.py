"""What the linear and tree baselines see of a promoter and of a condition."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.dna import N_TOKEN
from deeprage.data.motif_sources import KnownMotifs, known_motifs
from deeprage.data.pwm_scan import scan
from deeprage.data.split import Split
from deeprage.errors import DeepRageError


def proximal(compendium: Compendium, window: int) -> NDArray[np.int8]:
    """Tokens of the last `window` bp before the anchor and whatever lies downstream of it."""
    if window < 1:
        raise DeepRageError(f"the promoter window must be 1 bp or more, got {window}.")
    tokens = compendium.promoters
    kept = window + int(compendium.about["downstream"])
    return np.ascontiguousarray(tokens[:, max(0, tokens.shape[1] - kept) :])


def kmer_counts(tokens: NDArray[np.int8], *, k: int = 6, bins: int = 2) -> NDArray[np.float32]:
    """Counts of k-mers in equal parts of promoters, float32 (G, bins * kinds).

    A k-mer and its reverse complement are one kind; a k-mer with N is not counted, one across an
    edge belongs to the part where it begins. Parts run from 5' to 3'.

    Raises:
        DeepRageError: k is not between 1 and 8, or the promoters are too short for the parts.
    """
    genes, length = tokens.shape
    if not 1 <= k <= 8:
        raise DeepRageError(f"the k-mer length must be between 1 and 8, got {k}.")
    if not 1 <= bins <= length - k + 1:
        raise DeepRageError(f"{bins} bins of {k}-mers do not fit into {length} bp of promoter.")
    kind, kinds = _canonical_kinds(k)
    windows = np.lib.stride_tricks.sliding_window_view(tokens, k, axis=1)
    powers = 4 ** np.arange(k - 1, -1, -1)
    positions = windows.shape[1]
    part = np.arange(positions) * bins // positions
    counts = np.empty((genes, bins * kinds), dtype=np.float32)
    for gene in range(genes):
        known = (windows[gene] < N_TOKEN).all(axis=1)
        codes = kind[windows[gene][known] @ powers] + part[known] * kinds
        counts[gene] = np.bincount(codes, minlength=bins * kinds)
    return counts


def _canonical_kinds(k: int) -> tuple[NDArray[np.intp], int]:
    """The number of each k-mer code's kind, and how many kinds there are."""
    codes = np.arange(4**k)
    turned = np.zeros_like(codes)
    rest = codes.copy()
    for _ in range(k):
        turned = turned * 4 + (3 - rest % 4)
        rest //= 4
    smaller, kind = np.unique(np.minimum(codes, turned), return_inverse=True)
    return kind.astype(np.intp), len(smaller)


@dataclass(frozen=True)
class MotifFeatures:
    """PWM scores of promoters, as several baselines take them.

    Attributes:
        motifs: files and collections; None for the default collection where it fits; see
            `data.motif_sources`.
        window: bp before the gene that are scanned.
        bins: equal parts of the window.
        cache: folder for motif scores, so that they are made once for all folds.
    """

    motifs: Sequence[Path | str] | None
    window: int
    bins: int
    cache: Path | str | None

    def known(self, compendium: Compendium) -> KnownMotifs:
        """The motifs, without those that are too wide for the promoters."""
        length = proximal(compendium, self.window).shape[1]
        return known_motifs(self.motifs, compendium).up_to(length - self.bins + 1)

    def of(self, compendium: Compendium) -> NDArray[np.float32]:
        """Best score of each motif in each bin, then its occupancy, float32 (G, M * (bins + 1)).

        No column where no motif is known.
        """
        tokens = proximal(compendium, self.window)
        motifs = self.known(compendium).motifs
        if not motifs:
            return np.zeros((len(tokens), 0), dtype=np.float32)
        scores = scan(
            tokens,
            motifs,
            window=tokens.shape[1],
            bins=self.bins,
            cache=None if self.cache is None else Path(self.cache),
        )
        flat = scores.best.reshape(len(tokens), -1)
        return np.concatenate([flat, scores.occupancy], axis=1)


def no_motifs(predictor: str) -> DeepRageError:
    """The error of a predictor that reads motifs alone, where none is known."""
    return DeepRageError(
        f"{predictor} reads known motifs alone, and none fits this compendium: give --motifs FILE, "
        "or leave it out."
    )


def standardised(features: NDArray[np.float32], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Features (G, P) with mean 0 and variance 1 over the given rows; constant ones become 0."""
    mean, scale = standardisation(features[rows])
    result: NDArray[np.float32] = (features - mean) * scale
    return result


def standardisation(
    features: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Means and reciprocal standard deviations float32 (P,) of features (G, P); 0 for constants."""
    mean = features.mean(axis=0, dtype=np.float64)
    spread = features.std(axis=0, dtype=np.float64)
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 1e-6)
    return mean.astype(np.float32), scale.astype(np.float32)


def regulator_means(visible: Compendium, split: Split) -> NDArray[np.float64]:
    """Mean level (R,) of each regulator over the training conditions; 0 if never measured."""
    seen = visible.regulator_levels[split.train_columns].astype(np.float64)
    count = (~np.isnan(seen)).sum(axis=0)
    mean: NDArray[np.float64] = np.nansum(seen, axis=0) / np.maximum(count, 1)
    return mean


def regulator_inputs(visible: Compendium, split: Split) -> NDArray[np.float64]:
    """Regulator levels (C, R) less their means over the training conditions; 0 where missing.

    Levels are in log2 and not scaled: a regulator that hardly changes says little.
    """
    levels = visible.regulator_levels.astype(np.float64)
    return np.where(np.isnan(levels), 0.0, levels - regulator_means(visible, split))
