"""Ridge regression of expression on the promoter's k-mers.

After Bussemaker, Li and Siggia (2001, Nature Genetics 27:167), all words at once and shrunk.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.features import kmer_counts, proximal, standardised
from deeprage.baselines.promoter_factors import CONDITION_PENALTIES, PromoterFactors
from deeprage.baselines.ridge import PENALTIES, ridge_path
from deeprage.data.compendium import Compendium


class KmerRidge(PromoterFactors):
    """Factor scores by ridge from counts of k-mers, both strands together, in position bins.

    Args:
        k: length of the k-mers.
        window: bp before the gene that are counted.
        bins: equal parts of the window, counted apart.
        factors, condition_penalties: as `PromoterFactors`.
        penalties: tried for each factor, as `deeprage.baselines.ridge.ridge_path`.
    """

    def __init__(
        self,
        *,
        k: int = 6,
        window: int = 600,
        bins: int = 2,
        factors: int = 20,
        penalties: Sequence[float] = PENALTIES,
        condition_penalties: Sequence[float] = CONDITION_PENALTIES,
    ) -> None:
        super().__init__(factors=factors, condition_penalties=condition_penalties)
        self.k = k
        self.window = window
        self.bins = bins
        self.penalties = tuple(penalties)

    def _features(self, visible: Compendium) -> NDArray[np.float32]:
        return kmer_counts(proximal(visible, self.window), k=self.k, bins=self.bins)

    def _paths(
        self, features: NDArray[np.float32], rows: NDArray[np.intp], scores: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        # Roots even out the counts' variances, which grow with their means.
        return ridge_path(standardised(np.sqrt(features), rows), rows, scores, self.penalties)
