"""The optimiser, with a step for each layer that suits its width."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from deeprage.networks.network import Network
from deeprage.training.config import TrainingConfig

#: Inputs of a layer that takes the full learning rate; the paper's dense layers have 512.
_USUAL_INPUTS = 512


def make_optimiser(network: Network, config: TrainingConfig) -> torch.optim.Optimizer:
    """The optimiser that `config` names.

    Adam moves every weight by about the learning rate, so a layer's output moves by the rate times
    its number of inputs: the dense layer over a flattened promoter map (16,640 inputs) would leap.
    Its rate is divided accordingly (Yang 2021, maximal update parametrisation); each group keeps
    its factor in `share`, which the schedule multiplies in.
    """
    if config.optimiser == "sgd":
        return torch.optim.SGD(
            [{"params": list(network.parameters()), "share": 1.0}],
            lr=config.learning_rate,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
        )
    wide: dict[str, Any] = {"params": [], "share": 1.0}
    usual: dict[str, Any] = {"params": [], "share": 1.0}
    inputs = network.interaction.gene_inputs
    for name, parameter in network.named_parameters():
        if inputs > _USUAL_INPUTS and name in _GENE_WEIGHTS:
            wide["params"].append(parameter)
            wide["share"] = _USUAL_INPUTS / inputs
        else:
            usual["params"].append(parameter)
    kind = torch.optim.AdamW if config.optimiser == "adamw" else torch.optim.Adam
    fused = all(isinstance(part, nn.Parameter) for part in network.parameters())
    return kind(
        [group for group in (usual, wide) if group["params"]],
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        fused=fused,
    )


#: Weights that read the flattened promoter map or the outer product.
_GENE_WEIGHTS = (
    "interaction.of_gene.weight",
    "interaction.weight",
    *(
        f"interaction.entry.{direction}.{name}"
        for direction in (0, 1)
        for name in ("weight", "of_gene.weight")
    ),
)
