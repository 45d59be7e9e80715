"""A block is the paper's network pair by pair: outputs and gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from deeprage.data.dna import one_hot
from deeprage.errors import DeepRageError
from deeprage.networks.dropout import ReluDropout
from deeprage.networks.network import Network
from deeprage.networks.presets import PRESETS, preset

LENGTH, REGULATORS = 130, 7
SMALL = {
    "filters": 6,
    "filter_width": 9,
    "hidden": (12, 10),
    "cell_units": 5,
    "encoder_units": 8,
    "regulator_units": 9,
    "dropout": 0.0,
    "encoder_dropout": 0.0,
    "second_filters": 5,
    "second_filter_width": 3,
    "second_pool": 3,
}
VARIANTS = [
    *({"model": name} for name in sorted(PRESETS)),
    *({"model": "deeprage-c", "encoder": kind} for kind in ("deepbind", "basset", "danq")),
    {"model": "deeprage-tp", "encoder": "danq", "pool": 15},
    {"model": "deeprage-c", "pool": 16, "pool_stride": 14},
    {"model": "deeprage-c", "reverse_complement": True},
    {"model": "deeprage-c", "head": "regression"},
    {"model": "deeprage-c", "window": 77, "rectify": False},
    {"model": "deeprage-tp", "head": "classes"},
    {"model": "deeprage-c", "hidden": (12, 11, 10, 9)},
    {"model": "deeprage-tp", "pool": 15},
    {"model": "deeprage-tp-spatial", "pool": 1, "rank": 3},
    {"model": "deeprage-tp-spatial", "pool": 1, "pool_stride": 4, "regulator_encoder": "dense"},
    {"model": "deeprage-tp-spatial", "pool": 30, "pool_stride": 1, "reverse_complement": True},
    {"model": "deeprage-tp-rnn", "rank": None},
    {"model": "deeprage-tp-rnn", "rank": None, "cell": "lstm", "pool": 11},
    {"model": "deeprage-tp-rnn", "rank": 3, "cell": "lstm"},
    {"model": "deeprage-a", "heads": 2, "head_units": 3, "regulator_encoder": "raw"},
    {"model": "fun-prose", "filter_width": 8, "second_filter_width": 5, "head": "both"},
    {"model": "fun-prose", "reverse_complement": True, "hidden": (7, 6, 5)},
]


def make(**variant: object) -> Network:
    options = {**SMALL, **variant}
    name = str(options.pop("model"))
    if PRESETS[name].get("pool") in (100, 197):
        options["pool"] = 40
    if "window" in PRESETS[name]:
        options["window"] = 100
    torch.manual_seed(0)
    network = Network(preset(name, **options), promoter_length=LENGTH, regulators=REGULATORS)
    network = network.double()
    network.calibrate(promoters(20, seed=9))
    return network


def promoters(count: int, *, seed: int = 1) -> Tensor:
    tokens = np.random.default_rng(seed).integers(0, 5, (count, LENGTH)).astype(np.int8)
    return torch.from_numpy(one_hot(tokens)).double()


def levels(count: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(2).normal(size=(count, REGULATORS)))


def outputs_and_gradients(network: Network, value: Tensor | None, logits: Tensor | None):
    """Both heads and the gradient of a sum that weighs every cell differently."""
    total = torch.zeros((), dtype=torch.float64)
    for head in (value, logits):
        if head is not None:
            flat = head.reshape(-1)
            total = total + (flat * torch.linspace(-1, 2, len(flat), dtype=flat.dtype)).sum()
    network.zero_grad()
    total.backward()
    return [part.grad.clone() for part in network.parameters() if part.grad is not None]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize(("genes", "conditions"), [(3, 5), (5, 2)])
def test_block_equals_pair_by_pair(variant: dict, genes: int, conditions: int) -> None:
    network = make(**variant)
    x, y = promoters(genes), levels(conditions)
    block = network(x, y)
    pairs = network.pairwise(x.repeat_interleave(conditions, dim=0), y.repeat(genes, 1))
    of_block = outputs_and_gradients(network, block.value, block.logits)
    of_pairs = outputs_and_gradients(network, pairs.value, pairs.logits)
    for whole, single in zip(block, pairs, strict=True):
        assert (whole is None) == (single is None)
        if whole is not None and single is not None:
            torch.testing.assert_close(whole.reshape(single.shape), single, rtol=1e-5, atol=1e-9)
    assert len(of_block) == len(of_pairs) > 0
    for whole, single in zip(of_block, of_pairs, strict=True):
        torch.testing.assert_close(whole, single, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("model", ["deeprage-c", "deeprage-a", "fun-prose"])
def test_block_equals_pair_by_pair_at_the_papers_sizes(model: str) -> None:
    torch.manual_seed(0)
    config = preset(model, dropout=0.0, encoder_dropout=0.0)
    network = Network(config, promoter_length=1000, regulators=472)
    tokens = np.random.default_rng(0).integers(0, 4, (3, 1000)).astype(np.int8)
    x, y = torch.from_numpy(one_hot(tokens)), torch.randn(4, 472)
    network.calibrate(x)
    block = network(x, y).value
    pairs = network.pairwise(x.repeat_interleave(4, dim=0), y.repeat(3, 1)).value
    assert block is not None
    assert pairs is not None
    error = (block.flatten() - pairs).norm() / pairs.norm()
    assert error.item() < 1e-5


@pytest.mark.parametrize("model", sorted(PRESETS))
def test_a_cell_does_not_depend_on_the_rest_of_its_block(model: str) -> None:
    network = make(model=model).eval()
    x, y = promoters(6), levels(4)
    whole, part = network(x, y).value, network(x[2:3], y[1:3]).value
    torch.testing.assert_close(whole[2:3, 1:3], part)


def test_gradient_of_convolution_equals_finite_differences() -> None:
    from deeprage.networks.convolution import conv_max_pool

    x = promoters(2)
    weight = torch.randn(3, 4, 9, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda w, b: conv_max_pool(x, w, b, pool=16, stride=14), (weight, bias)
    )


def test_convolution_equals_torch_layers_with_overlapping_pools() -> None:
    from torch.nn import functional

    from deeprage.networks.convolution import conv_max_pool

    x, weight, bias = promoters(3), torch.randn(5, 4, 9).double(), torch.randn(5).double()
    ours = conv_max_pool(x, weight, bias, pool=16, stride=14)
    theirs = functional.max_pool1d(functional.conv1d(x, weight, bias), 16, 14).transpose(1, 2)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("stride", [14, 16])
def test_convolution_in_low_precision_is_near_that_in_full(stride: int) -> None:
    """Values to bfloat16's 8 bits, and the gradient of many genes without a drift."""
    from deeprage.networks.convolution import conv_max_pool

    x, start = promoters(200).float(), torch.randn(5, 4, 9)
    found = []
    for short in (False, True):
        weight = start.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=short):
            pooled = conv_max_pool(x, weight, torch.zeros(5), pool=16, stride=stride)
        pooled.square().sum().backward()
        assert weight.grad is not None
        assert weight.grad.dtype == torch.float32
        found.append((pooled.detach().float(), weight.grad))
    for exact, near in zip(*found, strict=True):
        assert float((near - exact).norm() / exact.norm()) < 1e-2
        assert not torch.equal(near, exact)


def test_reverse_complement_sharing_makes_pooled_outputs_strand_blind() -> None:
    network = make(model="deeprage-tp", reverse_complement=True)  # global pool: no positions
    x = promoters(4)
    torch.testing.assert_close(network.promoter_encoder(x), network.promoter_encoder(x.flip(1, 2)))
    one_strand = make(model="deeprage-tp")
    difference = one_strand.promoter_encoder(x) - one_strand.promoter_encoder(x.flip(1, 2))
    assert float(difference.detach().abs().max()) > 1e-3


def test_standardise_gives_unit_channels_on_the_calibration_promoters() -> None:
    network = make(model="deeprage-c")
    encoded = network.promoter_encoder(promoters(20, seed=9)).flatten(0, 1)
    torch.testing.assert_close(encoded.mean(0), torch.zeros(6).double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(encoded.std(0), torch.ones(6).double())


def test_paper_sizes() -> None:
    config = preset("deeprage-c")
    assert (config.filters, config.filter_width, config.pool) == (256, 19, 15)
    network = Network(config, promoter_length=1000, regulators=472)
    assert network.interaction.gene_inputs == 65 * 256
    product = Network(preset("deeprage-tp"), promoter_length=1000, regulators=472)
    assert product.interaction.gene_inputs == 120_832  # the paper's outer product
    recurrent = Network(preset("deeprage-rnn"), promoter_length=1000, regulators=472)
    assert recurrent.promoter_encoder.positions == 9


def test_fun_prose_has_its_published_layers() -> None:
    """Conv 256 x 9 pool 19, 64 x 13 pool 8, regulators dense 1024, dense 512-256-64, one output."""
    network = Network(preset("fun-prose"), promoter_length=1000, regulators=472)
    layers = (256, 4 * 9), (64, 256 * 13), (1024, 472), (512, 6 * 64 + 1024), (256, 512), (64, 256)
    expected = sum(outputs * (inputs + 1) for outputs, inputs in (*layers, (1, 64)))
    assert sum(part.numel() for part in network.parameters()) == expected == 1_576_129


def test_second_convolution_is_calibrated_on_the_calibrated_first() -> None:
    network = make(model="fun-prose")
    encoder = network.promoter_encoder
    x = promoters(20, seed=9)
    first = encoder.first(torch.nn.functional.pad(x, encoder.padding)).flatten(0, 1)
    for encoded in (first, encoder(x).flatten(0, 1)):
        torch.testing.assert_close(encoded.mean(0), torch.zeros_like(encoded[0]), atol=1e-6, rtol=0)
        torch.testing.assert_close(encoded.std(0), torch.ones_like(encoded[0]))


def test_weights_of_a_network_keep_the_names_in_saved_runs() -> None:
    names = {name.partition(".")[0] for name in make(model="deeprage-c").state_dict()}
    assert names == {
        "promoter_encoder", "regulator_encoder", "interaction", "dense", "value_head", "class_head",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "overrides", "said"),
    [
        ("deeprage-d", {}, "Did you mean 'deeprage"),
        ("deeprage-c", {"filter": 3}, "Did you mean 'filters'"),
        ("deeprage-c", {"filters": -1}, "filters"),
        ("deeprage-c", {"encoder": "cnn"}, "encoder"),
        ("deeprage-c", {"hidden": (8,)}, "hidden"),
    ],
)
def test_wrong_presets_say_what_is_valid(name: str, overrides: dict, said: str) -> None:
    with pytest.raises(DeepRageError, match=said):
        preset(name, **overrides)


def test_parts_that_do_not_fit_say_what_to_change() -> None:
    with pytest.raises(DeepRageError, match=r"16.1 GB\): set rank.* or pool to 'global'"):
        Network(preset("deeprage-tp", pool=15), promoter_length=1000, regulators=472)
    with pytest.raises(DeepRageError, match="too short"):
        Network(preset("deeprage-c"), promoter_length=30, regulators=5)
    with pytest.raises(DeepRageError, match="second pool of 8"):
        Network(preset("fun-prose"), promoter_length=100, regulators=5)
    for name in ("deeprage-rnn", "deeprage-tp-rnn"):
        with pytest.raises(DeepRageError, match="two steps"):
            Network(preset(name, pool="global"), promoter_length=1000, regulators=5)


def test_danq_reads_each_direction_with_half_of_its_units() -> None:
    for units, half in ((2, 1), (5, 2)):
        config = preset("deeprage-c", encoder="danq", encoder_units=units)
        encoder = Network(config, promoter_length=100, regulators=5).promoter_encoder
        assert encoder.lstm.hidden_size == half
    too_few = preset("deeprage-c", encoder="danq", encoder_units=1)
    with pytest.raises(DeepRageError, match="1 is too few"):
        Network(too_few, promoter_length=100, regulators=5)


class TestDropout:
    def test_rate_and_scale(self) -> None:
        torch.manual_seed(0)
        dropped = ReluDropout(0.25)(torch.ones(400_003))
        assert abs(float((dropped == 0).float().mean()) - 0.25) < 0.005
        assert abs(float(dropped.mean()) - 1.0) < 0.01

    def test_every_step_and_every_epoch_has_its_own_mask(self) -> None:
        torch.manual_seed(0)
        layer, ones = ReluDropout(0.5), torch.ones(1000)
        first, second = layer(ones), layer(ones)
        assert 0.4 < float((first != second).float().mean()) < 0.6
        layer.train()
        assert 0.4 < float((first != layer(ones)).float().mean()) < 0.6

    def test_a_larger_batch_than_before_gets_a_mask_of_its_own_size(self) -> None:
        torch.manual_seed(0)
        layer = ReluDropout(0.5)
        for size in (1, 400_003, 7, 600_001):
            dropped = layer(torch.ones(size))
            assert dropped.shape == (size,)
            assert set(dropped.tolist()) <= {0.0, 2.0}

    def test_is_relu_in_evaluation(self) -> None:
        values = torch.randn(10)
        torch.testing.assert_close(ReluDropout(0.5).eval()(values), values.relu())

    @pytest.mark.parametrize("rate", [0.0, 0.5])
    def test_gradient_flows_where_the_output_does(self, rate: float) -> None:
        torch.manual_seed(0)
        values = torch.randn(1000, requires_grad=True)
        dropped = ReluDropout(rate)(values)
        dropped.sum().backward()
        torch.testing.assert_close(values.grad, torch.where(dropped > 0, 1 / (1 - rate), 0.0))
