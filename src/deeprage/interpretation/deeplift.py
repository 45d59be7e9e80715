"""DeepLIFT with the rescale rule (Shrikumar 2017, Proc Mach Learn Res 70:3145).

What an input adds to a prediction is counted from a reference. A multiplier is a contribution per
unit that the input differs from the reference. Linear layers pass multipliers on as they pass on
gradients; a ReLU passes on the change of its output over the change of its input in place of its
slope, so that a unit which is off, or saturated, still tells what turned it so. That is all that
differs from a gradient: the model is run on the reference, then on the input with these ratios in
place of slopes, and torch takes the gradient.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from deeprage.errors import DeepRageError
from deeprage.interpretation.block_model import BlockModel
from deeprage.interpretation.model import NetworkModel

_ENCODERS = ("conv", "two-conv", "deepbind", "basset")
_INTERACTIONS = ("concatenation", "tensor-product")
#: Contributions that miss the change of a prediction by more than this share of its terms lack a
#: rule: the rounding of float32 misses it by less than a hundredth of this.
_TOLERANCE = 1e-4


def check_rules(model: BlockModel) -> None:
    """Check that every layer of a network has a rule; other models are judged by their sums alone.

    Raises:
        DeepRageError: the network has a layer without a rule, which is named.
    """
    if not isinstance(model, NetworkModel):
        return
    config = model.predictor.network.config
    if config.encoder not in _ENCODERS:
        raise _no_rule(f"the encoder {config.encoder}")
    if config.interaction not in _INTERACTIONS:
        raise _no_rule(f"the interaction {config.interaction}")
    if config.head == "classes":
        raise _no_rule("the softmax of a network with a class head alone")


def multipliers(
    values_of: Callable[[Tensor], Tensor], there: Tensor, reference: Tensor, weights: Tensor
) -> Tensor:
    """Multipliers (N, ...): times (there - reference) and added up, the change of each row's value.

    Args:
        values_of: inputs (N, ...) to values (N, K), made of linear maps, ReLUs and maxima; a row
            of values depends on its own row of inputs alone.
        there: float32 (N, ...), the inputs that are explained.
        reference: float32 (N, ...) or (1, ...), where contributions are counted from.
        weights: float32 that broadcasts to (N, K): each row's weighted sum of values is explained.

    Raises:
        DeepRageError: the contributions do not add up to the change, because the model has a
            nonlinearity without a rule.
    """
    # Both need gradients, so that both take the same way through the network.
    there, reference = (one.detach().requires_grad_(True) for one in (there, reference))
    rules = _Rescale()
    with rules:
        before = values_of(reference).detach()
    rules.keeping = False
    with rules:
        after = values_of(there)
    (found,) = torch.autograd.grad((after * weights).sum(), there)
    _check_sums(found * (there - reference).detach(), before, after.detach(), weights)
    return found


def _check_sums(parts: Tensor, before: Tensor, after: Tensor, weights: Tensor) -> None:
    """Raise a `DeepRageError` unless contributions (N, ...) add up to the change of (N, K)."""
    change = ((after - before) * weights).sum(1)
    terms = parts.abs().flatten(1).sum(1) + ((after.abs() + before.abs()) * weights.abs()).sum(1)
    missing = (parts.flatten(1).sum(1) - change).abs()
    if not bool((missing <= _TOLERANCE * terms).all()):
        at = int((missing - _TOLERANCE * terms).nan_to_num(torch.inf).argmax())
        raise _no_rule(
            "a layer of this model, whose contributions add up to "
            f"{float(parts[at].sum()):.4g} where the prediction changes by {float(change[at]):.4g}"
        )


def _no_rule(what: str) -> DeepRageError:
    return DeepRageError(
        f"DeepLIFT has no rule for {what}: choose the method integrated, gradient or mutagenesis."
    )


class _Rescale(TorchFunctionMode):
    """Keeps what enters each nonlinearity in a first run; in a second one, applies its rule."""

    def __init__(self) -> None:
        super().__init__()
        self.keeping = True
        self._kept: deque[Tensor] = deque()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        rule = _RULES.get(func)
        if rule is None:
            return func(*args, **named)
        # The larger of two tensors is the largest along a new dimension.
        given = (torch.stack(args), 0) if func is torch.maximum else args
        if self.keeping:
            self._kept.append(given[0].detach())
            return func(*args, **named)
        return rule(given[0], self._kept.popleft(), *given[1:], **named)


def _relu(values: Tensor, reference: Tensor, **_: object) -> Tensor:
    """ReLU of values, with the ratio of changes for its slope."""
    output = values.detach().relu()
    return _with_slope(
        values,
        output,
        change=output - reference.relu(),
        moved=values.detach() - reference,
        slope=(values > 0).to(values.dtype),
    )


def _max_pool(values: Tensor, reference: Tensor, *settings: Any, **named: Any) -> Tensor:
    """Max-pool of values (N, F, P) to (N, F, T)."""
    named = {**named, "return_indices": True}
    pooled, before = (
        functional.max_pool1d(one.detach(), *settings, **named) for one in (values, reference)
    )
    return _maximum(values, reference, pooled, before, dim=2)


def _amax(values: Tensor, reference: Tensor, dim: int) -> Tensor:
    """The largest along one dimension, which is dropped."""
    largest, before = (one.detach().max(dim, keepdim=True) for one in (values, reference))
    return _maximum(values, reference, largest, before, dim=dim).squeeze(dim)


def _maximum(
    values: Tensor,
    reference: Tensor,
    largest: tuple[Tensor, Tensor],
    before: tuple[Tensor, Tensor],
    *,
    dim: int,
) -> Tensor:
    """A maximum whose change is put down to the place that has the larger of the two maxima.

    As DeepSHAP and Captum do. That place moved at least as far as the maximum did, so the ratio
    lies between 0 and 1.

    Args:
        largest: maxima of the values, and the places along `dim` that have them.
        before: the same of the reference.
    """
    at = torch.where(largest[0] >= before[0], largest[1], before[1])
    chosen = values.gather(dim, at)
    return _with_slope(
        chosen,
        largest[0],
        change=largest[0] - before[0],
        moved=chosen.detach() - reference.expand_as(values).gather(dim, at),
        slope=torch.ones_like(at, dtype=values.dtype),
    )


def _with_slope(
    values: Tensor, output: Tensor, *, change: Tensor, moved: Tensor, slope: Tensor
) -> Tensor:
    """The output, with the gradient change / moved; `slope` where nothing moved.

    A ReLU and a maximum change by no more than what enters them, so that the ratio needs no
    guard against small numbers, only against 0.
    """
    ratio = torch.where(moved == 0, slope, change / moved)
    return output + ratio * (values - values.detach())


#: By the functions that the networks call.
_RULES: dict[Callable[..., Any], Callable[..., Tensor]] = {
    functional.relu: _relu,
    torch.relu: _relu,
    functional.max_pool1d: _max_pool,
    torch.maximum: _amax,
    torch.Tensor.amax: _amax,
}
