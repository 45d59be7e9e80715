"""Recurrent networks along the promoter: an input map once a gene and a condition, then the steps.

Only the recurrence itself is done pair by pair. Both networks run in both directions, and the
final states pass through the first dense layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from deeprage.errors import DeepRageError
from deeprage.networks.bilinear import FullMap, LowRankMap, bilinear_map
from deeprage.networks.config import NetworkConfig

_DIRECTIONS = ("", "_reverse")
_GATES = {"gru": 3, "lstm": 4}


class Recurrent(nn.Module):
    """A bidirectional GRU or LSTM that reads [x_t; y] at each step (DeepRAGE-RNN).

    The input map splits as in `Concatenation`.
    """

    def __init__(self, config: NetworkConfig, *, positions: int, channels: int, units: int) -> None:
        super().__init__()
        _check_steps(positions)
        cell = {"gru": nn.GRU, "lstm": nn.LSTM}[config.cell]
        self.channels, self.units = channels, config.cell_units
        self.gene_inputs = channels + units
        self.rnn = cell(channels + units, self.units, batch_first=True, bidirectional=True)
        self.dense = nn.Linear(2 * self.units, config.hidden[0])
        self._step = _STEPS[config.cell]

    def forward(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        """Pre-activations (G, C, H) of a promoter map (G, T, D) and condition vectors (C, U)."""
        last = [self._run(promoter_map, condition, suffix) for suffix in _DIRECTIONS]
        shape = (promoter_map.shape[0], condition.shape[0], -1)
        result: Tensor = self.dense(torch.cat(last, dim=1)).view(shape)
        return result

    def _run(self, promoter_map: Tensor, condition: Tensor, suffix: str) -> Tensor:
        """Final state (G * C, units) of one direction."""
        w_in: Tensor = getattr(self.rnn, f"weight_ih_l0{suffix}")
        w_state: Tensor = getattr(self.rnn, f"weight_hh_l0{suffix}")
        b_in: Tensor = getattr(self.rnn, f"bias_ih_l0{suffix}")
        b_state: Tensor = getattr(self.rnn, f"bias_hh_l0{suffix}")
        of_gene = promoter_map @ w_in[:, : self.channels].t()  # (G, T, gates)
        of_condition = condition @ w_in[:, self.channels :].t() + b_in  # (C, gates)
        steps = range(promoter_map.shape[1])
        return _final_state(
            self._step,
            lambda step: (of_gene[:, step].unsqueeze(1) + of_condition).flatten(0, 1),
            steps[::-1] if suffix else steps,
            w_state,
            b_state,
        )

    def pairwise(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        """The same for pairs (B, T, D) and (B, U), by torch's own recurrent layer."""
        repeated = condition.unsqueeze(1).expand(-1, promoter_map.shape[1], -1)
        _, last = self.rnn(torch.cat([promoter_map, repeated], dim=2))
        state = last[0] if isinstance(last, tuple) else last  # (2, B, units)
        result: Tensor = self.dense(torch.cat([state[0], state[1]], dim=1))
        return result


class TensorProductRecurrent(nn.Module):
    """A bidirectional GRU or LSTM that reads vec(x_t (x) y) at each step (DeepRAGE-TP-RNN).

    The paper calls it infeasible: a pair's input at the paper's sizes is 9 steps of 120,832
    numbers. Here the input map W vec(x_t (x) y) is contracted for all steps of the block at once,
    with W full or of `config.rank`; the same W at every step.
    """

    def __init__(self, config: NetworkConfig, *, positions: int, channels: int, units: int) -> None:
        super().__init__()
        _check_steps(positions)
        self.units, self.cell = config.cell_units, config.cell
        gates = _GATES[config.cell] * self.units
        maps = [
            bilinear_map(inputs=channels, units=units, outputs=gates, rank=config.rank)
            for _ in _DIRECTIONS
        ]
        self.entry = nn.ModuleList(maps)
        self.gene_inputs = maps[0].reads
        bound = 1 / math.sqrt(self.units)  # of torch's recurrent layers
        self.state_weight, self.state_bias = (
            nn.Parameter(torch.empty(2, *shape).uniform_(-bound, bound))
            for shape in ((gates, self.units), (gates,))
        )
        self.dense = nn.Linear(2 * self.units, config.hidden[0])
        self._step = _STEPS[config.cell]

    def forward(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        """Pre-activations (G, C, H) of a promoter map (G, T, D) and condition vectors (C, U)."""
        genes, steps, _ = promoter_map.shape
        by_step = promoter_map.transpose(0, 1).flatten(0, 1)  # (T * G, D)
        last = []
        for direction, entry in enumerate(self.entry):
            # Unbound, not indexed: the gradient of an index is a whole tensor of zeros.
            gates: Tensor = entry(by_step, condition)  # (T * G, C, gates)
            read = gates.reshape(steps, genes * len(condition), -1).unbind(0).__getitem__
            order = range(steps)[::-1] if direction else range(steps)
            weight, bias = self.state_weight[direction], self.state_bias[direction]
            last.append(_final_state(self._step, read, order, weight, bias))
        result: Tensor = self.dense(torch.cat(last, dim=1)).view(genes, len(condition), -1)
        return result

    def pairwise(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        """The same for pairs (B, T, D) and (B, U): every Z_t and W built, torch's recurrence."""
        outer = promoter_map.unsqueeze(3) * condition[:, None, None, :]  # (B, T, D, U)
        weights: list[Tensor] = []
        for direction, entry in enumerate(self._maps()):
            w_in, b_in = entry.as_dense()
            weights += [w_in, self.state_weight[direction], b_in, self.state_bias[direction]]
        zero = promoter_map.new_zeros(2, len(promoter_map), self.units)
        settings = (True, 1, 0.0, False, True, True)  # biases, layers, dropout, ..., batch first
        if self.cell == "gru":
            last = torch.gru(outer.flatten(2), zero, weights, *settings)[1]
        else:
            last = torch.lstm(outer.flatten(2), (zero, zero), weights, *settings)[1]
        result: Tensor = self.dense(torch.cat([last[0], last[1]], dim=1))
        return result

    def _maps(self) -> list[FullMap | LowRankMap]:
        """The input maps of both directions, by their type."""
        return [entry for entry in self.entry if isinstance(entry, (FullMap, LowRankMap))]


def _check_steps(positions: int) -> None:
    if positions < 2:
        raise DeepRageError(
            "a recurrent network needs at least two steps along the promoter: use the conv "
            "encoder with a pool shorter than half the promoter."
        )


#: gates of the input, gates of the state, state, memory -> state, memory
Step = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


def _final_state(
    step: Step,
    read: Callable[[int], Tensor],
    order: Sequence[int],
    w_state: Tensor,
    b_state: Tensor,
) -> Tensor:
    """The state (pairs, units) after the steps of `order`, from zero.

    Args:
        read: the input's part of the gates (pairs, gates) at a step.
        w_state: (gates, units), with its bias (gates,).
    """
    state: Tensor | None = None
    memory: Tensor | None = None
    for number in order:
        gates_in = read(number)
        if state is None or memory is None:
            # The first state is zero, so that its product with the weights is the bias alone.
            gates_state = b_state.expand(len(gates_in), -1)
            state = memory = gates_in.new_zeros(len(gates_in), w_state.shape[1])
        else:
            gates_state = torch.addmm(b_state, state, w_state.t())
        state, memory = step(gates_in, gates_state, state, memory)
    assert state is not None
    return state


def _gru_step(
    gates_in: Tensor, gates_state: Tensor, state: Tensor, memory: Tensor
) -> tuple[Tensor, Tensor]:
    """One GRU step as torch defines it; `memory` is unused."""
    units = state.shape[1]
    # Split, not slices: the gradient of a slice is a whole tensor of zeros with one part filled.
    opening_in, new_in = torch.split(gates_in, [2 * units, units], dim=1)
    opening_state, new_state = torch.split(gates_state, [2 * units, units], dim=1)
    reset, update = torch.sigmoid(opening_in + opening_state).chunk(2, dim=1)
    new = torch.tanh(torch.addcmul(new_in, reset, new_state))
    return torch.lerp(new, state, update), memory


def _lstm_step(
    gates_in: Tensor, gates_state: Tensor, state: Tensor, memory: Tensor
) -> tuple[Tensor, Tensor]:
    """One LSTM step as torch defines it (input, forget, cell, output gates)."""
    entry, forget, cell, output = (gates_in + gates_state).chunk(4, dim=1)
    memory = torch.sigmoid(forget) * memory + torch.sigmoid(entry) * torch.tanh(cell)
    return torch.sigmoid(output) * torch.tanh(memory), memory


_STEPS: dict[str, Step] = {"gru": _gru_step, "lstm": _lstm_step}
