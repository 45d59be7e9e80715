"""Settings that a network does not read are refused, and those that it reads are not."""

import pytest
import torch
from torch.nn import functional

from deeprage.errors import DeepRageError
from deeprage.networks.config import NetworkConfig
from deeprage.networks.network import Network
from deeprage.networks.unread import READ_BY, check_read

SMALL = {
    "filters": 4, "filter_width": 5, "pool": 8, "encoder_units": 6, "second_filters": 4,
    "second_filter_width": 3, "second_pool": 2, "regulator_units": 6, "rank": 3, "heads": 2,
    "head_units": 4, "cell_units": 4, "hidden": (4, 4), "dropout": 0.0,
}  # fmt: skip
OTHER = {
    "pool": 10, "pool_stride": 5, "reverse_complement": True, "centre": False, "second_filters": 5,
    "second_filter_width": 5, "second_pool": 3, "encoder_dropout": 0.5, "encoder_units": 8,
    "rank": 4, "heads": 3, "head_units": 5, "cell": "lstm", "cell_units": 5, "regulator_units": 7,
}  # fmt: skip
LENGTH = 300


def outcome(part: str, choice: str, **changes) -> tuple[list[torch.Size], torch.Tensor]:
    """Sizes of the weights and a prediction in training."""
    config = NetworkConfig(**{**SMALL, part: choice, **changes})
    torch.manual_seed(0)
    network = Network(config, promoter_length=LENGTH, regulators=3)
    letters = torch.randint(4, (3, LENGTH))
    promoters = functional.one_hot(letters, 4).float().transpose(1, 2)
    network.promoter_encoder.calibrate(promoters)
    torch.manual_seed(1)
    value = network.train()(promoters, torch.ones(2, 3)).value
    assert value is not None
    return [weights.shape for weights in network.parameters()], value


@pytest.mark.parametrize(
    ("part", "choice"),
    [
        *(("encoder", name) for name in ("conv", "two-conv", "deepbind", "basset", "danq")),
        *(("interaction", name) for name in ("concatenation", "tensor-product", "recurrent",
                                             "tensor-product-recurrent", "attention")),
        *(("regulator_encoder", name) for name in ("dense", "raw")),
    ],
)  # fmt: skip
def test_what_changes_nothing_is_refused(part: str, choice: str) -> None:
    usual = outcome(part, choice)
    for name in READ_BY[part]:
        asked = {name: OTHER[name]}
        found = outcome(part, choice, **asked)
        same = found[0] == usual[0] and torch.equal(found[1], usual[1])
        config = NetworkConfig(**{**SMALL, part: choice, **asked})
        if not same or not OTHER[name]:
            check_read(config, asked)
        else:
            with pytest.raises(DeepRageError, match=f"'{choice}' does not read network.{name}, "):
                check_read(config, asked)


def test_every_setting_of_one_choice_alone_is_known() -> None:
    """A new setting of the network must be read by all, or say which choices read it."""
    named = {name for readers in READ_BY.values() for name in readers}
    assert named == OTHER.keys()
    everywhere = {
        "name", "encoder", "filters", "filter_width", "regulator_encoder", "interaction", "hidden",
        "rectify", "dropout", "head", "classes",
    }  # fmt: skip
    checked_when_built = {"window", "first_filters"}
    assert NetworkConfig.model_fields.keys() == named | everywhere | checked_when_built


def test_what_was_not_asked_for_is_not_refused() -> None:
    config = NetworkConfig(encoder="deepbind", encoder_dropout=0.3)
    check_read(config, {})
    check_read(config, {"encoder_dropout": 0.0, "filters": 9})
    with pytest.raises(DeepRageError, match="choose the encoder conv or two-conv"):
        check_read(config, {"encoder_dropout": 0.3})
