"""W vec(x (x) y) + b for all genes and conditions of a block, the outer product never built.

Eq. 4-5 of the paper. x is a gene's promoter map, flattened (D numbers: positions x filters), y a
condition's regulators (U numbers), so that vec(x (x) y) has D * U numbers a pair: 120,832 where the
promoter is pooled whole, 119 million at full resolution. Either map takes x (N, ...), y (C, U) and
gives (N, C, H); `pairwise` takes (B, ...) and (B, U), and materialises all of it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from deeprage.errors import DeepRageError

#: Numbers in W beyond which it is refused: 4 GB, and four times that while Adam trains it.
LARGEST_WEIGHT = 1_000_000_000


class FullMap(nn.Module):
    """W (D, H, U) with every entry free, as two contractions.

    W is contracted with x first, H * U numbers a gene, or with y first, D * H numbers a condition:
    in the order that costs fewer operations for the block. The same sum either way.

    Raises:
        DeepRageError: W would not fit into memory.
    """

    def __init__(self, *, inputs: int, units: int, outputs: int) -> None:
        super().__init__()
        size = inputs * units * outputs
        if size > LARGEST_WEIGHT:
            raise DeepRageError(
                f"a full tensor product of {inputs:,} promoter values with {units:,} regulator "
                f"values has {size:.3g} weights ({4 * size / 1e9:.3g} GB): set rank, for instance "
                "64, or pool to 'global'."
            )
        self.reads = inputs * units
        bound = 1 / math.sqrt(self.reads)  # nn.Linear's own initial range
        self.weight = nn.Parameter(torch.empty(inputs, outputs, units).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Outputs (G, C, H) of x (G, ...), flattened, and y (C, U)."""
        x = x.flatten(1)
        inputs, outputs, units = self.weight.shape
        genes, conditions = x.shape[0], y.shape[0]
        x_first = genes * units * (inputs + conditions)
        y_first = conditions * inputs * (units + genes)
        if x_first <= y_first:
            of_gene = (x @ self.weight.view(inputs, -1)).view(-1, outputs, units)
            block = torch.matmul(of_gene, y.t()).transpose(1, 2)  # (N, C, H)
        else:
            of_condition = self.weight.view(-1, units) @ y.t()  # (D * H, C)
            block = (x @ of_condition.view(inputs, -1)).view(-1, outputs, conditions)
            block = block.transpose(1, 2)
        return block + self.bias

    def pairwise(self, x: Tensor, y: Tensor) -> Tensor:
        """The same for pairs, materialising Z = x (x) y."""
        return functional.linear(outer(x, y), *self.as_dense())

    def as_dense(self) -> tuple[Tensor, Tensor]:
        """Weight (H, D * U) and bias (H,) of the dense layer over vec(Z) that it is."""
        return self.weight.transpose(1, 2).flatten(0, 1).t(), self.bias

    def of_entry(self, rows: Tensor, unit: int) -> Tensor:
        """The weights (rows, H) with which some entries x_d y_u of Z, at one u, are read."""
        return self.weight[rows, :, unit]


class LowRankMap(nn.Module):
    """W[d, u, h] = sum_r A[d, r] B[u, r] C[r, h], which the block form never adds up.

    x A is computed once a gene and y B once a condition; a pair costs their product, entry by
    entry, and a dense layer from r to H. A has D * r weights where W has D * U * H: 16 million
    instead of 61 billion at full resolution with the paper's sizes.
    """

    def __init__(self, *, inputs: int, units: int, outputs: int, rank: int) -> None:
        super().__init__()
        self.reads = inputs
        self.of_gene = nn.Linear(inputs, rank, bias=False)
        self.of_condition = nn.Linear(units, rank, bias=False)
        self.out = nn.Linear(rank, outputs)
        # Of unit variance for standardised inputs, so that their product is too, and W has the
        # variance that nn.Linear gives a dense layer over Z.
        nn.init.normal_(self.of_gene.weight, std=1 / math.sqrt(inputs))
        nn.init.normal_(self.of_condition.weight, std=1 / math.sqrt(units))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Outputs (G, C, H) of x (G, ...), flattened, and y (C, U)."""
        of_gene, of_condition = self.of_gene(x.flatten(1)), self.of_condition(y)
        result: Tensor = self.out(of_gene.unsqueeze(1) * of_condition)
        return result

    def pairwise(self, x: Tensor, y: Tensor) -> Tensor:
        """The same for pairs, materialising Z and the whole of W."""
        return functional.linear(outer(x, y), *self.as_dense())

    def as_dense(self) -> tuple[Tensor, Tensor]:
        """Weight (H, D * U) and bias (H,) of the dense layer over vec(Z) that it is."""
        parts = self.out.weight, self.of_gene.weight, self.of_condition.weight
        return torch.einsum("hr,rd,ru->hdu", *parts).flatten(1), self.out.bias

    def of_entry(self, rows: Tensor, unit: int) -> Tensor:
        """The weights (rows, H) with which some entries x_d y_u of Z, at one u, are read."""
        of_pair = self.of_gene.weight[:, rows].t() * self.of_condition.weight[:, unit]
        return of_pair @ self.out.weight.t()


def outer(x: Tensor, y: Tensor) -> Tensor:
    """vec(x (x) y) of pairs: (B, ...) and (B, U) to (B, D * U)."""
    return (x.flatten(1).unsqueeze(2) * y.unsqueeze(1)).flatten(1)


def bilinear_map(
    *, inputs: int, units: int, outputs: int, rank: int | None
) -> FullMap | LowRankMap:
    """The map of `rank`, or the full one where it is None."""
    if rank is None:
        return FullMap(inputs=inputs, units=units, outputs=outputs)
    return LowRankMap(inputs=inputs, units=units, outputs=outputs, rank=rank)
