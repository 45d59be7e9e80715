"""A trained network that predicts blocks of a compendium, or of new promoters and conditions."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.split import Split
from deeprage.errors import DeepRageError, examples
from deeprage.networks.network import Network
from deeprage.training.scaling import Scaling
from deeprage.training.tensors import one_hot

#: Genes encoded at a time; keeps the largest tensor near 50 MB at 173 conditions.
_GENES_AT_A_TIME = 64
_CONDITIONS_AT_A_TIME = 512


class Predicted(NamedTuple):
    """Predictions for genes x conditions.

    Attributes:
        value: log2 float32 (G, C); for a network with a class head alone, the expected class
            counted from the middle one.
        probabilities: float32 (G, C, classes), or None without a class head.
    """

    value: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None

    @property
    def classes(self) -> NDArray[np.int8] | None:
        """The likeliest class int8 (G, C), or None without a class head."""
        if self.probabilities is None:
            return None
        likeliest: NDArray[np.int8] = self.probabilities.argmax(axis=2).astype(np.int8)
        return likeliest


class NetworkPredictor:
    """Meets the `Predictor` contract for the compendium it was fitted on, and predicts beyond it.

    Args:
        network: a trained network.
        scaling: of its inputs and outputs.
        regulators: names in the order of its inputs.
        mask_self: hide a gene's own level from the inputs when the gene is a regulator, so that
            the answer is not one of the inputs; False reproduces the paper.
    """

    needs_promoter = True

    def __init__(
        self,
        network: Network,
        *,
        scaling: Scaling,
        regulators: tuple[str, ...],
        mask_self: bool = True,
    ) -> None:
        self.network = network
        self.scaling = scaling
        self.regulators = regulators
        self.mask_self = mask_self
        self._compendium: Compendium | None = None

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Take the compendium whose blocks `predict` names; the weights stay as they are."""
        if tuple(visible.regulators) != self.regulators:
            lost = [name for name in self.regulators if name not in visible.regulators]
            raise DeepRageError(
                f"the network was trained with {len(self.regulators)} regulators, the compendium "
                f"has {len(visible.regulators)}; missing: {examples(lost)}. Use the "
                "compendium that it was trained on."
            )
        self._compendium = visible
        return self

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Log2 values float32 (len(genes), len(conditions)) of the fitted compendium."""
        return self.predict_block(genes, conditions).value

    def predict_with_classes(
        self, genes: NDArray[np.intp], conditions: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.int8] | None]:
        """Log2 values float32 (len(genes), len(conditions)) of the fitted compendium.

        And, with a class head, the likeliest classes int8 of the same shape, else None.
        """
        predicted = self.predict_block(genes, conditions)
        return predicted.value, predicted.classes

    def predict_block(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> Predicted:
        """Everything the network says of a block of the fitted compendium.

        With `mask_self` a regulator's own level is hidden from the prediction of its gene.

        Args:
            genes, conditions: rows and columns by number.

        Returns:
            Log2 values (len(genes), len(conditions)), and with a class head the probabilities
            (len(genes), len(conditions), classes).

        Raises:
            DeepRageError: nothing was fitted.
        """
        if self._compendium is None:
            raise DeepRageError("call fit with the compendium before predict.")
        return self.predict_genes(genes, self._compendium.regulator_levels[conditions])

    def predict_genes(
        self, genes: NDArray[np.intp], regulator_levels: NDArray[np.float32]
    ) -> Predicted:
        """Predict genes (G,) of the fitted compendium under any levels (C, R), log2.

        With `mask_self` a regulator's own level is hidden from the prediction of its gene.

        Raises:
            DeepRageError: nothing was fitted.
        """
        if self._compendium is None:
            raise DeepRageError("call fit with the compendium before predict.")
        promoters, levels = self._compendium.promoters, regulator_levels
        predicted = self.predict_new(promoters[genes], levels)
        if self.mask_self:
            slot = {row: at for at, row in enumerate(self._compendium.regulator_rows)}
            for at, gene in enumerate(genes):
                if gene in slot:
                    hidden = levels.copy()
                    hidden[:, slot[gene]] = np.nan
                    alone = self.predict_new(promoters[gene : gene + 1], hidden)
                    predicted.value[at] = alone.value[0]
                    if predicted.probabilities is not None and alone.probabilities is not None:
                        predicted.probabilities[at] = alone.probabilities[0]
        return predicted

    def predict_new(
        self, promoters: NDArray[np.int8], regulator_levels: NDArray[np.float32]
    ) -> Predicted:
        """Predict any promoters in any conditions.

        Args:
            promoters: int8 tokens (G, L), of the length the network was trained with.
            regulator_levels: log2 (C, R) in the order of `regulators`; NaN counts as the mean.
        """
        levels = torch.from_numpy(self.scaling.levels(regulator_levels))
        rows = [
            self._rows(promoters[start : start + _GENES_AT_A_TIME], levels)
            for start in range(0, len(promoters), _GENES_AT_A_TIME)
        ]
        probabilities = [row.probabilities for row in rows if row.probabilities is not None]
        return Predicted(
            value=np.concatenate([row.value for row in rows]),
            probabilities=np.concatenate(probabilities) if probabilities else None,
        )

    def _rows(self, promoters: NDArray[np.int8], levels: torch.Tensor) -> Predicted:
        """Some genes in all conditions; each promoter is encoded once."""
        network = self.network
        was_training = network.training
        network.eval()
        device = next(network.parameters()).device
        with torch.no_grad():
            encoded = network.promoter_encoder(one_hot(torch.from_numpy(promoters).to(device)))
            parts = [
                network.head(
                    network.interaction(encoded, network.regulator_encoder(part.to(device)))
                )
                for part in torch.split(levels, _CONDITIONS_AT_A_TIME)
            ]
        network.train(was_training)
        values = [part.value.float().cpu().numpy() for part in parts if part.value is not None]
        chances = [
            part.logits.float().softmax(-1).cpu().numpy()
            for part in parts
            if part.logits is not None
        ]
        probabilities = np.concatenate(chances, axis=1) if chances else None
        if values:
            value = self.scaling.restore(np.concatenate(values, axis=1))
        else:
            assert probabilities is not None
            steps = np.arange(probabilities.shape[2]) - (probabilities.shape[2] - 1) / 2
            value = (probabilities @ steps).astype(np.float32)
        return Predicted(value, probabilities)
