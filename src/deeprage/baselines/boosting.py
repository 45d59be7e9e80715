"""AdaBoost with alternating decision trees over a genes x conditions matrix.

The learner that GeneClass (Middendorf et al. 2004, Bioinformatics 20:i232), MEDUSA (Kundaje et
al. 2007) and the relational baseline share. Up cells are +1, Down cells -1, others do not train.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.boosting_scale import ScoreScale
from deeprage.baselines.boosting_search import Found, RuleSearch
from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES, classify
from deeprage.data.split import Role, Split
from deeprage.data.units import usual_levels
from deeprage.errors import DeepRageError


@dataclass(frozen=True)
class Rule:
    """`attribute and state` under the node of an earlier rule.

    Attributes:
        name: for readers, such as `AGGGG & YMR037C up`.
        attribute: name of the gene attribute.
        state: number of the regulator state: regulator r up is r, down is R + r.
        parent: the node that it hangs under; 0 is the root, i the i-th rule.
        score: what it adds to F where it fires.
        round: the boosting round (from 0) that made it.
        genes, conditions: where it fires, bool (G,) and (C,), its parents included.
    """

    name: str
    attribute: str
    state: int
    parent: int
    score: float
    round: int
    genes: NDArray[np.bool_]
    conditions: NDArray[np.bool_]


@dataclass(frozen=True)
class Proposal:
    """A rule that a learner wants to add: where its attribute holds, bool (G,), and how much of
    the round's score it carries (1, or less for the members of a bundle)."""

    attribute: str
    present: NDArray[np.bool_]
    state: int
    share: float = 1.0


#: Turns the rule that the search found into what is added in a round (all under one node).
Propose = Callable[[RuleSearch, Found], Sequence[Proposal]]


@dataclass
class AlternatingTree:
    """The sum of a prior and of rules, each firing on a set of genes times a set of conditions.

    Attributes:
        regulators: names (R,).
        genes, conditions: numbers G and C.
    """

    regulators: Sequence[str]
    genes: int
    conditions: int
    prior: float = 0.0
    rules: list[Rule] = field(default_factory=list)

    def scores(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """F float32 (len(genes), len(conditions)); positive means Up."""
        if not self.rules:
            return np.full((len(genes), len(conditions)), self.prior, dtype=np.float32)
        rows = np.stack([rule.genes[genes] for rule in self.rules]).astype(np.float32)
        columns = np.stack([rule.conditions[conditions] for rule in self.rules])
        weights = np.array([rule.score for rule in self.rules], dtype=np.float32)
        total = rows.T @ (columns * weights[:, None]) + np.float32(self.prior)
        return total.astype(np.float32, copy=False)

    def state_name(self, state: int) -> str:
        """Such as `YMR037C up`."""
        number = len(self.regulators)
        return f"{self.regulators[state % number]} {'down' if state >= number else 'up'}"

    def without(self, keep: Callable[[Rule], bool]) -> AlternatingTree:
        """The same tree with the rules for which `keep` is false left out of the sum."""
        chosen = [rule for rule in self.rules if keep(rule)]
        return AlternatingTree(self.regulators, self.genes, self.conditions, self.prior, chosen)


@dataclass(frozen=True)
class BoostingData:
    """What boosting learns from.

    Attributes:
        signs: int8 (G, C): +1 Up, -1 Down in training cells, else 0.
        values: float32 (G, C) visible log2 changes; of log2 expression from each gene's mean.
        validation: bool (G, C), the observed cells that choices are made on (the training cells
            where the split has no validation cells).
        states: float32 (C, 2 R).
        regulator_rows: (R,) rows of the regulators among the genes.
    """

    signs: NDArray[np.int8]
    values: NDArray[np.float32]
    validation: NDArray[np.bool_]
    states: NDArray[np.float32]
    regulator_rows: NDArray[np.intp]


def boosting_data(
    visible: Compendium,
    split: Split,
    states: NDArray[np.float32],
    *,
    edges: tuple[float, float] = DEFAULT_EDGES,
) -> BoostingData:
    """Labels and choices of a split.

    Raises:
        DeepRageError: the training cells are not of both signs.
    """
    values = visible.expression - usual_levels(visible, split)
    train = split.cells(Role.TRAIN) & visible.has_promoter[:, None]
    classes = classify(values, edges)
    signs = np.where(train & (classes == 2), 1, np.where(train & (classes == 0), -1, 0))
    if not (signs > 0).any() or not (signs < 0).any():
        raise DeepRageError(
            f"boosting needs training cells of both signs, got {int((signs > 0).sum())} with "
            f"x >= {edges[1]:g} and {int((signs < 0).sum())} with x <= {edges[0]:g}: give more "
            "data or other edges."
        )
    observed = ~np.isnan(values)
    validation = split.cells(Role.VALIDATION) & observed
    if not validation.any():
        validation = train & observed
    return BoostingData(signs.astype(np.int8), values, validation, states, visible.regulator_rows)


def boost(
    data: BoostingData,
    presence: NDArray[np.uint8],
    regulators: Sequence[str],
    propose: Propose,
    *,
    rounds: int,
    patience: int | None = None,
    on_round: Callable[[int, float], None] | None = None,
) -> tuple[AlternatingTree, list[float], list[float]]:
    """Grow an alternating tree; cut it back to the round that is best on validation cells.

    Every round adds the rule of least loss (or a bundle of such), scores it with
    1/2 ln((w+ + eps) / (w- + eps)), eps one cell's share of the weight, and reweights by
    exp(-y F).

    Args:
        presence: uint8 (G, M) gene attributes for the search.
        patience: stop when the validation error has not fallen for so many rounds.
        on_round: told the round and the training loss, mean exp(-y F).

    Returns:
        the tree, the training loss after each round, and the validation error after each round
        (log2 squared, F scaled by least squares); the round of least error is where it is cut.
    """
    up, down = (data.signs == sign for sign in (1, -1))
    cells = int(up.sum() + down.sum())
    prior = 0.5 * float(np.log((up.sum() + 1) / (down.sum() + 1)))
    search = RuleSearch(
        presence,
        data.states,
        up * np.float32(np.exp(-prior)),
        down * np.float32(np.exp(prior)),
        np.concatenate([data.regulator_rows, data.regulator_rows]),
    )
    shape = data.signs.shape
    tree = AlternatingTree(list(regulators), shape[0], shape[1], prior)
    nodes = {search.add_node(np.ones(shape[0], bool), np.ones(shape[1], bool)): 0}
    scores = np.full(shape, prior, dtype=np.float32)
    target = data.values[data.validation]
    losses: list[float] = []
    errors: list[float] = []
    best_rules = 0
    for number in range(rounds):
        found = search.best()
        if found is None:
            break
        made = _rules(tree, search, data, found, nodes[found.node], propose, cells, number)
        if not made:
            break
        for rule in made:
            search.scale(rule.genes, rule.conditions, rule.score)
            scores[np.ix_(rule.genes, rule.conditions)] += np.float32(rule.score)
        # Later rules may hang under the first of a bundle, which is the rule that was found.
        nodes[search.add_node(made[0].genes, made[0].conditions)] = len(tree.rules) + 1
        tree.rules += made
        losses.append(
            float((search.up.sum(dtype=np.float64) + search.down.sum(dtype=np.float64)) / cells)
        )
        errors.append(ScoreScale.least_squares(scores[data.validation], target).error)
        if errors[-1] <= min(errors):
            best_rules = len(tree.rules)
        if on_round is not None:
            on_round(number, losses[-1])
        if patience is not None and number - int(np.argmin(errors)) >= patience:
            break
    del tree.rules[best_rules:]
    return tree, losses, errors


def _rules(
    tree: AlternatingTree,
    search: RuleSearch,
    data: BoostingData,
    found: Found,
    parent: int,
    propose: Propose,
    cells: int,
    number: int,
) -> list[Rule]:
    """The rules of one round, scored."""
    above = tree.rules[parent - 1] if parent else None
    masks: list[tuple[Proposal, NDArray[np.bool_], NDArray[np.bool_]]] = []
    for proposal in propose(search, found):
        genes = proposal.present & (above.genes if above else True)
        genes[data.regulator_rows[proposal.state % len(data.regulator_rows)]] = False
        conditions = (data.states[:, proposal.state] > 0) & (above.conditions if above else True)
        masks.append((proposal, genes, conditions))
    if not masks:
        return []
    _, genes, conditions = masks[0]
    block = np.ix_(genes, conditions)
    total = search.up.sum(dtype=np.float64) + search.down.sum(dtype=np.float64)
    floor = total / cells
    up = search.up[block].sum(dtype=np.float64) + floor
    down = search.down[block].sum(dtype=np.float64) + floor
    score = 0.5 * float(np.log(up / down))
    path = f"{above.name} & " if above else ""
    return [
        Rule(
            f"{path}{proposal.attribute} & {tree.state_name(proposal.state)}",
            proposal.attribute,
            proposal.state,
            parent,
            score * proposal.share,
            number,
            genes,
            conditions,
        )
        for proposal, genes, conditions in masks
    ]


def margin(tree: AlternatingTree, signs: NDArray[np.int8], keep: Callable[[Rule], bool]) -> float:
    """Margin score of what `keep` leaves out: the mean over labelled cells (signs +1, -1; int8
    (G, C)) of y (F - F without those rules). Positive where the rules help (Kundaje 2008)."""
    rows, columns = np.arange(tree.genes), np.arange(tree.conditions)
    without = tree.without(keep)
    part = tree.scores(rows, columns) - without.scores(rows, columns)
    labelled = signs != 0
    return float((part[labelled] * signs[labelled]).mean())
