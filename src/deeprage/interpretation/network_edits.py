"""Changes inside a network: filters that never fire, motif-regulator pairs that never meet."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from deeprage.errors import DeepRageError
from deeprage.interpretation.pair_cuts import cut_pairs
from deeprage.networks.encoders import Convolution, PromoterEncoder
from deeprage.networks.network import Network
from deeprage.training.tensors import one_hot

if TYPE_CHECKING:
    from deeprage.training.predictor import NetworkPredictor

#: Promoters encoded at a time.
_GENES_AT_A_TIME = 64


def without(
    network: Network, *, filters: Sequence[int] = (), pairs: Sequence[tuple[int, int]] = ()
) -> Network:
    """A copy of a network in which filters are silent and pairs are cut.

    Args:
        filters: first-layer filters whose activation becomes 0, as if they matched nowhere.
        pairs: (filter, regulator) of a tensor-product network: the entry of Z = x (x) y becomes
            what it is where the filter is silent, at every position. All pairs of a filter cut
            are the filter cut. In a network that concatenates or attends there is no such entry.

    Raises:
        DeepRageError: no such filter or regulator, or a network that has no such pairs.
    """
    changed = copy.deepcopy(network).eval()
    weight, bias = first_filters(changed.promoter_encoder)
    for number in [*filters, *(number for number, _ in pairs)]:
        if not 0 <= number < len(weight):
            raise DeepRageError(
                f"there is no filter {number}: the network has filters 0 to {len(weight) - 1}."
            )
    if pairs:
        cut_pairs(changed, pairs)
    with torch.no_grad():
        weight[list(filters)] = 0.0
        if bias is not None:
            bias[list(filters)] = 0.0
    return changed


def first_filters(encoder: PromoterEncoder) -> tuple[Tensor, Tensor | None]:
    """Weights (F, 4, K) and biases (F,) of the layer that reads the letters.

    Raises:
        DeepRageError: the encoder has none.
    """
    parameters = dict(encoder.named_parameters())
    for name, weight in parameters.items():
        if name.endswith("weight") and weight.ndim == 3 and weight.shape[1] == 4:
            return weight, parameters.get(name.removesuffix("weight") + "bias")
    raise DeepRageError(
        f"the promoter encoder {type(encoder).__name__} has no filters to silence: mask a motif in "
        "the promoters instead."
    )


def silence_each(
    predictor: NetworkPredictor,
    promoters: NDArray[np.int8],
    levels: NDArray[np.float32],
    filters: Sequence[int],
) -> Iterator[tuple[slice, int, NDArray[np.float32]]]:
    """Silence each filter, one at a time, with every promoter encoded once.

    The same values as `without` gives for each filter alone. No level is hidden.

    Args:
        predictor: of a network that `encodes_by_filter`.
        promoters: int8 tokens (G, L).
        levels: log2 (C, R).

    Yields:
        some rows, the number of the filter among `filters`, and log2 values (rows, C).
    """
    network = predictor.network.eval()
    encoder = network.promoter_encoder
    assert isinstance(encoder, Convolution)
    device = encoder.weight.device
    with torch.inference_mode():
        condition = network.regulator_encoder(
            torch.from_numpy(predictor.scaling.levels(levels)).to(device)
        )
        silent = encoder.standardise(torch.zeros(encoder.channels, device=device))
        for start in range(0, len(promoters), _GENES_AT_A_TIME):
            rows = slice(start, start + _GENES_AT_A_TIME)
            encoded = encoder(one_hot(torch.from_numpy(promoters[rows]).to(device)))
            for at, number in enumerate(filters):
                changed = encoded.clone()
                changed[..., number] = silent[number]
                value = network.head(network.interaction(changed, condition)).value
                assert value is not None
                yield rows, at, predictor.scaling.restore(value.float().cpu().numpy())


def encodes_by_filter(network: Network) -> bool:
    """Whether each channel of the promoter map is one filter, and there is a value to predict."""
    return isinstance(network.promoter_encoder, Convolution) and network.value_head is not None
