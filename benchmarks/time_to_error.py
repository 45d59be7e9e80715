"""Time to a validation MSE of 0.30, by blocks and pair by pair, each with the best of its grid.

Both forms train the same network from the same first weights with the same optimiser; only time
spent in steps counts, and judging is left out for both. Each form is judged whenever its own time
has grown by 4 %, so that neither waits longer for its judge than the other.

Products are of bfloat16 (`deeprage train --precision bf16-mixed`), and of float32 for one setting
of each form. A setting is stopped once it has taken as long as the best of its form, or `LIMITS`
seconds. Rows say which setting was the best.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from benchmarks.corner import Corner, Step, block_step, load_corner, pair_step
from benchmarks.record import Row

TARGET = 0.30
LIMITS = {"block": 150.0, "pair": 1500.0}
_JUDGED_AGAIN = 1.04
_FIRST_JUDGED = 2.0  # seconds
_WARM_UP = 10  # steps; Adam's first are large
_NAME = "deeprage-c.time_to_mse_ratio"
GOAL = ">= 20"


class Setting(NamedTuple):
    """One cell of a grid: `cells` is (genes, conditions) of a block or (pairs,) of a batch, `short`
    whether products are of bfloat16 (`--precision bf16-mixed`)."""

    cells: tuple[int, ...]
    rate: float
    short: bool = True


def grids(conditions: int) -> dict[str, list[Setting]]:
    """The settings of either form, the likely best first, since it bounds the others' time."""
    quarter, third, half = (-(-conditions // parts) for parts in (4, 3, 2))
    blocks = ((16, half), (32, third), (16, third), (8, half), (16, conditions), (32, quarter))
    found = {
        "block": [Setting(shape, rate) for shape in blocks for rate in (1e-3, 5e-4, 2e-3)],
        "pair": [Setting((batch,), rate) for batch in (32, 100, 16) for rate in (1e-3, 3e-4)],
    }
    # Whether short floats pay is asked of the likely best alone: they change a step, not its worth.
    return {kind: [*grid, grid[0]._replace(short=False)] for kind, grid in found.items()}


def time_to_error(data: Path, *, genes: int, conditions: int | None, suffix: str = "") -> list[Row]:
    """Rows of one corner: seconds of either form, and their ratio if both arrived."""
    corner = load_corner(data, genes=genes, conditions=conditions)
    size = f"{corner.values.shape[0]} x {corner.values.shape[1]}"
    best: dict[str, tuple[float, Setting]] = {}
    for kind, grid in grids(corner.values.shape[1]).items():
        for setting in grid:
            limit = best[kind][0] if kind in best else LIMITS[kind]
            seconds, steps, last = seconds_to_target(corner, setting, limit=limit)
            said = "not reached" if seconds is None else f"{seconds:.1f} s"
            print(
                f"MSE {TARGET} on {size}: {kind} {_said(setting)}: {said}, {steps} steps, "
                f"last MSE {last:.3f} (limit {limit:.0f} s)",
                flush=True,
            )
            if seconds is not None:
                best[kind] = seconds, setting
    rows = [
        Row(
            f"deeprage-c.seconds_to_mse_{kind}{suffix}",
            seconds,
            "s",
            None,
            f"MSE {TARGET}, {size}; {_said(setting)}",
        )
        for kind, (seconds, setting) in best.items()
    ]
    if len(best) == 2:
        rows.append(Row(_NAME + suffix, best["pair"][0] / best["block"][0], "ratio", GOAL, "1"))
    return rows


def _said(setting: Setting) -> str:
    floats = "bfloat16" if setting.short else "float32"
    return f"{' x '.join(map(str, setting.cells))} a step, rate {setting.rate:g}, {floats}"


def seconds_to_target(
    corner: Corner, setting: Setting, *, limit: float
) -> tuple[float | None, int, float]:
    """Seconds spent in steps until the held-out MSE is at the target (None if past `limit`).

    Returns also the number of steps and the last MSE.
    """
    network, optimiser = _start(corner, setting.rate)
    step = _step(corner, setting)
    generator = np.random.default_rng(0)
    spent, steps, judged, mse = 0.0, 0, _FIRST_JUDGED, float("inf")
    while spent < limit:
        started = time.perf_counter()
        steps += 1
        for group in optimiser.param_groups:
            group["lr"] = setting.rate * group["share"] * min(1.0, steps / _WARM_UP)
        step(network, optimiser, generator)
        spent += time.perf_counter() - started
        if spent >= judged:
            judged = spent * _JUDGED_AGAIN
            mse = held_out_mse(network, corner)
            if mse <= TARGET and spent <= limit:
                return spent, steps, mse
    return None, steps, mse


def held_out_mse(network: Any, corner: Corner) -> float:
    """Mean squared error over the held-out cells; each promoter and condition is read once.

    Of deeprage-c's parts, since whole blocks would compute ten cells for each that is judged.
    """
    rows, columns = torch.nonzero(corner.held_out, as_tuple=True)
    meeting = network.interaction
    network.eval()
    with torch.no_grad():
        of_gene = torch.cat(
            [
                meeting.of_gene(network.promoter_encoder(some).flatten(1))
                for some in corner.promoters.split(128)
            ]
        )
        of_condition = meeting.of_condition(network.regulator_encoder(corner.levels))
        error = torch.cat(
            [
                network.head(of_gene[some_rows] + of_condition[some_columns]).value
                for some_rows, some_columns in zip(
                    rows.split(4096), columns.split(4096), strict=True
                )
            ]
        )
        error = error - corner.values[rows, columns]
    network.train()
    return float(error.square().mean())


def _start(corner: Corner, rate: float) -> tuple[Any, torch.optim.Optimizer]:
    """deeprage-c at the paper's sizes, with one first set of weights, and its optimiser."""
    from deeprage.networks.network import Network
    from deeprage.networks.presets import preset
    from deeprage.training.config import TrainingConfig
    from deeprage.training.optimiser import make_optimiser

    torch.manual_seed(0)
    length, regulators = corner.promoters.shape[2], corner.levels.shape[1]
    config = preset("deeprage-c", head="regression", dropout=0.0)
    network = Network(config, promoter_length=length, regulators=regulators)
    network.calibrate(corner.promoters)
    return network, make_optimiser(network, TrainingConfig(learning_rate=rate))


def _step(corner: Corner, setting: Setting) -> Step:
    if len(setting.cells) == 1:
        return pair_step(corner, setting.cells[0], short=setting.short)
    genes, conditions = setting.cells
    return block_step(corner, (genes, conditions), short=setting.short)
