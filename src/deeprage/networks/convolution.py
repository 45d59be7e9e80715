"""Convolution over one-hot DNA followed by max-pooling, without keeping the full map."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def pooled_positions(length: int, *, width: int, pool: int, stride: int) -> int:
    """Number of pool windows over a valid convolution of a promoter of `length` bp."""
    return (length - width + 1 - pool) // stride + 1


def conv_max_pool(
    promoters: Tensor, weight: Tensor, bias: Tensor, *, pool: int, stride: int
) -> Tensor:
    """Max-pool(conv(promoters)), (G, positions, F), equal to torch's own two layers.

    Under autocast equal to the precision of its short floats.

    The full map (F values a base) is the largest tensor of the paper's networks and max-pooling
    throws most of it away: on the CPU it is made gene by gene in one buffer that stays in cache,
    and the gradient goes to the winning positions alone. Elsewhere torch's layers are called.

    Args:
        promoters: one-hot (G, 4, L), no gradient flows into it on the CPU path.
        weight: filters (F, 4, K).
        bias: (F,), added after pooling, which commutes with the maximum.
    """
    pooled: Tensor
    if pool == 1:  # nothing is thrown away
        full = functional.conv1d(promoters, weight, stride=stride)
        pooled = full.transpose(1, 2)
    elif promoters.device.type == "cpu" and not promoters.requires_grad:
        pooled = _ConvMaxPool.apply(  # type: ignore[no-untyped-call]
            promoters, weight, pool, stride
        )
    else:
        full = functional.conv1d(promoters, weight)
        pooled = functional.max_pool1d(full, pool, stride).transpose(1, 2)
    return pooled + bias


class _ConvMaxPool(torch.autograd.Function):
    """Convolution as one matrix product a gene, channels last, so that pooling is vectorised.

    Under autocast the products are of its short floats, as torch's own layers are; one-hot letters
    are exact in them, and the gradient is added up over genes in the weights' own.
    """

    @staticmethod
    def forward(ctx: Any, promoters: Tensor, weight: Tensor, pool: int, stride: int) -> Tensor:
        genes, _, length = promoters.shape
        filters, _, width = weight.shape
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else weight.dtype
        windows = _windows(promoters.to(kind), width)
        kernel = weight.to(kind).reshape(filters, -1).t().contiguous()
        positions = pooled_positions(length, width=width, pool=pool, stride=stride)
        pooled = kernel.new_empty(genes, positions, filters)
        winner = torch.empty(genes, positions, filters, dtype=torch.int64)
        full = kernel.new_empty(windows.shape[1], filters)
        as_image = full.view(1, -1, 1, filters).permute(0, 3, 1, 2)  # channels-last picture
        for gene in range(genes):
            torch.mm(windows[gene], kernel, out=full)
            best, at = functional.max_pool2d(
                as_image, (pool, 1), stride=(stride, 1), return_indices=True
            )
            pooled[gene] = best[0, :, :, 0].t()
            winner[gene] = at[0, :, :, 0].t()
        ctx.save_for_backward(windows, winner)
        ctx.weight_shape, ctx.weight_kind = weight.shape, weight.dtype
        ctx.overlapping = stride < pool
        return pooled

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        windows, winner = ctx.saved_tensors
        filters = gradient.shape[2]
        total = torch.zeros(windows.shape[2], filters, dtype=ctx.weight_kind)
        full = gradient.new_empty(windows.shape[1], filters)
        for gene in range(windows.shape[0]):
            full.zero_()
            if ctx.overlapping:
                full.scatter_add_(0, winner[gene], gradient[gene])
            else:
                full.scatter_(0, winner[gene], gradient[gene])
            _add_product(total, windows[gene].t(), full)
        return None, total.t().reshape(ctx.weight_shape), None, None


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total += left right, in place; the product may be of shorter floats than the total."""
    if left.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right


def _windows(promoters: Tensor, width: int) -> Tensor:
    """All windows of `width` bp, (G, L - width + 1, 4 * width)."""
    unfolded = promoters.unfold(2, width, 1)  # (G, 4, P, K)
    return unfolded.permute(0, 2, 1, 3).reshape(promoters.shape[0], unfolded.shape[2], -1)
