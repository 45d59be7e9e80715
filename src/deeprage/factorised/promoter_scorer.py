"""Gene factors of any promoters, from what a `PromoterStack` learnt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.codon_trees import usage_of
from deeprage.baselines.features import kmer_counts
from deeprage.data.pwm_rescan import rescan
from deeprage.data.pwm_scan import MotifScores, scan_log_odds
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

    @property
    def reach(self) -> int:
        """Letters at the 3' end that are read."""
        return max(self.window, self.word_window)

    def changes(
        self,
        promoters: Tokens,
        rows: NDArray[np.intp],
        changed: Tokens,
        coding: Tokens | None = None,
    ) -> NDArray[np.float64]:
        """Change (P, K) of the factor scores where a few letters of promoters are others.

        In a fraction of the time of `scores` where many changes are of the same promoters. Both
        are scored together: what does not change then has the same value to the last bit, so
        that no tree takes another way for rounding's sake.

        Args:
            promoters: int8 (G, L), before the change; coding: of these (G, L').
            rows: of the promoter that each changed one comes from (P,).
            changed: int8 (P, L).
        """
        found = np.empty((len(rows), len(self.rounds)))
        usage = self._codons(len(promoters), coding)
        order = np.argsort(rows, kind="stable")
        for first in range(0, len(order), _AT_A_TIME):
            part = order[first : first + _AT_A_TIME]
            origin, at = np.unique(rows[part], return_inverse=True)
            scores = self._scores_of_changed(
                promoters[origin],
                np.concatenate([np.arange(len(origin)), at]),
                np.concatenate([promoters[origin], changed[part]]),
                None if usage is None else usage[origin],
            )
            found[part] = scores[len(origin) :] - scores[at]
        return found

    def _scores_of_changed(
        self, promoters: Tokens, rows: NDArray[np.intp], changed: Tokens, usage: Features | None
    ) -> NDArray[np.float64]:
        """Scores of changed promoters, the first G of which are the promoters (G, L) themselves."""
        motifs = rescan(
            _last(promoters, self.window),
            rows,
            _last(changed, self.window),
            self.odds,
            bins=self.bins,
        )
        blocks = self._sequence_blocks(changed, motifs)
        kernels = self._kernels
        total = kernels[0].of_changed(blocks[0][: len(promoters)], rows, blocks[0])
        total += kernels[1].of_changed(blocks[1][: len(promoters)], rows, blocks[1])
        if usage is not None:
            total += kernels[2](usage)[rows]
            blocks.append(usage[rows])
        return self._mixed(total / np.float32(len(kernels)), blocks)

    def _scores(self, promoters: Tokens, coding: Tokens | None) -> NDArray[np.float64]:
        blocks = self._blocks(promoters, coding)
        return self._mixed(mean_kernel(self._kernels, blocks), blocks)

    def _mixed(self, kernel: Features, blocks: list[Features]) -> NDArray[np.float64]:
        """Scores (G, K) from the mean kernel (G, N) and the blocks of features."""
        by_kernel = self.offset + kernel @ self.dual
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
        blocks = self._sequence_blocks(promoters, scan_log_odds(near, self.odds, bins=self.bins))
        usage = self._codons(len(promoters), coding)
        return blocks if usage is None else [*blocks, usage]

    def _sequence_blocks(self, promoters: Tokens, motifs: MotifScores) -> list[Features]:
        """Motif scores with short words, and roots of 6-mer counts."""
        near = _last(promoters, self.window)
        own = [motifs.best.reshape(len(near), -1), motifs.occupancy]
        if self.composition:
            own.append(kmer_counts(near, k=self.composition, bins=self.bins))
        words = kmer_counts(_last(promoters, self.word_window), k=WORD, bins=WORD_BINS)
        return [np.concatenate(own, axis=1), np.sqrt(words)]

    def _codons(self, genes: int, coding: Tokens | None) -> Features | None:
        """Roots of codon counts (G, 65), the mean of the training genes where none are given."""
        if self.taught_coding is None:
            return None
        if coding is None:
            return np.broadcast_to(self._mean_codons, (genes, len(self._mean_codons)))
        return usage_of(coding)

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
