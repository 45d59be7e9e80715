"""Whole profiles of conditions that were not seen, for any regulator levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

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
        world: the seen genes (N,), and the regulators, in the seen conditions (S,).
        mixture: the two ridges, with penalties and weights.
    """

    world: World
    mixture: Mixture

    @cached_property
    def values(self) -> Matrix:
        """Completed log2 values float32 (N, S) of the seen genes."""
        return self.world.values[: self.world.genes].astype(np.float32)

    @cached_property
    def levels(self) -> Matrix:
        """Regulator levels float32 (S, R) of the seen conditions, log2, NaN where not measured."""
        return self.world.levels.T.astype(np.float32)

    def profiles(self, levels: Matrix) -> Matrix:
        """Log2 values (N, C) of the seen genes under levels (C, R); NaN: from the others."""
        world, seen, new = self._beside(levels)
        return self.mixture(world, seen, new).astype(np.float32)

    def profiles_around(self, levels: Matrix) -> Matrix:
        """Log2 values (N, C) under levels (C, R) that differ in few regulators from the first row.

        Which seen conditions they are like is taken from the first, so that all cost little more
        than one. Against `profiles` a regulator's effect on yeast-stress is off by 2 to 5 %.
        """
        world, seen, new = self._beside(levels)
        return self.mixture(world, seen, new, np.full(len(new), new[0])).astype(np.float32)

    def noise(self, levels: Matrix) -> Matrix:
        """How far levels (C, R) are from what the others of them let expect, (C,), log2."""
        world, seen, new = self._beside(levels)
        return self.mixture.over_genes.noise(world, seen, new).astype(np.float32)

    def _beside(self, levels: Matrix) -> tuple[World, Rows, Rows]:
        """The seen conditions and new ones with levels (C, R) after them; columns of both."""
        known = self.world
        seen = known.values.shape[1]
        blank = np.zeros((len(known.values), len(levels)))
        world = replace(
            known,
            values=np.concatenate([known.values, blank], axis=1),
            levels=np.concatenate([known.levels, levels.T.astype(np.float64)], axis=1),
        )
        return world, np.arange(seen), np.arange(seen, seen + len(levels))

    def left_out(
        self, series: NDArray[np.str_], generator: np.random.Generator
    ) -> Iterator[tuple[Rows, Matrix, Matrix]]:
        """Groups of whole series (columns), and their profiles (N, len) and noise (len,) as if
        never seen.

        Nothing with fewer than two series.
        """
        names = generator.permutation(np.unique(series))
        if len(names) < 2:
            return
        everything = np.arange(len(series))
        for at in range(min(FOLDS, len(names))):
            fold = np.flatnonzero(np.isin(series, names[at::FOLDS]))
            seen = np.setdiff1d(everything, fold)
            profiles = self.mixture(self.world, seen, fold).astype(np.float32)
            noise = self.mixture.over_genes.noise(self.world, seen, fold).astype(np.float32)
            yield fold, profiles, noise


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
