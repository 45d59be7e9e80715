"""Gradient-boosted trees from PWM scores of the promoter to the factors of expression.

The trees are LightGBM's (Ke et al. 2017, NeurIPS).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.features import MotifFeatures, kmer_counts, proximal
from deeprage.baselines.promoter_factors import CONDITION_PENALTIES, PromoterFactors
from deeprage.data.compendium import Compendium
from deeprage.errors import DeepRageError


class BoostedTrees(PromoterFactors):
    """Factor scores by LightGBM from PWM scores; condition loadings from the regulator ridge.

    The strongest simple method where genes are unseen. Beside the PWM scores the trees see the
    counts of short words in the same bins (base composition, poly(dA:dT) tracts), which tell of
    nucleosomes rather than of factors. Each of the leading principal factors of
    the training profiles has an ensemble of its own; the validation cells choose how many of its
    rounds count. Needs the extra `boosting`.

    Args:
        motifs, window, bins, cache: as `MotifFeatures`.
        composition: length of those words, 0 for PWM scores alone.
        factors: leading factors to predict; further ones hold little that a promoter tells.
        rounds: numbers of boosting rounds to choose from, rising.
        repeats: ensembles a factor, with different draws, that are averaged.
        learning_rate, leaves, least_leaf: step of each tree, its leaves, genes a leaf at least.
        share_features, share_genes: drawn for each tree.
        seed: of those draws.
        num_threads: processor cores for LightGBM.
        condition_penalties: as `PromoterFactors`.
    """

    def __init__(
        self,
        *,
        motifs: Sequence[Path | str] | None = None,
        window: int = 800,
        bins: int = 5,
        cache: Path | str | None = None,
        composition: int = 4,
        factors: int = 8,
        rounds: Sequence[int] = (10, 25, 50, 100, 200, 300, 500, 1000),
        repeats: int = 1,
        learning_rate: float = 0.05,
        leaves: int = 5,
        least_leaf: int = 20,
        share_features: float = 0.1,
        share_genes: float = 0.8,
        seed: int = 0,
        num_threads: int = 1,
        condition_penalties: Sequence[float] = CONDITION_PENALTIES,
    ) -> None:
        super().__init__(factors=factors, condition_penalties=condition_penalties)
        if repeats < 1:
            raise DeepRageError(f"repeats must be 1 or more, got {repeats}.")
        if not rounds or min(rounds) < 1:
            raise DeepRageError(f"rounds must be numbers of 1 or more, got {tuple(rounds)}.")
        self.motif_features = MotifFeatures(motifs, window, bins, cache)
        self.composition = composition
        self.rounds = tuple(sorted(rounds))
        self.repeats = repeats
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.least_leaf = least_leaf
        self.share_features = share_features
        self.share_genes = share_genes
        self.seed = seed
        self.num_threads = num_threads

    def _features(self, visible: Compendium) -> NDArray[np.float32]:
        motifs = self.motif_features
        scores = motifs.of(visible)
        if not self.composition:
            return scores
        words = kmer_counts(proximal(visible, motifs.window), k=self.composition, bins=motifs.bins)
        return np.concatenate([scores, words], axis=1)

    def _paths(
        self, features: NDArray[np.float32], rows: NDArray[np.intp], scores: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        import lightgbm

        settings = self._settings()
        shape = (len(self.rounds), len(features), scores.shape[1])
        paths = np.zeros(shape, dtype=np.float32)
        # Bins are made once; only the labels change from factor to factor.
        data = lightgbm.Dataset(features[rows], params=settings, free_raw_data=True)
        for factor in range(scores.shape[1]):
            data.set_label(scores[:, factor])
            for repeat in range(self.repeats):
                drawn = {**settings, "seed": self.seed + repeat}
                model = lightgbm.train(drawn, data, num_boost_round=self.rounds[-1])
                paths[:, :, factor] += _staged(model, features, self.rounds, self.num_threads)
        return paths / np.float32(self.repeats)

    def _settings(self) -> dict[str, Any]:
        return {
            "objective": "regression",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.least_leaf,
            "feature_fraction": self.share_features,
            "bagging_fraction": self.share_genes,
            "bagging_freq": 1,
            "max_bin": 63,
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": self.num_threads,
            "verbosity": -1,
        }


def _staged(
    model: Any, features: NDArray[np.float32], rounds: Sequence[int], threads: int
) -> NDArray[np.float32]:
    """Predictions (len(rounds), G) after each number of rounds, each tree run once."""
    total = np.zeros(len(features))
    staged = np.empty((len(rounds), len(features)), dtype=np.float32)
    done = 0
    for number, stop in enumerate(rounds):
        total = total + model.predict(
            features, start_iteration=done, num_iteration=stop - done, num_threads=threads
        )
        staged[number] = total
        done = stop
    return staged
