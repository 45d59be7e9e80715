"""Regulator-target scores against a known network: AUPR, AUROC, early precision, and nulls."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Scores = NDArray[np.float32] | NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Regulators with fewer known targets have no score of their own.
LEAST_TARGETS = 5


class LinkScores(NamedTuple):
    """How well scores find known edges among candidate pairs.

    Attributes:
        pairs, edges: candidates, and known edges among them.
        base: share of edges, the AUPR of a random order.
        aupr: area under precision-recall, by average precision; ties count as one threshold.
        auroc: probability that an edge scores above a pair that is none; ties count half.
        early_precision: share of edges among as many best pairs as there are edges; of pairs that
            tie at the end of these the expected share.
    """

    pairs: int
    edges: int
    base: float
    aupr: float
    auroc: float
    early_precision: float


class Ranking:
    """Candidate pairs in order of their scores, to be scored against more than one network.

    Args:
        scores: (G, N), larger is likelier.
        candidate: bool (G, N), the pairs that count.
    """

    def __init__(self, scores: Scores, candidate: Mask) -> None:
        self.candidate = candidate
        values = scores[candidate].astype(np.float64)
        self._order = np.argsort(-values, kind="stable")
        # Where each different score ends: pairs that tie are taken together.
        self._ends = np.flatnonzero(np.diff(values[self._order], append=np.nan) != 0)
        self._ranks = rankdata(values)

    def score(self, edge: Mask) -> LinkScores:
        """Scores against edges bool (G, N); NaN without an edge or without a non-edge."""
        truth = edge[self.candidate]
        pairs, edges = len(truth), int(truth.sum())
        if edges in (0, pairs):
            nan = float("nan")
            return LinkScores(pairs, edges, edges / pairs if pairs else nan, nan, nan, nan)
        hits = np.cumsum(truth[self._order])[self._ends].astype(np.float64)
        taken = (self._ends + 1).astype(np.float64)
        above = self._ranks[truth].sum() - edges * (edges + 1) / 2
        return LinkScores(
            pairs=pairs,
            edges=edges,
            base=edges / pairs,
            aupr=float((np.diff(hits, prepend=0.0) * hits / taken).sum() / edges),
            auroc=float(above / (edges * (pairs - edges))),
            early_precision=float(np.interp(edges, [0, *taken], [0, *hits]) / edges),
        )


def score_links(scores: Scores, edge: Mask, candidate: Mask) -> LinkScores:
    """Score (G, N) matrices over the candidate pairs."""
    return Ranking(scores, candidate).score(edge)


def score_regulators(scores: Scores, edge: Mask, candidate: Mask) -> list[LinkScores | None]:
    """The same for each regulator (column); None for one with fewer than `LEAST_TARGETS`."""
    found: list[LinkScores | None] = []
    for column in range(scores.shape[1]):
        here = candidate[:, column]
        enough = edge[here, column].sum() >= LEAST_TARGETS
        one = score_links(scores[:, column], edge[:, column], here) if enough else None
        found.append(one)
    return found


def shuffled(scores: Scores, candidate: Mask, rng: np.random.Generator) -> Scores:
    """The scores in random order over the candidate pairs."""
    found = scores.copy()
    found[candidate] = rng.permutation(scores[candidate])
    return found


def rewired(
    edge: Mask, candidate: Mask, rng: np.random.Generator, *, trades: int | None = None
) -> Mask:
    """A random network (G, N) in which every gene and every regulator has as many edges as before.

    Two regulators at a time pool the targets that only one of them has and draw them again
    (Strona 2014, Nature Communications 5:4114); a pair that is no candidate stays without an edge.

    Args:
        trades: default: ten a regulator, after which nothing of the order is left.
    """
    regulators = edge.shape[1]
    found = edge.copy()
    for _ in range(10 * regulators if trades is None else trades):
        if regulators < 2:
            break
        a, b = rng.choice(regulators, 2, replace=False)
        free = (found[:, a] != found[:, b]) & candidate[:, a] & candidate[:, b]
        pool = np.flatnonzero(free)
        first = rng.permutation(pool)[: int(found[pool, a].sum())]
        found[pool, a], found[pool, b] = False, True
        found[first, a], found[first, b] = True, False
    return found
