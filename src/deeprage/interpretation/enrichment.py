"""Do the known targets change more than other genes? Wilcoxon, AUROC, Fisher on the top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, hypergeom, mannwhitneyu, rankdata

from deeprage.errors import DeepRageError

Scores = NDArray[np.float32] | NDArray[np.float64]
Mask = NDArray[np.bool_]


class Enrichment(NamedTuple):
    """Known targets against the other candidates, by a score that should be larger for targets.

    Attributes:
        targets, others: numbers of genes.
        auroc: probability that a target scores above another gene; ties count half. NaN without
            targets or others.
        p: of the one-sided Wilcoxon rank-sum test (Mann-Whitney), normal approximation with ties.
        hits: targets among the genes with the `top` largest scores.
        top: how many genes the top holds.
        top_p: of the one-sided Fisher's exact test on the top: the probability of at least so many
            targets among `top` genes drawn at random.
    """

    targets: int
    others: int
    auroc: float
    p: float
    hits: int
    top: int
    top_p: float


def enrichment(
    scores: Scores, targets: Mask, *, candidates: Mask | None = None, top: int = 5
) -> Enrichment:
    """Compare the scores (G,) of targets with those of other genes.

    Args:
        targets: bool (G,).
        candidates: bool (G,), genes that count at all; default: all.
        top: size of the top that Fisher's test looks at; genes that tie at its edge in the order
            of their rows; genes with score 0 are never in it.

    Raises:
        DeepRageError: `top` is below 1.
    """
    if top < 1:
        raise DeepRageError(f"the top must hold 1 gene or more, got {top}.")
    counted = np.ones(len(scores), dtype=bool) if candidates is None else candidates
    values, wanted = scores[counted].astype(np.float64), targets[counted]
    positives, negatives = int(wanted.sum()), int((~wanted).sum())
    if not (positives and negatives):
        return Enrichment(positives, negatives, np.nan, np.nan, 0, 0, np.nan)
    test = mannwhitneyu(values[wanted], values[~wanted], alternative="greater", method="asymptotic")
    first = most_changed(values, top)
    hits = int(wanted[first].sum())
    by_chance = hypergeom.sf(hits - 1, len(values), positives, len(first))
    return Enrichment(
        targets=positives,
        others=negatives,
        auroc=float(test.statistic / (positives * negatives)),
        p=float(test.pvalue) if np.isfinite(test.pvalue) else 1.0,
        hits=hits,
        top=len(first),
        top_p=float(by_chance),
    )


def most_changed(values: Scores, top: int) -> NDArray[np.intp]:
    """Places of the `top` largest values, ties in their order; those of 0 or less are left out."""
    first = np.argsort(-values, kind="stable")[:top]
    return first[values[first] > 0]


def enrichment_table(
    names: Sequence[str],
    scores: Scores,
    targets: Mask,
    *,
    candidates: Mask,
    top: int = 5,
    least_targets: int = 5,
) -> pd.DataFrame:
    """One row a knock-out that has at least `least_targets` known targets, the surest first.

    Args:
        names: of K knock-outs.
        scores: (K, G).
        targets, candidates: bool (G, K).

    Returns:
        columns `name` and those of `Enrichment`, with `q` and `top_q` by Benjamini and Hochberg.
    """
    rows = []
    for number, name in enumerate(names):
        found = enrichment(
            scores[number], targets[:, number], candidates=candidates[:, number], top=top
        )
        if found.targets >= least_targets and found.others:
            rows.append({"name": name, **found._asdict()})
    table = pd.DataFrame(rows, columns=["name", *Enrichment._fields])
    for p, q in (("p", "q"), ("top_p", "top_q")):
        table[q] = false_discovery_control(table[p]) if len(table) else []
    return table.sort_values(["p", "auroc"], ascending=[True, False]).reset_index(drop=True)


def pooled_wilcoxon(scores: Scores, targets: Mask, *, candidates: Mask) -> float:
    """One p-value over K knock-outs: do targets rank higher within their own knock-out?

    Scores are ranked within each knock-out before they are pooled, so that knock-outs with large
    effects do not outweigh the others. 1 where there is nothing to compare.

    Args:
        scores: (K, G).
        targets, candidates: bool (G, K).
    """
    inside, outside = [], []
    for number, values in enumerate(scores):
        counted = candidates[:, number]
        ranks = rankdata(values[counted]) / max(int(counted.sum()), 1)
        wanted = targets[counted, number]
        if wanted.any():
            inside.append(ranks[wanted])
            outside.append(ranks[~wanted])
    if not inside:
        return 1.0
    test = mannwhitneyu(
        np.concatenate(inside),
        np.concatenate(outside),
        alternative="greater",
        method="asymptotic",
    )
    return float(test.pvalue)


def enrichment_summary(
    found: Enrichment, *, source: str, regulators: Sequence[str], null: NDArray[np.float64]
) -> dict[str, Any]:
    """Known targets against other genes, with the share of random knock-outs that do as well.

    Args:
        null: AUROC (K,) of the same targets under random knock-outs.
    """
    values = {key: _number(value) for key, value in found._asdict().items()}
    known = null[np.isfinite(null)]
    at_least = int((known >= found.auroc).sum())
    empirical = (1 + at_least) / (1 + len(known)) if len(known) else None
    return {
        "source": source,
        "regulators": list(regulators),
        **values,
        "null_auroc": float(known.mean()) if len(known) else None,
        "empirical_p": empirical,
    }


def _number(value: float) -> float | None:
    return None if value != value else value
