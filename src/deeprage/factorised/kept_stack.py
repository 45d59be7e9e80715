"""The promoter stack of deeprage-f, keeping what it takes to score promoters it has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.boosted_trees import _staged
from deeprage.baselines.features import proximal
from deeprage.data.compendium import Compendium
from deeprage.data.motifs import letter_frequencies, log_odds
from deeprage.factorised.promoter_scorer import PromoterScorer
from deeprage.factorised.promoter_stack import MIXTURES, WORD_WINDOW, PromoterStack


class KeptStack(PromoterStack):
    """A `PromoterStack` whose trees and ridge outlive the fit.

    `PromoterStack` scores the genes of one compendium while it is fitted and forgets how. This
    gives the same scores and keeps the trees.
    """

    def _tree_paths(
        self, features: NDArray[np.float32], rows: NDArray[np.intp], scores: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """As `BoostedTrees._paths` with one ensemble a factor."""
        import lightgbm

        settings = self._settings()
        data = lightgbm.Dataset(features[rows], params=settings, free_raw_data=True)
        paths = np.zeros((len(self.rounds), len(features), scores.shape[1]), dtype=np.float32)
        self.forests_: list[Any] = []
        for factor in range(scores.shape[1]):
            data.set_label(scores[:, factor])
            drawn = {**settings, "seed": self.seed}
            forest = lightgbm.train(drawn, data, num_boost_round=self.rounds[-1])
            paths[:, :, factor] += _staged(forest, features, self.rounds, self.num_threads)
            self.forests_.append(forest)
        return paths

    def scorer(self, compendium: Compendium) -> PromoterScorer:
        """What scores any promoter as this stack scores those of the compendium it was fitted on.

        Args:
            compendium: the one of the fit; its promoters and coding starts are kept.
        """
        motifs = self.motif_features
        near = proximal(compendium, motifs.window)
        length = compendium.promoters.shape[1]
        downstream = int(compendium.about["downstream"])
        background = letter_frequencies(near)
        options = self.options_
        rounds = np.array([self.rounds[at % len(self.rounds)] for at in options], dtype=np.int64)
        share = np.array([MIXTURES[at // len(self.rounds)] for at in options])
        factors = len(options)
        return PromoterScorer(
            odds=tuple(
                log_odds(motif, background).astype(np.float32)
                for motif in motifs.known(compendium).motifs
            ),
            bins=motifs.bins,
            composition=self.composition,
            window=near.shape[1],
            word_window=min(min(WORD_WINDOW, length) + downstream, length),
            trees=tuple(
                forest.model_to_string(num_iteration=int(stop))
                for forest, stop in zip(self.forests_[:factors], rounds, strict=True)
            ),
            rounds=rounds,
            share=share,
            taught=compendium.promoters[self.taught_],
            taught_coding=None if compendium.coding is None else compendium.coding[self.taught_],
            dual=self.dual_[:, :factors],
            offset=self.offset_[:factors],
            num_threads=self.num_threads,
        )
