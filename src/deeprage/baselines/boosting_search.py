"""Exact search for the next boosting rule over all (node, attribute, regulator state).

A node of an alternating tree whose rules are conjunctions of a gene attribute and a condition
state covers a set of genes times a set of conditions, so its weights are a submatrix. With the
weights of Up cells W+ and of Down cells W- there, the weights that every rule would cover are two
matrix products, A' W+ S and A' W- S, for presence A (genes, attributes) and states S
(conditions, states). AdaBoost's loss of a rule with abstention, 2 sqrt(w+ w-) + w0 (Schapire and
Singer 1999), is total - (sqrt(w+) - sqrt(w-))^2, so the best rule has the largest
|sqrt(w+) - sqrt(w-)|, here called its gain.

Most of the search is avoided by bounds that lose nothing. A rule of score a > 0 lowers w+ and
raises w- of every candidate, hence no candidate for Up gains by it. How much a candidate for Down
can gain follows from its bound and from the weight that the new rule and the candidate share,
which over all attributes is one number for each sign, node and state: see `_raised`. The same
holds with the signs exchanged.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.side_by_side import SideBySide

#: Fewest attributes whose best gain is bounded together, and which are scored at once: their two
#: products then stay in the processor's cache.
_BLOCK = 256
#: Most blocks, so that the bounds of tens of thousands of attributes stay small.
_BLOCKS = 16
#: States with a bound over this share of the highest are evaluated first.
_HIGH = 0.85
#: Largest memory for the first products (W' A) that are kept between rounds.
_CACHE_BYTES = 2_500_000_000
#: Changes of weights that are remembered. A kept product that missed more, or took up as many,
#: is computed afresh, the latter against the drift of float32.
_REFRESH = 40
#: Bounds are raised by this share, more than the rounding of float32 sums.
_SLACK = 1 + 1e-5
_TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True)
class Found:
    """The best rule: its gain, the number of its node, of its attribute and of its state."""

    gain: float
    node: int
    attribute: int
    state: int


@dataclass
class _Node:
    """The rows and columns of a node that carry weight, which states (S,) are about one of its
    own rows, and its kept product [W+ W-]' A (2 c, M), rows first so that a change of few
    conditions touches whole rows, with the version of the weights that it is of."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    own_states: NDArray[np.bool_]
    product: NDArray[np.float32] | None = None
    updates: int = 0
    version: int = -1


class _Source(NamedTuple):
    """What a node's covered weights are made from: [W+ W-]' A (2 c, M) where that is kept
    (`with_presence`), else [W+ W-] (g, 2 c)."""

    matrix: NDArray[np.float32]
    with_presence: bool


@dataclass(frozen=True)
class _Change:
    """What one call of `RuleSearch.scale` added to the weights in `rows` x `columns`."""

    version: int
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    up: NDArray[np.float32]
    down: NDArray[np.float32]

    def within(self, node: _Node) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
        """Its rows in a node, positions of its columns in the node's, and what was added there
        to the Up weights and, right of them, to the Down weights."""
        places = np.searchsorted(node.columns, self.columns)
        places[places == len(node.columns)] = 0
        columns = node.columns[places] == self.columns
        rows = np.isin(self.rows, node.rows, assume_unique=True, kind="table")
        added = [part[rows][:, columns] for part in (self.up, self.down)]
        return self.rows[rows], places[columns], np.concatenate(added, axis=1)


@dataclass
class RuleSearch:
    """Finds the rule of least AdaBoost loss under any node of a growing tree.

    For each node, block of attributes, sign and state a bound of the best gain is kept; it is
    evaluated again only when it exceeds the best exact gain of the round. The result is that of
    the exhaustive search, up to the rounding of float32.

    Cost of evaluating s states of a node of g genes and c conditions with M attributes: 4 M c s
    floating-point operations in BLAS and 2 M s square roots, after 4 M g c for the first product
    (over the genes and conditions whose weights changed only, where it has been kept).

    Attributes:
        presence: uint8 (G, M).
        states: float32 (C, S).
        up, down: float32 (G, C), weights of the Up and of the Down cells, elsewhere 0. They
            belong to the search from then on: change them by `scale` only.
        regulator_rows: row (S,) of the gene whose level a state is about, -1 where it is not a
            gene of the matrix. Rules never fire on that gene itself (no self-prediction).
        side_by_side: does blocks of attributes; a search inside another one takes the other's.
        evaluations: triples (node, block of attributes, state) evaluated so far.
    """

    presence: NDArray[np.uint8]
    states: NDArray[np.float32]
    up: NDArray[np.float32]
    down: NDArray[np.float32]
    regulator_rows: NDArray[np.intp]
    side_by_side: SideBySide = field(default_factory=SideBySide)
    nodes: list[_Node] = field(default_factory=list)
    evaluations: int = 0
    _cached_bytes: int = 0
    _version: int = 0
    _changes: deque[_Change] = field(default_factory=lambda: deque(maxlen=_REFRESH))
    #: Bounds (nodes, blocks, 2, S) of the gain of rules for Up and for Down; which are exact.
    _bounds: NDArray[np.float32] = field(init=False)
    _exact: NDArray[np.bool_] = field(init=False)
    #: The highest exact bound of each node, its highest other bound, and whether both still hold.
    _tops: NDArray[np.float32] = field(init=False)
    _stale_tops: NDArray[np.float32] = field(init=False)
    _tops_hold: NDArray[np.bool_] = field(init=False)
    _size: int = field(init=False)
    _in_rows: NDArray[np.float32] = field(init=False)
    _in_columns: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        genes, conditions = self.up.shape
        states = self.states.shape[1]
        attributes = self.presence.shape[1]
        self._size = max(_BLOCK, -(-attributes // _BLOCKS))
        blocks = -(-attributes // self._size)
        self._bounds = np.zeros((0, blocks, 2, states), dtype=np.float32)
        self._exact = np.zeros((0, blocks, 2, states), dtype=bool)
        self._tops = np.zeros(0, dtype=np.float32)
        self._stale_tops = np.zeros(0, dtype=np.float32)
        self._tops_hold = np.zeros(0, dtype=bool)
        self._in_rows = np.zeros((0, genes), dtype=np.float32)
        self._in_columns = np.zeros((0, conditions), dtype=np.float32)

    def add_node(self, genes: NDArray[np.bool_], conditions: NDArray[np.bool_]) -> int:
        """A new node that covers `genes` (G,) x `conditions` (C,); its number."""
        rows, columns = np.flatnonzero(genes), np.flatnonzero(conditions)
        weights = self.up[np.ix_(rows, columns)] + self.down[np.ix_(rows, columns)]
        # Genes and conditions without a labelled cell never get weight: leave them out.
        rows, columns = rows[weights.any(axis=1)], columns[weights.any(axis=0)]
        node = _Node(rows, columns, np.isin(self.regulator_rows, rows))
        self.nodes.append(node)
        # A state can gain no more than the root of the weight that it covers.
        cells, states = np.ix_(node.rows, node.columns), self.states[node.columns]
        tops = np.stack([w[cells].sum(axis=0) @ states for w in (self.up, self.down)])
        tops = np.sqrt(tops) * np.float32(_SLACK)
        new = np.repeat(tops[None, None], self._bounds.shape[1], axis=1)
        self._bounds = np.concatenate([self._bounds, new])
        self._exact = np.concatenate([self._exact, np.zeros(new.shape, dtype=bool)])
        self._tops, self._stale_tops = (
            np.append(x, np.float32(0)) for x in (self._tops, self._stale_tops)
        )
        self._tops_hold = np.append(self._tops_hold, False)
        self._in_rows = np.concatenate([self._in_rows, genes[None].astype(np.float32)])
        self._in_columns = np.concatenate([self._in_columns, conditions[None].astype(np.float32)])
        return len(self.nodes) - 1

    def scale(self, genes: NDArray[np.bool_], conditions: NDArray[np.bool_], score: float) -> None:
        """Reweight the cells in `genes` x `conditions` for a rule of that score: exp(-y score)."""
        rows, columns = np.flatnonzero(genes), np.flatnonzero(conditions)
        if not len(rows) or not len(columns):
            return
        self._version += 1
        cells = np.ix_(rows, columns)
        shares, added = [], []
        for weights, signed in ((self.up, -score), (self.down, score)):
            old = weights[cells]
            new = old * np.float32(np.exp(signed))
            weights[cells] = new
            added.append(new - old)
            reach = (self._in_rows[:, rows] @ old) * self._in_columns[:, columns]
            shares.append(np.maximum(reach @ self.states[columns], 0))
        shared = (shares[0] > 0) | (shares[1] > 0)
        touched = shared.any(axis=1)
        favoured = 1 if score > 0 else 0
        self._bounds[touched, :, favoured] = _raised(
            self._bounds[touched, :, favoured],
            shares[favoured][touched, None],
            shares[1 - favoured][touched, None],
            np.exp(abs(score)),
        )
        self._exact[touched] &= ~shared[touched, None, None]
        self._tops_hold &= ~touched
        # Rows and columns without weight do not change any product.
        changed = (added[0] != 0) | (added[1] != 0)
        on_rows, on_columns = changed.any(axis=1), changed.any(axis=0)
        up, down = (part[on_rows][:, on_columns] for part in added)
        self._changes.append(_Change(self._version, rows[on_rows], columns[on_columns], up, down))

    def best(self) -> Found | None:
        """The rule of largest gain under any node; None where no rule has any."""
        for stale in np.flatnonzero(~self._tops_hold):
            self._take_tops(int(stale))
        # High bounds first: what they turn out to be spares the evaluation of the others.
        while self._stale_tops.max() > (floor := float(self._tops.max())):
            self._evaluate_high(int(np.argmax(self._stale_tops)), floor)
        if floor <= 0:
            return None
        node = int(np.argmax(self._tops))
        exact = np.where(self._exact[node], self._bounds[node], 0)
        _, sign, state = (int(i) for i in np.unravel_index(np.argmax(exact), exact.shape))
        signed = self.gains(node, state)
        attribute = int(np.argmax(signed if sign == 0 else -signed))
        return Found(floor, node, attribute, state)

    def _take_tops(self, node: int) -> None:
        """Find the highest bounds of a node anew."""
        bounds, exact = self._bounds[node], self._exact[node]
        known = np.where(exact, bounds, np.float32(0))
        self._tops[node] = known.max()
        # A bound is in one of the two and 0 in the other.
        self._stale_tops[node] = (bounds - known).max()
        self._tops_hold[node] = True

    def _evaluate_high(self, node: int, floor: float) -> None:
        """Make the highest bounds of a node exact, those over `floor`."""
        stale = np.where(self._exact[node], np.float32(0), self._bounds[node])
        high = (stale > max(floor, _HIGH * stale.max())).any(axis=1)
        source = self._source(self.nodes[node])

        def evaluate(block: int) -> None:
            self._evaluate(node, source, block, np.flatnonzero(high[block]))

        self.side_by_side.each(evaluate, np.flatnonzero(high.any(axis=1)).tolist())
        self.evaluations += int(high.sum())
        self._take_tops(node)

    def covered(self, node: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights of Up and of Down cells that each rule (M, S) under a node covers."""
        up, down = self._covered(node, np.arange(self.states.shape[1]))
        return up.T, down.T

    def gains(self, node: int, state: int) -> NDArray[np.float32]:
        """Signed gains (M,) of all attributes with one state; positive where they mean Up."""
        signed = _signed_gains(*self._covered(node, np.array([state])))
        return signed.ravel()

    def _covered(
        self,
        number: int,
        states: NDArray[np.intp],
        attributes: slice = slice(None),
        source: _Source | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights (s, m) of Up and of Down cells covered by m attributes with s states."""
        node = self.nodes[number]
        matrix, with_presence = self._source(node) if source is None else source
        on = self.states[np.ix_(node.columns, states)].T
        half = len(node.columns)
        if not with_presence and len(states) < half:  # the cheaper order of the two products
            both = np.concatenate([matrix[:, :half] @ on.T, matrix[:, half:] @ on.T], axis=1)
            found = self._times_presence(node.rows, both, attributes)
            up, down = found[: len(states)], found[len(states) :]
        else:
            part = (
                matrix[:, attributes]
                if with_presence
                else self._times_presence(node.rows, matrix, attributes)
            )
            up, down = on @ part[:half], on @ part[half:]
        selfs = self._self_weights(node, states)
        if selfs is not None:
            own = self.presence[selfs.rows, attributes]
            up[selfs.positions] -= own * selfs.up[:, None]
            down[selfs.positions] -= own * selfs.down[:, None]
        return up, down

    def _evaluate(self, number: int, source: _Source, block: int, states: NDArray[np.intp]) -> None:
        """Make the bounds of some states in a block of attributes exact."""
        part = slice(block * self._size, (block + 1) * self._size)
        signed = _signed_gains(*self._covered(number, states, part, source))
        best = np.stack([signed.max(axis=1), -signed.min(axis=1)])
        self._bounds[number, block][:, states] = best
        self._exact[number, block][:, states] = True

    def _source(self, node: _Node) -> _Source:
        """The product of a node, updated from the kept one; its weights where none can be kept."""
        if node.product is not None and (node.version == self._version or self._catch_up(node)):
            return _Source(node.product, with_presence=True)
        cells = np.ix_(node.rows, node.columns)
        weights = np.concatenate([self.up[cells], self.down[cells]], axis=1)
        size = self.presence.shape[1] * weights.shape[1] * weights.itemsize
        if node.product is None and self._cached_bytes + size > _CACHE_BYTES:
            return _Source(weights, with_presence=False)
        self._cached_bytes += size if node.product is None else 0
        node.product = self._times_presence(node.rows, weights)
        node.updates, node.version = 0, self._version
        return _Source(node.product, with_presence=True)

    def _catch_up(self, node: _Node) -> bool:
        """Add to a kept product what changed since; False where a fresh one costs less."""
        missed = self._version - node.version
        if missed > len(self._changes) or node.updates + missed > _REFRESH or node.product is None:
            return False
        parts = [change.within(node) for change in self._changes if change.version > node.version]
        if sum(added.size for _, _, added in parts) > 2 * len(node.rows) * len(node.columns):
            return False
        half = len(node.columns)
        for rows, places, added in parts:
            if added.size:
                both = np.concatenate([places, half + places])
                node.product[both] += self._times_presence(rows, added)
        node.updates, node.version = node.updates + missed, self._version
        return True

    def _times_presence(
        self,
        rows: NDArray[np.intp],
        weights: NDArray[np.float32],
        attributes: slice = slice(None),
    ) -> NDArray[np.float32]:
        """weights.T @ presence[rows, attributes], presence made float32 a block at a time."""
        first, stop, _ = attributes.indices(self.presence.shape[1])
        result = np.empty((weights.shape[1], stop - first), dtype=np.float32)

        def multiply(at: int) -> None:
            part = slice(at, min(at + 4 * _BLOCK, stop))
            own = self.presence[rows, part].astype(np.float32)
            np.matmul(weights.T, own, out=result[:, part.start - first : part.stop - first])

        blocks = range(first, stop, 4 * _BLOCK)
        if attributes == slice(None):
            self.side_by_side.each(multiply, blocks)
        else:  # one of several that are evaluated side by side
            for at in blocks:
                multiply(at)
        return result

    def _self_weights(self, node: _Node, states: NDArray[np.intp]) -> _SelfWeights | None:
        positions = np.flatnonzero(node.own_states[states])
        if not len(positions):
            return None
        rows = self.regulator_rows[states[positions]]
        on = self.states[np.ix_(node.columns, states[positions])].T
        cells = np.ix_(rows, node.columns)
        up, down = ((weights[cells] * on).sum(axis=1) for weights in (self.up, self.down))
        return _SelfWeights(positions, rows, up, down)


@dataclass(frozen=True)
class _SelfWeights:
    """Weights `up` and `down` of the cells in which a gene (`rows`) would be predicted from its
    own level, for the states at `positions`."""

    positions: NDArray[np.intp]
    rows: NDArray[np.intp]
    up: NDArray[np.float32]
    down: NDArray[np.float32]


def _signed_gains(up: NDArray[np.float32], down: NDArray[np.float32]) -> NDArray[np.float32]:
    """sqrt(up) - sqrt(down), in place of `up`; rounding below zero counts as zero."""
    for weights in (up, down):
        np.maximum(weights, 0, out=weights)
        np.sqrt(weights, out=weights)
    up -= down
    return up


def _raised(
    bounds: NDArray[np.float32],
    winning: NDArray[np.float32],
    losing: NDArray[np.float32],
    factor: float,
) -> NDArray[np.float32]:
    """Bounds of gains after a rule that favours them multiplied and divided weights by `factor`.

    A candidate of gain g = sqrt(w) - sqrt(u) has a part v <= V (`winning`) of w multiplied by
    k > 1 and a part of u, at most U (`losing`), divided by it. With y = sqrt(u) we have
    sqrt(w) = g + y, and g rises by at most (1 - 1 / sqrt(k)) min(y, sqrt(U)) on the losing side
    and by sqrt(x^2 + (k - 1) V) - x, x = max(g + y, sqrt(V)), on the other. The sum is largest
    at the least y for which g + y >= sqrt(V), or at y = sqrt(U), as it is convex in between; and
    g plus its rise grows with g, so a bound of g gives a bound of the new gain.
    """
    root, most = np.sqrt(winning), np.sqrt(losing)
    share = np.float32(1 - factor**-0.5)
    grown = np.float32(factor - 1) * winning

    def rise(y: NDArray[np.float32]) -> NDArray[np.float32]:
        x = np.maximum(bounds + y, root)
        below = x + np.sqrt(x * x + grown)
        # Both are 0 where nothing is won.
        risen: NDArray[np.float32] = grown / np.maximum(below, _TINY) + share * y
        return risen

    highest = np.maximum(rise(np.clip(root - bounds, 0, most)), rise(most))
    return (bounds + np.float32(_SLACK) * highest).astype(np.float32, copy=False)
