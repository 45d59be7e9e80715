"""Gene factors from sequence: boosted trees and a kernel ridge, mixed factor by factor."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from deeprage.baselines.codon_trees import CodonTrees, codon_usage
from deeprage.baselines.features import kmer_counts, proximal, standardised
from deeprage.data.compendium import Compendium

Scores = NDArray[np.float32]
MIXTURES = (0.0, 0.25, 0.5, 0.75)
WORD, WORD_BINS, WORD_WINDOW = 6, 2, 600


class PromoterStack(CodonTrees):
    """The trees of `CodonTrees`, mixed with a ridge on a sum of Gaussian kernels.

    One kernel reads the PWM scores and short words that the trees read, one the square roots of
    counts of 6-mers, which no database of motifs has seen, and one the codon usage of the start of
    the gene, if the compendium has it. Validation cells choose for each factor how many rounds of
    trees and which share of the kernels count.

    Args:
        penalty: of the ridge, in units of the kernel's diagonal.
        others: as `BoostedTrees`.
    """

    def __init__(
        self,
        *,
        motifs: Sequence[Path | str] | None = None,
        cache: Path | str | None = None,
        num_threads: int = 1,
        seed: int = 0,
        rounds: Sequence[int] = (50, 100, 200, 300),
        penalty: float = 0.5,
        factors: int = 12,
    ) -> None:
        super().__init__(
            motifs=motifs,
            cache=cache,
            num_threads=num_threads,
            seed=seed,
            rounds=rounds,
            factors=factors,
        )
        self.penalty = penalty

    def _features(self, visible: Compendium) -> NDArray[np.float32]:
        window = min(WORD_WINDOW, visible.promoters.shape[1])
        counts = kmer_counts(proximal(visible, window), k=WORD, bins=WORD_BINS)
        features = super()._features(visible)
        codons = codon_usage(visible)
        own = features.shape[1] - (0 if codons is None else codons.shape[1])
        self._blocks = [features[:, :own], np.sqrt(counts)]
        self._blocks += [] if codons is None else [codons]
        return features

    def _paths(
        self, features: NDArray[np.float32], rows: NDArray[np.intp], scores: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        trees = super()._paths(features, rows, scores)
        kernel = np.mean([gaussian_kernel(block, rows) for block in self._blocks], axis=0)
        kernels = kernel_scores(kernel, rows, scores, self.penalty)
        mixed = [(1 - share) * trees + share * kernels for share in MIXTURES]
        return np.concatenate(mixed).astype(np.float32)


def gaussian_kernel(features: NDArray[np.float32], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Gaussian kernel (G, len(rows)) of standardised features with those of the given rows.

    Its width is the median squared distance of a sample of those rows.
    """
    inputs = standardised(features, rows)
    taught = inputs[rows]
    squares = (inputs**2).sum(axis=1)
    far = squares[:, None] + squares[rows] - 2 * inputs @ taught.T
    scale = float(np.median(far[rows[:: max(1, len(rows) // 500)]]))
    found: NDArray[np.float32] = np.exp(-np.maximum(far, 0) / max(scale, 1e-6))
    return found


def kernel_scores(
    kernel: NDArray[np.float32],
    rows: NDArray[np.intp],
    scores: NDArray[np.float64],
    penalty: float,
) -> Scores:
    """Scores (G, K) of all genes by kernel ridge from the scores of `rows`."""
    gram = kernel[rows].astype(np.float64)
    gram[np.diag_indices_from(gram)] += penalty
    mean = scores.mean(axis=0)
    dual = cho_solve(cho_factor(gram, lower=True, overwrite_a=True), scores - mean)
    return np.asarray(mean + kernel @ dual, dtype=np.float32)
