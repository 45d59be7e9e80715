"""Gene factors from sequence: boosted trees and a kernel ridge, mixed factor by factor."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.codon_trees import CodonTrees, codon_usage
from deeprage.baselines.features import kmer_counts, proximal
from deeprage.data.compendium import Compendium
from deeprage.factorised.kernels import GaussianKernel, mean_kernel, ridge_dual

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
        factors: int = 20,
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
        trees = self._tree_paths(features, rows, scores)
        kernel = mean_kernel(
            [GaussianKernel.of(block[rows]) for block in self._blocks], self._blocks
        )
        self.taught_ = rows
        self.offset_ = scores.mean(axis=0)
        self.dual_ = ridge_dual(
            kernel[rows].astype(np.float64), scores - self.offset_, self.penalty
        )
        kernels = np.asarray(self.offset_ + kernel @ self.dual_, dtype=np.float32)
        mixed = [(1 - share) * trees + share * kernels for share in MIXTURES]
        return np.concatenate(mixed).astype(np.float32)

    def _tree_paths(
        self, features: NDArray[np.float32], rows: NDArray[np.intp], scores: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Scores (rounds, G, K) by the trees alone."""
        return super()._paths(features, rows, scores)
