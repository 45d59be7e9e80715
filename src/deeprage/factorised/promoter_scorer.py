"""Gene factors of any promoters, from what a `PromoterStack` learnt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.codon_trees import usage_of
from deeprage.baselines.features import kmer_counts
from deeprage.data.pwm_scan import scan_log_odds
from deeprage.errors import DeepRageError
from deeprage.factorised.kernels import GaussianKernel, mean_kernel
from deeprage.factorised.promoter_stack import WORD, WORD_BINS

Tokens = NDArray[np.int8]
Features = NDArray[np.float32]

#: Promoters scored at a time; keeps their features and kernels below about 100 MB.
_AT_A_TIME = 1024


@dataclass(frozen=True, eq=False)
class PromoterScorer:
    """Trees and kernel ridge with all that they read, so that any promoter can be scored.

    Features of the promoters that taught are made again when they are first needed: they are a
    hundred times as large as the promoters.

    Attributes:
        odds: log2-odds (4, width) of each motif, against the background of the training.
        bins, composition: parts of the motif window; length of the short words.
        window, word_window: letters at the 3' end that are scanned for motifs and for 6-mers.
        trees: one text a factor, LightGBM's own format.
        rounds: trees that count (K,); share: of the kernels in the mixture (K,).
        taught: int8 (N, L), promoters that taught; taught_coding: (N, L') or None.
        dual: float64 (N, K); offset: (K,), what a promoter unlike all others gets from the ridge.
        num_threads: processor cores.
    """

    odds: tuple[Features, ...]
    bins: int
    composition: int
    window: int
    word_window: int
    trees: tuple[str, ...]
    rounds: NDArray[np.int64]
    share: NDArray[np.float64]
    taught: Tokens
    taught_coding: Tokens | None
    dual: NDArray[np.float64]
    offset: NDArray[np.float64]
    num_threads: int = 1

    @property
    def reads_coding(self) -> bool:
        """Whether the start of the coding sequence is read beside the promoter."""
        return self.taught_coding is not None

    def scores(self, promoters: Tokens, coding: Tokens | None = None) -> NDArray[np.float64]:
        """Factor scores (G, K) of promoters (G, L) and, if it reads them, coding starts (G, L').

        Without coding starts the mean codon usage of the training genes stands in.
        """
        found = np.empty((len(promoters), len(self.rounds)))
        for first in range(0, len(promoters), _AT_A_TIME):
            part = slice(first, first + _AT_A_TIME)
            found[part] = self._scores(promoters[part], None if coding is None else coding[part])
        return found

    def _scores(self, promoters: Tokens, coding: Tokens | None) -> NDArray[np.float64]:
        blocks = self._blocks(promoters, coding)
        by_kernel = self.offset + mean_kernel(self._kernels, blocks) @ self.dual
        read = np.concatenate([blocks[0], *blocks[2:]], axis=1)
        by_trees = np.column_stack(
            [
                forest.predict(read, num_iteration=int(rounds), num_threads=self.num_threads)
                for forest, rounds in zip(self._forests, self.rounds, strict=True)
            ]
        )
        found: NDArray[np.float64] = (1 - self.share) * by_trees + self.share * by_kernel
        return found

    def _blocks(self, promoters: Tokens, coding: Tokens | None) -> list[Features]:
        """Motif scores with short words, roots of 6-mer counts, roots of codon counts."""
        near = _last(promoters, self.window)
        motifs = scan_log_odds(near, self.odds, bins=self.bins)
        own = [motifs.best.reshape(len(near), -1), motifs.occupancy]
        if self.composition:
            own.append(kmer_counts(near, k=self.composition, bins=self.bins))
        words = kmer_counts(_last(promoters, self.word_window), k=WORD, bins=WORD_BINS)
        blocks = [np.concatenate(own, axis=1), np.sqrt(words)]
        if self.taught_coding is None:
            return blocks
        if coding is None:
            usual = np.broadcast_to(self._mean_codons, (len(promoters), len(self._mean_codons)))
            return [*blocks, usual]
        return [*blocks, usage_of(coding)]

    @cached_property
    def _mean_codons(self) -> Features:
        assert self.taught_coding is not None
        found: Features = usage_of(self.taught_coding).mean(axis=0)
        return found

    @cached_property
    def _kernels(self) -> list[GaussianKernel]:
        blocks = self._blocks(self.taught, self.taught_coding)
        return [GaussianKernel.of(block) for block in blocks]

    @cached_property
    def _forests(self) -> list[Any]:
        return [forest_of(text) for text in self.trees]


def forest_of(text: str) -> Any:
    """A LightGBM model from its text.

    Raises:
        DeepRageError: the text is damaged.
    """
    import lightgbm

    try:
        return lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise DeepRageError(f"the trees of the run are damaged ({error}): train again.") from error


def _last(tokens: Tokens, letters: int) -> Tokens:
    return np.ascontiguousarray(tokens[:, max(0, tokens.shape[1] - letters) :])
