"""What a network is asked to get right: squared error and cross-entropy over known cells."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from deeprage.networks.network import Prediction


class Objective(NamedTuple):
    """Sums over the known cells of a block; divide by the number of cells for means.

    Attributes:
        squared: sum of squared errors, in scaled units.
        surprise: sum of cross-entropies.
    """

    squared: Tensor
    surprise: Tensor

    def total(self, class_weight: float) -> Tensor:
        """The sum that is minimised."""
        return self.squared + class_weight * self.surprise


def objective(prediction: Prediction, target: Tensor, known: Tensor, classes: Tensor) -> Objective:
    """Sums over the cells where `known`.

    Args:
        target: scaled values (G, C), anything where unknown.
        known: bool (G, C).
        classes: int64 (G, C), -1 where unknown.
    """
    zero = target.new_zeros(())
    squared = surprise = zero
    if prediction.value is not None:
        error = torch.where(known, prediction.value.float() - target, zero)
        squared = error.square().sum()
    if prediction.logits is not None:
        surprise = functional.cross_entropy(
            prediction.logits.float().flatten(0, 1),
            classes.flatten(),
            ignore_index=-1,
            reduction="sum",
        )
    return Objective(squared, surprise)
