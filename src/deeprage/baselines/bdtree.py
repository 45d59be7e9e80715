"""BDTree: a regression tree over both sides of the matrix (Ruan and Zhang 2006)."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.bdtree_splits import (
    Block,
    Criterion,
    Thresholds,
    as_criterion,
    split_gains,
    thresholds,
)
from deeprage.baselines.boosting_inputs import upstream
from deeprage.baselines.boosting_scale import CutsValues, fit_edges
from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES, classify
from deeprage.data.motif_sources import known_motifs
from deeprage.data.split import Role, Split
from deeprage.data.units import is_relative
from deeprage.errors import DeepRageError


@dataclass
class TreeNode:
    """A submatrix and, unless it is a leaf, the question that splits it.

    Attributes:
        rows, columns: the training genes and conditions in it.
        mean: of its known training cells, log2.
        cells: how many those are.
        order: when it was split (0 first); -1 for a leaf.
        by_gene: whether the question is about genes.
        attribute, threshold: goes to `above` where attribute > threshold, else to `below`.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    mean: float
    cells: int
    order: int = -1
    by_gene: bool = True
    attribute: int = -1
    threshold: float = 0.0
    above: TreeNode | None = None
    below: TreeNode | None = None


@dataclass(frozen=True)
class TreeLimits:
    """When to stop: `leaves` at most, `rows`, `columns` and `gain` at least.

    `gain` is a share of the root's first gain.
    """

    leaves: int = 50
    rows: int = 10
    columns: int = 3
    gain: float = 1e-4


class BDTree(CutsValues):
    """A regression tree whose nodes are submatrices, split by genes or by conditions.

    A gene split asks for a threshold of a gene attribute (motif score, k-mer count), a condition
    split for a threshold of a regulator's level; the split of largest gain is taken, the node of
    largest gain first. A regulator may not split a node that contains it as a gene. Leaves
    predict their mean. The criterion and the limits, where more than one is given, and the number
    of leaves are chosen on validation cells, which a refit then learns from.

    When a prediction is asked for a regulator's own gene and the path asks about that regulator,
    both branches are followed and averaged by their cells: its own level is never used.

    Args:
        criteria: which sums of squares to try, of `ss1`, `ss2`, `ss3`; see `Criterion`. Only SS3
            is defined in full by what is known of the paper; SS1 and SS2 are our reading of the
            two others.
        limits: on leaves, rows, columns, gain: which to try. Nodes of 30 genes and 8 conditions
            suit promoters better than small ones, which follow single genes.
        kmer: length of the counted k-mers; None for none.
        motif_files: as `MotifFeatures.motifs`, an empty list for none.
        window: bp upstream of the gene.
        questions: most thresholds an attribute or regulator.
        edges: log2 thresholds of Down and Up.
        cache: folder for PWM scores.
    """

    needs_promoter = True

    def __init__(
        self,
        *,
        criteria: Sequence[Criterion | str] = tuple(Criterion),
        limits: Sequence[TreeLimits] = (TreeLimits(), TreeLimits(rows=30, columns=8)),
        kmer: int | None = 6,
        motif_files: Sequence[Path | str] | None = None,
        window: int = 600,
        questions: int = 7,
        edges: tuple[float, float] = DEFAULT_EDGES,
        cache: Path | None = None,
    ) -> None:
        self.criteria = criteria
        self.limits = limits
        self.kmer = kmer
        self.motif_files = motif_files
        self.window = window
        self.questions = questions
        self.edges = edges
        self.cache = cache

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Grow a tree on the training cells for each criterion under each of the limits and keep
        the best; see `Predictor`.

        Raises:
            DeepRageError: no training cells, an unknown criterion, or nothing to try.
        """
        criteria = [as_criterion(name) for name in self.criteria]
        if not criteria or not self.limits:
            raise DeepRageError(
                f"BDTree needs a criterion and limits; got {len(criteria)} criteria and "
                f"{len(self.limits)} limits."
            )
        self.names_, self.gene_values_ = self._attributes(visible)
        field = self._field(visible, split)
        truth = visible.expression
        chosen = split.cells(Role.VALIDATION) & ~np.isnan(truth)
        if not chosen.any():
            chosen = ~np.isnan(field.values)
        best = np.inf
        for criterion, limits in product(criteria, self.limits):
            root = grow(*field, criterion=criterion, limits=limits)
            splits, error = self._prune(root, truth, chosen)
            if error < best:
                best, self.root_, self.splits_ = error, root, splits
                self.criterion_, self.limits_ = criterion, limits
        self.error_ = best
        everything = self.predict(*(np.arange(size) for size in truth.shape))
        self.cuts_ = None
        if is_relative(visible):
            classes = classify(truth[chosen], self.edges)
            self.cuts_ = fit_edges(everything[chosen], classes, self.edges)
        return self

    def refit(self, visible: Compendium, split: Split) -> Self:
        """Grow the tree that was chosen again, with as many splits, on training and validation
        cells; the cuts of the classes stay. See `Refittable`.

        What the fold holds out is then all that a tree lacks, as in the published protocol.
        """
        field = self._field(visible, split.validation_in_training())
        limits = replace(self.limits_, leaves=self.splits_ + 1)
        self.root_ = grow(*field, criterion=self.criterion_, limits=limits)
        return self

    def _field(self, visible: Compendium, split: Split) -> _Field:
        """The training cells of a split and the questions that may be asked of them.

        Raises:
            DeepRageError: no training cells.
        """
        train = split.cells(Role.TRAIN) & visible.has_promoter[:, None]
        values = np.where(train, visible.expression, np.float32(np.nan))
        rows = np.flatnonzero((~np.isnan(values)).any(axis=1))
        columns = np.flatnonzero((~np.isnan(values)).any(axis=0))
        if not len(rows):
            raise DeepRageError("BDTree needs training cells; no gene with a promoter has any.")
        self.regulator_rows_ = visible.regulator_rows
        self.levels_ = _filled(visible.regulator_levels, columns)
        return _Field(
            values,
            rows,
            columns,
            thresholds(self.gene_values_, most=self.questions, among=rows),
            thresholds(self.levels_, most=2 * self.questions + 1, among=columns),
            self.regulator_rows_,
        )

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Log2 values float32 (len(genes), len(conditions)): the mean of the leaf."""
        return self._predict(self.root_, genes, conditions, self.splits_)

    def _attributes(self, visible: Compendium) -> tuple[list[str], NDArray[np.float32]]:
        """Names and values (G, K) of the gene attributes."""
        from deeprage.baselines.bdtree_attributes import BINS, gene_attributes

        tokens = upstream(visible, self.window)
        return gene_attributes(
            tokens,
            kmer=self.kmer,
            motifs=known_motifs(self.motif_files, visible).up_to(tokens.shape[1] - BINS + 1).motifs,
            cache=self.cache,
        )

    def _predict(
        self,
        root: TreeNode,
        genes: NDArray[np.intp],
        conditions: NDArray[np.intp],
        splits: int,
    ) -> NDArray[np.float32]:
        """Predictions of the tree as it was after its first `splits` splits."""
        result = np.empty((len(genes), len(conditions)), dtype=np.float32)

        def fill(node: TreeNode, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> None:
            if not len(rows) or not len(columns):
                return
            if node.above is None or node.below is None or node.order >= splits:
                result[np.ix_(rows, columns)] = node.mean
                return
            if node.by_gene:
                up = self.gene_values_[genes[rows], node.attribute] > node.threshold
                fill(node.above, rows[up], columns)
                fill(node.below, rows[~up], columns)
                return
            up = self.levels_[conditions[columns], node.attribute] > node.threshold
            own = genes[rows] == self.regulator_rows_[node.attribute]
            others = rows[~own]
            fill(node.above, others, columns[up])
            fill(node.below, others, columns[~up])
            if own.any():
                fill(node.above, rows[own], columns)
                share = node.above.cells / (node.above.cells + node.below.cells)
                part = result[np.ix_(rows[own], columns)] * share
                fill(node.below, rows[own], columns)
                result[np.ix_(rows[own], columns)] *= 1 - share
                result[np.ix_(rows[own], columns)] += part

        fill(root, np.arange(len(genes)), np.arange(len(conditions)))
        return result

    def _prune(
        self, root: TreeNode, truth: NDArray[np.float32], chosen: NDArray[np.bool_]
    ) -> tuple[int, float]:
        """The number of first splits with least squared error on the chosen cells; that error."""
        rows, columns = (np.flatnonzero(chosen.any(axis=axis)) for axis in (1, 0))
        cells = chosen[np.ix_(rows, columns)]
        target = truth[np.ix_(rows, columns)][cells]
        errors = [
            float(((self._predict(root, rows, columns, splits)[cells] - target) ** 2).mean())
            for splits in range(count_splits(root) + 1)
        ]
        best = int(np.argmin(errors))
        return best, errors[best]


def _filled(levels: NDArray[np.float32], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    """Regulator levels with missing ones as the regulator's median in training conditions."""
    known = np.where(np.isnan(levels).all(axis=0), np.float32(0), levels)
    part = known[columns]
    part = np.where(np.isnan(part).all(axis=0), np.float32(0), part)
    usual = np.nanmedian(part, axis=0)
    return np.where(np.isnan(known), usual, known).astype(np.float32)


def count_splits(root: TreeNode) -> int:
    """Number of splits of a tree."""
    if root.above is None or root.below is None:
        return 0
    return 1 + count_splits(root.above) + count_splits(root.below)


@dataclass(frozen=True)
class _Candidate:
    """The best split of a node."""

    gain: float
    by_gene: bool
    question: int


class _Field(NamedTuple):
    """What a tree grows on: the first arguments of `grow`."""

    values: NDArray[np.float32]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    gene_asks: Thresholds
    condition_asks: Thresholds
    regulator_rows: NDArray[np.intp]


def grow(
    values: NDArray[np.float32],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    gene_asks: Thresholds,
    condition_asks: Thresholds,
    regulator_rows: NDArray[np.intp],
    *,
    criterion: Criterion,
    limits: TreeLimits,
) -> TreeNode:
    """Grow a tree on `values` (G, C), NaN where not trained on, best split of all leaves first.

    Cost: for a node of g genes and c conditions 4 g c (Qg + Qc) floating-point operations in
    BLAS, Qg and Qc being the numbers of questions about genes and conditions; each level of a
    balanced tree costs what the root does.
    """
    root = _leaf(values, rows, columns)
    heap: list[tuple[float, int, TreeNode, _Candidate]] = []
    made = 0

    def offer(node: TreeNode) -> None:
        nonlocal made
        found = best_split(
            values, node, gene_asks, condition_asks, regulator_rows,
            criterion=criterion, limits=limits,
        )  # fmt: skip
        if found is not None:
            heapq.heappush(heap, (-found.gain, made, node, found))
            made += 1

    offer(root)
    least = -heap[0][0] * limits.gain if heap else 0.0
    for number in range(limits.leaves - 1):
        if not heap or -heap[0][0] < least:
            break
        _, _, node, found = heapq.heappop(heap)
        asks, axis = (gene_asks, node.rows) if found.by_gene else (condition_asks, node.columns)
        up = asks.above[axis, found.question] > 0
        node.order, node.by_gene = number, found.by_gene
        node.attribute = int(asks.attribute[found.question])
        node.threshold = float(asks.threshold[found.question])
        if found.by_gene:
            node.above = _leaf(values, node.rows[up], node.columns, node.mean)
            node.below = _leaf(values, node.rows[~up], node.columns, node.mean)
        else:
            node.above = _leaf(values, node.rows, node.columns[up], node.mean)
            node.below = _leaf(values, node.rows, node.columns[~up], node.mean)
        for child in (node.above, node.below):
            offer(child)
    return root


def _leaf(
    values: NDArray[np.float32],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    parent_mean: float = 0.0,
) -> TreeNode:
    """A leaf; one without a known cell keeps the mean of its parent."""
    cells = values[np.ix_(rows, columns)]
    known = int((~np.isnan(cells)).sum())
    mean = float(np.nansum(cells, dtype=np.float64)) / known if known else parent_mean
    return TreeNode(rows, columns, mean, known)


def best_split(
    values: NDArray[np.float32],
    node: TreeNode,
    gene_asks: Thresholds,
    condition_asks: Thresholds,
    regulator_rows: NDArray[np.intp],
    *,
    criterion: Criterion,
    limits: TreeLimits,
) -> _Candidate | None:
    """The split of a node with the largest gain; None where no split is allowed or gains."""
    block = Block.of(values[np.ix_(node.rows, node.columns)])
    by_gene = split_gains(block, gene_asks.above[node.rows], criterion, least=limits.rows)
    by_condition = split_gains(
        block.transposed, condition_asks.above[node.columns], criterion, least=limits.columns
    )
    # A regulator may not split a node in which it would explain its own gene.
    banned = np.isin(regulator_rows, node.rows)
    by_condition[banned[condition_asks.attribute]] = -np.inf
    best: _Candidate | None = None
    for is_gene, gains in ((True, by_gene), (False, by_condition)):
        if len(gains):
            at = int(np.argmax(gains))
            if gains[at] > (best.gain if best else 0.0):
                best = _Candidate(float(gains[at]), is_gene, at)
    return best
