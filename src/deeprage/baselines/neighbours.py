"""Nearest neighbours: conditions alike in their regulators, genes alike in their promoters.

After the weighted nearest neighbours of Troyanskaya et al. (2001, Bioinformatics 17:520).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.choosing import squared_error
from deeprage.baselines.effects import Effects, fit_effects
from deeprage.baselines.features import kmer_counts, proximal, regulator_inputs, standardised
from deeprage.baselines.reference import training_values
from deeprage.data.compendium import Compendium
from deeprage.data.split import Role, Split
from deeprage.errors import DeepRageError, unknown

Matrix = NDArray[np.float32]
By = Literal["auto", "conditions", "genes", "both"]
WAYS = ("conditions", "genes", "both")
_ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class _Near:
    """The nearest candidates of each row, nearest first: (N, most), and their correlations."""

    rows: NDArray[np.intp]
    weights: Matrix


@dataclass(frozen=True)
class _Known:
    """Training cells less the additive effects (G, C), and those effects, NaN where unseen."""

    deviations: Matrix
    gene_effect: Matrix
    condition_effect: Matrix

    @classmethod
    def of(cls, values: Matrix, effects: Effects) -> "_Known":
        """Take the effects off the values (G, C)."""
        seen = ~np.isnan(values)
        base = effects.block(np.arange(values.shape[0]), np.arange(values.shape[1]))
        gene = np.where(seen.any(axis=1), effects.gene, np.nan).astype(np.float32)
        condition = np.where(seen.any(axis=0), effects.condition, np.nan).astype(np.float32)
        return cls(values - base, gene, condition)


@dataclass(frozen=True)
class _Way:
    """One way to average: numbers of near conditions and near genes, 0 where not used."""

    condition_k: int
    gene_k: int


class Neighbours:
    """The mean of the nearest training conditions, of the nearest training genes, or of both.

    Conditions are near when their regulator levels correlate, genes when their promoters' k-mer
    counts do. Values are averaged, weighted by the correlation, as deviations from the additive
    effects of the training cells, over those neighbours in which the cell was observed; "both"
    completes the training genes from near conditions first, then averages near genes. A condition
    or gene is never its own neighbour. The share of the deviation that is kept (1 trusts the
    neighbours, 0 the effects), the numbers of neighbours and, under "auto", the way are
    chosen on the validation cells.

    Args:
        by: `auto`, `conditions`, `genes` or `both`.
        condition_ks, gene_ks: numbers of neighbours to choose from.
        k, window: of the promoters' k-mers.
    """

    def __init__(
        self,
        *,
        by: By = "auto",
        condition_ks: Sequence[int] = (1, 3, 5, 10, 20),
        gene_ks: Sequence[int] = (1, 5, 20, 50, 100),
        k: int = 6,
        window: int = 600,
    ) -> None:
        if by not in ("auto", *WAYS):
            raise unknown("way to find neighbours", by, ("auto", *WAYS))
        if not condition_ks or not gene_ks or min(*condition_ks, *gene_ks) < 1:
            raise DeepRageError("numbers of neighbours must be 1 or more, and at least one given.")
        self.by = by
        self.condition_ks = tuple(condition_ks)
        self.gene_ks = tuple(gene_ks)
        self.k = k
        self.window = window

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Find the neighbours among the training genes and conditions; choose on validation."""
        values = training_values(visible, split)
        effects = fit_effects(values)
        base = effects.block(np.arange(values.shape[0]), np.arange(values.shape[1]))
        known = _Known.of(values, effects)
        deviations = known.deviations
        checked = np.where(split.cells(Role.VALIDATION), visible.expression, np.nan) - base
        rows = np.flatnonzero((~np.isnan(checked)).any(axis=1))
        ways = self._ways()
        conditions = self._near_conditions(visible, split, deviations)
        genes = self._near_genes(visible, split, deviations)
        best, self.way_, self.share_ = np.inf, ways[0], 1.0
        for way in ways if len(rows) else ():
            found = _predict_deviations(known, conditions, genes, way, rows)
            share = _best_share(found, checked[rows])
            error = squared_error(share * found, checked[rows])
            if error < best:
                best, self.way_, self.share_ = error, way, share
        everywhere = np.arange(len(values))
        found = _predict_deviations(known, conditions, genes, self.way_, everywhere)
        self.predicted_ = base + np.float32(self.share_) * found
        return self

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Log2 values (len(genes), len(conditions))."""
        return self.predicted_[np.ix_(genes, conditions)]

    def _ways(self) -> list[_Way]:
        by_conditions = [_Way(k, 0) for k in self.condition_ks]
        by_genes = [_Way(0, k) for k in self.gene_ks]
        by_both = [_Way(c, g) for c in self.condition_ks for g in self.gene_ks]
        ways = {"conditions": by_conditions, "genes": by_genes, "both": by_both}
        return ways[self.by] if self.by != "auto" else by_conditions + by_genes + by_both

    def _near_conditions(self, visible: Compendium, split: Split, deviations: Matrix) -> _Near:
        levels = regulator_inputs(visible, split).astype(np.float32)
        return _nearest(levels, deviations.T, max(self.condition_ks))

    def _near_genes(self, visible: Compendium, split: Split, deviations: Matrix) -> _Near | None:
        if self.by == "conditions":
            return None
        counts = kmer_counts(proximal(visible, self.window), k=self.k, bins=1)
        profiles = standardised(np.sqrt(counts), split.train_rows)
        # A gene without a promoter is like no other.
        profiles[~visible.has_promoter] = 0
        return _nearest(profiles, deviations, max(self.gene_ks))


def _nearest(profiles: Matrix, values: Matrix, most: int) -> _Near:
    """The `most` other rows with values whose profiles correlate best with each row's."""
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    candidates = np.flatnonzero((~np.isnan(values)).any(axis=1))
    most = min(most, len(candidates))
    rows = np.empty((len(profiles), most), dtype=np.intp)
    weights = np.empty((len(profiles), most), dtype=np.float32)
    for first in range(0, len(profiles), _ROWS_AT_ONCE):
        part = np.arange(first, min(first + _ROWS_AT_ONCE, len(profiles)))
        likeness = unit[part] @ unit[candidates].T
        likeness[part[:, None] == candidates[None, :]] = -np.inf
        order = np.argpartition(-likeness, most - 1, axis=1)[:, :most]
        found = np.take_along_axis(likeness, order, axis=1)
        nearest_first = np.argsort(-found, axis=1, kind="stable")
        rows[part] = candidates[np.take_along_axis(order, nearest_first, axis=1)]
        weights[part] = np.take_along_axis(found, nearest_first, axis=1)
    return _Near(rows, np.maximum(weights, 0))


def _predict_deviations(
    known: _Known,
    conditions: _Near,
    genes: _Near | None,
    way: _Way,
    rows: NDArray[np.intp],
) -> Matrix:
    """Deviations (len(rows), C) predicted for some genes; 0 where no neighbour was observed.

    The effect of an unseen gene or condition is part of its deviation, from its neighbours' too.
    """
    if way.gene_k == 0:
        return _from_conditions(known, conditions, way.condition_k, rows)
    assert genes is not None
    filled = known.deviations
    if way.condition_k:
        every = np.arange(len(filled))
        completed = _from_conditions(known, conditions, way.condition_k, every)
        seen = ~np.isnan(known.gene_effect)[:, None]
        filled = np.where(np.isnan(filled) & seen, completed, filled)
    effect = _average(known.gene_effect[:, None], genes, way.gene_k, rows)
    effect[~np.isnan(known.gene_effect[rows])] = 0
    return _average(filled, genes, way.gene_k, rows) + effect


def _from_conditions(known: _Known, near: _Near, k: int, rows: NDArray[np.intp]) -> Matrix:
    every = np.arange(known.deviations.shape[1])
    effect = _average(known.condition_effect[:, None], near, k, every)
    effect[~np.isnan(known.condition_effect)] = 0
    return (_average(known.deviations[rows].T, near, k, every) + effect).T


def _average(values: Matrix, near: _Near, k: int, rows: NDArray[np.intp]) -> Matrix:
    """Weighted means (len(rows), M) of the k nearest rows' values, over those not NaN."""
    from scipy.sparse import csr_matrix

    k = min(k, near.rows.shape[1])
    starts = np.arange(0, len(rows) * k + 1, max(k, 1))[: len(rows) + 1]
    weights = csr_matrix(
        (near.weights[rows, :k].ravel(), near.rows[rows, :k].ravel(), starts),
        shape=(len(rows), len(values)),
    )
    known = (~np.isnan(values)).astype(np.float32)
    top, bottom = weights @ np.nan_to_num(values), weights @ known
    result: Matrix = np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 1e-6)
    return result


def _best_share(deviation: Matrix, checked: Matrix) -> float:
    """The factor, 0 to 1, by which the deviations come nearest to the checked cells."""
    known = ~np.isnan(checked)
    size = float(np.sum(np.where(known, deviation, 0.0) ** 2, dtype=np.float64))
    common = float(np.sum(np.where(known, deviation * np.nan_to_num(checked), 0), dtype=np.float64))
    return min(max(common / size, 0.0), 1.0) if size > 0 else 1.0
