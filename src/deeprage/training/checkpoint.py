"""The state of a training between two epochs, in one safetensors file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from deeprage.errors import DeepRageError
from deeprage.manifest import verified_bytes
from deeprage.training.checkpoint_header import TRAINING, about_checkpoint
from deeprage.training.schedule import Progress
from deeprage.training.tensor_files import tensors_of, write_tensors


class Checkpoint(NamedTuple):
    """What is needed to go on after an epoch as if nothing had happened.

    Attributes:
        epoch: epochs completed.
        history: one record an epoch.
        tensors: the network's under `network.`, the optimiser's under `optimiser.`.
    """

    epoch: int
    progress: Progress
    history: list[dict[str, Any]]
    tensors: dict[str, Tensor]


def save_checkpoint(
    path: Path,
    *,
    network: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    epoch: int,
    progress: Progress,
    history: list[dict[str, Any]],
) -> None:
    """Write the state to one file, all or nothing."""
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    for number, slots in optimiser.state_dict()["state"].items():
        for slot, value in slots.items():
            if value is not None:  # sgd without momentum keeps an empty slot
                tensors[f"optimiser.{number}.{slot}"] = torch.as_tensor(value)
    about = {"epoch": epoch, "progress": asdict(progress), "history": history}
    write_tensors(path, tensors, metadata={TRAINING: json.dumps(about)})


def load_checkpoint(path: Path) -> Checkpoint:
    """Read what `save_checkpoint` wrote.

    Raises:
        DeepRageError: there is none, or it is damaged.
    """
    about = about_checkpoint(path)
    advice = "train again with --overwrite"
    content = verified_bytes(path.parent, path.name, advice=advice)
    tensors, _ = tensors_of(content, path=path, advice=advice)
    try:
        progress = Progress(**about["progress"])
    except TypeError as error:
        raise DeepRageError(
            f"there is no usable checkpoint at {path} ({error}): {advice}."
        ) from error
    return Checkpoint(about["epoch"], progress, about["history"], tensors)


def restore_network(checkpoint: Checkpoint, network: torch.nn.Module) -> None:
    """Put the weights of a checkpoint back.

    Raises:
        DeepRageError: the network has another shape than the one in the checkpoint.
    """
    try:
        network.load_state_dict(_part(checkpoint, "network"))
    except RuntimeError as error:
        raise DeepRageError(
            "the checkpoint is of a network of another shape: resume with the same --model and "
            "options as before."
        ) from error


def restore_optimiser(checkpoint: Checkpoint, optimiser: torch.optim.Optimizer) -> None:
    """Put the optimiser's state of a checkpoint back."""
    state = optimiser.state_dict()
    state["state"] = {}
    for name, value in _part(checkpoint, "optimiser").items():
        number, slot = name.split(".")
        state["state"].setdefault(int(number), {})[slot] = value
    optimiser.load_state_dict(state)


def _part(checkpoint: Checkpoint, kind: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(f"{kind}."): value
        for name, value in checkpoint.tensors.items()
        if name.startswith(f"{kind}.")
    }
