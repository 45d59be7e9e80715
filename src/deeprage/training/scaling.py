"""Scaling of a network's inputs and outputs, learnt from training conditions only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.split import Role, Split
from deeprage.data.units import is_relative


@dataclass(frozen=True)
class Scaling:
    """What to subtract and divide by, and the range that was seen.

    Log2 fold changes are used as they are, with missing regulator levels as 0 (no change). Log2
    expression is centred by each regulator's mean over the training conditions, and the target by
    the mean and deviation of all training cells.

    Attributes:
        regulator_mean, regulator_low, regulator_high: (R,) log2; the range over training
            conditions.
        target_mean, target_scale: log2, of all training cells.
    """

    regulator_mean: NDArray[np.float32]
    regulator_low: NDArray[np.float32]
    regulator_high: NDArray[np.float32]
    target_mean: float
    target_scale: float

    @classmethod
    def fit(cls, visible: Compendium, split: Split) -> Scaling:
        """Learn from the training part of what is visible."""
        levels = visible.regulator_levels[split.train_columns]
        known = np.where(np.isnan(levels), 0.0, levels)
        seen = np.maximum((~np.isnan(levels)).sum(axis=0), 1)
        mean = (known.sum(axis=0) / seen).astype(np.float32)
        filled = np.where(np.isnan(levels), mean, levels).astype(np.float32)
        relative = is_relative(visible)
        cells = visible.expression[split.cells(Role.TRAIN) & ~np.isnan(visible.expression)]
        return cls(
            regulator_mean=np.zeros_like(mean) if relative else mean,
            regulator_low=filled.min(axis=0),
            regulator_high=filled.max(axis=0),
            target_mean=0.0 if relative else float(cells.mean()),
            target_scale=1.0 if relative else float(cells.std()) or 1.0,
        )

    def levels(self, regulator_levels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Levels float32 (C, R), log2, less `regulator_mean`; missing ones 0.

        Args:
            regulator_levels: float32 (C, R), log2, NaN where missing.
        """
        centred = (regulator_levels - self.regulator_mean).astype(np.float32)
        return np.where(np.isnan(centred), np.float32(0), centred)

    def targets(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log2 values of any shape less `target_mean`, over `target_scale`; NaN stays NaN."""
        return ((values - self.target_mean) / self.target_scale).astype(np.float32)

    def restore(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log2 values float32 from a network's outputs of any shape: `targets` undone."""
        return (outputs * self.target_scale + self.target_mean).astype(np.float32)
