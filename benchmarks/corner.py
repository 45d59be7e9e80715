"""A corner of an expression matrix, and one training step on it: by a block, or pair by pair."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from deeprage.data.blocks import Block, epoch_blocks


class Corner(NamedTuple):
    """Training data as tensors; `known` cells train, `held_out` cells judge."""

    promoters: torch.Tensor  # (G, 4, L)
    levels: torch.Tensor  # (C, R)
    values: torch.Tensor  # (G, C)
    known: torch.Tensor
    held_out: torch.Tensor


def load_corner(data: Path, *, genes: int, conditions: int | None = None) -> Corner:
    """Every second of the 2 x `genes` most variable genes, by some or all conditions.

    Variable genes, since a corner must have something to learn; every second, lest it is the most
    extreme alone. A tenth of the cells, drawn at random, is held out.
    """
    from deeprage.data.compendium import Compendium
    from deeprage.data.dna import one_hot

    compendium = Compendium.load(data)
    values = np.nan_to_num(compendium.expression)
    usable = np.where(compendium.has_promoter, values.var(axis=1), -1.0)
    generator = np.random.default_rng(0)
    rows = np.sort(np.argsort(-usable)[: 2 * genes : 2])
    columns = generator.permutation(values.shape[1])[:conditions]
    part = values[np.ix_(rows, columns)]
    part = part / part.std()  # unit variance: an MSE of 0.30 is 70 % explained
    held_out = generator.random(part.shape) < 0.1
    return Corner(
        promoters=torch.from_numpy(one_hot(compendium.promoters[rows])),
        levels=torch.from_numpy(np.nan_to_num(compendium.regulator_levels[columns])),
        values=torch.from_numpy(part),
        known=torch.from_numpy(~held_out),
        held_out=torch.from_numpy(held_out),
    )


#: Called with the network, its optimiser and the generator that draws the cells.
Step = Callable[[Any, Any, np.random.Generator], None]


def block_step(corner: Corner, shape: tuple[int, int], *, short: bool = False) -> Step:
    """A step of the project's own form on the next block of an epoch, as in training.

    `short`: products of bfloat16, as `deeprage train --precision bf16-mixed` has them.
    """
    waiting: list[Block] = []

    def step(network: Any, optimiser: Any, generator: np.random.Generator) -> None:
        if not waiting:
            genes, conditions = (np.arange(number) for number in corner.values.shape)
            waiting.extend(epoch_blocks(genes, conditions, shape=shape, generator=generator))
        block = waiting.pop()
        rows, columns = torch.from_numpy(block.rows), torch.from_numpy(block.columns)
        with torch.autocast("cpu", torch.bfloat16, enabled=short):
            prediction = network(corner.promoters[rows], corner.levels[columns])
        at = (rows[:, None], columns[None, :])
        known = corner.known[at]
        _descend(
            optimiser,
            prediction.value[known],
            None if prediction.logits is None else prediction.logits[known],
            corner.values[at][known],
        )

    return step


def pair_step(corner: Corner, batch: int, *, short: bool = False) -> Step:
    """A step of the paper's form on the next random pairs of an epoch, with plain layers."""
    cells = torch.nonzero(corner.known)
    waiting: list[torch.Tensor] = []

    def step(network: Any, optimiser: Any, generator: np.random.Generator) -> None:
        if not waiting:
            drawn = cells[torch.from_numpy(generator.permutation(len(cells)))]
            waiting.extend(torch.split(drawn, batch))
        chosen = waiting.pop()
        rows, columns = chosen[:, 0], chosen[:, 1]
        with torch.autocast("cpu", torch.bfloat16, enabled=short):
            prediction = network.pairwise(corner.promoters[rows], corner.levels[columns])
        _descend(optimiser, prediction.value, prediction.logits, corner.values[rows, columns])

    return step


def _descend(
    optimiser: Any, value: torch.Tensor, logits: torch.Tensor | None, target: torch.Tensor
) -> None:
    loss = functional.mse_loss(value.float(), target)
    if logits is not None:
        classes = (target > -0.5).long() + (target >= 0.5).long()
        loss = loss + 0.5 * functional.cross_entropy(logits.float(), classes)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
