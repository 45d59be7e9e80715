"""The network and the training that the options of `deeprage train` ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deeprage.cli.overrides import given, parse_overrides
from deeprage.cli.parsing import block_shape
from deeprage.errors import DeepRageError

if TYPE_CHECKING:
    from deeprage.networks.config import NetworkConfig
    from deeprage.training.config import TrainingConfig


def network_settings(
    model: str, options: dict[str, Any], *, classes: int, seed: int, threads: int | None
) -> tuple[NetworkConfig, TrainingConfig]:
    """The network and its training, of options by name."""
    from deeprage.networks.presets import PAPER_REGULARISATION, preset
    from deeprage.networks.unread import check_read
    from deeprage.training.config import paper_recipe, training_config

    for_network, for_training = parse_overrides(options["set"] or [])
    if "name" in for_network:
        raise DeepRageError("the network's name is that of its preset: choose it with --model.")
    paper = options["recipe"] is not None
    shape = (PAPER_REGULARISATION if paper else {}) | {"classes": classes}
    network = preset(model, **shape | given(head=options["head"]) | for_network)
    check_read(network, for_network)
    chosen = paper_recipe(recurrent="recurrent" in network.interaction) if paper else {}
    block = options["block"]
    genes, conditions = (None, None) if block is None else block_shape(block)
    chosen |= given(
        epochs=options["epochs"],
        optimiser=options["optimiser"],
        learning_rate=options["learning-rate"],
        block_genes=genes,
        block_conditions=conditions,
        device=options["device"],
        precision=options["precision"],
        devices=options["devices"],
        threads=threads,
    )
    return network, training_config(**{"seed": seed} | chosen | for_training)
