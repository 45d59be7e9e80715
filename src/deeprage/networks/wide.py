"""A dense layer of many inputs over the few genes of a block, whose gradient is made in cache."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

#: Numbers of a gradient that are made at a time: 1 MB, a core's own cache.
_TILE = 2**18
#: Beyond this many rows a product is bound by arithmetic and one call is as fast.
_MOST_ROWS = 16


class WideLinear(nn.Linear):
    """`nn.Linear` without bias for (N, inputs) with few rows, N = the genes of a block.

    The layer over a flattened promoter map has 16,640 x 512 weights and a block gives it 8 rows or
    so: its gradient is a product of rank 8 that is written once, and as one product that takes
    twice as long as in tiles that stay in cache. Weights, outputs and gradients are `nn.Linear`'s,
    also under autocast for up to 16 rows, which stay float32; more are left to autocast.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, bias=False)

    def forward(self, values: Tensor) -> Tensor:
        """(N, inputs) to (N, outputs)."""
        if values.device.type != "cpu" or not 0 < len(values) <= _MOST_ROWS:
            return super().forward(values)
        # Also under autocast: so few rows are bound by reading the weights, and a copy of these in
        # shorter floats has to read them all, and its gradient to write them all again.
        result: Tensor = _WideProduct.apply(  # type: ignore[no-untyped-call]
            values.to(self.weight.dtype), self.weight
        )
        return result


class _WideProduct(torch.autograd.Function):
    """values (N, I) times weight (O, I) transposed."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(values, weight)
        with torch.autocast("cpu", enabled=False):
            return torch.mm(values, weight.t())

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        (gradient,) = gradients
        values, weight = ctx.saved_tensors
        of_values = torch.mm(gradient, weight) if ctx.needs_input_grad[0] else None
        of_weight = _outer(gradient, values) if ctx.needs_input_grad[1] else None
        return of_values, of_weight


def _outer(gradient: Tensor, values: Tensor) -> Tensor:
    """gradient (N, O) transposed times values (N, I), a tile of rows at a time."""
    outputs, inputs = gradient.shape[1], values.shape[1]
    rows = gradient.t().contiguous()
    result = values.new_empty(outputs, inputs)
    high = max(1, _TILE // inputs)
    for first in range(0, outputs, high):
        torch.mm(rows[first : first + high], values, out=result[first : first + high])
    return result
