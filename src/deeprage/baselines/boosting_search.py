"""Exact search for the next boosting rule over all (node, attribute, regulator state).

A node of an alternating tree whose rules are conjunctions of a gene attribute and a condition
state covers a set of genes times a set of conditions, so its weights are a submatrix. With the
weights of Up cells W+ and of Down cells W- there, the weights that every rule would cover are two
matrix products, A' W+ S and A' W- S, for presence A (genes, attributes) and states S
(conditions, states). AdaBoost's loss of a rule with abstention, 2 sqrt(w+ w-) + w0 (Schapire and
Singer 1999), is total - (sqrt(w+) - sqrt(w-))^2, so the best rule has the largest
|sqrt(w+) - sqrt(w-)|, here called its gain.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

#: Attributes scored at once; the two products of a block then stay in the processor's cache.
_BLOCK = 1024
#: Largest memory for the first products (A' W) that are kept between rounds.
_CACHE_BYTES = 500_000_000
#: Kept products are computed afresh after so many updates, against the drift of float32.
_REFRESH = 40


@dataclass(frozen=True)
class Found:
    """The best rule under a node: its gain, the number of its attribute and of its state."""

    gain: float
    node: int
    attribute: int
    state: int


@dataclass
class _Node:
    """What is remembered of a tree node between rounds."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    best: Found | None = None
    bound: float = np.inf
    product: NDArray[np.float32] | None = None
    snapshot: NDArray[np.float32] | None = None
    updates: int = 0


@dataclass
class RuleSearch:
    """Finds the rule of least AdaBoost loss under any node of a growing tree.

    Nodes are evaluated lazily, in the order of an upper bound of their gain: neither the larger
    of a node's two total weights can be exceeded, nor the last exact gain plus the roots of what
    the node's weights have changed by since (|sqrt(w + d) - sqrt(w)| <= sqrt|d|). A node whose
    weights have not changed is never evaluated twice. The result is that of the exhaustive
    search.

    Cost of one evaluation of a node of g genes and c conditions, M attributes, S states:
    4 M c (g + S) floating-point operations, all in BLAS, and O(M S) square roots; the first
    product is updated only where weights changed.

    Attributes:
        presence: uint8 (G, M).
        states: float32 (C, S).
        up, down: float32 (G, C), weights of the Up and of the Down cells, elsewhere 0. They
            belong to the search from then on: change them by `scale` only.
        regulator_rows: row (S,) of the gene whose level a state is about, -1 where it is not a
            gene of the matrix. Rules never fire on that gene itself (no self-prediction).
    """

    presence: NDArray[np.uint8]
    states: NDArray[np.float32]
    up: NDArray[np.float32]
    down: NDArray[np.float32]
    regulator_rows: NDArray[np.intp]
    nodes: list[_Node] = field(default_factory=list)
    evaluations: int = 0
    _cached_bytes: int = 0
    _in_rows: NDArray[np.float32] = field(init=False)
    _in_columns: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        self._in_rows = np.zeros((0, self.up.shape[0]), dtype=np.float32)
        self._in_columns = np.zeros((0, self.up.shape[1]), dtype=np.float32)

    def add_node(self, genes: NDArray[np.bool_], conditions: NDArray[np.bool_]) -> int:
        """A new node that covers `genes` (G,) x `conditions` (C,); its number."""
        node = _Node(np.flatnonzero(genes), np.flatnonzero(conditions))
        cells = np.ix_(node.rows, node.columns)
        # Only genes and conditions with weight matter to the search; weights never become 0.
        weights = self.up[cells] + self.down[cells]
        node.rows = node.rows[weights.any(axis=1)]
        node.columns = node.columns[weights.any(axis=0)]
        self.nodes.append(node)
        self._in_rows = np.concatenate([self._in_rows, genes[None].astype(np.float32)])
        self._in_columns = np.concatenate([self._in_columns, conditions[None].astype(np.float32)])
        return len(self.nodes) - 1

    def scale(
        self, genes: NDArray[np.bool_], conditions: NDArray[np.bool_], up: float, down: float
    ) -> None:
        """Multiply the weights of Up and Down cells in `genes` x `conditions` by the factors."""
        rows, columns = np.flatnonzero(genes), np.flatnonzero(conditions)
        cells = np.ix_(rows, columns)
        moved = np.zeros(len(self.nodes))
        for weights, factor in ((self.up, up), (self.down, down)):
            old = weights[cells]
            weights[cells] = old * np.float32(factor)
            reach = self._in_rows[:, rows] @ (old * np.float32(abs(factor - 1)))
            change = (reach * self._in_columns[:, columns]).sum(axis=1, dtype=np.float64)
            moved += np.sqrt(change)
        for node, shift in zip(self.nodes, moved, strict=True):
            if shift > 0:
                node.best = None
                node.bound += float(shift)

    def best(self) -> Found | None:
        """The rule of largest gain under any node; None where no rule has any."""
        limits = self._limits()
        bounds = np.array(
            [min(node.bound, limit) for node, limit in zip(self.nodes, limits, strict=True)]
        )
        best: Found | None = None
        for number in np.argsort(-bounds, kind="stable"):
            floor = best.gain if best else 0.0
            if bounds[number] <= floor:
                break
            node = self.nodes[number]
            if node.best is None:
                self._evaluate(int(number), floor)
            if node.best is not None and node.best.gain > floor:
                best = node.best
        return best

    def covered(self, node: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights of Up and of Down cells a node covers for each attribute and state (M, S)."""
        found = self.nodes[node]
        product = self._product(found)
        half = len(found.columns)
        states = self.states[found.columns]
        selfs = self._self_weights(found, np.arange(self.states.shape[1]))
        up = product[:, :half] @ states - self._self_part(selfs, 0)
        down = product[:, half:] @ states - self._self_part(selfs, 1)
        return np.maximum(up, 0), np.maximum(down, 0)

    def _self_part(self, selfs: _SelfWeights | None, sign: int) -> NDArray[np.float32] | np.float32:
        if selfs is None:
            return np.float32(0)
        part = np.zeros((self.presence.shape[1], self.states.shape[1]), dtype=np.float32)
        part[:, selfs.positions] = self.presence[selfs.rows].T * selfs.weights[sign]
        return part

    def _limits(self) -> NDArray[np.float64]:
        """Roots (nodes,) of the larger total weight: no rule under the node gains more."""
        totals = [
            ((self._in_rows @ weights) * self._in_columns).sum(axis=1, dtype=np.float64)
            for weights in (self.up, self.down)
        ]
        limit: NDArray[np.float64] = np.sqrt(np.maximum(*totals)) * (1 + 1e-5)
        return limit

    def _product(self, node: _Node) -> NDArray[np.float32]:
        """A' [W+ W-] (M, 2 c) of a node, updated from the kept one where there is one."""
        cells = np.ix_(node.rows, node.columns)
        weights = np.concatenate([self.up[cells], self.down[cells]], axis=1)
        if node.product is not None and node.snapshot is not None and node.updates < _REFRESH:
            change = weights - node.snapshot
            rows, columns = change.any(axis=1), np.flatnonzero(change.any(axis=0))
            update = self._transposed_times(node.rows[rows], change[rows][:, columns])
            node.product[:, columns] += update
            node.snapshot, node.updates = weights, node.updates + 1
            return node.product
        product = self._transposed_times(node.rows, weights)
        if node.product is None:
            size = product.nbytes + weights.nbytes
            if self._cached_bytes + size > _CACHE_BYTES:
                return product
            self._cached_bytes += size
        node.product, node.snapshot, node.updates = product, weights, 0
        return product

    def _transposed_times(
        self, rows: NDArray[np.intp], weights: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """presence[rows].T @ weights, with presence made float32 a block at a time."""
        result = np.empty((self.presence.shape[1], weights.shape[1]), dtype=np.float32)
        for first in range(0, len(result), _BLOCK):
            part = slice(first, first + _BLOCK)
            result[part] = self.presence[rows, part].astype(np.float32).T @ weights
        return result

    def _evaluate(self, number: int, floor: float) -> None:
        """Find the best rule under a node exactly, or that there is none above `floor`."""
        self.evaluations += 1
        node = self.nodes[number]
        product = self._product(node)
        half = len(node.columns)
        halves = (product[:, :half], product[:, half:])
        # An attribute or a state can gain no more than the root of the weight it covers.
        least = floor * floor * (1 - 1e-4)
        row_top = np.maximum(halves[0].sum(axis=1), halves[1].sum(axis=1))
        cells = np.ix_(node.rows, node.columns)
        states = self.states[node.columns]
        state_top = np.maximum(
            self.up[cells].sum(axis=0) @ states, self.down[cells].sum(axis=0) @ states
        )
        attributes = np.flatnonzero(row_top > least)
        chosen = np.flatnonzero(state_top > least)
        node.best, node.bound = None, floor
        if not len(attributes) or not len(chosen):
            return
        states = np.ascontiguousarray(states[:, chosen])
        selfs = self._self_weights(node, chosen)
        for first in range(0, len(attributes), _BLOCK):
            part = attributes[first : first + _BLOCK]
            covered = [half_product[part] @ states for half_product in halves]
            if selfs is not None:
                own = self.presence[np.ix_(selfs.rows, part)].T
                for sign in (0, 1):
                    covered[sign][:, selfs.positions] -= own * selfs.weights[sign]
            gains = _gains(*covered)
            at = int(np.argmax(gains))
            gain = float(gains.flat[at])
            if gain > node.bound:
                row, column = divmod(at, len(chosen))
                node.best = Found(gain, number, int(part[row]), int(chosen[column]))
                node.bound = gain

    def _self_weights(self, node: _Node, chosen: NDArray[np.intp]) -> _SelfWeights | None:
        """Weights of the cells in which a gene would be predicted from its own level."""
        rows = self.regulator_rows[chosen]
        positions = np.flatnonzero((rows >= 0) & np.isin(rows, node.rows))
        if not len(positions):
            return None
        rows = rows[positions]
        states = self.states[np.ix_(node.columns, chosen[positions])].T
        cells = np.ix_(rows, node.columns)
        return _SelfWeights(
            positions,
            rows,
            (
                (self.up[cells] * states).sum(axis=1),
                (self.down[cells] * states).sum(axis=1),
            ),
        )


@dataclass(frozen=True)
class _SelfWeights:
    """For states at `positions`: the gene `rows` they are about, and its own weight there."""

    positions: NDArray[np.intp]
    rows: NDArray[np.intp]
    weights: tuple[NDArray[np.float32], NDArray[np.float32]]


def _gains(up: NDArray[np.float32], down: NDArray[np.float32]) -> NDArray[np.float32]:
    """|sqrt(up) - sqrt(down)|, in place of `up`; rounding below zero counts as zero."""
    for weights in (up, down):
        np.maximum(weights, 0, out=weights)
        np.sqrt(weights, out=weights)
    up -= down
    return np.abs(up, out=up)
