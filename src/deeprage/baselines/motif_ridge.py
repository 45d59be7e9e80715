"""Ridge regression of expression on the PWM scores of the promoter.

After Conlon et al. (2003, PNAS 100:3339), all motifs at once and shrunk, in bins of position.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.features import MotifFeatures, no_motifs, standardised
from deeprage.baselines.promoter_factors import CONDITION_PENALTIES, PromoterFactors
from deeprage.baselines.ridge import PENALTIES, ridge_path
from deeprage.data.compendium import Compendium


class MotifRidge(PromoterFactors):
    """Factor scores by ridge from PWM scores: best match in position bins, and occupancy.

    Without a known motif there is nothing to fit, which `fit` refuses.

    Args:
        motifs, window, bins, cache: as `MotifFeatures`.
        factors, condition_penalties: as `PromoterFactors`.
        penalties: tried for each factor, as `deeprage.baselines.ridge.ridge_path`.
    """

    needs_motifs = True

    def __init__(
        self,
        *,
        motifs: Sequence[Path | str] | None = None,
        window: int = 800,
        bins: int = 5,
        cache: Path | str | None = None,
        factors: int = 20,
        penalties: Sequence[float] = PENALTIES,
        condition_penalties: Sequence[float] = CONDITION_PENALTIES,
    ) -> None:
        super().__init__(factors=factors, condition_penalties=condition_penalties)
        self.motif_features = MotifFeatures(motifs, window, bins, cache)
        self.penalties = tuple(penalties)

    def _features(self, visible: Compendium) -> NDArray[np.float32]:
        features = self.motif_features.of(visible)
        if not features.shape[1]:
            raise no_motifs("motif-ridge")
        return features

    def _paths(
        self, features: NDArray[np.float32], rows: NDArray[np.intp], scores: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        return ridge_path(standardised(features, rows), rows, scores, self.penalties)
