"""Silent filters and cut pairs, against networks that materialise everything."""

import numpy as np
import pytest
import torch

from deeprage.errors import DeepRageError
from deeprage.interpretation.network_edits import first_filters, without
from deeprage.networks.encoders import Standardise
from deeprage.networks.network import Network
from deeprage.networks.presets import preset

LENGTH, REGULATORS, FILTERS = 96, 5, 6


def make_network(name: str = "deeprage-tp", **options: object) -> Network:
    torch.manual_seed(0)
    sizes = {"filters": FILTERS, "filter_width": 7, "hidden": (8, 8), "regulator_units": 4}
    network = Network(
        preset(name, **(sizes | options)), promoter_length=LENGTH, regulators=REGULATORS
    ).eval()
    network.calibrate(one_hot_promoters())
    return network


def one_hot_promoters() -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.eye(4)[rng.integers(0, 4, (9, LENGTH))].transpose(1, 2).contiguous()


def levels() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).normal(size=(4, REGULATORS))).float()


def block(network: Network) -> torch.Tensor:
    with torch.no_grad():
        value = network(one_hot_promoters(), levels()).value
    assert value is not None
    return value


def block_from_map(network: Network, promoter_map: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        condition = network.regulator_encoder(levels())
        value = network.head(network.interaction(promoter_map, condition)).value
    assert value is not None
    return value


@pytest.mark.parametrize(
    "name",
    [
        "deeprage-c",
        "deeprage-tp",
        "deeprage-rnn",
        "deeprage-tp-spatial",
        "deeprage-tp-rnn",
        "deeprage-a",
    ],
)
@pytest.mark.parametrize("both_strands", [False, True])
def test_a_silent_filter_is_one_whose_activation_is_zero(name: str, both_strands: bool) -> None:
    options = {"pool": 20} if name.endswith("rnn") else {}
    network = make_network(name, reverse_complement=both_strands, **options)
    encoder = network.promoter_encoder
    with torch.no_grad():
        activations = encoder.activations(one_hot_promoters())
        activations[..., 2] = 0
        expected = block_from_map(network, encoder.standardise(activations))
    found = block(without(network, filters=[2]))
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, block(network))


@pytest.mark.parametrize("encoder", ["deepbind", "basset", "danq", "two-conv"])
def test_every_encoder_has_filters_and_none_left_is_no_promoter(encoder: str) -> None:
    network = make_network("deeprage-c", encoder=encoder, pool=4)
    weight, _ = first_filters(network.promoter_encoder)
    assert weight.shape[:2] == (FILTERS, 4)
    assert block(network).std(0).max() > 0
    silent = block(without(network, filters=range(FILTERS)))
    torch.testing.assert_close(silent, silent[:1].expand_as(silent))


@pytest.mark.parametrize("centre", [False, True])
def test_a_cut_pair_is_the_entry_of_z_without_the_filter(centre: bool) -> None:
    network = make_network(centre=centre)
    with torch.no_grad():
        x = network.promoter_encoder(one_hot_promoters()).squeeze(1)
        z = x[:, None, :, None] * levels()[None, :, None, :]  # (G, C, F, R)
        silent = 0.0
        if isinstance(network.promoter_encoder.standardise, Standardise):
            silent = float(network.promoter_encoder.standardise(torch.zeros(FILTERS))[3])
        z[:, :, 3, 1] = silent * levels()[:, 1]
        product = network.interaction
        before = torch.einsum("gcfr,fhr->gch", z, product.weight) + product.bias
        expected = network.head(before).value
    found = block(without(network, pairs=[(3, 1)]))
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, block(network))


@pytest.mark.parametrize("rank", [None, 3])
def test_a_cut_pair_is_cut_at_every_position(rank: int | None) -> None:
    network = make_network("deeprage-tp-spatial", pool=10, rank=rank)
    with torch.no_grad():
        x = network.promoter_encoder(one_hot_promoters())  # (G, T, F)
        z = x[:, None, :, :, None] * levels()[None, :, None, None, :]  # (G, C, T, F, R)
        silent = network.promoter_encoder.standardise(torch.zeros(FILTERS))[3]
        z[..., 3, 1] = silent * levels()[:, 1, None]
        weight, bias = network.interaction.as_dense()
        expected = network.head(z.flatten(2) @ weight.t() + bias).value
    found = block(without(network, pairs=[(3, 1), (3, 1)]))
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, block(network))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("deeprage-tp", {}),
        ("deeprage-tp-spatial", {"pool": 10}),
        ("deeprage-tp-rnn", {"pool": 20}),
        ("deeprage-tp-rnn", {"pool": 20, "rank": None, "cell": "lstm"}),
    ],
)
def test_all_pairs_of_a_filter_are_the_filter(name: str, options: dict) -> None:
    network = make_network(name, **options)
    pairs = [(4, regulator) for regulator in range(REGULATORS)]
    torch.testing.assert_close(
        block(without(network, pairs=pairs)),
        block(without(network, filters=[4])),
        atol=1e-5,
        rtol=0,
    )


def test_the_network_itself_stays_as_it_was() -> None:
    network = make_network()
    before = block(network)
    without(network, filters=[1], pairs=[(2, 3)])
    torch.testing.assert_close(block(network), before, atol=0, rtol=0)


def test_bad_requests() -> None:
    with pytest.raises(DeepRageError, match="no filter 6: the network has filters 0 to 5"):
        without(make_network(), filters=[6])
    with pytest.raises(DeepRageError, match="no regulator 5"):
        without(make_network(), pairs=[(0, 5)])
    for name in ("deeprage-c", "deeprage-tp-eq5", "deeprage-a"):
        with pytest.raises(DeepRageError, match="no entry of its own"):
            without(make_network(name), pairs=[(0, 0)])
