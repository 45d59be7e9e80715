"""Predicted against measured change of a real knock-out; only `benchmarks/` uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from deeprage.errors import DeepRageError
from deeprage.evaluation.bootstrap import interval

Values = NDArray[np.float32] | NDArray[np.float64]
Score = Callable[[Values, Values], float]


class Agreement(NamedTuple):
    """How well a predicted change (G,) fits a measured one.

    Attributes:
        genes: compared.
        spearman: rank correlation over genes; 0 for a constant prediction.
        auroc_expected: of the `most` genes that changed most in the expected direction (lowered
            by a deletion), by the predicted change in that direction.
        auroc_changed: of the `most` genes that changed most in size, by the predicted size.
        sign: share of those whose predicted sign is right; a prediction of 0 counts half.
    """

    genes: int
    spearman: float
    auroc_expected: float
    auroc_changed: float
    sign: float


def agreement(
    predicted: Values, measured: Values, *, direction: int = -1, most: int = 100
) -> Agreement:
    """Compare changes over the genes for which both are known.

    Args:
        predicted, measured: log2 (G,), NaN where unknown.
        direction: -1 for a deletion of activators, +1 for their over-expression.

    Raises:
        DeepRageError: too few genes to have `most` changed ones and others.
    """
    known = np.isfinite(predicted) & np.isfinite(measured)
    guess, truth = predicted[known].astype(np.float64), measured[known].astype(np.float64)
    if not 1 <= most < len(truth):
        raise DeepRageError(
            f"{len(truth)} genes have both a predicted and a measured change: too few to compare "
            f"the {most} most changed with others."
        )
    by_size = largest(np.abs(truth), most)
    signs = np.sign(guess[by_size]) * np.sign(truth[by_size])
    return Agreement(
        genes=len(truth),
        spearman=spearman(guess, truth),
        auroc_expected=auroc(direction * guess, largest(direction * truth, most)),
        auroc_changed=auroc(np.abs(guess), by_size),
        sign=float(((signs + 1) / 2).mean()),
    )


def spearman(predicted: Values, measured: Values) -> float:
    """Rank correlation of two vectors (G,), -1 to 1, ties at their mean rank (Spearman 1904).

    0 where either is constant.
    """
    a = np.asarray(rankdata(predicted) - (len(predicted) + 1) / 2, dtype=np.float64)
    b = np.asarray(rankdata(measured) - (len(measured) + 1) / 2, dtype=np.float64)
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0


def auroc(scores: Values, positive: NDArray[np.bool_]) -> float:
    """Probability, 0 to 1, that a positive scores above another; ties count half.

    By the rank sum (Hanley and McNeil 1982). NaN without a positive or without another.

    Args:
        scores: (G,).
        positive: bool (G,).
    """
    count = int(positive.sum())
    others = len(positive) - count
    if not (count and others):
        return float("nan")
    above = rankdata(scores)[positive].sum() - count * (count + 1) / 2
    return float(above / (count * others))


def largest(values: Values, most: int) -> NDArray[np.bool_]:
    """Which of values (G,) are the `most` largest, bool (G,); ties in the order of rows."""
    chosen = np.zeros(len(values), dtype=bool)
    chosen[np.argsort(-values, kind="stable")[:most]] = True
    return chosen


def paired_interval(
    score: Score,
    predicted: Values,
    other: Values,
    measured: Values,
    *,
    groups: Sequence[str],
    resamples: int = 500,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """95 % interval of score(predicted) less score(other), resampling gene groups.

    Genes without all three values are left out, in both scores.

    Raises:
        DeepRageError: no gene has all three.
    """
    known = np.isfinite(predicted) & np.isfinite(other) & np.isfinite(measured)
    if not known.any():
        raise DeepRageError("no gene has both predictions and a measured change.")
    rows = np.flatnonzero(known)
    _, member = np.unique(np.asarray(groups)[rows], return_inverse=True)
    order = np.argsort(member, kind="stable")
    parts = np.split(rows[order], np.cumsum(np.bincount(member))[:-1])
    draws = np.empty(resamples)
    for number in range(resamples):
        picked = rng.integers(0, len(parts), len(parts))
        chosen = np.concatenate([parts[part] for part in picked])
        draws[number] = score(predicted[chosen], measured[chosen]) - score(
            other[chosen], measured[chosen]
        )
    found = interval(draws)
    return (float("nan"), float("nan")) if found is None else found


def median_gain(
    scores: Values, other: Values, *, resamples: int = 2000, rng: np.random.Generator
) -> tuple[float, tuple[float, float]]:
    """Median of a score over knock-outs less the other predictor's, and its 95 % interval.

    Args:
        scores, other: (K,), of the same knock-outs; they are resampled in pairs. Knock-outs
            without either are left out.
    """
    known = np.isfinite(scores) & np.isfinite(other)
    ours, theirs = (np.asarray(values, dtype=np.float64)[known] for values in (scores, other))
    if not len(ours):
        return float("nan"), (float("nan"), float("nan"))
    picked = rng.integers(0, len(ours), (resamples, len(ours)))
    draws: NDArray[np.float64] = np.median(ours[picked], axis=1) - np.median(theirs[picked], axis=1)
    gain = float(np.median(ours) - np.median(theirs))
    found = interval(draws)
    return gain, (float("nan"), float("nan")) if found is None else found
