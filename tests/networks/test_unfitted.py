"""The networks that did not fit: tensor products over positions, in recurrence, attention."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from deeprage.data.dna import one_hot
from deeprage.networks.attention import Attention
from deeprage.networks.bilinear import FullMap, LowRankMap, bilinear_map, outer
from deeprage.networks.network import Network
from deeprage.networks.presets import preset
from deeprage.training.config import training_config
from deeprage.training.optimiser import make_optimiser


def test_outer_is_numpys() -> None:
    x, y = torch.randn(3, 2, 4), torch.randn(3, 5)
    for pair in range(3):
        expected = np.outer(x[pair].numpy().ravel(), y[pair].numpy()).ravel()
        np.testing.assert_array_equal(outer(x, y)[pair].numpy(), expected)


def test_full_resolution_at_the_papers_sizes_fits_and_has_few_weights() -> None:
    """W alone would have 6e10 numbers; the paper counts 250 GB."""
    with torch.device("meta"):
        network = Network(
            preset("deeprage-tp-spatial", pool=1, rank=16), promoter_length=1000, regulators=472
        )
    assert network.interaction.gene_inputs == 982 * 256
    entries = network.interaction.gene_inputs * 472 * 512
    assert entries * 4 == pytest.approx(243e9, rel=1e-2)
    assert sum(part.numel() for part in network.interaction.parameters()) < entries / 14_000


@pytest.mark.parametrize("rank", [None, 64])
def test_both_maps_start_with_the_spread_of_a_dense_layer(rank: int | None) -> None:
    torch.manual_seed(0)
    weight, bias = bilinear_map(inputs=40, units=30, outputs=50, rank=rank).as_dense()
    assert weight.shape == (50, 1200)
    assert bias.shape == (50,)
    assert float(weight.detach().std()) == pytest.approx(1 / math.sqrt(3 * 1200), rel=0.05)


@pytest.mark.parametrize(("inputs", "units"), [(3, 40), (40, 3)])
@pytest.mark.parametrize(("genes", "conditions"), [(2, 30), (30, 2), (9, 8)])
def test_the_full_map_takes_the_cheaper_order_and_sums_the_same(
    inputs: int, units: int, genes: int, conditions: int
) -> None:
    torch.manual_seed(0)
    made = FullMap(inputs=inputs, units=units, outputs=5).double()
    x, y = (torch.randn(*shape).double() for shape in ((genes, inputs), (conditions, units)))
    with FlopCounterMode(display=False) as counted:
        block = made(x, y)
    by_pairs = made.pairwise(x.repeat_interleave(conditions, 0), y.repeat(genes, 1))
    torch.testing.assert_close(block.flatten(0, 1), by_pairs)
    x_first = genes * inputs * units + genes * conditions * units
    y_first = conditions * inputs * units + genes * conditions * inputs
    assert counted.get_total_flops() == 2 * 5 * min(x_first, y_first)


def test_a_low_rank_map_is_of_its_rank() -> None:
    """Its weights, unfolded along any of their three sides."""
    torch.manual_seed(0)
    made = LowRankMap(inputs=9, units=8, outputs=7, rank=3).double()
    cube = made.as_dense()[0].view(7, 9, 8)
    for side in range(3):
        unfolded = cube.movedim(side, 0).flatten(1)
        assert torch.linalg.matrix_rank(unfolded, rtol=1e-9) == 3


def test_only_a_map_that_keeps_positions_knows_where_a_motif_is() -> None:
    """One motif at either end: pooled whole, the promoters are the same."""
    tokens = np.full((2, 100), 4, dtype=np.int8)  # N everywhere but for the motif
    tokens[0, 10:17] = tokens[1, 80:87] = [0, 1, 2, 3, 0, 1, 2]
    x, y = torch.from_numpy(one_hot(tokens)), torch.randn(3, 5)
    sizes = {"filters": 8, "filter_width": 7, "hidden": (9, 8), "cell_units": 6, "heads": 2}
    apart = {}
    for name, pool in [
        ("deeprage-tp", "global"),
        ("deeprage-tp-spatial", 1),
        ("deeprage-tp-rnn", 20),
        ("deeprage-a", 10),
    ]:
        torch.manual_seed(0)
        network = Network(preset(name, pool=pool, **sizes), promoter_length=100, regulators=5)
        network.calibrate(x)
        value = network.eval()(x, y).value.detach()
        apart[name] = float((value[0] - value[1]).abs().max())
    assert apart.pop("deeprage-tp") < 1e-6
    assert min(apart.values()) > 1e-4


def test_attention_reads_the_position_that_a_condition_asks_for() -> None:
    """Keys tell positions apart, values hold their number: the reading is what was asked for."""
    config = preset("deeprage-a", heads=1, head_units=4, hidden=(1, 1), regulator_encoder="raw")
    made = Attention(config, positions=4, channels=4, units=4)
    with torch.no_grad():
        for part in made.parameters():
            part.zero_()
        made.place.copy_(torch.eye(4))
        made.query.weight.copy_(100 * torch.eye(4))
        made.value.weight.copy_(torch.eye(4))
        made.of_reading.weight.fill_(1.0)
        promoter_map = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 4, 1) * torch.eye(4)[:1]
        for form in (
            made(promoter_map, torch.eye(4))[0],
            made.pairwise(promoter_map.expand(4, -1, -1), torch.eye(4)),
        ):
            torch.testing.assert_close(form[:, 0], torch.tensor([1.0, 2.0, 3.0, 4.0]))


@pytest.mark.parametrize(
    ("model", "options", "names", "share"),
    [
        ("deeprage-tp-spatial", {}, {"interaction.of_gene.weight"}, 512 / (65 * 256)),
        (
            "deeprage-tp-rnn",
            {"rank": None, "filters": 64, "cell_units": 4},
            {"interaction.entry.0.weight", "interaction.entry.1.weight"},
            512 / (64 * 472),
        ),
        ("deeprage-a", {}, set(), None),
    ],
)
def test_wide_layers_learn_in_small_steps(
    model: str, options: dict, names: set[str], share: float | None
) -> None:
    network = Network(preset(model, **options), promoter_length=1000, regulators=472)
    groups = make_optimiser(network, training_config()).param_groups
    name_of = {id(part): name for name, part in network.named_parameters()}
    wide = [group for group in groups if group["share"] != 1.0]
    assert {name_of[id(part)] for group in wide for part in group["params"]} == names
    assert [group["share"] for group in wide] == ([] if share is None else [share])
    assert sum(len(group["params"]) for group in groups) == len(name_of)
