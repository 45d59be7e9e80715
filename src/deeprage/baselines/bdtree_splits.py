"""Gains of all splits of a submatrix at once, by gene attributes and by regulator levels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from deeprage.errors import unknown

#: Candidate splits scored at once, so that the products stay in the processor's cache.
_BLOCK = 1024


class Criterion(StrEnum):
    """What a split reduces (Ruan and Zhang 2006 compare three sums of squares).

    `SS1` squares about the mean of the whole node: (y_ij - mean)^2.
    `SS2` squares about profiles: for gene splits (y_ij - mean_j)^2 with the mean of each
        condition, for condition splits (y_ij - mean_i)^2 with the mean of each gene.
    `SS3` as SS2, its gain divided by the number of conditions for a gene split and of genes for
        a condition split.
    """

    SS1 = "ss1"
    SS2 = "ss2"
    SS3 = "ss3"


def as_criterion(name: Criterion | str) -> Criterion:
    """The criterion of that name.

    Raises:
        DeepRageError: there is none.
    """
    try:
        return Criterion(name)
    except ValueError:
        raise unknown("split criterion", str(name), [str(x) for x in Criterion]) from None


@dataclass(frozen=True)
class Thresholds:
    """All candidate questions `attribute > threshold` about genes or about conditions.

    Attributes:
        attribute: intp (Q,), number of the attribute that each question asks about.
        threshold: float32 (Q,).
        above: uint8 (N, Q), the answers for N genes (or conditions).
    """

    attribute: NDArray[np.intp]
    threshold: NDArray[np.float32]
    above: NDArray[np.uint8]


def thresholds(values: NDArray[np.float32], *, most: int, among: NDArray[np.intp]) -> Thresholds:
    """Up to `most` questions for each column of `values` (N, K), at quantiles of the rows `among`.

    A threshold lies at a value that occurs; columns that do not vary ask nothing.
    """
    steps = np.arange(1, most + 1) / (most + 1)
    cuts = np.quantile(values[among], steps, axis=0, method="lower")
    tops = values[among].max(axis=0)
    attribute: list[int] = []
    threshold: list[float] = []
    for column in range(values.shape[1]):
        # Counts leave out rare values at quantiles: 0, hence "any at all", is always asked.
        found = np.unique(np.append(cuts[:, column], values[among, column].min()))
        found = found[found < tops[column]]
        attribute += [column] * len(found)
        threshold += found.tolist()
    asked, limits = np.array(attribute, dtype=np.intp), np.array(threshold, dtype=np.float32)
    above = np.empty((len(values), len(asked)), dtype=np.uint8)
    for first in range(0, len(asked), _BLOCK):
        part = slice(first, first + _BLOCK)
        above[:, part] = values[:, asked[part]] > limits[part]
    return Thresholds(asked, limits, above)


@dataclass(frozen=True)
class Block:
    """Values of a submatrix with missing cells as 0, and which cells are known; float32 (n, m).

    The first axis is the one that is split: genes for gene splits, else conditions.
    """

    values: NDArray[np.float32]
    known: NDArray[np.float32]

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> Block:
        """A block of values with NaN where missing."""
        known = ~np.isnan(values)
        return cls(np.where(known, values, np.float32(0)), known.astype(np.float32))

    @property
    def transposed(self) -> Block:
        """The block with its axes exchanged."""
        return Block(np.ascontiguousarray(self.values.T), np.ascontiguousarray(self.known.T))


def split_gains(
    block: Block, above: NDArray[np.uint8], criterion: Criterion, *, least: int
) -> NDArray[np.float64]:
    """Gain (Q,) of splitting a block (n, m) by each column of the answers `above` (n, Q).

    The gain of a sum of squares about means is S1^2/N1 + S2^2/N2 - S^2/N, with sums S and counts
    N of the known cells, so no residual is ever formed: for SS2 and SS3 a term for each of the
    m lines, for SS1 one term. Splits that leave fewer than `least` rows on a side gain -inf.

    Cost: 4 n m Q floating-point operations, in two float32 matrix products (one when no cell is
    missing).
    """
    n, m = block.values.shape
    complete = bool(block.known.all())
    values, known = block.values, block.known
    # Offsets do not change a gain, but centred values keep float32 sums precise.
    axis = None if criterion is Criterion.SS1 else 0
    cells = np.maximum(known.sum(axis=axis, dtype=np.float64), 1)
    offset = (values.sum(axis=axis, dtype=np.float64) / cells).astype(np.float32)
    values = (values - offset) * known
    if criterion is Criterion.SS1:
        values, known = (x.sum(axis=1, keepdims=True) for x in (values, known))
        complete = False
    gains = np.empty(above.shape[1])
    for first in range(0, above.shape[1], _BLOCK):
        part = slice(first, first + _BLOCK)
        answers = above[:, part].astype(np.float32)
        side = answers.sum(axis=0)
        count = np.repeat(side[:, None], m, axis=1) if complete else answers.T @ known
        gain = _between(answers.T @ values, count, values.sum(axis=0), known.sum(axis=0))
        gain[(side < least) | (n - side < least)] = -np.inf
        gains[part] = gain
    return gains / m if criterion is Criterion.SS3 else gains


def _between(
    sums: NDArray[np.float32],
    counts: NDArray[np.float32],
    total: NDArray[np.float32],
    known: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Sum over lines of the squares between the two sides: N1 N2 / N (mean1 - mean2)^2."""
    rest = known - counts
    # With N1 S - N S1 in place of the means there is no division by an empty side.
    difference = sums * known - total * counts
    weight = counts * rest * known
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(weight > 0, difference * difference / weight, 0)
    gain: NDArray[np.float64] = terms.sum(axis=1, dtype=np.float64)
    return gain
