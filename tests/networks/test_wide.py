"""The wide layer is torch's dense layer: outputs, gradients and first weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from deeprage.networks.wide import _TILE, WideLinear

INPUTS = _TILE // 4  # tiles of four rows of the gradient, which six outputs do not fill


@pytest.mark.parametrize("rows", [1, 8, 16, 17])
def test_outputs_and_gradients_equal_a_dense_layer(rows: int) -> None:
    torch.manual_seed(0)
    wide = WideLinear(INPUTS, 6)
    plain = nn.Linear(INPUTS, 6, bias=False)
    plain.load_state_dict(wide.state_dict())
    seen = torch.randn(rows, INPUTS)
    found = []
    for layer in (wide, plain):
        values = seen.clone().requires_grad_()
        output = layer(values)
        (output * torch.linspace(-1, 2, output.numel()).view(output.shape)).sum().backward()
        assert values.grad is not None
        assert layer.weight.grad is not None
        found.append((output.detach(), values.grad, layer.weight.grad))
    for ours, theirs in zip(*found, strict=True):
        error = (ours - theirs).norm() / theirs.norm()
        assert error.item() < 1e-5


def test_gradients_of_two_passes_add_up() -> None:
    torch.manual_seed(0)
    wide = WideLinear(INPUTS, 6)
    seen = torch.randn(3, INPUTS)
    wide(seen).sum().backward()
    assert wide.weight.grad is not None
    once = wide.weight.grad.clone()
    wide(seen).sum().backward()
    torch.testing.assert_close(wide.weight.grad, 2 * once)


def test_starts_as_a_dense_layer_does() -> None:
    torch.manual_seed(0)
    wide = WideLinear(40, 6)
    torch.manual_seed(0)
    assert torch.equal(wide.weight, nn.Linear(40, 6, bias=False).weight)


def test_gradient_flows_to_inputs_of_frozen_weights() -> None:
    wide = WideLinear(40, 6).requires_grad_(False)
    values = torch.randn(2, 40, requires_grad=True)
    wide(values).sum().backward()
    assert values.grad is not None
    torch.testing.assert_close(values.grad[0], wide.weight.sum(0))
    assert wide.weight.grad is None


def test_few_rows_stay_exact_in_low_precision_and_many_are_left_to_torch() -> None:
    wide = WideLinear(40, 6)
    few, many = torch.randn(2, 40), torch.randn(17, 40)
    with torch.autocast("cpu", torch.bfloat16):
        exact = wide(few)
        assert wide(many).dtype == torch.bfloat16
    assert exact.dtype == torch.float32
    torch.testing.assert_close(exact, few @ wide.weight.t())
