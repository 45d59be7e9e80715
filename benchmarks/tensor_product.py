"""The outer product of a promoter's positions with the regulators: what not building it saves.

    python benchmarks/tensor_product.py

One training step of `deeprage-tp` at the paper's sizes (1,000 bp, 256 filters of 19 bp, 472
regulators, dense layers of 512) on made-up data, as the max-pool shrinks from the whole promoter to
none. Rows `pool-<bp>.*` in results/tensor_product.json:
- counted: gigabytes of Z = x (x) y for the paper's batch of 100 pairs, of the full W that reads it,
  of the low-rank W;
- measured: seconds a step and peak memory of the process for (a) `pair`, the paper's way, Z of 100
  random pairs materialised under a dense layer; (b) `full`, the same network by contraction;
  (c) `low_rank`, W of rank 64. Where W and its gradient pass `LARGEST_GB`, only (c) is run;
- pairs per second of (b) and (c) over those of (a).

Seconds are of one thread's own processor time, so that other programs do not count. Each case runs
in a process of its own; all take plain SGD steps, which add no memory of their own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

LENGTH, WIDTH, FILTERS, REGULATORS, HIDDEN = 1000, 19, 256, 472, 512
CONDITIONS, PAIRS, RANK = 173, 100, 64
POOLS = ("global", "100", "30", "15", "5", "1")
#: Genes of a block. With the full W a large one, since W is then contracted with the regulators of
#: 173 conditions and not with each gene (`deeprage train` takes 48); with a low rank what `deeprage
#: train` chooses.
GENES = {"full": 512, "low_rank": 16}
#: Weights and their gradient beyond which a case is not run.
LARGEST_GB = 6.0
GOAL = ">= 100"


def main() -> None:
    options = _options()
    if options.case:
        seconds, peak = _measured(*options.case)
        print(f"CASE {seconds} {peak}", flush=True)
        return
    from benchmarks.record import record, show

    for pool in options.pools:
        rows = _rows(pool)
        show(rows)
        record("tensor_product.json", rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pools", nargs="+", choices=POOLS, default=POOLS)
    parser.add_argument("--case", nargs=2, help="form and pool; used by the script itself")
    return parser.parse_args()


def positions(pool: str) -> int:
    """Positions of the promoter map."""
    span = LENGTH - WIDTH + 1
    return 1 if pool == "global" else span // int(pool)


def counted_gb(pool: str) -> dict[str, float]:
    """GB (10^9 bytes, float32) of Z of a batch, of W, and of W of low rank."""
    inputs = positions(pool) * FILTERS
    numbers = {
        "z": PAIRS * inputs * REGULATORS,
        "w": inputs * REGULATORS * HIDDEN,
        "w_low_rank": RANK * (inputs + REGULATORS + HIDDEN),
    }
    return {key: 4 * value / 1e9 for key, value in numbers.items()}


def _rows(pool: str) -> list[Any]:
    """All rows of one resolution."""
    from benchmarks.record import Row

    gb = counted_gb(pool)
    rows = [Row(f"pool-{pool}.positions", positions(pool), "positions")]
    rows += [Row(f"pool-{pool}.{key}_gb", value, "GB") for key, value in gb.items()]
    runnable = ["low_rank"] + (["full", "pair"] if 2 * gb["w"] < LARGEST_GB else [])
    speed: dict[str, float] = {}
    for form in runnable:
        seconds, peak = _apart(form, pool)
        speed[form] = (PAIRS if form == "pair" else GENES[form] * CONDITIONS) / seconds
        rows += [
            Row(f"pool-{pool}.{form}.seconds_per_step", seconds, "s"),
            Row(f"pool-{pool}.{form}.peak_gb", peak, "GB"),
            Row(f"pool-{pool}.{form}.pairs_per_second", speed[form], "pairs/s"),
        ]
    if "pair" in speed:
        rows += [
            Row(f"pool-{pool}.{form}_over_pair", speed[form] / speed["pair"], "ratio", GOAL, "1")
            for form in ("full", "low_rank")
        ]
    return rows


def _apart(form: str, pool: str) -> tuple[float, float]:
    """Seconds a step and peak GB, measured in a process of its own."""
    command = [sys.executable, __file__, "--case", form, pool]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("CASE "))
    seconds, peak = line.split()[1:]
    return float(seconds), float(peak)


def _measured(form: str, pool: str) -> tuple[float, float]:
    """Median processor seconds of a training step and the peak memory of this process, GB."""
    import torch

    from deeprage.memory import peak_gb
    from deeprage.training.allocator import keep_large_buffers

    keep_large_buffers()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = _network(form, pool)
    weights = list(network.parameters())
    genes, conditions = (PAIRS, PAIRS) if form == "pair" else (GENES[form], CONDITIONS)
    letters = torch.randint(0, 4, (genes, LENGTH))
    promoters = torch.nn.functional.one_hot(letters, 4).transpose(1, 2).float().contiguous()
    levels = torch.randn(conditions, REGULATORS)
    predict = network.pairwise if form == "pair" else network
    took = []
    for _ in range(3 if form == "pair" else 6):
        started = time.process_time()
        predict(promoters, levels).value.square().mean().backward()
        with torch.no_grad():
            for weight in weights:
                if weight.grad is not None:
                    weight.sub_(weight.grad, alpha=1e-3)
                    weight.grad = None
        took.append(time.process_time() - started)
    return statistics.median(took[1:]), peak_gb()  # the first fills caches and buffers


def _network(form: str, pool: str) -> Any:
    """The network of a form; that of `pair` holds W as the dense layer over Z that it is."""
    from torch import Tensor, nn

    from deeprage.networks.bilinear import outer
    from deeprage.networks.network import Network
    from deeprage.networks.presets import preset

    class Materialised(nn.Module):
        """W vec(x (x) y) + b of pairs, Z built."""

        def __init__(self) -> None:
            super().__init__()
            self.dense = nn.Linear(positions(pool) * FILTERS * REGULATORS, HIDDEN)

        def pairwise(self, x: Tensor, y: Tensor) -> Tensor:
            result: Tensor = self.dense(outer(x, y))
            return result

    rank = None if form == "full" else RANK if form == "low_rank" else 1
    config = preset(
        "deeprage-tp-spatial",
        pool=pool if pool == "global" else int(pool),
        rank=rank,
        head="regression",
        dropout=0.0,
    )
    network = Network(config, promoter_length=LENGTH, regulators=REGULATORS)
    if form == "pair":
        network.interaction = Materialised()  # type: ignore[assignment]
    return network


if __name__ == "__main__":
    main()
