"""What predicting whole blocks saves against predicting pair by pair, same network, same run.

    python benchmarks/throughput.py --data data/yeast-stress-full.h5ad

Two questions, rows in results/throughput.json:
1. Training pairs per second at the paper's sizes: one step of the project's loop on a block
   against one step on 100 random pairs with the paper's plain layers, in turns. Both use the same
   weights, optimiser and threads. Measured twice: both with the allocator settings of
   `deeprage train` (`training/allocator.py`), and both with glibc's own, named `@plain-allocator`.
2. Time to a validation MSE of 0.30, each with its own best batch or block and learning rate from a
   small grid, on a corner of the matrix that the pair-by-pair form can learn in minutes. Pairs per
   second alone flatters a block, whose cells are correlated.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import torch
from torch.nn import functional

from benchmarks.record import Row, record, show
from deeprage.training.allocator import keep_large_buffers

GOALS = {
    "deeprage-c.block_over_pair": ">= 150",
    "deeprage-tp.block_over_pair": ">= 100",
    "deeprage-c.time_to_mse_ratio": ">= 20",
}
PAIR_BATCH = 100  # the paper's
TARGET_MSE = 0.30


class Corner(NamedTuple):
    """Training data as tensors; `known` cells train, `held_out` cells judge."""

    promoters: torch.Tensor  # (G, 4, L)
    levels: torch.Tensor  # (C, R)
    values: torch.Tensor  # (G, C)
    known: torch.Tensor
    held_out: torch.Tensor


def main() -> None:
    options = _options()
    if options.keep_buffers or not options.pairs_per_second:
        keep_large_buffers()
    if options.pairs_per_second:
        rates = {name: _rates(name, _corner(options.data, genes=512)) for name in options.networks}
        for name, (block, pair) in rates.items():
            print(f"RATE {name} {block} {pair}", flush=True)
        return
    rows: list[Row] = []
    variants = [] if options.only_time else [("", ["--keep-buffers"]), ("@plain-allocator", [])]
    for suffix, allocator in variants:
        rows += _measured_apart(options, suffix, allocator)
    if not options.skip_time:
        rows += _time_to_mse(options.data)
    show(rows)
    record("throughput.json", rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="block against pair by pair")
    parser.add_argument("--data", type=Path, default=Path("data/yeast-stress-full.h5ad"))
    parser.add_argument("--networks", nargs="+", default=["deeprage-c", "deeprage-tp"])
    parser.add_argument("--pairs-per-second", action="store_true", help="used by the script itself")
    parser.add_argument("--keep-buffers", action="store_true", help="used by the script itself")
    parser.add_argument("--skip-time", action="store_true", help="leave out the time to 0.30")
    parser.add_argument("--only-time", action="store_true", help="only the time to 0.30")
    return parser.parse_args()


def _measured_apart(options: argparse.Namespace, suffix: str, allocator: list[str]) -> list[Row]:
    """Rates measured in a process of its own, since the allocator cannot be set back."""
    command = [sys.executable, __file__, "--pairs-per-second", "--data", str(options.data)]
    done = subprocess.run(
        [*command, *allocator, "--networks", *options.networks],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = []
    for line in done.stdout.splitlines():
        if line.startswith("RATE "):
            name, block, pair = line.split()[1:]
            ratio = f"{name}.block_over_pair"
            rows += [
                Row(f"{name}.block_pairs_per_second{suffix}", float(block), "pairs/s"),
                Row(f"{name}.pair_pairs_per_second{suffix}", float(pair), "pairs/s"),
                Row(ratio + suffix, float(block) / float(pair), "ratio", GOALS[ratio], "1"),
            ]
    return rows


def _rates(name: str, corner: Corner) -> tuple[float, float]:
    """Median training pairs per second by blocks and by pairs, measured in turns."""
    from deeprage.networks.network import Network
    from deeprage.networks.presets import preset
    from deeprage.training.config import TrainingConfig
    from deeprage.training.optimiser import make_optimiser

    torch.manual_seed(0)
    length, regulators = corner.promoters.shape[2], corner.levels.shape[1]
    network = Network(preset(name), promoter_length=length, regulators=regulators)
    network.calibrate(corner.promoters[:256])
    optimiser = make_optimiser(network, TrainingConfig())
    generator = np.random.default_rng(0)
    genes = {"deeprage-c": 64, "deeprage-tp": 128}[name]
    block_cells = genes * corner.values.shape[1]
    speeds: dict[str, list[float]] = {"block": [], "pair": []}
    for turn in range(8):
        for kind, cells, step in (
            ("block", block_cells, _block_step(corner, (genes, corner.values.shape[1]))),
            ("pair", PAIR_BATCH, _pair_step(corner, PAIR_BATCH)),
        ):
            started = time.perf_counter()
            step(network, optimiser, generator)
            if turn >= 2:  # the first turns fill caches and buffers
                speeds[kind].append(cells / (time.perf_counter() - started))
    return statistics.median(speeds["block"]), statistics.median(speeds["pair"])


Step = Callable[[Any, Any, np.random.Generator], None]


def _block_step(corner: Corner, shape: tuple[int, int]) -> Step:
    def step(network: Any, optimiser: Any, generator: np.random.Generator) -> None:
        genes, conditions = corner.values.shape
        rows = torch.from_numpy(generator.permutation(genes)[: shape[0]])
        columns = torch.from_numpy(generator.permutation(conditions)[: shape[1]])
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


def _pair_step(corner: Corner, batch: int) -> Step:
    cells = torch.nonzero(corner.known)

    def step(network: Any, optimiser: Any, generator: np.random.Generator) -> None:
        chosen = cells[torch.from_numpy(generator.integers(0, len(cells), batch))]
        rows, columns = chosen[:, 0], chosen[:, 1]
        prediction = network.pairwise(corner.promoters[rows], corner.levels[columns])
        _descend(optimiser, prediction.value, prediction.logits, corner.values[rows, columns])

    return step


def _descend(
    optimiser: Any, value: torch.Tensor, logits: torch.Tensor | None, target: torch.Tensor
) -> None:
    loss = functional.mse_loss(value, target)
    if logits is not None:
        classes = (target > -0.5).long() + (target >= 0.5).long()
        loss = loss + 0.5 * functional.cross_entropy(logits, classes)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()


def _time_to_mse(data: Path) -> list[Row]:
    """Seconds of training until the validation MSE is 0.30, the best of each form's grid."""
    corner = _corner(data, genes=192, conditions=96)
    best: dict[str, float] = {}
    grids: dict[str, list[tuple[Step, int, float]]] = {
        "block": [
            (_block_step(corner, shape), shape[0] * shape[1], rate)
            for shape in ((4, 96), (8, 96), (8, 48))
            for rate in (5e-4, 1e-3)
        ],
        "pair": [
            (_pair_step(corner, batch), batch, rate) for batch in (32, 100) for rate in (3e-4, 1e-3)
        ],
    }
    for kind, grid in grids.items():
        limit = 60.0 if kind == "block" else 600.0
        for step, cells, rate in grid:
            limit = min(limit, best.get(kind, limit))  # no need to watch what is already slower
            seconds = _seconds_to_target(corner, step, cells=cells, rate=rate, limit=limit)
            print(f"time to {TARGET_MSE}: {kind}, {cells} cells, {rate}: {seconds}", flush=True)
            if seconds is not None:
                best[kind] = min(seconds, best.get(kind, np.inf))
    rows = [
        Row(f"deeprage-c.seconds_to_mse_{kind}", value, "s", None, f"MSE {TARGET_MSE}")
        for kind, value in best.items()
    ]
    if len(best) == 2:
        name = "deeprage-c.time_to_mse_ratio"
        rows.append(Row(name, best["pair"] / best["block"], "ratio", GOALS[name], "1"))
    return rows


def _seconds_to_target(
    corner: Corner, step: Step, *, cells: int, rate: float, limit: float
) -> float | None:
    """Seconds spent in steps until the held-out MSE is at the target; None past the limit."""
    from deeprage.networks.network import Network
    from deeprage.networks.presets import preset
    from deeprage.training.config import TrainingConfig
    from deeprage.training.optimiser import make_optimiser

    torch.manual_seed(0)
    length, regulators = corner.promoters.shape[2], corner.levels.shape[1]
    config = preset("deeprage-c", head="regression", dropout=0.0)
    network = Network(config, promoter_length=length, regulators=regulators)
    network.calibrate(corner.promoters)
    optimiser = make_optimiser(network, TrainingConfig(learning_rate=rate))
    for group in optimiser.param_groups:
        group["lr"] = rate * group["share"]
    generator = np.random.default_rng(0)
    spent, since = 0.0, 0
    every = max(1, int(0.5 * int(corner.known.sum()) / cells))  # judge twice an epoch
    while spent < limit:
        started = time.perf_counter()
        network.train()
        step(network, optimiser, generator)
        spent += time.perf_counter() - started
        since += 1
        if since % every == 0 and _mse(network, corner) <= TARGET_MSE:
            return spent
    return None


def _mse(network: Any, corner: Corner) -> float:
    network.eval()
    with torch.no_grad():
        value = network(corner.promoters, corner.levels).value
    error = (value - corner.values)[corner.held_out]
    return float(error.square().mean())


def _corner(data: Path, *, genes: int, conditions: int | None = None) -> Corner:
    """The most variable genes (a corner must have something to learn) and some conditions."""
    from deeprage.data.compendium import Compendium
    from deeprage.data.dna import one_hot

    compendium = Compendium.load(data)
    values = np.nan_to_num(compendium.expression)
    usable = np.where(compendium.has_promoter, values.var(axis=1), -1.0)
    generator = np.random.default_rng(0)
    rows = np.sort(np.argsort(-usable)[: 2 * genes : 2])
    columns = generator.permutation(values.shape[1])[:conditions]
    part = values[np.ix_(rows, columns)]
    part = part / part.std()  # unit variance: 0.30 is 70 % explained
    held_out = generator.random(part.shape) < 0.1
    return Corner(
        promoters=torch.from_numpy(one_hot(compendium.promoters[rows])),
        levels=torch.from_numpy(np.nan_to_num(compendium.regulator_levels[columns])),
        values=torch.from_numpy(part),
        known=torch.from_numpy(~held_out),
        held_out=torch.from_numpy(held_out),
    )


if __name__ == "__main__":
    main()
