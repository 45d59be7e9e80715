"""Promoter encoders: one-hot promoters (G, 4, L) to a map (G, T, D); a vector has T = 1."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from deeprage.errors import DeepRageError
from deeprage.networks.config import NetworkConfig
from deeprage.networks.convolution import conv_max_pool, pooled_positions


class PromoterEncoder(nn.Module):
    """Base of the encoders; `positions` and `channels` are T and D of the map."""

    positions: int
    channels: int

    def pairwise(self, promoters: Tensor) -> Tensor:
        """The same as `forward`, layer by layer as published."""
        result: Tensor = self(promoters)
        return result

    def calibrate(self, promoters: Tensor) -> None:
        """Set statistics that come from training promoters, if the encoder has any."""


class Standardise(nn.Module):
    """Shift and scale each channel by statistics of the training promoters, set once.

    Max-pooled rectified filters share a large common part, which makes the layer above ill
    conditioned. Unlike batch norm the result does not depend on the other genes of a block, so
    that a block still equals its pairs, one by one, and processes need not agree on statistics.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("shift", torch.zeros(channels))
        self.register_buffer("scale", torch.ones(channels))

    def calibrate(self, values: Tensor) -> None:
        """Set the statistics from values (..., channels)."""
        flat = values.detach().reshape(-1, values.shape[-1])
        self.shift.copy_(flat.mean(0))
        self.scale.copy_(flat.std(0).clamp_min(1e-4).reciprocal())

    def forward(self, values: Tensor) -> Tensor:
        """Values (..., channels), shifted and scaled."""
        return (values - self.shift) * self.scale


class Convolution(PromoterEncoder):
    """The paper's encoder: one convolution, ReLU, max-pool (DeepRAGE-C, TP and RNN)."""

    def __init__(self, config: NetworkConfig, length: int) -> None:
        super().__init__()
        width = config.filter_width
        self.window = min(config.window or length, length)
        length = self.window
        span = length - width + 1
        self.pool = span if config.pool == "global" else config.pool
        self.stride = config.pool_stride or self.pool
        if span < self.pool:
            raise DeepRageError(
                f"promoters of {length} bp are too short for filters of {width} bp and a pool of "
                f"{config.pool}: use longer promoters, or smaller filter_width and pool."
            )
        self.channels = config.filters
        self.positions = pooled_positions(length, width=width, pool=self.pool, stride=self.stride)
        self.both_strands = config.reverse_complement
        like = nn.Conv1d(4, config.filters, width)
        self.weight, self.bias = like.weight, like.bias
        self.standardise = Standardise(config.filters) if config.centre else nn.Identity()
        # As another encoder's first layer it leaves dropout to that encoder.
        self.dropout = nn.Dropout(config.encoder_dropout if config.encoder == "conv" else 0.0)

    def activations(self, promoters: Tensor) -> Tensor:
        """Rectified, pooled filter outputs (G, T, F) before standardisation."""
        assert self.bias is not None
        promoters = promoters[..., -self.window :]
        best = conv_max_pool(promoters, self.weight, self.bias, pool=self.pool, stride=self.stride)
        if self.both_strands:
            # Letters run A C G T, so flipping letters and positions is the reverse complement.
            other = conv_max_pool(
                promoters, self.weight.flip(1, 2), self.bias, pool=self.pool, stride=self.stride
            )
            best = torch.maximum(best, other)
        return functional.relu(best)

    def pairwise(self, promoters: Tensor) -> Tensor:
        """The same as `forward`, layer by layer as the paper has them."""
        promoters = promoters[..., -self.window :]
        strands = [self.weight, self.weight.flip(1, 2)] if self.both_strands else [self.weight]
        full = [functional.relu(functional.conv1d(promoters, one, self.bias)) for one in strands]
        pooled = [functional.max_pool1d(one, self.pool, self.stride) for one in full]
        result: Tensor = self.standardise(torch.stack(pooled).amax(0).transpose(1, 2))
        return result

    def calibrate(self, promoters: Tensor) -> None:
        """Set the statistics of `Standardise`, if there is one, from training promoters."""
        if isinstance(self.standardise, Standardise):
            self.standardise.calibrate(self.activations(promoters))

    def forward(self, promoters: Tensor) -> Tensor:
        """The map (G, T, F) of one-hot promoters (G, 4, L): T pooled positions, F filters."""
        result: Tensor = self.dropout(self.standardise(self.activations(promoters)))
        return result


class TwoConvolutions(PromoterEncoder):
    """Twice convolution, max-pool and ReLU, padded to keep the length (FUN-PROSE, 2023).

    `Standardise` stands where that network has batch norm, which would let the other genes of a
    block change a prediction.
    """

    def __init__(self, config: NetworkConfig, length: int) -> None:
        super().__init__()
        width = config.filter_width
        self.padding = ((width - 1) // 2, width // 2)
        self.first = Convolution(config, length + width - 1)
        if self.first.positions < config.second_pool:
            raise DeepRageError(
                f"promoters of {length} bp leave {self.first.positions} positions after the first "
                f"pool of {config.pool}, too few for a second pool of {config.second_pool}: use "
                "longer promoters, or smaller pool and second_pool."
            )
        self.conv = nn.Conv1d(
            config.filters, config.second_filters, config.second_filter_width, padding="same"
        )
        self.pool = nn.MaxPool1d(config.second_pool)
        self.dropout = nn.Dropout(config.encoder_dropout)
        self.standardise = Standardise(config.second_filters) if config.centre else nn.Identity()
        self.positions = self.first.positions // config.second_pool
        self.channels = config.second_filters

    def _second(self, first_map: Tensor) -> Tensor:
        """The second layer's map (G, T, D) before standardisation, from the first's (G, P, F)."""
        pooled = self.pool(self.conv(self.dropout(first_map).transpose(1, 2)))
        return functional.relu(pooled).transpose(1, 2)

    def pairwise(self, promoters: Tensor) -> Tensor:
        """The same as `forward`, with plain layers throughout."""
        second = self._second(self.first.pairwise(functional.pad(promoters, self.padding)))
        result: Tensor = self.dropout(self.standardise(second))
        return result

    def calibrate(self, promoters: Tensor) -> None:
        """Set the statistics of both layers, the first's first."""
        padded = functional.pad(promoters, self.padding)
        self.first.calibrate(padded)
        if isinstance(self.standardise, Standardise):
            self.standardise.calibrate(self._second(self.first(padded)))

    def forward(self, promoters: Tensor) -> Tensor:
        """The map (G, T, D) of one-hot promoters (G, 4, L): D filters of the second layer."""
        second = self._second(self.first(functional.pad(promoters, self.padding)))
        result: Tensor = self.dropout(self.standardise(second))
        return result


class DeepBind(PromoterEncoder):
    """Convolution, ReLU, global max and mean pooling, dense (Alipanahi 2015)."""

    positions = 1

    def __init__(self, config: NetworkConfig, length: int) -> None:
        super().__init__()
        if config.filter_width > length:
            raise DeepRageError(
                f"promoters of {length} bp are too short for filters of {config.filter_width} bp: "
                "use longer promoters, or a smaller filter_width."
            )
        self.conv = nn.Conv1d(4, config.filters, config.filter_width)
        self.dense = nn.Linear(2 * config.filters, config.encoder_units)
        self.channels = config.encoder_units

    def forward(self, promoters: Tensor) -> Tensor:
        """The vector (G, 1, units) of one-hot promoters (G, 4, L)."""
        full = functional.relu(self.conv(promoters))
        pooled = torch.cat([full.amax(2), full.mean(2)], dim=1)
        return functional.relu(self.dense(pooled)).unsqueeze(1)


class Basset(PromoterEncoder):
    """Three convolutions with max-pooling, two dense layers (Kelley 2016)."""

    positions = 1

    def __init__(self, config: NetworkConfig, length: int) -> None:
        super().__init__()
        filters, units = config.filters, config.encoder_units
        self.features = nn.Sequential(
            nn.Conv1d(4, filters, config.filter_width, padding="same"),
            nn.ReLU(),
            nn.MaxPool1d(3),
            nn.Conv1d(filters, filters, 11, padding="same"),
            nn.ReLU(),
            nn.MaxPool1d(4),
            nn.Conv1d(filters, filters, 7, padding="same"),
            nn.ReLU(),
            nn.MaxPool1d(4),
        )
        if length < 48:
            raise DeepRageError(f"basset pools by 48: promoters of {length} bp are too short.")
        self.dense = nn.Sequential(
            nn.Linear(filters * (length // 3 // 4 // 4), units),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(units, units),
            nn.ReLU(),
        )
        self.channels = units

    def forward(self, promoters: Tensor) -> Tensor:
        """The vector (G, 1, units) of one-hot promoters (G, 4, L)."""
        result: Tensor = self.dense(self.features(promoters).flatten(1))
        return result.unsqueeze(1)


class DanQ(PromoterEncoder):
    """Convolution, max-pool, bidirectional LSTM, dense (Quang 2016)."""

    positions = 1

    def __init__(self, config: NetworkConfig, length: int) -> None:
        super().__init__()
        self.conv = Convolution(config, length)
        units = config.encoder_units
        if units < 2:
            raise DeepRageError(
                f"danq reads in both directions, half of encoder_units each: {units} is too few, "
                "give 2 or more."
            )
        self.lstm = nn.LSTM(config.filters, units // 2, batch_first=True, bidirectional=True)
        self.dense = nn.Linear(self.conv.positions * 2 * (units // 2), units)
        self.channels = units

    def pairwise(self, promoters: Tensor) -> Tensor:
        """The same as `forward`, the convolution by torch's own layers."""
        return self._read(self.conv.pairwise(promoters))

    def calibrate(self, promoters: Tensor) -> None:
        """Set the statistics of the convolution."""
        self.conv.calibrate(promoters)

    def forward(self, promoters: Tensor) -> Tensor:
        """The vector (G, 1, units) of one-hot promoters (G, 4, L)."""
        return self._read(self.conv(promoters))

    def _read(self, pooled: Tensor) -> Tensor:
        """Read the convolution's map (G, T, F) in both directions: (G, 1, units)."""
        states, _ = self.lstm(pooled)
        return functional.relu(self.dense(states.flatten(1))).unsqueeze(1)


_ENCODERS: dict[str, Callable[[NetworkConfig, int], PromoterEncoder]] = {
    "conv": Convolution,
    "two-conv": TwoConvolutions,
    "deepbind": DeepBind,
    "basset": Basset,
    "danq": DanQ,
}


def make_promoter_encoder(config: NetworkConfig, length: int) -> PromoterEncoder:
    """The encoder that `config.encoder` names, for promoters of `length` bp.

    Raises:
        DeepRageError: parts that do not fit the promoters, or a window of another encoder than
            conv and danq.
    """
    if config.window is not None and config.encoder not in ("conv", "danq"):
        raise DeepRageError(
            f"the encoder {config.encoder} reads whole promoters: leave out window, or use conv."
        )
    return _ENCODERS[config.encoder](config, length)


class RegulatorEncoder(nn.Module):
    """Regulator levels (C, R) to a vector (C, units): a dense layer with ReLU, or as they are."""

    def __init__(self, config: NetworkConfig, regulators: int) -> None:
        super().__init__()
        self.dense = (
            nn.Linear(regulators, config.regulator_units)
            if config.regulator_encoder == "dense"
            else None
        )
        self.units = regulators if self.dense is None else config.regulator_units

    def forward(self, levels: Tensor) -> Tensor:
        """The vector (C, units) of scaled levels (C, R)."""
        return levels if self.dense is None else functional.relu(self.dense(levels))
