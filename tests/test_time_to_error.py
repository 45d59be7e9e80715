"""The judge of the time to an error: the same number as a whole block gives."""

from __future__ import annotations

import numpy as np
import torch
from benchmarks.corner import Corner, block_step, pair_step
from benchmarks.time_to_error import grids, held_out_mse

from deeprage.data.dna import one_hot
from deeprage.networks.network import Network
from deeprage.networks.presets import preset

GENES, CONDITIONS, LENGTH, REGULATORS = 7, 5, 60, 3


def corner() -> Corner:
    generator = np.random.default_rng(0)
    tokens = generator.integers(0, 4, (GENES, LENGTH)).astype(np.int8)
    held_out = torch.from_numpy(generator.random((GENES, CONDITIONS)) < 0.3)
    return Corner(
        promoters=torch.from_numpy(one_hot(tokens)),
        levels=torch.randn(CONDITIONS, REGULATORS),
        values=torch.randn(GENES, CONDITIONS),
        known=~held_out,
        held_out=held_out,
    )


def network() -> Network:
    torch.manual_seed(0)
    config = preset("deeprage-c", head="regression", dropout=0.0, filters=8, hidden=(16, 16))
    return Network(config, promoter_length=LENGTH, regulators=REGULATORS)


def test_the_judge_agrees_with_a_whole_block() -> None:
    part, judged = corner(), network()
    value = judged(part.promoters, part.levels).value
    assert value is not None
    expected = float((value - part.values)[part.held_out].square().mean().detach())
    assert abs(held_out_mse(judged, part) - expected) < 1e-5 * expected
    assert judged.training


def test_held_out_cells_reach_no_step() -> None:
    """Whatever the held-out values are, training by either form goes the same way."""
    part = corner()
    other = part._replace(values=torch.where(part.held_out, 99.0, part.values))
    for make in (lambda of: block_step(of, (4, 3)), lambda of: pair_step(of, 6)):
        after = []
        for data in (part, other):
            trained, generator = network(), np.random.default_rng(1)
            optimiser = torch.optim.SGD(trained.parameters(), lr=0.01)
            step = make(data)
            for _ in range(3):
                step(trained, optimiser, generator)
            after.append(torch.cat([weights.flatten() for weights in trained.parameters()]))
        assert torch.equal(*after)


def test_blocks_of_every_grid_fit_the_corner() -> None:
    for setting in grids(CONDITIONS * 4)["block"]:
        assert setting.cells[1] <= CONDITIONS * 4
