"""Reference points: what is reached by knowing only averages."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.effects import Effects, fit_effects
from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES, check_edges, classify
from deeprage.data.split import Role, Split
from deeprage.data.units import class_origin, is_relative

Rows = NDArray[np.intp]


def training_values(visible: Compendium, split: Split) -> NDArray[np.float32]:
    """Log2 values (G, C) of the training cells, NaN elsewhere."""
    values = np.where(split.cells(Role.TRAIN), visible.expression, np.nan)
    return values.astype(np.float32, copy=False)


class _EffectsPredictor:
    """Predicts mean + gene effect + condition effect, whichever of them a subclass fits."""

    effects_: Effects

    def predict(self, genes: Rows, conditions: Rows) -> NDArray[np.float32]:
        """Log2 values (len(genes), len(conditions)); finite for unseen genes and conditions too."""
        return self.effects_.block(genes, conditions)


class Zero(_EffectsPredictor):
    """Predicts 0 everywhere: no change, for data that are log2 fold changes."""

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Learns nothing."""
        genes, conditions = visible.expression.shape
        self.effects_ = Effects(0.0, np.zeros(genes), np.zeros(conditions))
        return self


class MajorityClass(_EffectsPredictor):
    """Always names the commonest class of the training cells.

    As a log2 value it predicts 0 where 0 belongs to that class, else the mean of the class.
    """

    def __init__(self, *, edges: Sequence[float] = DEFAULT_EDGES) -> None:
        self.edges = edges

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Count the classes of the training cells."""
        edges = check_edges(self.edges)
        values = training_values(visible, split)
        known = values[~np.isnan(values)]
        classes = classify((values - class_origin(visible, split))[~np.isnan(values)], edges)
        counts = np.bincount(classes.astype(np.int64), minlength=len(edges) + 1)
        self.majority_ = int(counts.argmax())
        has_zero = int(classify(np.zeros(1), edges)[0]) == self.majority_
        has_zero &= is_relative(visible)
        mean = 0.0 if has_zero or not len(known) else float(known[classes == self.majority_].mean())
        genes, conditions = values.shape
        self.effects_ = Effects(mean, np.zeros(genes), np.zeros(conditions))
        return self

    def predict_with_classes(
        self, genes: Rows, conditions: Rows
    ) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """The values and the majority class int8 for every cell (len(genes), len(conditions))."""
        values = self.predict(genes, conditions)
        return values, np.full(values.shape, self.majority_, dtype=np.int8)


class GeneMean(_EffectsPredictor):
    """Predicts the mean of the gene's training cells; the mean of the gene means if it has none."""

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Average the training cells of each gene."""
        values = training_values(visible, split)
        mean, effect = _means(values)
        self.effects_ = Effects(mean, effect, np.zeros(values.shape[1]))
        return self


class ConditionMean(_EffectsPredictor):
    """Predicts the mean of the condition's training cells; the mean of those means if none."""

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Average the training cells of each condition."""
        values = training_values(visible, split)
        mean, effect = _means(values.T)
        self.effects_ = Effects(mean, np.zeros(values.shape[0]), effect)
        return self


class Additive(_EffectsPredictor):
    """Predicts mean + gene effect + condition effect, the least-squares fit to the training cells.

    An unseen gene or condition has the effect 0: for unseen genes this is the condition mean, for
    unseen conditions the gene mean.
    """

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Fit all effects together, so that missing cells do not distort them."""
        self.effects_ = fit_effects(training_values(visible, split))
        return self


def _means(values: NDArray[np.float32]) -> tuple[float, NDArray[np.float64]]:
    """Mean of the row means, and each row's difference from it (0 for a row without values)."""
    count = (~np.isnan(values)).sum(axis=1)
    means = np.nansum(values, axis=1, dtype=np.float64) / np.maximum(count, 1)
    seen = count > 0
    mean = float(means[seen].mean()) if seen.any() else 0.0
    return mean, np.where(seen, means - mean, 0.0)
