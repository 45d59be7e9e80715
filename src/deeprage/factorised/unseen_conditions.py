"""Whole profiles of unseen conditions from their regulator levels, by two ridges that differ.

Both see the completed matrix of the seen conditions and the regulator levels of all conditions.

- Over conditions: each gene's value is a smooth function of the regulator levels (kernel ridge,
  linear plus Gaussian). A regulator counts by how much of it the leading factors of the whole
  matrix explain: one that goes its own way says little about others.
- Over genes: in the new condition the regulators themselves are measured. Their values there are
  learnt as a function of their profiles over the seen conditions, linear plus Gaussian kernel, and
  the function is applied to the profiles of all other genes. In a profile those seen conditions
  count more whose regulator levels are like those of the new one.

Penalties, and how the two are mixed, are chosen by leaving out groups of seen condition series.
A regulator that was not measured has its completed value in a seen condition; in a new one both
ridges run twice, the second time with what the first said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Matrix = NDArray[np.float64]
Rows = NDArray[np.intp]

FOLDS = 6
GENES_THAT_CHOOSE = 800
LEADING_FACTORS = 40
#: Difference in cosine of regulator levels at which a seen condition counts a factor e less.
LIKENESS = 0.4


@dataclass(frozen=True)
class OverConditions:
    """Ridge with a linear and a Gaussian kernel of weighted regulator levels."""

    penalty: float
    width: float

    def __call__(self, world: World, seen: Rows, new: Rows) -> Matrix:
        means, values, levels = _centred(world, seen)
        levels = levels / np.sqrt(_own_variance(values, levels, seen))[:, None]
        taught, asked = levels[:, seen], levels[:, new]
        gram, cross = taught.T @ taught, asked.T @ taught
        size = max(float(np.mean(np.diagonal(gram))), 1e-9)
        own, other = (taught**2).sum(axis=0), (asked**2).sum(axis=0)
        far = own[:, None] + own - 2 * gram
        scale = max(self.width * float(np.median(far)), 1e-9)
        gram = gram / size + np.exp(-far / scale) + 1
        cross = cross / size + np.exp(-(other[:, None] + own - 2 * cross) / scale) + 1
        gram[np.diag_indices_from(gram)] += self.penalty
        found: Matrix = means[:, None] + (cross @ np.linalg.solve(gram, values.T)).T
        return found


@dataclass(frozen=True)
class OverGenes:
    """Ridge over the regulators with a linear and a Gaussian kernel of their profiles."""

    penalty: float
    width: float

    def __call__(self, world: World, seen: Rows, new: Rows, like: Rows | None = None) -> Matrix:
        """Values (G, len(new)).

        Args:
            like: columns (len(new),) whose likeness to the seen conditions weights these, in place
                of that of `new`: for conditions that differ from one another in few regulators.
        """
        means, profiles, levels = _centred(world, seen)
        mine, asked = levels[:, seen], levels[:, new]
        origins, at = np.unique(new if like is None else like, return_inverse=True)
        found = np.empty((len(profiles), len(new)))
        for origin, weight in enumerate(_likeness(profiles, levels, seen, origins)):
            gram, cross = self._kernels(profiles * weight, mine * weight)
            columns = at == origin
            found[:, columns] = cross @ np.linalg.solve(gram, asked[:, columns])
        # A regulator must not be told its own level.
        found[world.regulator_rows] = (asked - self._own_errors(mine, asked))[world.regulator_slots]
        return means[:, None] + found

    def noise(self, world: World, seen: Rows, new: Rows) -> Matrix:
        """Root mean square error (len(new),), log2, of each new condition's measured regulators,
        each predicted from the others; NaN where none was measured.

        It tells how far the other genes will be missed, before any of them is known: a condition
        unlike the seen ones, or a noisy array, misses its own regulators too.
        """
        _, _, levels = _centred(world, seen)
        errors = self._own_errors(levels[:, seen], levels[:, new])
        measured = ~np.isnan(world.levels[:, new])
        total = np.where(measured, errors**2, 0).sum(axis=0)
        count = measured.sum(axis=0)
        found: Matrix = np.sqrt(np.where(count, total / np.maximum(count, 1), np.nan))
        return found

    def _own_errors(self, mine: Matrix, asked: Matrix) -> Matrix:
        """What each regulator's level (R, C) differs by from what the others make of it.

        Leave-one-out in closed form; with equal weights for all seen conditions, since a level is
        among those that make the others.
        """
        inverse = np.linalg.inv(self._kernels(mine, mine)[0])
        errors: Matrix = (inverse @ asked) / np.diagonal(inverse)[:, None]
        return errors

    def _kernels(self, profiles: Matrix, mine: Matrix) -> tuple[Matrix, Matrix]:
        """Gram matrix (R, R) of the regulators' profiles with the penalty, and (G, R)."""
        gram, cross = mine @ mine.T, profiles @ mine.T
        size = max(float(np.mean(np.diagonal(gram))), 1e-9)
        own, other = (mine**2).sum(axis=1), (profiles**2).sum(axis=1)
        far = own[:, None] + own - 2 * gram
        scale = max(self.width * float(np.median(far)), 1e-9)
        gram = gram / size + np.exp(-far / scale) + 0.05
        cross = cross / size + np.exp(-(other[:, None] + own - 2 * cross) / scale) + 0.05
        gram[np.diag_indices_from(gram)] += self.penalty
        return gram, cross


W = TypeVar("W", OverConditions, OverGenes)

OVER_CONDITIONS = tuple(
    OverConditions(penalty, width) for penalty, width in product((0.1, 0.2, 0.4), (1.0, 3.0))
)
OVER_GENES = tuple(
    OverGenes(penalty, width) for penalty, width in product((0.1, 0.2, 0.4), (0.3, 0.6))
)


@dataclass(frozen=True)
class World:
    """What is known when conditions are predicted.

    Attributes:
        values: completed log2 values (G, C); columns not seen are ignored.
        levels: regulator levels (R, C), log2, NaN where not measured.
        regulator_rows: rows of `values` that are regulators, `regulator_slots` which ones.
        extra: so many of the last rows are there as regulators alone: nobody asks for them.
    """

    values: Matrix
    levels: Matrix
    regulator_rows: Rows
    regulator_slots: Rows
    extra: int = 0

    @property
    def genes(self) -> int:
        """How many of the rows, the first ones, are genes that may be asked for."""
        return len(self.values) - self.extra

    def with_all_regulators(self, completed: Matrix) -> World:
        """The same with a row for every regulator that is not among the genes.

        Args:
            completed: levels (R, C) without gaps; columns not seen are ignored.
        """
        others = np.setdiff1d(np.arange(len(self.levels)), self.regulator_slots)
        further = len(self.values) + np.arange(len(others))
        return World(
            np.concatenate([self.values, completed[others]]),
            self.levels,
            np.concatenate([self.regulator_rows, further]),
            np.concatenate([self.regulator_slots, others]),
            self.extra + len(others),
        )

    def part(self, rows: Rows) -> World:
        """The same for some of the rows, in rising order."""
        slots = {int(row): int(slot) for row, slot in self._pairs()}
        kept = np.array([at for at, row in enumerate(rows) if int(row) in slots], dtype=np.intp)
        chosen = np.array([slots[int(rows[at])] for at in kept], dtype=np.intp)
        extra = int((rows >= self.genes).sum())
        return World(self.values[rows], self.levels, kept, chosen, extra)

    def of_conditions(self, columns: Rows) -> World:
        """The same for some of the conditions."""
        return replace(self, values=self.values[:, columns], levels=self.levels[:, columns])

    def filled(self, columns: Rows, found: Matrix) -> World:
        """The same with `found` (G, len(columns)) for levels there that were not measured.

        The world itself if there are none.
        """
        at = np.ix_(self.regulator_slots, columns)
        missing = np.isnan(self.levels[at])
        if not missing.any():
            return self
        levels = self.levels.copy()
        levels[at] = np.where(missing, found[self.regulator_rows], levels[at])
        return replace(self, levels=levels)

    def _pairs(self) -> Sequence[tuple[int, int]]:
        return list(zip(self.regulator_rows, self.regulator_slots, strict=True))


@dataclass(frozen=True)
class Mixture:
    """The two ways and their weights."""

    over_conditions: OverConditions
    over_genes: OverGenes
    weights: tuple[float, float]

    def __call__(self, world: World, seen: Rows, new: Rows, like: Rows | None = None) -> Matrix:
        """Log2 values (world.genes, len(new)) of unseen conditions; `like` as in `OverGenes`."""
        found = self._once(world, seen, new, like)
        filled = world.filled(new, found)
        if filled is not world:
            found = self._once(filled, seen, new, like)
        return found[: world.genes]

    def _once(self, world: World, seen: Rows, new: Rows, like: Rows | None) -> Matrix:
        first, second = self.weights
        return first * self.over_conditions(world, seen, new) + second * self.over_genes(
            world, seen, new, like
        )


def choose_mixture(
    world: World, seen: Rows, series: NDArray[np.str_], scored: Rows, generator: np.random.Generator
) -> Mixture:
    """The best penalty and width of each way, then their weights, by leaving series out.

    Args:
        seen: columns with training cells.
        series: of all conditions (C,).
        scored: rows of genes that are not regulators.
    """
    middle = Mixture(OVER_CONDITIONS[2], OVER_GENES[0], (0.5, 0.5))
    names = generator.permutation(np.unique(series[seen]))
    if len(names) < 3:
        return middle
    few = np.sort(generator.permutation(scored)[:GENES_THAT_CHOOSE])
    every = np.unique(np.concatenate([few, world.regulator_rows]))
    part = world.part(every)
    judged = np.isin(every, few)
    folds = [seen[np.isin(series[seen], names[at::FOLDS])] for at in range(min(FOLDS, len(names)))]

    def left_out(way: Callable[[World, Rows, Rows], Matrix]) -> Matrix:
        found = [way(part, np.setdiff1d(seen, fold), fold)[judged] for fold in folds]
        return np.concatenate(found, axis=1)

    truth = part.values[:, np.concatenate(folds)][judged]
    over_conditions, first = _best(OVER_CONDITIONS, left_out, truth)
    over_genes, second = _best(OVER_GENES, left_out, truth)
    stacked = np.column_stack([first.ravel(), second.ravel()])
    weights, _ = nnls(stacked, truth.ravel())
    return Mixture(over_conditions, over_genes, (float(weights[0]), float(weights[1])))


def _best(ways: Sequence[W], left_out: Callable[[W], Matrix], truth: Matrix) -> tuple[W, Matrix]:
    found = [(way, left_out(way)) for way in ways]
    return min(found, key=lambda pair: float(np.mean((pair[1] - truth) ** 2)))


def _centred(world: World, seen: Rows) -> tuple[Matrix, Matrix, Matrix]:
    """Gene means (G,) over the seen columns, values (G, len(seen)) and levels (R, C) less means.

    A mean of few values is drawn to that of all genes. It must not know a column that is to be
    predicted: the sum of a gene's centred profile would give the answer away.
    """
    values = world.values[:, seen]
    world = world.filled(seen, values)
    overall = float(values.mean())
    means = overall + (values - overall).sum(axis=1) / (len(seen) + 1)
    known = ~np.isnan(world.levels[:, seen])
    sums = np.where(known, world.levels[:, seen], 0).sum(axis=1)
    own = sums / np.maximum(known.sum(axis=1), 1)
    own[world.regulator_slots] = means[world.regulator_rows]
    return means, values - means[:, None], np.nan_to_num(world.levels - own[:, None])


def _likeness(values: Matrix, levels: Matrix, seen: Rows, new: Rows) -> Matrix:
    """Weights (len(new), len(seen)) of seen conditions in a profile, of mean square 1."""
    scaled = levels / np.sqrt(_own_variance(values, levels, seen))[:, None]
    lengths = np.maximum(np.sqrt((scaled**2).sum(axis=0)), 1e-9)
    cosine = (scaled[:, new] / lengths[new]).T @ (scaled[:, seen] / lengths[seen])
    weights = np.exp(cosine / LIKENESS)
    found: Matrix = np.sqrt(weights / weights.mean(axis=1, keepdims=True))
    return found


def _own_variance(values: Matrix, levels: Matrix, seen: Rows) -> Matrix:
    """Variance of each regulator (R,) that the leading factors of all genes do not explain."""
    squares, vectors = np.linalg.eigh(values.T @ values)
    kept = min(LEADING_FACTORS, len(seen) // 3)
    leading = vectors[:, ::-1][:, :kept]
    mine = levels[:, seen]
    left = mine - (mine @ leading) @ leading.T
    own: Matrix = (left**2).sum(axis=1) / max(len(seen) - kept, 1)
    return own + 0.01 * float(np.mean(squares)) / max(len(values), 1) + 1e-9
