"""The network: promoters and regulator levels to a block of the matrix."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from deeprage.networks.config import NetworkConfig
from deeprage.networks.dropout import ReluDropout
from deeprage.networks.encoders import RegulatorEncoder, make_promoter_encoder
from deeprage.networks.interactions import make_interaction


class Prediction(NamedTuple):
    """What a network says of a block; a head that the network lacks is None.

    Attributes:
        value: log2 values (G, C).
        logits: class scores (G, C, classes) before softmax.
    """

    value: Tensor | None
    logits: Tensor | None


class Network(nn.Module):
    """Promoter encoder, regulator encoder, interaction, dense layers and heads.

    Args:
        config: the shape.
        promoter_length: bp of every promoter.
        regulators: number of regulators.

    Raises:
        DeepRageError: parts that do not fit each other or the promoters.
    """

    def __init__(self, config: NetworkConfig, *, promoter_length: int, regulators: int) -> None:
        super().__init__()
        self.config = config
        self.promoter_encoder = make_promoter_encoder(config, promoter_length)
        self.regulator_encoder = RegulatorEncoder(config, regulators)
        self.interaction = make_interaction(
            config,
            positions=self.promoter_encoder.positions,
            channels=self.promoter_encoder.channels,
            units=self.regulator_encoder.units,
        )
        self.first, self.second = _between(config), _between(config)
        self.dense = nn.Linear(config.hidden[0], config.hidden[1])
        # Not in one list with `dense`, whose name stands in the files of saved runs.
        self.deeper = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(config.hidden[1:]))
        self.after = nn.ModuleList(_between(config) for _ in self.deeper)
        width = config.hidden[-1]
        self.value_head = nn.Linear(width, 1) if config.head != "classes" else None
        # Softmax and cross-entropy; the authors' three sigmoids are not probabilities.
        self.class_head = nn.Linear(width, config.classes) if config.head != "regression" else None
        if not config.rectify:  # nothing is gained by a chain of linear maps that starts small
            heads = [self.value_head] if self.value_head is not None else []
            for layer in (self.dense, *self.deeper, *heads):
                nn.init.eye_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, promoters: Tensor, regulators: Tensor) -> Prediction:
        """Predict the block of promoters (G, 4, L) one-hot by regulators (C, R) levels."""
        promoter_map = self.promoter_encoder(promoters)
        condition = self.regulator_encoder(regulators)
        return self.head(self.interaction(promoter_map, condition))

    def pairwise(self, promoters: Tensor, regulators: Tensor) -> Prediction:
        """Predict pairs one by one, (B, 4, L) with (B, R): the paper's way, and the reference.

        Every promoter and condition is encoded once a pair and the interaction materialises its
        input. Kept to prove that `forward` is the same network, and to measure what it saves.
        """
        promoter_map = self.promoter_encoder.pairwise(promoters)
        condition = self.regulator_encoder(regulators)
        return self.head(self.interaction.pairwise(promoter_map, condition))

    def head(self, before: Tensor) -> Prediction:
        """From the first dense layer's pre-activations (..., H) to the outputs."""
        hidden: Tensor = self.second(self.dense(self.first(before)))
        for dense, after in zip(self.deeper, self.after, strict=True):
            hidden = after(dense(hidden))
        heads = [head for head in (self.value_head, self.class_head) if head is not None]
        # One product for both heads: a product with a single column is no faster.
        weight = torch.cat([head.weight for head in heads])
        bias = torch.cat([head.bias for head in heads])
        outputs = functional.linear(hidden, weight, bias)
        values = 0 if self.value_head is None else 1
        return Prediction(
            value=outputs[..., 0] if values else None,
            logits=None if self.class_head is None else outputs[..., values:],
        )

    def calibrate(self, promoters: Tensor) -> None:
        """Set statistics that come from training promoters (N, 4, L), if the network has any."""
        with torch.no_grad():
            self.promoter_encoder.calibrate(promoters)


def _between(config: NetworkConfig) -> nn.Module:
    """What stands after a dense layer."""
    return ReluDropout(config.dropout) if config.rectify else nn.Identity()
