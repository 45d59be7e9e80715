"""Attention over promoter positions, asked by the condition."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from deeprage.networks.config import NetworkConfig


class Attention(nn.Module):
    """Each condition asks each promoter where to look (DeepRAGE-A; Vaswani 2017, section 3.2).

    The condition gives a query per head, each position of the promoter map a key and a value;
    what a head reads is softmax(q . k / sqrt(d)) v. A learnt vector a position is added to the
    keys, so that a head can look for a place as well as for a motif. The heads' readings and the
    regulators themselves enter the first dense layer, as in DeepRAGE-C. Keys and values are
    computed once a gene and queries once a condition; a pair costs its softmax alone.
    """

    def __init__(self, config: NetworkConfig, *, positions: int, channels: int, units: int) -> None:
        super().__init__()
        self.heads, self.gene_inputs = config.heads, channels
        width = config.heads * config.head_units
        self.query = nn.Linear(units, width)
        self.key = nn.Linear(channels, width, bias=False)
        self.value = nn.Linear(channels, width)
        self.place = nn.Parameter(torch.randn(positions, width) / math.sqrt(config.head_units))
        self.of_reading = nn.Linear(width, config.hidden[0], bias=False)
        self.of_condition = nn.Linear(units, config.hidden[0])

    def forward(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        """Pre-activations (G, C, H) of a promoter map (G, T, D) and condition vectors (C, U)."""
        key, value = (self._by_head(part) for part in self._keys_and_values(promoter_map))
        query = self._by_head(self.query(condition).unsqueeze(0))  # (1, heads, C, d)
        query = query.expand(len(promoter_map), -1, -1, -1)
        reading = functional.scaled_dot_product_attention(query, key, value)
        of_reading: Tensor = self.of_reading(reading.transpose(1, 2).flatten(2))  # (G, C, H)
        of_condition: Tensor = self.of_condition(condition)
        return of_reading + of_condition

    def pairwise(self, promoter_map: Tensor, condition: Tensor) -> Tensor:
        """The same for pairs (B, T, D) and (B, U), the scores written out."""
        key, value = (
            part.view(*part.shape[:2], self.heads, -1)
            for part in self._keys_and_values(promoter_map)
        )
        query = self.query(condition).view(len(condition), self.heads, -1)
        scores = torch.einsum("bhd,bthd->bth", query, key) / math.sqrt(query.shape[2])
        reading = torch.einsum("bth,bthd->bhd", scores.softmax(1), value)
        result: Tensor = self.of_reading(reading.flatten(1)) + self.of_condition(condition)
        return result

    def _keys_and_values(self, promoter_map: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values (G, T, heads * d)."""
        return self.key(promoter_map) + self.place, self.value(promoter_map)

    def _by_head(self, part: Tensor) -> Tensor:
        """(N, T, heads * d) to (N, heads, T, d)."""
        return part.view(*part.shape[:2], self.heads, -1).transpose(1, 2)
