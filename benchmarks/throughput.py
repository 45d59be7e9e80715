"""What predicting whole blocks saves against predicting pair by pair, same network, same run.

    python benchmarks/throughput.py --data data/yeast-stress-full.h5ad

Two questions, rows in results/throughput.json:
1. Training pairs per second at the paper's sizes: one step of the project's loop on a block
   against one step on 100 random pairs with the paper's plain layers, in turns. Both use the same
   weights, optimiser and threads. Measured twice: both with the allocator settings of
   `deeprage train` (`training/allocator.py`), and both with glibc's own, named `@plain-allocator`.
2. Time to a validation MSE of 0.30, each form with the best of its own grid, on corners of the
   matrix that the pair-by-pair form can learn in minutes (`time_to_error.py`). Pairs per second
   alone flatters a block, whose cells are correlated.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import torch

from benchmarks.corner import Corner, block_step, load_corner, pair_step
from benchmarks.record import Row, record, show
from benchmarks.time_to_error import time_to_error
from deeprage.training.allocator import keep_large_buffers

GOALS = {
    "deeprage-c.block_over_pair": ">= 150",
    "deeprage-tp.block_over_pair": ">= 100",
}
PAIR_BATCH = 100  # the paper's
#: Corners (genes, conditions) on which the time to an error is measured. The first is the one that
#: counts: all conditions, as in use. Rows of the others carry their name.
CORNERS: dict[str, tuple[int, int | None]] = {"512x173": (512, None), "192x96": (192, 96)}


def main() -> None:
    options = _options()
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    if options.keep_buffers or not options.pairs_per_second:
        keep_large_buffers()
    if options.pairs_per_second:
        rates = {
            name: _rates(name, load_corner(options.data, genes=512)) for name in options.networks
        }
        for name, (block, pair) in rates.items():
            print(f"RATE {name} {block} {pair}", flush=True)
        return
    rows: list[Row] = []
    variants = [] if options.only_time else [("", ["--keep-buffers"]), ("@plain-allocator", [])]
    for suffix, allocator in variants:
        rows += _measured_apart(options, suffix, allocator)
    if not options.skip_time:
        for name in options.corners:
            genes, conditions = CORNERS[name]
            suffix = "" if name == next(iter(CORNERS)) else f"@{name}"
            rows += time_to_error(options.data, genes=genes, conditions=conditions, suffix=suffix)
            record("throughput.json", rows)  # the corners take long: keep what there is
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
    parser.add_argument(
        "--corners", nargs="+", choices=list(CORNERS), default=list(CORNERS), help="for the time"
    )
    parser.add_argument("--threads", type=int, help="CPU threads; default: all")
    return parser.parse_args()


def _measured_apart(options: argparse.Namespace, suffix: str, allocator: list[str]) -> list[Row]:
    """Rates measured in a process of its own, since the allocator cannot be set back."""
    command = [sys.executable, __file__, "--pairs-per-second", "--data", str(options.data)]
    if options.threads is not None:
        command += ["--threads", str(options.threads)]
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
            ("block", block_cells, block_step(corner, (genes, corner.values.shape[1]))),
            ("pair", PAIR_BATCH, pair_step(corner, PAIR_BATCH)),
        ):
            started = time.perf_counter()
            step(network, optimiser, generator)
            if turn >= 2:  # the first turns fill caches and buffers
                speeds[kind].append(cells / (time.perf_counter() - started))
    return statistics.median(speeds["block"]), statistics.median(speeds["pair"])


if __name__ == "__main__":
    main()
