"""MEDUSA: boosting that finds its motifs on the way (Kundaje et al. 2007, 2008)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.boosting import AlternatingTree, BoostingData, Proposal, boost
from deeprage.baselines.boosting_inputs import (
    GeneAttributes,
    dimer_presence,
    join_attributes,
    kmer_presence,
    upstream,
    varying,
)
from deeprage.baselines.boosting_search import Found, RuleSearch
from deeprage.baselines.geneclass import GeneClass
from deeprage.baselines.medusa_pssm import (
    Pssm,
    agglomerate,
    best_matches,
    best_pssm_cut,
    word_pssm,
)
from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES
from deeprage.data.motifs import Motif, letter_frequencies


class Medusa(GeneClass):
    """GeneClass whose motifs are found in the promoters, with no motif collection.

    Each round finds the best rule over all k-mers and gapped dimers, turns the best sequences for
    that node, regulator and state into PSSMs, merges them agglomeratively, and takes the k-mer,
    dimer or PSSM (each with its own threshold) of least loss. What was found is in `pssms_`.

    Args:
        rounds: most boosting rounds.
        patience: see `GeneClass`.
        kmers: lengths of the candidate k-mers.
        gaps: gaps of the candidate dimers of two 3-mers; gap 0 would repeat the 6-mers.
        window: bp upstream of the gene.
        seeds: how many of the best sequences are merged in a round; 0 turns PSSMs off.
        least: a candidate must occur, and be absent, in at least so many promoters.
        edges: log2 thresholds of Down and Up.
        state_threshold: a regulator is up or down at this many log2 units.
    """

    def __init__(
        self,
        *,
        rounds: int = 300,
        patience: int | None = None,
        kmers: Sequence[int] = (2, 3, 4, 5, 6, 7),
        gaps: Sequence[int] = tuple(range(1, 11)),
        window: int = 500,
        seeds: int = 20,
        least: int = 30,
        edges: tuple[float, float] = DEFAULT_EDGES,
        state_threshold: float = 0.5,
    ) -> None:
        super().__init__(
            rounds=rounds,
            patience=patience,
            window=window,
            edges=edges,
            state_threshold=state_threshold,
        )
        self.kmers = kmers
        self.gaps = gaps
        self.seeds = seeds
        self.least = least

    def _attributes(self, visible: Compendium) -> GeneAttributes:
        """All k-mers and gapped dimers of the promoters."""
        tokens = upstream(visible, self.window)
        least = min(self.least, len(tokens) // 10)
        found = [kmer_presence(tokens, k) for k in self.kmers]
        found += [dimer_presence(tokens, arm=3, gap=gap) for gap in self.gaps]
        return join_attributes(varying(part, least=least) for part in found)

    def _boost(
        self, visible: Compendium, data: BoostingData
    ) -> tuple[AlternatingTree, list[float], list[float]]:
        finder = PssmFinder(upstream(visible, self.window), self.attributes_, self.seeds)
        found = boost(
            data,
            self.attributes_.presence,
            visible.regulators,
            finder.propose,
            rounds=self.rounds,
            patience=self.patience,
        )
        kept = {rule.attribute for rule in found[0].rules}
        self.pssms_ = [motif for motif in finder.motifs if motif.name in kept]
        return found


class PssmFinder:
    """Turns the best sequences of a round into the PSSM that serves the rule best.

    Args:
        tokens: int8 promoters (G, L).
        attributes: the candidate words, named by their letters.
        seeds: how many words are merged; 0 to propose words only.
    """

    def __init__(self, tokens: NDArray[np.int8], attributes: GeneAttributes, seeds: int) -> None:
        self.tokens = tokens
        self.attributes = attributes
        self.seeds = seeds
        self.background = letter_frequencies(tokens)
        self.motifs: list[Motif] = []

    def propose(self, search: RuleSearch, found: Found) -> list[Proposal]:
        """The best of the found word and the PSSMs made from it and its rivals."""
        word = Proposal(
            self.attributes.names[found.attribute],
            self.attributes.presence[:, found.attribute] > 0,
            found.state,
        )
        if self.seeds == 0:
            return [word]
        pssms = self._pssms(search, found)
        node = search.nodes[found.node]
        on = node.columns[search.states[node.columns, found.state] > 0]
        up, down = (w[np.ix_(node.rows, on)].sum(axis=1) for w in (search.up, search.down))
        own = node.rows == search.regulator_rows[found.state]
        up[own] = down[own] = 0
        scores = best_matches(self.tokens[node.rows], pssms, self.background)
        cut = best_pssm_cut(scores, up, down)
        if cut.gain <= found.gain * (1 + 1e-6):
            return [word]
        chosen = pssms[cut.pssm]
        name = f"pssm{len(self.motifs) + 1}:{chosen.likeliest}"
        self.motifs.append(Motif(name, chosen.likeliest, chosen.probabilities))
        everywhere = best_matches(self.tokens, [chosen], self.background)[:, 0]
        # The same product over other shapes may round differently.
        return [Proposal(name, everywhere >= cut.threshold - 1e-4, found.state)]

    def _pssms(self, search: RuleSearch, found: Found) -> list[Pssm]:
        """The words of largest gain in the found rule's direction, and their merges."""
        gains = search.gains(found.node, found.state)
        gains *= np.sign(gains[found.attribute])
        order = np.argsort(-gains, kind="stable")[: self.seeds]
        best = [int(i) for i in order if gains[i] > 0]
        leaves = [
            word_pssm(self.attributes.names[i], float(gains[i]), self.background) for i in best
        ]
        return agglomerate(leaves, self.background)
