"""Filters and regulators that no longer meet: entries of an outer product, taken out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from deeprage.errors import DeepRageError
from deeprage.networks.bilinear import FullMap, LowRankMap
from deeprage.networks.encoders import Convolution, Standardise
from deeprage.networks.network import Network
from deeprage.networks.recurrent import TensorProductRecurrent


def cut_pairs(network: Network, pairs: Sequence[tuple[int, int]]) -> None:
    """Change a network so that the entries of Z of some pairs are what a silent filter's are.

    In a tensor product over positions a pair is cut at all of them; in a recurrent network at
    every step and in both directions.

    Args:
        pairs: (filter, regulator).

    Raises:
        DeepRageError: no such regulator, or a network that has no such entries.
    """
    meeting, encoder = network.interaction, network.promoter_encoder
    raw = network.regulator_encoder.dense is None
    product = isinstance(meeting, (FullMap, LowRankMap, TensorProductRecurrent))
    if not (product and isinstance(encoder, Convolution) and raw):
        raise DeepRageError(
            f"{network.config.name} has no entry of its own for a motif and a regulator: "
            "knock both out together, or train deeprage-tp."
        )
    units = network.regulator_encoder.units
    for _, regulator in pairs:
        if not 0 <= regulator < units:
            raise DeepRageError(
                f"there is no regulator {regulator}: the network has 0 to {units - 1}."
            )
    once = tuple(dict.fromkeys(pairs))
    silent = torch.zeros(encoder.channels, device=encoder.weight.device)
    if isinstance(encoder.standardise, Standardise):
        silent = encoder.standardise(silent)
    if isinstance(meeting, TensorProductRecurrent):
        meeting.entry = nn.ModuleList(_PairsCut(entry, once, silent) for entry in meeting.entry)
    else:
        network.interaction = _PairsCut(meeting, once, silent)  # type: ignore[assignment]


class _PairsCut(nn.Module):
    """A map of vec(x (x) y) less what some entries contribute.

    Args:
        whole: the map, of x with one position or several.
        pairs: (filter, regulator).
        silent: what x holds where a filter is silent (F,).
    """

    silent: Tensor

    def __init__(self, whole: nn.Module, pairs: Sequence[tuple[int, int]], silent: Tensor) -> None:
        super().__init__()
        assert isinstance(whole, (FullMap, LowRankMap))
        self.whole, self.pairs = whole, pairs
        self.register_buffer("silent", silent)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """As the map: x (N, F) or (N, T, F), y (C, U) to (N, C, H)."""
        block: Tensor = self.whole(x, y)
        flat, filters = x.flatten(1), len(self.silent)
        for number, regulator in self.pairs:
            rows = torch.arange(number, flat.shape[1], filters, device=flat.device)
            firing = flat[:, rows] - self.silent[number]
            of_gene = firing @ self.whole.of_entry(rows, regulator)  # (N, H)
            block = block - of_gene.unsqueeze(1) * y[:, regulator].unsqueeze(1)
        return block
