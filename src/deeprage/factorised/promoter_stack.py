"""Gene factors from promoters: boosted trees and kernel ridges, mixed factor by factor."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from deeprage.baselines.boosted_trees import BoostedTrees
from deeprage.baselines.features import kmer_counts, proximal, standardised
from deeprage.data.compendium import Compendium

Scores = NDArray[np.float32]
MIXTURES = (0.0, 0.25, 0.5, 0.75)
WORD, WORD_BINS, WORD_WINDOW = 6, 2, 600


class PromoterStack(BoostedTrees):
    """The trees of `BoostedTrees`, mixed with two Gaussian-kernel ridges.

    One kernel reads the PWM scores that the trees read, the other the square roots of counts of
    6-mers, which no database of motifs has seen. Validation cells choose for each factor how many
    rounds of trees and which share of the kernels count.

    Args:
        penalties: of the two ridges, in units of the kernel's diagonal.
        others: as `BoostedTrees`.
    """

    def __init__(
        self,
        *,
        motifs: Sequence[Path | str] | None = None,
        cache: Path | str | None = None,
        num_threads: int = 1,
        seed: int = 0,
        rounds: Sequence[int] = (50, 100, 200, 300, 500),
        penalties: tuple[float, float] = (0.7, 0.7),
        factors: int = 8,
    ) -> None:
        super().__init__(
            motifs=motifs,
            cache=cache,
            num_threads=num_threads,
            seed=seed,
            rounds=rounds,
            factors=factors,
        )
        self.penalties = penalties

    def _features(self, visible: Compendium) -> NDArray[np.float32]:
        window = min(WORD_WINDOW, visible.promoters.shape[1])
        counts = kmer_counts(proximal(visible, window), k=WORD, bins=WORD_BINS)
        self._words = np.sqrt(counts)
        return super()._features(visible)

    def _paths(
        self, features: NDArray[np.float32], rows: NDArray[np.intp], scores: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        trees = super()._paths(features, rows, scores)
        inputs = (features, self._words)
        ridges = [
            _kernel_scores(each, rows, scores, penalty)
            for each, penalty in zip(inputs, self.penalties, strict=True)
        ]
        kernels = np.mean(ridges, axis=0)
        mixed = [(1 - share) * trees + share * kernels for share in MIXTURES]
        return np.concatenate(mixed).astype(np.float32)


def _kernel_scores(
    features: NDArray[np.float32],
    rows: NDArray[np.intp],
    scores: NDArray[np.float64],
    penalty: float,
) -> Scores:
    """Scores (G, K) of all genes by kernel ridge on standardised features."""
    inputs = standardised(features, rows)
    taught = inputs[rows]
    squares = (inputs**2).sum(axis=1)
    far = squares[:, None] + squares[rows] - 2 * inputs @ taught.T
    scale = float(np.median(far[rows[:: max(1, len(rows) // 500)]]))
    kernel = np.exp(-np.maximum(far, 0) / max(scale, 1e-6))
    gram = kernel[rows].astype(np.float64)
    gram[np.diag_indices_from(gram)] += penalty
    mean = scores.mean(axis=0)
    dual = cho_solve(cho_factor(gram, lower=True, overwrite_a=True), scores - mean)
    return np.asarray(mean + kernel @ dual, dtype=np.float32)
