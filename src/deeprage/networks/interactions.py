"""How a promoter and a condition meet: the first dense layer, for a whole block at once.

Each returns the pre-activations (G, C, H) of the first dense layer after the meeting, equal to
what the paper's network computes pair by pair, without its wide intermediate. `gene_inputs` is the
number of inputs of the layer that reads the promoter.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from deeprage.errors import DeepRageError
from deeprage.networks.config import NetworkConfig


class Concatenation(nn.Module):
    """W [x; y] + b = Wx x + Wy y + b: once a gene, once a condition, then added by broadcasting.

    DeepRAGE-C. `x` is the flattened promoter map, `y` the encoded regulators.
    """

    def __init__(self, config: NetworkConfig, *, positions: int, channels: int, units: int) -> None:
        super().__init__()
        self.gene_inputs = positions * channels
        self.of_gene = nn.Linear(positions * channels, config.hidden[0], bias=False)
        self.of_condition = nn.Linear(units, config.hidden[0])

    def forward(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        of_gene: Tensor = self.of_gene(promoter_map.flatten(1))
        of_condition: Tensor = self.of_condition(condition)
        return of_gene.unsqueeze(1) + of_condition

    def pairwise(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        """The same for pairs (B, T, D) and (B, U), materialising [x; y]."""
        both = torch.cat([promoter_map.flatten(1), condition], dim=1)
        weight = torch.cat([self.of_gene.weight, self.of_condition.weight], dim=1)
        return functional.linear(both, weight, self.of_condition.bias)


class TensorProduct(nn.Module):
    """W vec(x (x) y) + b as two contractions, Eq. 4-5 of the paper.

    The outer product (120,832 numbers a pair at the paper's sizes) is never built: W is
    contracted with the side that has fewer members in the block, then with the other.
    """

    def __init__(self, config: NetworkConfig, *, positions: int, channels: int, units: int) -> None:
        super().__init__()
        if positions != 1:
            raise DeepRageError(
                f"the tensor product needs one vector a promoter, but this encoder keeps "
                f"{positions} positions: set pool to 'global'."
            )
        hidden = config.hidden[0]
        self.gene_inputs = channels * units
        bound = 1 / math.sqrt(channels * units)  # nn.Linear's own initial range
        self.weight = nn.Parameter(torch.empty(channels, hidden, units).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(hidden).uniform_(-bound, bound))

    def forward(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        x = promoter_map.squeeze(1)
        channels, hidden, units = self.weight.shape
        if x.shape[0] <= condition.shape[0]:
            of_gene = (x @ self.weight.view(channels, -1)).view(-1, hidden, units)
            block = torch.matmul(of_gene, condition.t()).transpose(1, 2)  # (G, C, H)
        else:
            of_condition = self.weight.view(-1, units) @ condition.t()  # (F * H, C)
            block = (x @ of_condition.view(channels, -1)).view(-1, hidden, condition.shape[0])
            block = block.transpose(1, 2)
        return block + self.bias

    def pairwise(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        """The same for pairs (B, 1, F) and (B, U), materialising Z = x (x) y."""
        outer = promoter_map.squeeze(1).unsqueeze(2) * condition.unsqueeze(1)
        weight = self.weight.permute(0, 2, 1).reshape(-1, self.weight.shape[1])
        return outer.flatten(1) @ weight + self.bias


class Recurrent(nn.Module):
    """A bidirectional GRU or LSTM along the promoter that reads [x_t; y] at each step.

    DeepRAGE-RNN. Only the recurrence itself is done pair by pair: the input map splits as in
    `Concatenation`. The final states of both directions pass through the first dense layer.
    """

    def __init__(self, config: NetworkConfig, *, positions: int, channels: int, units: int) -> None:
        super().__init__()
        if positions < 2:
            raise DeepRageError(
                "a recurrent network needs at least two steps along the promoter: use the conv "
                "encoder with a pool shorter than half the promoter."
            )
        cell = {"gru": nn.GRU, "lstm": nn.LSTM}[config.cell]
        self.channels, self.units = channels, config.cell_units
        self.gene_inputs = channels + units
        self.rnn = cell(channels + units, self.units, batch_first=True, bidirectional=True)
        self.dense = nn.Linear(2 * self.units, config.hidden[0])
        self._step = _gru_step if config.cell == "gru" else _lstm_step

    def forward(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        last = [self._run(promoter_map, condition, suffix) for suffix in ("", "_reverse")]
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
        pairs = promoter_map.shape[0] * condition.shape[0]
        state = promoter_map.new_zeros(pairs, self.units)
        memory = state
        # The first state is zero, so that its product with the weights is the bias alone.
        gates_state = b_state.expand(pairs, -1)
        for number, step in enumerate(reversed(steps) if suffix else steps):
            gates_in = (of_gene[:, step].unsqueeze(1) + of_condition).flatten(0, 1)
            if number > 0:
                gates_state = torch.addmm(b_state, state, w_state.t())
            state, memory = self._step(gates_in, gates_state, state, memory)
        return state

    def pairwise(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        """The same for pairs (B, T, D) and (B, U), by torch's own recurrent layer."""
        repeated = condition.unsqueeze(1).expand(-1, promoter_map.shape[1], -1)
        _, last = self.rnn(torch.cat([promoter_map, repeated], dim=2))
        state = last[0] if isinstance(last, tuple) else last  # (2, B, units)
        result: Tensor = self.dense(torch.cat([state[0], state[1]], dim=1))
        return result


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


_INTERACTIONS: dict[str, type[Concatenation] | type[TensorProduct] | type[Recurrent]] = {
    "concatenation": Concatenation,
    "tensor-product": TensorProduct,
    "recurrent": Recurrent,
}


def make_interaction(
    config: NetworkConfig, *, positions: int, channels: int, units: int
) -> Concatenation | TensorProduct | Recurrent:
    """The interaction that `config.interaction` names."""
    kind = _INTERACTIONS[config.interaction]
    return kind(config, positions=positions, channels=channels, units=units)
