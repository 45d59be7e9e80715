"""CAGER: decision trees that classify genes, one condition at a time (Ruan and Zhang 2005)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.bdtree_attributes import BINS, gene_attributes
from deeprage.baselines.boosting_inputs import upstream
from deeprage.baselines.boosting_scale import CutsValues, fit_edges
from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES, classify
from deeprage.data.motif_sources import known_motifs
from deeprage.data.split import Role, Split
from deeprage.data.units import is_relative, usual_levels
from deeprage.errors import DeepRageError


class Cager(CutsValues):
    """A decision tree a condition, from k-mers and motifs to Down, Baseline or Up.

    There is no regulator input: a condition that was not trained on is predicted by the mean over
    the trees of those that were. Each tree sees the attributes that separate its condition's
    classes best one at a time. A leaf predicts the mean log2 value of its training genes. The
    size of the trees is chosen on validation cells, one size for all conditions.

    Args:
        leaves: sizes of tree to try.
        screened: attributes that a tree may use.
        kmer: length of the counted k-mers; None for none.
        motif_files: as `MotifFeatures.motifs`, an empty list for none.
        window: bp upstream of the gene.
        least: fewest genes in a leaf.
        edges: log2 thresholds of Down and Up.
        cache: folder for PWM scores.
    """

    needs_promoter = True

    def __init__(
        self,
        *,
        leaves: Sequence[int] = (2, 4, 8, 16),
        screened: int = 200,
        kmer: int | None = 6,
        motif_files: Sequence[Path | str] | None = None,
        window: int = 600,
        least: int = 20,
        edges: tuple[float, float] = DEFAULT_EDGES,
        cache: Path | None = None,
    ) -> None:
        self.leaves = leaves
        self.screened = screened
        self.kmer = kmer
        self.motif_files = motif_files
        self.window = window
        self.least = least
        self.edges = edges
        self.cache = cache

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Grow the trees of all training conditions; see `Predictor`.

        Raises:
            DeepRageError: no training cells, or no size of tree.
        """
        truth = visible.expression
        train = split.cells(Role.TRAIN) & visible.has_promoter[:, None] & ~np.isnan(truth)
        if not train.any() or not self.leaves:
            raise DeepRageError(
                "CAGER needs training cells and at least one size of tree; got none."
            )
        tokens = upstream(visible, self.window)
        _, attributes = gene_attributes(
            tokens,
            kmer=self.kmer,
            motifs=known_motifs(self.motif_files, visible).up_to(tokens.shape[1] - BINS + 1).motifs,
            cache=self.cache,
        )
        classes = classify(truth - usual_levels(visible, split), self.edges)
        chosen = split.cells(Role.VALIDATION) & ~np.isnan(truth)
        if not chosen.any():
            chosen = train
        useful = screen(attributes, classes, train, most=self.screened)
        self.columns_ = np.flatnonzero(train.any(axis=0))
        best = np.inf
        for size in self.leaves:
            predicted = self._trees(attributes, truth, classes, train, useful, size)
            everything = self._spread(predicted, truth.shape[1])
            error = float(((everything[chosen] - truth[chosen]) ** 2).mean())
            if error < best:
                best, self.leaves_, self.predicted_ = error, size, everything
        self.cuts_ = None
        if is_relative(visible):
            self.cuts_ = fit_edges(self.predicted_[chosen], classes[chosen], self.edges)
        return self

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Log2 values float32 (len(genes), len(conditions)): the mean of the tree's leaf."""
        return self.predicted_[np.ix_(genes, conditions)]

    def _trees(
        self,
        attributes: NDArray[np.float32],
        truth: NDArray[np.float32],
        classes: NDArray[np.int8],
        train: NDArray[np.bool_],
        useful: NDArray[np.intp],
        size: int,
    ) -> NDArray[np.float32]:
        """Predictions (G, trained conditions) of trees with `size` leaves."""
        from sklearn.tree import DecisionTreeClassifier

        predicted = np.empty((len(truth), len(self.columns_)), dtype=np.float32)
        for number, column in enumerate(self.columns_):
            rows = np.flatnonzero(train[:, column])
            inputs = attributes[:, useful[column]]
            tree: Any = DecisionTreeClassifier(
                max_leaf_nodes=size, min_samples_leaf=self.least, random_state=0
            )
            tree.fit(inputs[rows], classes[rows, column])
            leaf = tree.apply(inputs)
            sums = np.bincount(leaf[rows], truth[rows, column], minlength=int(leaf.max()) + 1)
            counts = np.bincount(leaf[rows], minlength=len(sums))
            predicted[:, number] = (sums / np.maximum(counts, 1))[leaf]
        return predicted

    def _spread(self, predicted: NDArray[np.float32], conditions: int) -> NDArray[np.float32]:
        """Predictions (G, C): those of the trees, elsewhere their mean."""
        mean = predicted.mean(axis=1, keepdims=True)
        everything = np.repeat(mean, conditions, axis=1)
        everything[:, self.columns_] = predicted
        return everything


def screen(
    attributes: NDArray[np.float32],
    classes: NDArray[np.int8],
    train: NDArray[np.bool_],
    *,
    most: int,
) -> NDArray[np.intp]:
    """The attributes (C, `most`) that go furthest with the classes of each condition.

    By the share of an attribute's variance that lies between the three classes (the correlation
    ratio), for all attributes and conditions in one matrix product.

    Args:
        attributes: float32 (G, K).
        classes: int8 (G, C) of 0, 1, 2.
        train: bool (G, C), the cells that count.
    """
    spread = attributes.std(axis=0)
    scaled = (attributes - attributes.mean(axis=0)) / np.where(spread > 0, spread, 1)
    between = np.zeros((attributes.shape[1], classes.shape[1]), dtype=np.float32)
    total = np.zeros_like(between)
    for label in range(3):
        member = (train & (classes == label)).astype(np.float32)
        sums = scaled.T @ member
        total += sums
        between += sums**2 / np.maximum(member.sum(axis=0), 1)
    between -= total**2 / np.maximum(train.sum(axis=0), 1)
    order: NDArray[np.intp] = np.argsort(-between, axis=0, kind="stable")[:most].T
    return order
