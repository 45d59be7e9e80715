"""Whole profiles of conditions that were not seen, for any regulator levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeprage.factorised.unseen_conditions import Mixture, World

Rows = NDArray[np.intp]
Matrix = NDArray[np.float32]

FOLDS = 6


@dataclass(frozen=True, eq=False)
class ConditionMap:
    """What the seen conditions say of a condition with given regulator levels.

    Attributes:
        values: completed log2 values (N, S) of the seen genes in the seen conditions.
        levels: regulator levels (S, R) of those conditions, log2, NaN where not measured.
        regulator_rows: which of the N genes are regulators; regulator_slots: which regulators.
        mixture: the two ridges, with penalties and weights.
    """

    values: Matrix
    levels: Matrix
    regulator_rows: Rows
    regulator_slots: Rows
    mixture: Mixture

    def profiles(self, levels: Matrix) -> Matrix:
        """Log2 values (N, C) of the seen genes under levels (C, R); NaN counts as usual."""
        genes, seen = self.values.shape
        values = np.zeros((genes, seen + len(levels)))
        values[:, :seen] = self.values
        world = self._world(values, np.concatenate([self.levels, levels]))
        new = np.arange(seen, seen + len(levels))
        return self.mixture(world, np.arange(seen), new).astype(np.float32)

    def left_out(
        self, series: NDArray[np.str_], generator: np.random.Generator
    ) -> Iterator[tuple[Rows, Matrix]]:
        """Groups of whole series (columns) and their profiles (N, len) as if never seen.

        Nothing with fewer than two series.
        """
        names = generator.permutation(np.unique(series))
        if len(names) < 2:
            return
        everything = np.arange(len(series))
        world = self._world(self.values.astype(np.float64), self.levels)
        for at in range(min(FOLDS, len(names))):
            fold = np.flatnonzero(np.isin(series, names[at::FOLDS]))
            seen = np.setdiff1d(everything, fold)
            yield fold, self.mixture(world, seen, fold).astype(np.float32)

    def _world(self, values: NDArray[np.float64], levels: Matrix) -> World:
        regulators = self.regulator_rows, self.regulator_slots
        return World(values, levels.T.astype(np.float64), *regulators)


@dataclass(frozen=True, eq=False)
class FactorMap:
    """Seen conditions in the factors that promoters predict.

    Attributes:
        mean: of each seen condition (S,), log2.
        loadings: (S, K), orthonormal columns.
    """

    mean: NDArray[np.float64]
    loadings: NDArray[np.float64]

    def of_profiles(
        self, values: Matrix, profiles: Matrix, seen: Rows | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean (C,) and loadings (C, K) of new conditions from profiles of the seen genes.

        Args:
            values: log2 (N, S) of the genes that have a promoter; profiles: (N, C) of the same.
            seen: columns that may be used; default: all.
        """
        columns = np.arange(len(self.mean)) if seen is None else seen
        # Orthonormal over all columns; over some of them the scores are a least-squares fit.
        centred = values[:, columns] - self.mean[columns]
        scores = centred @ np.linalg.pinv(self.loadings[columns]).T
        mean = profiles.mean(axis=0, dtype=np.float64)
        solved, *_ = np.linalg.lstsq(scores, profiles - mean, rcond=None)
        return mean, solved.T
