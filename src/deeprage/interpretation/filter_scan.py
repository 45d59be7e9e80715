"""Filters over promoters: which windows activate them most, how often and where they fire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.nn.grad import conv1d_weight

from deeprage.data.dna import N_TOKEN
from deeprage.errors import DeepRageError
from deeprage.interpretation.model import Filters
from deeprage.training.tensors import one_hot

#: Activations held at a time, about 64 MB.
_CELLS_AT_ONCE = 16_000_000
#: A filter fires where it reaches this share of its largest activation (Alipanahi 2015, Basset).
FIRING_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class FilterScan:
    """What filters see in promoters.

    Attributes:
        counts: float64 (F, 4, K), letters counted over a filter's windows, on the strand that
            the filter read.
        windows: intp (F,), number of those windows; 0 for a filter that is never active.
        largest: float32 (F,), largest activation (before pooling), in the network's own units.
        fires: float64 (F,), share of promoters in which the filter fires.
        positions: intp (F, P), firing windows by their first bp, from the promoter's 5' end.
    """

    counts: NDArray[np.float64]
    windows: NDArray[np.intp]
    largest: NDArray[np.float32]
    fires: NDArray[np.float64]
    positions: NDArray[np.intp]


class _Batch(NamedTuple):
    letters: Tensor  # (B, 4, L)
    strands: list[Tensor]  # activations (B, F, P), forward and where asked backward


def scan_filters(
    filters: Filters,
    promoters: NDArray[np.int8],
    *,
    best: int = 100,
    threshold: float | None = None,
    firing: bool = True,
) -> FilterScan:
    """Collect each filter's windows over promoters.

    Promoters that are identical (operons) count once; windows with N are left out, and so are
    windows that the activation function would set to 0.

    Args:
        promoters: tokens (G, L), not shorter than a filter.
        best: how many windows with the largest activations make the counts (Kelley 2016 and the
            DeepRAGE paper: 100).
        threshold: use instead all windows above this share of the filter's largest activation.
        firing: also find out how often and where filters fire, which takes a second pass;
            otherwise `fires` and `positions` stay 0.

    Raises:
        DeepRageError: no promoter, promoters shorter than the filters, `best` below 1 or a
            threshold outside 0 to 1.
    """
    if not len(promoters) or promoters.shape[1] < filters.width:
        raise DeepRageError(
            f"there are {len(promoters)} promoters of {promoters.shape[1]} bp for filters of "
            f"{filters.width} bp: give at least one promoter as long as a filter."
        )
    if best < 1:
        raise DeepRageError(f"a motif needs at least 1 window, got {best}.")
    if threshold is not None and not 0 < threshold <= 1:
        raise DeepRageError(
            f"the threshold is a share of the largest activation, above 0 up to 1, got {threshold}."
        )
    promoters = np.unique(promoters, axis=0)
    with torch.inference_mode():
        found = _Best(filters, best)
        for batch in _batches(filters, promoters):
            found.look_at(batch)
        return _collect(filters, promoters, found, threshold, firing=firing)


def _batches(filters: Filters, promoters: NDArray[np.int8]) -> Iterator[_Batch]:
    weight, bias = torch.from_numpy(filters.weight), torch.from_numpy(filters.bias)
    positions = promoters.shape[1] - filters.width + 1
    size = max(1, _CELLS_AT_ONCE // (positions * len(filters)))
    ones = torch.ones(1, 1, filters.width)
    for start in range(0, len(promoters), size):
        tokens = torch.from_numpy(promoters[start : start + size])
        letters = one_hot(tokens)
        unknown = functional.conv1d((tokens == N_TOKEN).float().unsqueeze(1), ones) > 0.5
        kernels = [weight, weight.flip(1, 2)] if filters.both_strands else [weight]
        strands = [functional.conv1d(letters, kernel, bias) for kernel in kernels]
        yield _Batch(letters, [one.masked_fill_(unknown, -torch.inf) for one in strands])


class _Best:
    """The windows with the largest activations, kept while batches pass."""

    def __init__(self, filters: Filters, best: int) -> None:
        self.best, self.width = best, filters.width
        self.values = torch.full((len(filters), 0), 0.0)
        self.words = torch.zeros(len(filters), 0, 4, filters.width)

    def look_at(self, batch: _Batch) -> None:
        for backward, activations in enumerate(batch.strands):
            count, filters, positions = activations.shape
            flat = activations.transpose(0, 1).reshape(filters, -1)
            top, where = flat.topk(min(self.best, count * positions), dim=1)
            if self.values.shape[1] == self.best and not (top[:, 0] > self.values[:, -1]).any():
                continue
            words = self._words(batch.letters, where // positions, where % positions)
            self._merge(top, words.flip(2, 3) if backward else words)

    def _words(self, letters: Tensor, promoter: Tensor, start: Tensor) -> Tensor:
        """Letters (F, n, 4, K) of windows."""
        columns = start.unsqueeze(-1) + torch.arange(self.width)
        return letters.transpose(1, 2)[promoter.unsqueeze(-1), columns].transpose(2, 3)

    def _merge(self, values: Tensor, words: Tensor) -> None:
        values = torch.cat([self.values, values], dim=1)
        words = torch.cat([self.words, words], dim=1)
        self.values, order = values.topk(min(self.best, values.shape[1]), dim=1)
        self.words = words[torch.arange(len(words)).unsqueeze(1), order]

    @property
    def largest(self) -> Tensor:
        return self.values[:, 0]


def _collect(
    filters: Filters,
    promoters: NDArray[np.int8],
    found: _Best,
    threshold: float | None,
    *,
    firing: bool,
) -> FilterScan:
    """Second pass: firing, and counts over a threshold where asked."""
    largest = found.largest
    alive = largest > 0
    enough = torch.where(alive, FIRING_SHARE * largest, torch.inf).view(1, -1, 1)
    wanted = torch.where(alive, (threshold or 1.0) * largest, torch.inf).view(1, -1, 1)
    active = (found.values > 0).float()
    counts = (found.words * active[:, :, None, None]).sum(1).double()
    windows = active.sum(1).double()
    if threshold is not None:
        counts, windows = torch.zeros_like(counts), torch.zeros_like(windows)
    positions = torch.zeros(len(filters), promoters.shape[1] - filters.width + 1)
    fires = torch.zeros(len(filters))
    second_pass = firing or threshold is not None
    for batch in _batches(filters, promoters) if second_pass else ():
        fired = torch.zeros(len(batch.letters), len(filters), dtype=torch.bool)
        for backward, activations in enumerate(batch.strands):
            above = activations >= enough
            fired |= above.any(2)
            positions += above.float().sum(0)
            if threshold is not None:
                chosen = (activations >= wanted).float()
                shape = filters.weight.shape
                part = conv1d_weight(batch.letters, shape, chosen)  # type: ignore[no-untyped-call]
                counts += part.flip(1, 2) if backward else part
                windows += chosen.sum((0, 2))
        fires += fired.sum(0)
    return FilterScan(
        counts=counts.numpy(),
        windows=windows.numpy().astype(np.intp),
        largest=largest.numpy(),
        fires=fires.double().numpy() / len(promoters),
        positions=positions.numpy().astype(np.intp),
    )
