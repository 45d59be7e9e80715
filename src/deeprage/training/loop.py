"""One training: epochs of blocks, validation, checkpoints."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from deeprage.data.blocks import Block, epoch_blocks
from deeprage.errors import DeepRageError
from deeprage.files import write_text
from deeprage.folders import folder_change
from deeprage.networks.network import Network
from deeprage.training.checkpoint import Checkpoint, restore_optimiser, save_checkpoint
from deeprage.training.checkpoint_header import CHECKPOINT
from deeprage.training.config import TrainingConfig
from deeprage.training.objective import objective
from deeprage.training.optimiser import make_optimiser
from deeprage.training.run import HISTORY
from deeprage.training.schedule import Progress, learning_rate
from deeprage.training.tensors import BlockTensors
from deeprage.training.validation import validate

if TYPE_CHECKING:
    from lightning_fabric import Fabric

#: Called after each step with (epoch, step, steps in the epoch, loss, pairs per second).
Listener = Callable[[int, int, int, float, float], None]


class Diverged(DeepRageError):
    """The loss is no longer finite."""


@dataclass
class Loop:
    """Trains `network` on `train`, judged by `held_out`, leaving its traces in `folder`.

    An epoch draws its blocks and dropout masks from (seed, epoch) alone, so that a training that
    was killed and resumed ends with the same weights as one that was not.

    Attributes:
        on_best: called, when the validation loss has improved, with the network and the folder
            to write it to.
    """

    network: Network
    train: BlockTensors
    held_out: BlockTensors
    fabric: Fabric
    config: TrainingConfig
    shape: tuple[int, int]
    folder: Path
    on_best: Callable[[Network, Path], None]
    listener: Listener | None = None

    def run(self, *, saved: Checkpoint | None = None) -> Progress:
        """Train to the end; returns which epoch was best and its validation loss.

        Args:
            saved: where to go on; its weights are in the network already.

        Raises:
            DeepRageError: the loss is no longer finite.
        """
        optimiser = make_optimiser(self.network, self.config)
        first, progress, history = 0, Progress(), list[dict[str, Any]]()
        if saved is not None:
            restore_optimiser(saved, optimiser)
            first, progress, history = saved.epoch, saved.progress, saved.history
        module, optimiser = self.fabric.setup(self.network, optimiser)
        for epoch in range(first, self.config.epochs):
            if progress.finished(self.config):
                break
            with torch.random.fork_rng(enabled=True):
                record = self._epoch(module, optimiser, epoch, progress)
            loss = record["validation_loss"]
            if not math.isfinite(loss):
                raise Diverged(
                    f"the training diverged in epoch {epoch + 1}, its validation loss is {loss}: "
                    f"give a learning rate below {self.config.learning_rate:g}. What was there "
                    "before is kept."
                )
            progress = progress.after(epoch, loss, self.config)
            history.append(record)
            if self.fabric.is_global_zero:
                self._keep(optimiser, epoch, progress, history)
            self.fabric.barrier()
        return progress

    def _epoch(self, module: Any, optimiser: Any, epoch: int, progress: Progress) -> dict[str, Any]:
        """All blocks once, then validation; the epoch's record."""
        seed = [self.config.seed, epoch]
        blocks = epoch_blocks(
            self.train.rows,
            self.train.columns,
            shape=self.shape,
            generator=np.random.default_rng(seed),
        )
        torch.manual_seed(int(np.random.SeedSequence([*seed, 1]).generate_state(1)[0]))
        self.network.train()
        started = time.perf_counter()
        total, cells, rate = 0.0, 0, 0.0
        for step, block in enumerate(blocks):
            share_done = (epoch + step / len(blocks)) / self.config.epochs
            rate = learning_rate(self.config, progress, share_done)
            squared, known = self._step(module, optimiser, block, rate)
            total, cells = total + squared, cells + known
            if self.listener is not None:
                speed = cells / (time.perf_counter() - started)
                self.listener(epoch, step, len(blocks), total / max(cells, 1), speed)
        seconds = time.perf_counter() - started
        self.network.eval()
        scores = validate(self.network, self.held_out)
        return {
            "epoch": epoch,
            "train_loss": total / max(cells, 1),
            **scores,
            "learning_rate": rate,
            "seconds": time.perf_counter() - started,
            "pairs_per_second": cells / seconds,
        }

    def _step(self, module: Any, optimiser: Any, block: Block, rate: float) -> tuple[float, int]:
        """One step; the sum of squared errors and the number of known cells of the whole block.

        Processes share a block's genes. Each scales its loss so that the mean of the gradients,
        which is what they exchange, is the gradient of the block's mean loss.
        """
        world = self.fabric.world_size
        known_cells = int(self.train.cells_known[np.ix_(*block)].sum())
        if known_cells == 0:
            return 0.0, 0
        rows = block.rows[self.fabric.global_rank :: world]
        idle = len(rows) == 0
        if idle:  # fewer genes than processes: take part in the exchange with no weight
            rows = block.rows[:1]
        target, known, classes = self.train.cells(rows, block.columns)
        for group in optimiser.param_groups:
            group["lr"] = rate * group["share"]
        optimiser.zero_grad(set_to_none=True)
        prediction = module(self.train.promoters(rows), self.train.levels(block.columns))
        sums = objective(prediction, target, known, classes)
        scale = 0.0 if idle else world / known_cells
        self.fabric.backward(sums.total(self.config.class_weight) * scale)
        optimiser.step()
        squared = sums.squared.detach() * (0.0 if idle else 1.0)
        return float(self.fabric.all_reduce(squared, reduce_op="sum")), known_cells

    def _keep(
        self, optimiser: Any, epoch: int, progress: Progress, history: list[dict[str, Any]]
    ) -> None:
        """Write the best weights, the history and the checkpoint, all or none."""
        with folder_change(self.folder) as aside:
            if progress.best_epoch == epoch:
                self.on_best(self.network, aside)
            lines = "".join(json.dumps(record) + "\n" for record in history)
            write_text(aside / HISTORY, lines)
            save_checkpoint(
                aside / CHECKPOINT,
                network=self.network,
                optimiser=getattr(optimiser, "optimizer", optimiser),
                epoch=epoch + 1,
                progress=progress,
                history=history,
            )
