"""Train deeprage-f so that it can be kept: all its parts, and its errors on every kind of cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.reference import training_values
from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES
from deeprage.data.split import Regime, Role, Split
from deeprage.data.units import class_origin, is_relative
from deeprage.errors import DeepRageError, counted
from deeprage.factorised.certainty import CellKind, Certainty, Kinds, kinds_of
from deeprage.factorised.condition_map import ConditionMap, FactorMap
from deeprage.factorised.error_sample import ErrorSample
from deeprage.factorised.kept_stack import KeptStack
from deeprage.factorised.model import Factorised
from deeprage.factorised.trained import Learnt, TrainedFactorised
from deeprage.factorised.unseen_conditions import Mixture

Rows = NDArray[np.intp]
Matrix = NDArray[np.float32]

#: Share of the gene groups that is left out to measure, and choose, how promoters are read.
LEFT_OUT = 0.15
#: The kind of cell that the split's own validation cells are.
KIND_OF_REGIME = {
    Regime.PAIRS: CellKind.SEEN,
    Regime.CONDITIONS: CellKind.NEW_CONDITION,
    Regime.GENES: CellKind.NEW_GENE,
    Regime.BOTH: CellKind.NEW_BOTH,
}


class _Keeping(Factorised):
    """`Factorised` with a promoter stack that outlives the fit, and its parts in sight."""

    def stack(self) -> KeptStack:
        """A stack with the options of this model, not fitted."""
        return KeptStack(
            motifs=self.motifs, cache=self.cache, num_threads=self.num_threads, seed=self.seed
        )

    @property
    def fitted_stack(self) -> KeptStack | None:
        """The stack of the fit, where its split has unseen genes."""
        return self._stack if isinstance(self._stack, KeptStack) else None

    @property
    def mixture(self) -> Mixture | None:
        """The ridges of the fit, where its split has unseen conditions."""
        return self._mixture


@dataclass(frozen=True, eq=False)
class _LeftOutGenes:
    """Genes that a stack did not learn from, as it sees them.

    Attributes:
        rows: of the compendium.
        scores: (N, K) with what the compendium has of them; alone: from the promoter only, or
            None if that is the same.
        taught: rows of the genes that the stack learnt from.
        columns: seen conditions of the stack; factors: its mean and loadings there.
    """

    rows: Rows
    taught: Rows
    scores: NDArray[np.float64]
    alone: NDArray[np.float64] | None
    columns: Rows
    factors: FactorMap

    @classmethod
    def of(cls, stack: KeptStack, visible: Compendium, rows: Rows, columns: Rows) -> _LeftOutGenes:
        scorer = stack.scorer(visible)
        alone = scorer.scores(visible.promoters[rows]) if scorer.reads_coding else None
        factors = FactorMap(stack.mean_[columns], stack.loadings_[columns])
        scores = stack.scores_[rows].astype(np.float64)
        return cls(rows, stack.taught_, scores, alone, columns, factors)


def learn(
    visible: Compendium,
    split: Split,
    *,
    motifs: Sequence[Path | str] | None = None,
    edges: Sequence[float] = DEFAULT_EDGES,
    cache: Path | str | None = None,
    num_threads: int = 1,
    seed: int = 0,
    on_step: Callable[[str], None] = lambda step: None,
) -> TrainedFactorised:
    """Train deeprage-f on what a split lets it see.

    As in the benchmark: choices on the validation cells, then a refit on
    training and validation cells. Validation cells keep the predictions of before the refit.
    Parts that the split does not call for (the promoter stack, where every gene is seen) are
    learnt too, with 15 % of the gene groups left out for their choices. The errors of a kind of
    cell come from what is left out within the cells that may be seen: whole series in turn, the
    split's validation cells where these are of seen conditions (else cells of a gene one by one,
    and whole gene groups), and both.

    Args:
        motifs: files and collections; None for the default where it fits; see `MotifFeatures`.
        edges: class thresholds, log2.
        cache: folder for motif scores.
        on_step: told what is being done, for a progress display.

    Raises:
        DeepRageError: too few training cells.
    """
    generator = np.random.default_rng([seed, 7])
    model = _Keeping(motifs=motifs, cache=cache, num_threads=num_threads, seed=seed)
    on_step("fitting on the training cells")
    model.fit(visible, split)
    predicted, samples, left = _first_predictions(model, visible, split, generator)
    on_step("learning from the validation cells too")
    everything = (np.arange(size) for size in visible.expression.shape)
    again = model.refit(visible, split).predict(*everything)
    predicted = np.where(split.cells(Role.VALIDATION), predicted, again)
    final = split.validation_in_training()
    values = training_values(visible, final)
    rows, columns = (np.flatnonzero((~np.isnan(values)).any(axis=axis)) for axis in (1, 0))
    conditions = _condition_map(model, visible, rows, columns)
    stack = model.fitted_stack
    if left is None:
        on_step("reading the promoters of genes that are left out")
        inner = _without_gene_groups(visible, final, generator)
        measured = model.stack().fit(visible, inner)
        left = _LeftOutGenes.of(measured, visible, _held_out_genes(visible, inner), columns)
        stack = measured.refit(visible, inner) if stack is None else stack
    assert stack is not None
    on_step("measuring the errors of each kind of cell")
    series = np.asarray(visible.series).astype(str)[columns]
    known = _scored(visible, split, Role.TRAIN, Role.VALIDATION)
    trained = _scored(visible, final, Role.TRAIN)
    noise = np.full(values.shape[1], np.nan, dtype=np.float32)
    others = np.setdiff1d(np.arange(values.shape[1]), columns)
    noise[others] = conditions.noise(visible.regulator_levels[others])
    of_conditions, noise[columns] = _condition_errors(
        conditions, (rows, columns), series, known, left, generator
    )
    samples = (
        {CellKind.SEEN: ErrorSample.of(predicted, trained, generator)}
        | _gene_errors(left, known, generator)
        | samples
        | of_conditions
    )
    return TrainedFactorised(
        Learnt(
            genes=tuple(visible.genes),
            conditions=tuple(visible.conditions),
            regulators=tuple(visible.regulators),
            promoters=visible.promoters,
            coding=visible.coding,
            seen_genes=rows,
            seen_conditions=columns,
            taught=visible.has_promoter[rows],
            predicted=predicted.astype(np.float32),
            kinds=_kinds(visible.expression.shape, rows, columns, split),
            noise=noise,
            series=np.unique(series, return_inverse=True)[1].reshape(-1).astype(np.int64),
            promoter_scores=stack.scores_.astype(np.float64),
            condition_map=conditions,
            factor_map=FactorMap(stack.mean_[columns], stack.loadings_[columns]),
            scorer=stack.scorer(visible),
            certainty=Certainty(samples),
            class_origin=np.nan_to_num(class_origin(visible, split)[:, 0]),
            edges=tuple(edges),
            relative=is_relative(visible),
        )
    )


def _first_predictions(
    model: _Keeping, visible: Compendium, split: Split, generator: np.random.Generator
) -> tuple[Matrix, dict[CellKind, ErrorSample], _LeftOutGenes | None]:
    """What the fit says of all cells, its errors on validation cells of seen conditions, and, in
    `genes`, its left-out genes: a refit will have learnt from all three."""
    predicted = model.predict(*(np.arange(size) for size in visible.expression.shape))
    checked = _scored(visible, split, Role.VALIDATION)
    samples = {}
    if split.regime in (Regime.PAIRS, Regime.GENES):
        samples[KIND_OF_REGIME[split.regime]] = ErrorSample.of(predicted, checked, generator)
    stack = model.fitted_stack
    if split.regime is not Regime.GENES or stack is None:
        return predicted, samples, None
    rows = _held_out_genes(visible, split)
    return predicted, samples, _LeftOutGenes.of(stack, visible, rows, split.train_columns)


def _kinds(shape: tuple[int, ...], rows: Rows, columns: Rows, split: Split) -> Kinds:
    """What was known when each cell (G, C) was predicted."""
    new = (
        np.isin(np.arange(n), seen, invert=True)
        for n, seen in zip(shape, (rows, columns), strict=True)
    )
    found = kinds_of(*new, by_promoter_alone=False)
    found[split.cells(Role.VALIDATION)] = KIND_OF_REGIME[split.regime]
    return found


def _scored(visible: Compendium, split: Split, *roles: Role) -> Matrix:
    """Log2 values (G, C) of cells of these roles that a score would count, NaN elsewhere."""
    found = np.where(split.cells(*roles), visible.expression, np.nan).astype(np.float32)
    found[visible.regulator_rows] = np.nan
    return found


def _held_out_genes(visible: Compendium, split: Split) -> Rows:
    """Rows with validation cells that have a promoter and are no regulators."""
    held_out = split.cells(Role.VALIDATION).any(axis=1) & visible.has_promoter
    held_out[visible.regulator_rows] = False
    return np.flatnonzero(held_out)


def _condition_map(model: _Keeping, visible: Compendium, rows: Rows, columns: Rows) -> ConditionMap:
    world = model.world(visible, rows, columns)
    mixture = model.mixture or model.choose_mixture(visible, world, columns)
    return ConditionMap(world.of_conditions(columns), mixture)


def _without_gene_groups(
    visible: Compendium, split: Split, generator: np.random.Generator
) -> Split:
    """The split with a share of the trained gene groups for validation, the rest of it unused."""
    groups = np.asarray(visible.groups).astype(str)
    trained = split.cells(Role.TRAIN)
    taught = trained.any(axis=1) & visible.has_promoter
    names = generator.permutation(np.unique(groups[trained.any(axis=1)]))
    left = np.isin(groups, names[: max(1, round(LEFT_OUT * len(names)))])
    if not _both_sides(left, taught):
        left = _smallest_groups(groups, taught)
    if not _both_sides(left, taught):
        raise DeepRageError(
            f"{counted(int(taught.sum()), 'gene')} with a promoter can be learnt from, in "
            f"{counted(len(np.unique(groups[taught])), 'gene group')}; deeprage-f leaves whole "
            "groups out to learn how promoters are read, and needs 2 groups with 3 genes: add "
            "genes, or give finer gene groups."
        )
    role = np.where(trained, np.where(left[:, None], Role.VALIDATION, Role.TRAIN), Role.UNUSED)
    return replace(split, regime=Regime.GENES, role=role.astype(np.int8))


def _both_sides(left: NDArray[np.bool_], taught: NDArray[np.bool_]) -> bool:
    """Whether there is a gene to measure with, and two or more to learn from."""
    return bool((left & taught).any() and (~left & taught).sum() >= 2)


def _smallest_groups(groups: NDArray[np.str_], taught: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which genes (G,) are in the smallest group with a gene that can be learnt from."""
    names, sizes = np.unique(groups[taught], return_counts=True)
    if not len(names):
        return np.zeros(len(groups), dtype=bool)
    found: NDArray[np.bool_] = groups == names[int(np.argmin(sizes))]
    return found


def _gene_errors(
    left: _LeftOutGenes, truth: Matrix, generator: np.random.Generator
) -> dict[CellKind, ErrorSample]:
    """Errors of left-out genes in seen conditions."""
    cells = truth[np.ix_(left.rows, left.columns)]
    mean, loadings = left.factors.mean, left.factors.loadings
    wanted = {CellKind.NEW_GENE: left.scores, CellKind.NEW_GENE_BY_PROMOTER_ALONE: left.alone}
    return {
        kind: ErrorSample.of(mean + scores @ loadings.T, cells, generator)
        for kind, scores in wanted.items()
        if scores is not None
    }


def _condition_errors(
    conditions: ConditionMap,
    axes: tuple[Rows, Rows],
    series: NDArray[np.str_],
    truth: Matrix,
    left: _LeftOutGenes,
    generator: np.random.Generator,
) -> tuple[dict[CellKind, ErrorSample], Matrix]:
    """Errors of seen and of left-out genes in series that are left out, and the noise of each
    condition when it was.

    Every series is left out in turn: a split's validation holds a few, which may be calmer or
    wilder than most.

    Args:
        axes: seen rows and columns; series: of those columns.
    """
    rows, columns = axes
    noise = np.full(len(columns), np.nan, dtype=np.float32)
    seen = np.full((len(rows), len(columns)), np.nan, dtype=np.float32)
    scores = {CellKind.NEW_BOTH: left.scores}
    if left.alone is not None:
        scores[CellKind.NEW_BOTH_BY_PROMOTER_ALONE] = left.alone
    shape = (len(left.rows), len(columns))
    found = {kind: np.full(shape, np.nan, dtype=np.float32) for kind in scores}
    teach = np.isin(rows, left.taught)
    # The left-out genes' conditions are among the seen ones; a refit may have added some.
    place = np.searchsorted(columns, left.columns)
    known = conditions.values[teach]
    for fold, profiles, noise[fold] in conditions.left_out(series, generator):
        seen[:, fold] = profiles
        kept = np.flatnonzero(~np.isin(place, fold))
        values = known[:, place]
        mean, loadings = left.factors.of_profiles(values, profiles[teach], kept)
        for kind, block in found.items():
            block[:, fold] = mean + scores[kind] @ loadings.T
    own = ErrorSample.of(seen, truth[np.ix_(rows, columns)], generator, noise=noise)
    cells = truth[np.ix_(left.rows, columns)]
    others = {
        kind: ErrorSample.of(block, cells, generator, noise=noise) for kind, block in found.items()
    }
    return {CellKind.NEW_CONDITION: own} | others, noise
