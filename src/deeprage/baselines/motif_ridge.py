"""Ridge regression of expression on the PWM scores of the promoter."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.features import motif_features, standardised
from deeprage.baselines.promoter_factors import CONDITION_PENALTIES, PromoterFactors
from deeprage.baselines.ridge import PENALTIES, ridge_path
from deeprage.data.compendium import Compendium


class MotifRidge(PromoterFactors):
    """Factor scores by ridge from PWM scores: best match in position bins, and occupancy.

    Args:
        motifs: MEME files; None for JASPAR's fungi of the installed `pyjaspar`.
        window: bp before the gene that are scanned.
        bins: equal parts of the window.
        cache: folder for motif scores, so that they are made once for all folds.
        factors, condition_penalties: as `PromoterFactors`.
        penalties: tried for each factor, as `deeprage.baselines.ridge.ridge_path`.
    """

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
        self.motifs = motifs
        self.window = window
        self.bins = bins
        self.cache = cache
        self.penalties = tuple(penalties)

    def _features(self, visible: Compendium) -> NDArray[np.float32]:
        return motif_features(
            visible,
            motifs=self.motifs,
            window=self.window,
            bins=self.bins,
            cache=None if self.cache is None else Path(self.cache),
        )

    def _paths(
        self, features: NDArray[np.float32], rows: NDArray[np.intp], scores: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        return ridge_path(standardised(features, rows), rows, scores, self.penalties)
