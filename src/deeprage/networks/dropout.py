"""ReLU and dropout in one pass, with masks cut from a pool of random numbers."""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor, nn

#: Places at which a mask may start in the pool; a prime, so that starts fall between rows.
_STARTS = 262_139


class ReluDropout(nn.Module):
    """Dropout(ReLU(x)): zero with probability `rate`, scale the rest by 1 / (1 - rate).

    Drawing a fresh number for each cell and unit of a block takes longer than the dense layer
    that the mask is for. Here a pool little larger than one mask is drawn after each call of
    `train()` (each epoch), and every step cuts its mask out of the pool at a random start, so that
    cells and units meet in new combinations. Draws come from torch's own generator.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self._pool: Tensor | None = None

    def train(self, mode: bool = True) -> Self:
        """As in torch; also forgets the pool."""
        self._pool = None
        return super().train(mode)

    def forward(self, values: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return torch.relu(values)
        result: Tensor = _ReluMask.apply(  # type: ignore[no-untyped-call]
            values, self._mask(values)
        )
        return result

    def _mask(self, values: Tensor) -> Tensor:
        size = values.numel()
        pool = self._pool
        if pool is None or pool.numel() < size + _STARTS:
            drawn = torch.rand(size + _STARTS, device=values.device) >= self.rate
            pool = self._pool = drawn.to(values.dtype).div_(1 - self.rate)
        start = int(torch.randint(_STARTS, ()))
        return pool[start : start + size].view(values.shape)


class _ReluMask(torch.autograd.Function):
    """ReLU times a mask of zeros and one constant; keeps the mask and the output alone."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, mask: Tensor) -> Tensor:
        result = torch.relu(values).mul_(mask)
        ctx.save_for_backward(result, mask)
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        result, mask = ctx.saved_tensors
        # The output is positive exactly where the input is and the mask keeps it.
        gradient = torch.ops.aten.threshold_backward(gradients[0], result, 0)
        return gradient.mul_(mask), None
