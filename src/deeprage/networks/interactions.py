"""How a promoter and a condition meet: the first dense layer, for a whole block at once.

Each returns the pre-activations (G, C, H) of the first dense layer after the meeting, equal to
what the paper's network computes pair by pair, without its wide intermediate. `gene_inputs` is the
number of inputs of the layer that reads the promoter.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from deeprage.networks.attention import Attention
from deeprage.networks.bilinear import FullMap, LowRankMap
from deeprage.networks.config import NetworkConfig
from deeprage.networks.recurrent import Recurrent, TensorProductRecurrent
from deeprage.networks.wide import WideLinear


class Concatenation(nn.Module):
    """W [x; y] + b = Wx x + Wy y + b: once a gene, once a condition, then added by broadcasting.

    DeepRAGE-C. `x` is the flattened promoter map, `y` the encoded regulators.
    """

    def __init__(self, config: NetworkConfig, *, positions: int, channels: int, units: int) -> None:
        super().__init__()
        self.gene_inputs = positions * channels
        self.of_gene = WideLinear(positions * channels, config.hidden[0])
        self.of_condition = nn.Linear(units, config.hidden[0])

    def forward(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        """Pre-activations (G, C, H) of a promoter map (G, T, D) and condition vectors (C, U)."""
        of_gene: Tensor = self.of_gene(promoter_map.flatten(1))
        of_condition: Tensor = self.of_condition(condition)
        return of_gene.unsqueeze(1) + of_condition

    def pairwise(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        """The same for pairs (B, T, D) and (B, U), materialising [x; y]."""
        both = torch.cat([promoter_map.flatten(1), condition], dim=1)
        weight = torch.cat([self.of_gene.weight, self.of_condition.weight], dim=1)
        return functional.linear(both, weight, self.of_condition.bias)


class TensorProduct(FullMap):
    """W vec(x (x) y) + b, Eq. 4-5 of the paper, over all positions of the map that there are."""

    def __init__(self, config: NetworkConfig, *, positions: int, channels: int, units: int) -> None:
        super().__init__(inputs=positions * channels, units=units, outputs=config.hidden[0])
        self.gene_inputs = self.reads


class LowRankTensorProduct(LowRankMap):
    """The same with W of `config.rank`: the whole resolution of the promoter fits."""

    def __init__(self, config: NetworkConfig, *, positions: int, channels: int, units: int) -> None:
        assert config.rank is not None
        inputs, outputs = positions * channels, config.hidden[0]
        super().__init__(inputs=inputs, units=units, outputs=outputs, rank=config.rank)
        self.gene_inputs = self.reads


Interaction = (
    Concatenation
    | TensorProduct
    | LowRankTensorProduct
    | Recurrent
    | TensorProductRecurrent
    | Attention
)
_INTERACTIONS: dict[str, type[Interaction]] = {
    "concatenation": Concatenation,
    "tensor-product": TensorProduct,
    "recurrent": Recurrent,
    "tensor-product-recurrent": TensorProductRecurrent,
    "attention": Attention,
}


def make_interaction(
    config: NetworkConfig, *, positions: int, channels: int, units: int
) -> Interaction:
    """The interaction that `config.interaction` names, of `config.rank`."""
    kind = _INTERACTIONS[config.interaction]
    if kind is TensorProduct and config.rank is not None:
        kind = LowRankTensorProduct
    return kind(config, positions=positions, channels=channels, units=units)
