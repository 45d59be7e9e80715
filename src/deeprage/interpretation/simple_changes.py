"""What a knock-out prediction must beat, without promoters; only `benchmarks/` uses it.

Each gives a predicted change (G,) of a real knock-out; only its order over genes means anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.sites import consensus_pattern, site_starts
from deeprage.errors import DeepRageError

Values = NDArray[np.float64]
#: bp before the 3' end in which motifs are counted.
PROXIMAL = 500


def undone_response(compendium: Compendium, columns: NDArray[np.intp], *, sign: int) -> Values:
    """The mean response to a stress (G,), undone (sign -1) or done (sign 1); NaN if not measured.

    A deletion of a stress regulator may look well predicted by this alone: genes that a stress
    raises are lower in most mutants that answer less to it.
    """
    values = compendium.expression[:, columns].astype(np.float64)
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    mean: Values = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return np.asarray(sign * mean)


def spread_within_series(compendium: Compendium, columns: NDArray[np.intp]) -> Values:
    """Deviation (G,) of each gene about the mean of its series: how much it answers to anything.

    It knows nothing of what was knocked out, and is what a prediction of |change| has to beat.
    Missing values and series of one condition count for nothing; 0 without any.
    """
    values = compendium.expression[:, columns].astype(np.float64)
    series = np.asarray(compendium.series)[columns]
    squares, count = np.zeros(len(values)), np.zeros(len(values))
    for name in np.unique(series):
        part = values[:, series == name]
        known = ~np.isnan(part)
        size = known.sum(axis=1)
        mean = np.where(known, part, 0.0).sum(axis=1) / np.maximum(size, 1)
        squares += (np.where(known, part - mean[:, None], 0.0) ** 2).sum(axis=1)
        count += np.maximum(size - 1, 0)
    found: Values = np.sqrt(squares / np.maximum(count, 1))
    return found


def motif_count(compendium: Compendium, words: Sequence[str], *, sign: int) -> Values:
    """Sites (G,) of consensus words within 500 bp, times the sign."""
    near = compendium.promoters[:, -PROXIMAL:]
    found = [site_starts(near, consensus_pattern(word)).sum(axis=1) for word in words]
    return np.asarray(sign * np.sum(found, axis=0), dtype=np.float64)


def correlation_change(
    compendium: Compendium,
    regulators: Sequence[str],
    columns: NDArray[np.intp],
    *,
    sign: int,
) -> Values:
    """Correlation (G,) of each gene with the mean level of the regulators, times the sign.

    Over the given conditions, each gene where it was measured; 0 where it is constant.

    Raises:
        DeepRageError: an unknown regulator.
    """
    slots = [slot for slot, name in enumerate(compendium.regulators) if name in set(regulators)]
    if len(slots) != len(set(regulators)):
        raise DeepRageError(
            f"of the regulators {', '.join(regulators)} only {len(slots)} are in the compendium."
        )
    levels = np.nan_to_num(compendium.regulator_levels[columns][:, slots].astype(np.float64))
    level = levels.mean(axis=1)
    values = compendium.expression[:, columns].astype(np.float64)
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    values = np.where(known, values, 0.0)
    centred = np.where(known, values - values.sum(axis=1, keepdims=True) / count, 0.0)
    inputs = np.where(known, level, 0.0)
    inputs = np.where(known, inputs - inputs.sum(axis=1, keepdims=True) / count, 0.0)
    size = np.sqrt((centred**2).sum(axis=1) * (inputs**2).sum(axis=1))
    covariance = (centred * inputs).sum(axis=1)
    r: Values = np.divide(covariance, size, out=np.zeros_like(size), where=size > 1e-9)
    return np.asarray(sign * r)
