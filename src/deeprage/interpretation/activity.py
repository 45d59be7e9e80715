"""Activities of motifs: how strongly their sites act in each condition, found from expression.

A factor's own transcript often says little about it (MSN2 is switched on by going into the
nucleus). What its sites do to the genes that have them says more (Bussemaker, Li and Siggia 2001,
Nature Genetics 27:167). A gene is then asked how much of its own response follows that activity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.features import proximal
from deeprage.baselines.reference import training_values
from deeprage.data.compendium import Compendium
from deeprage.data.dna import decode
from deeprage.data.motifs import Motif
from deeprage.data.pwm_scan import scan
from deeprage.data.sites import consensus_pattern, site_starts
from deeprage.data.split import Split
from deeprage.training.first_words import telling_words

Values = NDArray[np.float64]
#: Ridge penalty of the activities, for standardised features of some thousand genes.
_PENALTY = 300.0
#: Words that stand for the other motifs while one is measured.
_OTHERS = 60
#: bp before the gene in which sites of a word are counted, and the most that are counted.
_NEAR, _MOST_SITES = 500, 3
#: A gene's sites beside its response; chosen on the H2O2 and over-expression arrays alone.
_SITES_SHARE = 0.3
#: Weights of eight 100 bp parts of a promoter, far to near: where yeast's sites act.
_PARTS = np.array([0.2, 0.3, 0.5, 0.8, 1.0, 1.1, 1.1, 0.6])
#: Shares of a gene's own response and of its like beside its sites; chosen against the network of
#: MacIsaac et al. 2006 alone.
_OWN_SHARE, _LIKE_SHARE = 0.15, 0.15
#: Correlation above which two genes respond alike, and what a lone gene is shrunk by.
_ALIKE, _SHRINK = 0.5, 3.0


def activities(features: Values, values: Values) -> Values:
    """Activities (M, C) of M features (G, M), by ridge regression of each condition on all.

    Args:
        features: standardised over the genes.
        values: log2 (G, C), nothing missing, each condition centred.
    """
    gram = features.T @ features + _PENALTY * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(gram, features.T @ values), dtype=np.float64)


def activity_change(
    compendium: Compendium, words: Sequence[str], columns: NDArray[np.intp], *, sign: int
) -> Values:
    """Predicted change (G,) when the factor that binds `words` is lost (sign -1) or raised (1).

    The words' activity in each of the conditions is found beside that of the words that tell most
    about them, and a gene changes by how its profile follows it, with a share for its own sites.
    Only the order over genes means anything.

    Args:
        words: IUPAC consensus of the factor's sites.
        columns: conditions that may be looked at.
    """
    near = proximal(compendium, _NEAR)
    has = compendium.has_promoter
    values = _filled(compendium.expression[:, columns], has)
    others = telling_words(
        near[has],
        compendium.expression[np.ix_(np.flatnonzero(has), columns)],
        most=_OTHERS,
        longest=16,
    )
    patterns = [list(words), *([decode(word)] for word in others)]
    sites = np.stack([_site_counts(near, one) for one in patterns], axis=1)
    features = _standard(sites, has)
    active = activities(features[has], values[has])[0]
    follows = _standard((values @ active)[:, None], has)[:, 0]
    return np.asarray(sign * (follows + _SITES_SHARE * features[:, 0]))


def site_evidence(
    visible: Compendium, split: Split, motifs: Mapping[int, Sequence[Motif]]
) -> NDArray[np.float32]:
    """Evidence (G, N) that N regulators act on each gene: sites, the gene's response, and its like.

    - sites: occupancy by the motif, where yeast's sites act, over the genes;
    - the gene's own response: its correlation with the motif's activity, which is found from the
      other half of the gene groups, so that a gene does not vouch for itself;
    - its like: the sites of genes of other groups that respond as it does.

    In standard deviations of a regulator's genes. A gene without training cells has its sites.

    Args:
        motifs: by regulator; N follows its order.
    """
    has = visible.has_promoter
    sites = _near_occupancy(visible, motifs)
    values = _filled(training_values(visible, split)[:, split.train_columns], has)
    groups = np.unique(np.asarray(visible.groups), return_inverse=True)[1]
    half = np.random.default_rng(0).random(groups.max() + 1)[groups] < 0.5
    profiles = _unit(values - values.mean(axis=1, keepdims=True))
    own = np.zeros_like(sites)
    for mine in (half & has, ~half & has):
        others = has & ~mine
        active = activities(sites[others], values[others])
        active = _unit(active - active.mean(axis=1, keepdims=True))
        own[mine] = profiles[mine] @ active.T
    like = _of_like(profiles, sites, groups, has)
    total = sites + _OWN_SHARE * _standard(own, has) + _LIKE_SHARE * _standard(like, has)
    return total.astype(np.float32)


def _near_occupancy(compendium: Compendium, motifs: Mapping[int, Sequence[Motif]]) -> Values:
    """Occupancy (G, N) weighted by where a site is; the largest of a regulator's motifs."""
    flat = [motif for members in motifs.values() for motif in members]
    tokens = proximal(compendium, 100 * len(_PARTS))
    best = scan(tokens, flat, window=tokens.shape[1], bins=len(_PARTS)).best
    largest = best.max(axis=2, keepdims=True).astype(np.float64)
    odds = largest[:, :, 0] + np.log2((2.0 ** (best - largest) * _PARTS).sum(axis=2))
    each = _standard(odds, compendium.has_promoter)
    ends = np.cumsum([len(members) for members in motifs.values()])[:-1]
    return np.stack([part.max(axis=1) for part in np.split(each, ends, axis=1)], axis=1)


def _of_like(
    profiles: Values, sites: Values, groups: NDArray[np.intp], has: NDArray[np.bool_]
) -> Values:
    """Mean of exp(sites) (G, N) over the genes of other groups that respond alike."""
    like = np.zeros_like(sites)
    rows = np.flatnonzero(has)
    unit, weight = profiles[rows].astype(np.float32), np.exp(np.clip(sites[rows], None, 6.0))
    for start in range(0, len(rows), 512):
        part = slice(start, start + 512)
        alike = unit[part] @ unit.T
        alike[alike < _ALIKE] = 0.0
        # Overlapping promoters share sites and response alike: they are no evidence.
        alike[groups[rows[part], None] == groups[rows][None, :]] = 0.0
        total = alike.sum(axis=1, keepdims=True) + _SHRINK
        like[rows[part]] = (alike @ weight.astype(np.float32)) / total
    return like


def _site_counts(tokens: NDArray[np.int8], words: Sequence[str]) -> Values:
    found = [site_starts(tokens, consensus_pattern(word)).sum(axis=1) for word in words]
    return np.asarray(np.minimum(np.sum(found, axis=0), _MOST_SITES), dtype=np.float64)


def _filled(values: NDArray[np.floating], has: NDArray[np.bool_]) -> Values:
    """Values less each condition's mean over genes with a promoter; 0 where missing."""
    known = ~np.isnan(values)
    counted = known & has[:, None]
    total = np.where(counted, values, 0.0).sum(axis=0, dtype=np.float64)
    return np.where(known, values - total / np.maximum(counted.sum(axis=0), 1), 0.0)


def _standard(values: Values, has: NDArray[np.bool_]) -> Values:
    """Values (G, M) with mean 0 and deviation 1 over the genes with a promoter."""
    spread = np.maximum(values[has].std(axis=0), 1e-6)
    return np.asarray((values - values[has].mean(axis=0)) / spread)


def _unit(values: Values) -> Values:
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9))
