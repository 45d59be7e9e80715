"""GeneClass: boosted rules `motif present and regulator in state s` (Middendorf et al. 2004)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.boosting import (
    AlternatingTree,
    BoostingData,
    Proposal,
    Rule,
    boost,
    boosting_data,
    margin,
)
from deeprage.baselines.boosting_inputs import (
    GeneAttributes,
    centred_levels,
    join_attributes,
    kmer_presence,
    motif_hits,
    regulator_states,
    upstream,
    varying,
)
from deeprage.baselines.boosting_scale import ScoreScale
from deeprage.baselines.boosting_search import Found, RuleSearch
from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES, classify
from deeprage.data.motif_sources import known_motifs
from deeprage.data.split import Split
from deeprage.data.units import usual_levels


class GeneClass:
    """AdaBoost with an alternating decision tree on motif presence and regulator states.

    A weak rule is `motif present and regulator up (or down)`, attached under the root or under an
    earlier rule; each round takes the one of least loss over all nodes, motifs, regulators and
    states (see `boosting_search`: exact, lazily evaluated). Only Up and Down cells train. The
    number of rounds, the line from score to log2 value and the three-class cut are chosen on
    validation cells. Rules about a regulator never fire on that regulator's own gene.

    Args:
        rounds: most boosting rounds; 400 in the paper.
        patience: stop when the validation error has not fallen for so many rounds; None to make
            all of them.
        kmer: length of the k-mers among the motifs; None for no k-mers.
        motif_files: as `MotifFeatures.motifs`, an empty list for no matrices.
        window: bp upstream of the gene that are searched for motifs.
        bundle: the stabilised form: rules of the same node whose weighted symmetric difference
            from the best is at most this share of the best rule's weight join it, at most
            `bundle_size` in all, and share its score. 0 turns it off.
        edges: log2 thresholds of Down and Up.
        state_threshold: a regulator is up or down at this many log2 units.
        cache: folder for PWM scores.
    """

    needs_promoter = True

    def __init__(
        self,
        *,
        rounds: int = 400,
        patience: int | None = None,
        kmer: int | None = 6,
        motif_files: Sequence[Path | str] | None = None,
        window: int = 600,
        bundle: float = 0.0,
        bundle_size: int = 8,
        edges: tuple[float, float] = DEFAULT_EDGES,
        state_threshold: float = 0.5,
        cache: Path | None = None,
    ) -> None:
        self.rounds = rounds
        self.patience = patience
        self.kmer = kmer
        self.motif_files = motif_files
        self.window = window
        self.bundle = bundle
        self.bundle_size = bundle_size
        self.edges = edges
        self.state_threshold = state_threshold
        self.cache = cache

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Boost on the training cells; see `Predictor`.

        Raises:
            DeepRageError: no cells of both signs, or no attribute.
        """
        self.attributes_ = self._attributes(visible)
        states = regulator_states(centred_levels(visible), threshold=self.state_threshold)
        data = boosting_data(visible, split, states, edges=self.edges)
        self.tree_, self.losses_, self.errors_ = self._boost(visible, data)
        self.signs_ = data.signs
        rows, columns = np.nonzero(data.validation)
        scores = self.tree_.scores(np.arange(data.signs.shape[0]), np.arange(data.signs.shape[1]))
        values = data.values[rows, columns]
        self.scale_ = ScoreScale.fit(scores[rows, columns], values, classify(values, self.edges))
        self.usual_ = usual_levels(visible, split)
        return self

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Log2 values float32 (len(genes), len(conditions)): the score on a fitted line."""
        changes = self.scale_.log2(self.tree_.scores(genes, conditions))
        return changes + self.usual_[genes]

    def predict_with_classes(
        self, genes: NDArray[np.intp], conditions: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """The values and classes int8 of the same shape: 0 Down, 1 Baseline, 2 Up."""
        scores = self.tree_.scores(genes, conditions)
        return self.scale_.log2(scores) + self.usual_[genes], self.scale_.classes(scores)

    def motif_margins(self) -> Mapping[str, float]:
        """Margin score of each motif in the tree on the labelled training cells (MEDUSA's)."""
        return self._margins(lambda rule: rule.attribute)

    def regulator_margins(self) -> Mapping[str, float]:
        """Margin score of each regulator in the tree on the labelled training cells."""
        regulators = self.tree_.regulators
        return self._margins(lambda rule: regulators[rule.state % len(regulators)])

    def _margins(self, part: Callable[[Rule], str]) -> dict[str, float]:
        """Margin score of leaving out all rules with the same `part`, for each part."""

        def margin_of(name: str) -> float:
            return margin(self.tree_, self.signs_, lambda rule: part(rule) != name)

        return {name: margin_of(name) for name in dict.fromkeys(map(part, self.tree_.rules))}

    def _attributes(self, visible: Compendium) -> GeneAttributes:
        """Motif hits and k-mers of the promoters."""
        tokens = upstream(visible, self.window)
        parts = [] if self.kmer is None else [kmer_presence(tokens, self.kmer)]
        motifs = known_motifs(self.motif_files, visible).up_to(tokens.shape[1]).motifs
        if motifs:
            parts.append(motif_hits(tokens, motifs, cache=self.cache))
        return varying(join_attributes(parts), least=min(10, len(tokens) // 10))

    def _boost(
        self, visible: Compendium, data: BoostingData
    ) -> tuple[AlternatingTree, list[float], list[float]]:
        return boost(
            data,
            self.attributes_.presence,
            visible.regulators,
            proposer(self.attributes_, bundle=self.bundle, size=self.bundle_size),
            rounds=self.rounds,
            patience=self.patience,
        )


def proposer(
    attributes: GeneAttributes, *, bundle: float, size: int
) -> Callable[[RuleSearch, Found], list[Proposal]]:
    """Proposes the found rule, or the bundle around it."""

    def propose(search: RuleSearch, found: Found) -> list[Proposal]:
        members = [(found.attribute, found.state)]
        if bundle > 0:
            members = bundle_around(search, found, most=bundle, size=size)
        return [
            Proposal(
                attributes.names[attribute],
                attributes.presence[:, attribute] > 0,
                state,
                1 / len(members),
            )
            for attribute, state in members
        ]

    return propose


def bundle_around(
    search: RuleSearch, found: Found, *, most: float, size: int
) -> list[tuple[int, int]]:
    """Rules (attribute, state) near the found one, which comes first.

    The weighted symmetric difference of two rules is w(a) + w(b) - 2 w(a and b); the overlaps of
    all rules with the found one are the weights that they cover under a node made of it.
    """
    node = search.nodes[found.node]
    up, down = search.covered(found.node)
    weight = up + down
    genes = np.zeros(search.up.shape[0], dtype=bool)
    genes[node.rows] = search.presence[node.rows, found.attribute] > 0
    own = search.regulator_rows[found.state]
    if own >= 0:
        genes[own] = False
    conditions = np.zeros(search.up.shape[1], dtype=bool)
    conditions[node.columns] = search.states[node.columns, found.state] > 0
    inner = RuleSearch(
        search.presence,
        search.states,
        search.up,
        search.down,
        search.regulator_rows,
        side_by_side=search.side_by_side,
    )
    overlap = np.add(*inner.covered(inner.add_node(genes, conditions)))
    best = float(weight[found.attribute, found.state])
    difference = weight + best - 2 * overlap
    difference[found.attribute, found.state] = -1
    # A rule of the opposite balance must not take the found rule's score.
    sign = up[found.attribute, found.state] > down[found.attribute, found.state]
    difference[(up > down) != sign] = np.inf
    order = np.argsort(difference, axis=None)[:size]
    near = order[difference.flat[order] <= most * best]
    return [(int(i), int(j)) for i, j in (divmod(int(k), difference.shape[1]) for k in near)]
