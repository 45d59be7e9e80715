"""A network as a predictor that is trained when it is fitted, so that it can be benchmarked."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.dna import N_TOKEN
from deeprage.data.split import Split
from deeprage.errors import unknown
from deeprage.evaluation.controls import with_promoters, with_regulator_levels

if TYPE_CHECKING:
    from deeprage.networks.config import NetworkConfig
    from deeprage.training.config import TrainingConfig
    from deeprage.training.predictor import NetworkPredictor

BlindTo = Literal["promoters", "regulators"]


class NetworkTrial:
    """Trains a network in a temporary run folder and predicts with its best epoch.

    Args:
        network, training: its shape and how it is trained.
        blind_to: an input that it does not get: all promoters N, or all regulator levels 0.
    """

    needs_promoter = True

    def __init__(
        self, *, network: NetworkConfig, training: TrainingConfig, blind_to: BlindTo | None = None
    ) -> None:
        self.network = network
        self.training = training
        self.blind_to = blind_to

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Train on the training cells; the validation cells choose the epoch."""
        from deeprage.training.train import train

        seen = blinded(visible, self.blind_to)
        with tempfile.TemporaryDirectory() as folder:
            run = train(seen, split, out=Path(folder), network=self.network, training=self.training)
            self.predictor_: NetworkPredictor = run.predictor().fit(seen, split)
        return self

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Log2 values (len(genes), len(conditions))."""
        return self.predictor_.predict(genes, conditions)

    def predict_with_classes(
        self, genes: NDArray[np.intp], conditions: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.int8] | None]:
        """The values and, with a class head, classes int8 of the same shape."""
        return self.predictor_.predict_with_classes(genes, conditions)


def make_trial(
    *,
    preset: str,
    network: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    blind_to: BlindTo | None = None,
    threads: int = 1,
) -> NetworkTrial:
    """A trial of a preset with some settings changed.

    Raises:
        DeepRageError: unknown preset, setting or input.
    """
    from deeprage.networks import presets
    from deeprage.training.config import training_config

    if blind_to not in (None, "promoters", "regulators"):
        raise unknown("input", str(blind_to), ("promoters", "regulators"))
    shape = presets.preset(preset, **(network or {}))
    settings = training_config(**{"threads": threads, **(training or {})})
    return NetworkTrial(network=shape, training=settings, blind_to=blind_to)


def blinded(compendium: Compendium, blind_to: BlindTo | None) -> Compendium:
    """The compendium without an input: promoters of N, or regulator levels of 0."""
    if blind_to == "promoters":
        return with_promoters(compendium, np.full_like(compendium.promoters, N_TOKEN))
    if blind_to == "regulators":
        return with_regulator_levels(compendium, np.zeros_like(compendium.regulator_levels))
    return compendium
