"""How sure a prediction is, by what was known of its gene and its condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from deeprage.factorised.error_sample import ErrorSample

Matrix = NDArray[np.float32]
Kinds = NDArray[np.int8]


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
class Certainty:
    """Intervals and class probabilities from the errors of left-out cells of the same kind.

    A kind that could not be measured promises nothing: infinite intervals, equal probabilities.
    Noise is `ConditionMap.noise` of each cell's condition, (C,) or (G, C); it counts where the
    kind of cell is in new conditions.
    """

    samples: Mapping[CellKind, ErrorSample]

    def half_width(self, predicted: Matrix, kinds: Kinds, noise: Matrix, level: float) -> Matrix:
        """Half the width (G, C), log2, of intervals that hold a share `level` of the truth."""
        found = np.full(predicted.shape, np.inf, dtype=np.float32)
        noises = np.broadcast_to(noise, predicted.shape)
        for kind, sample in self.samples.items():
            mine = kinds == kind
            if mine.any():
                found[mine] = sample.half_width(predicted[mine], noises[mine], level)
        return found

    def probabilities(
        self,
        predicted: Matrix,
        kinds: Kinds,
        noise: Matrix,
        edges: Sequence[float],
        origin: Matrix | float = 0.0,
    ) -> Matrix:
        """Class probabilities float32 (G, C, classes), in the order of `labels.class_names`.

        Args:
            origin: what the edges are counted from, log2, (G, 1) or (G, C).
        """
        classes = len(edges) + 1
        origins = np.broadcast_to(np.asarray(origin, dtype=np.float32), predicted.shape)
        found = np.full((*predicted.shape, classes), 1 / classes, dtype=np.float32)
        noises = np.broadcast_to(noise, predicted.shape)
        for kind, sample in self.samples.items():
            mine = kinds == kind
            if not mine.any() or not len(sample.predicted):
                continue
            # As `labels.classify`: at a negative edge the class below begins, at others the next.
            asked = predicted[mine], noises[mine]
            zero = origins[mine]
            below = [sample.below(*asked, zero + np.float32(e), at_edge=e < 0) for e in edges]
            ends = np.column_stack([np.zeros(mine.sum()), *below, np.ones(mine.sum())])
            found[mine] = np.maximum(np.diff(np.maximum.accumulate(ends, axis=1), axis=1), 0)
        return found
