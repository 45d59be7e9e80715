"""How sure a prediction is, by what was known of its gene and its condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deeprage.factorised.intervals import ErrorQuantiles

Matrix = NDArray[np.float32]
Kinds = NDArray[np.int8]

#: Cells of a kind that are kept; more would not change a quantile that anybody prints.
MOST_CELLS = 60_000
_BINS = 12


class CellKind(IntEnum):
    """What was known when a cell was predicted."""

    SEEN = 0
    NEW_CONDITION = 1
    NEW_GENE = 2
    NEW_BOTH = 3
    NEW_GENE_BY_PROMOTER_ALONE = 4
    NEW_BOTH_BY_PROMOTER_ALONE = 5

    @property
    def words(self) -> str:
        """For people."""
        return _WORDS[self]


_WORDS = {
    CellKind.SEEN: "seen gene, seen condition",
    CellKind.NEW_CONDITION: "seen gene, new condition",
    CellKind.NEW_GENE: "new gene, seen condition",
    CellKind.NEW_BOTH: "new gene, new condition",
    CellKind.NEW_GENE_BY_PROMOTER_ALONE: "new gene without coding sequence, seen condition",
    CellKind.NEW_BOTH_BY_PROMOTER_ALONE: "new gene without coding sequence, new condition",
}


def kinds_of(
    new_genes: NDArray[np.bool_], new_conditions: NDArray[np.bool_], *, by_promoter_alone: bool
) -> Kinds:
    """`CellKind` values int8 (G, C)."""
    gene = np.where(new_genes, 4 if by_promoter_alone else 2, 0)
    return np.asarray(gene[:, None] + new_conditions[None, :], dtype=np.int8)


@dataclass(frozen=True, eq=False)
class ErrorSample:
    """What was predicted for cells of a kind that were left out, and what was true.

    Attributes:
        predicted, truth: log2 float32 (N,).
    """

    predicted: Matrix
    truth: Matrix

    @classmethod
    def of(
        cls,
        predicted: NDArray[np.floating],
        truth: NDArray[np.floating],
        generator: np.random.Generator,
    ) -> ErrorSample:
        """Of the cells where both are known, at most `MOST_CELLS` of them, drawn at random."""
        known = np.flatnonzero(np.isfinite(predicted).ravel() & np.isfinite(truth).ravel())
        if len(known) > MOST_CELLS:
            known = np.sort(generator.choice(known, MOST_CELLS, replace=False))
        parts = (np.asarray(x, dtype=np.float32).ravel()[known] for x in (predicted, truth))
        return cls(*parts)

    @cached_property
    def quantiles(self) -> ErrorQuantiles:
        """Of the absolute error, by size of the prediction."""
        return ErrorQuantiles.of(self.predicted, self.truth)

    def below(self, predicted: Matrix, edge: float, *, at_edge: bool) -> Matrix:
        """Probability (N,) that the truth lies below an edge, given predictions (N,), log2.

        The distribution of the errors of left-out cells whose prediction was about the same, put
        around the prediction.

        Args:
            at_edge: whether a truth equal to the edge counts as below.
        """
        edges, errors = self._errors
        found = np.empty(len(predicted), dtype=np.float32)
        part = np.searchsorted(edges, predicted)
        side: Literal["left", "right"] = "right" if at_edge else "left"
        for at, known in enumerate(errors):
            mine = part == at
            count = np.searchsorted(known, edge - predicted[mine], side=side)
            found[mine] = (count + 0.5) / (len(known) + 1)
        return found

    @cached_property
    def _errors(self) -> tuple[Matrix, list[Matrix]]:
        """Edges of bins of the prediction, and the sorted errors (truth less prediction) of each.

        Bins of equal counts, and thinner ones at both ends, where the errors change most.
        """
        shares = np.linspace(0, 1, _BINS + 1)[1:-1]
        shares = np.unique(np.concatenate([[0.02, 0.98], shares]))
        edges = (
            np.unique(np.quantile(self.predicted, shares)).astype(np.float32)
            if len(self.predicted)
            else np.zeros(0, dtype=np.float32)
        )
        part = np.searchsorted(edges, self.predicted)
        error = self.truth - self.predicted
        return edges, [np.sort(error[part == at]) for at in range(len(edges) + 1)]


@dataclass(frozen=True, eq=False)
class Certainty:
    """Intervals and class probabilities from the errors of left-out cells of the same kind.

    A kind that could not be measured promises nothing: infinite intervals, equal probabilities.
    """

    samples: Mapping[CellKind, ErrorSample]

    def half_width(self, predicted: Matrix, kinds: Kinds, level: float) -> Matrix:
        """Half the width (G, C), log2, of intervals that hold a share `level` of the truth."""
        found = np.full(predicted.shape, np.inf, dtype=np.float32)
        for kind, sample in self.samples.items():
            mine = kinds == kind
            if mine.any():
                found[mine] = sample.quantiles.half_width(predicted[mine], level)
        return found

    def probabilities(self, predicted: Matrix, kinds: Kinds, edges: Sequence[float]) -> Matrix:
        """Class probabilities float32 (G, C, classes), in the order of `labels.class_names`."""
        classes = len(edges) + 1
        found = np.full((*predicted.shape, classes), 1 / classes, dtype=np.float32)
        for kind, sample in self.samples.items():
            mine = kinds == kind
            if not mine.any() or not len(sample.predicted):
                continue
            # As `labels.classify`: at a negative edge the class below begins, at others the next.
            below = [sample.below(predicted[mine], e, at_edge=e < 0) for e in edges]
            ends = np.column_stack([np.zeros(mine.sum()), *below, np.ones(mine.sum())])
            found[mine] = np.maximum(np.diff(np.maximum.accumulate(ends, axis=1), axis=1), 0)
        return found
