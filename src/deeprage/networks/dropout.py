"""Dropout with masks drawn eight to a random number."""

from __future__ import annotations

import torch
from torch import Tensor


def byte_dropout(values: Tensor, rate: float, *, training: bool) -> Tensor:
    """Zero values with probability `rate` (to the nearest 1/256) and scale the rest up.

    torch draws one number of a serial generator for each value of a mask, which costs as much as
    the matrix products of a block; here one 64-bit draw serves eight values.
    """
    threshold = round(rate * 256)
    if not training or threshold == 0:
        return values
    draws = torch.empty((values.numel() + 7) // 8, dtype=torch.int64, device=values.device)
    draws.random_(-(2**63), None)
    dice = draws.view(torch.uint8)[: values.numel()].view(values.shape)
    keep = (dice >= threshold).to(values.dtype).mul_(256 / (256 - threshold))
    return values * keep
