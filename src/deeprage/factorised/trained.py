"""deeprage-f once trained: it predicts its own compendium, and promoters and levels beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES
from deeprage.data.level_reference import SAME_LEVEL, LevelReference
from deeprage.data.split import Split
from deeprage.errors import DeepRageError
from deeprage.factorised.certainty import Certainty, Kinds, kinds_of
from deeprage.factorised.condition_map import ConditionMap, FactorMap
from deeprage.factorised.promoter_scorer import PromoterScorer

Rows = NDArray[np.intp]
Matrix = NDArray[np.float32]
Tokens = NDArray[np.int8]

_CONDITIONS_AT_A_TIME = 64
_REMEMBERED = 8


@dataclass(frozen=True, eq=False)
class Learnt:
    """All that a trained deeprage-f holds; what a run folder keeps.

    Attributes:
        genes, conditions, regulators: names; G, C and R of them.
        promoters: int8 (G, L); coding: int8 (G, L') or None.
        seen_genes, seen_conditions: rows and columns with a training cell.
        taught: whether each seen gene has a promoter.
        predicted: float32 (G, C), log2: every cell of the compendium, predicted without itself.
        kinds: `CellKind` int8 (G, C), what was known when each of them was predicted: a validation
            cell keeps what was said before its gene or condition was learnt from too.
        noise: float32 (C,), log2, `ConditionMap.noise` of each condition as if its series had
            never been seen.
        series: int64 (S,), number of the series of each seen condition.
        promoter_scores: float64 (G, K), factor scores of the compendium's promoters.
        condition_map, factor_map, scorer: what predicts beyond the compendium.
        certainty: errors of left-out cells by kind.
        class_origin: float32 (G,), what classes are counted from; see `units.class_origin`. 0 for
            genes of log2 expression that were not seen.
        edges: class thresholds, log2.
        relative: whether values are log2 fold changes, so that 0 is no change.
    """

    genes: tuple[str, ...]
    conditions: tuple[str, ...]
    regulators: tuple[str, ...]
    promoters: Tokens
    coding: Tokens | None
    seen_genes: Rows
    seen_conditions: Rows
    taught: NDArray[np.bool_]
    predicted: Matrix
    kinds: Kinds
    noise: Matrix
    series: NDArray[np.int64]
    promoter_scores: NDArray[np.float64]
    condition_map: ConditionMap
    factor_map: FactorMap
    scorer: PromoterScorer
    certainty: Certainty
    class_origin: Matrix
    edges: tuple[float, ...] = DEFAULT_EDGES
    relative: bool = True


@dataclass(frozen=True, eq=False)
class Forecast:
    """Predictions for genes x conditions.

    Attributes:
        value: log2 float32 (G, C).
        kinds: `CellKind` int8 (G, C), what was known of each cell.
        noise: float32 (C,), log2, how far each condition's measured regulators are from what the
            others of them let expect; NaN where none was measured.
        probabilities: float32 (G, C, classes).
    """

    value: Matrix
    kinds: Kinds
    noise: Matrix
    probabilities: Matrix


class TrainedFactorised:
    """A trained deeprage-f.

    It meets the `Predictor` contract for its own compendium, whose predictions it holds, and
    `BlockModel`, so that it can be knocked out.

    Args:
        learnt: everything that it knows.
    """

    def __init__(self, learnt: Learnt) -> None:
        self.learnt = learnt
        self.regulators = learnt.regulators
        levels = learnt.condition_map.levels
        self.level_reference = LevelReference(levels, learnt.series, learnt.relative)
        known = ~np.isnan(levels)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, levels, 0).sum(axis=0, dtype=np.float64) / count
        self.reference_levels: Matrix = mean.astype(np.float32)
        self.usual_levels: Matrix = self.reference_levels * np.float32(not learnt.relative)
        filled = np.where(known, levels, self.reference_levels)
        self.regulator_low: Matrix = filled.min(axis=0)
        self.regulator_high: Matrix = filled.max(axis=0)
        self._seen_at = np.full(len(learnt.genes), -1, dtype=np.intp)
        self._seen_at[learnt.seen_genes] = np.arange(len(learnt.seen_genes))
        self._remembered: dict[bytes, Matrix] = {}

    @property
    def reads_coding(self) -> bool:
        """Whether a new gene is known better with the start of its coding sequence."""
        return self.learnt.scorer.reads_coding

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Check that it is the compendium of the training; what was learnt stays as it is.

        Raises:
            DeepRageError: another compendium.
        """
        mine = self.learnt
        same = mine.genes == tuple(visible.genes) and mine.conditions == tuple(visible.conditions)
        if not same or not np.array_equal(mine.promoters, visible.promoters):
            raise DeepRageError(
                f"this model holds the predictions of {len(mine.genes)} genes x "
                f"{len(mine.conditions)} conditions and their promoters, the compendium has others "
                f"({len(visible.genes)} x {len(visible.conditions)}): use the compendium that it "
                "was trained on, or `deeprage predict` for anything new."
            )
        return self

    def predict(self, genes: Rows, conditions: Rows) -> Matrix:
        """Log2 values (len(genes), len(conditions)) of its compendium."""
        return self.learnt.predicted[np.ix_(genes, conditions)]

    def kinds(self) -> Kinds:
        """`CellKind` (G, C) of every cell of its compendium, as it was predicted."""
        return self.learnt.kinds

    def noise(self) -> Matrix:
        """Noise (C,) of the conditions of its compendium."""
        return self.learnt.noise

    def interval(
        self, value: Matrix, kinds: Kinds, noise: Matrix, *, level: float = 0.9
    ) -> tuple[Matrix, Matrix]:
        """Lower and upper ends, log2, of intervals that hold a share `level` of the truth.

        Args:
            value: predicted log2 (G, C).
            noise: of the conditions (C,), or of each cell (G, C).

        Raises:
            DeepRageError: the level is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise DeepRageError(f"the level of an interval lies between 0 and 1, got {level:g}.")
        half = self.learnt.certainty.half_width(value, kinds, noise, level)
        return value - half, value + half

    def probabilities(
        self, value: Matrix, kinds: Kinds, noise: Matrix, origin: Matrix | float = 0.0
    ) -> Matrix:
        """Class probabilities float32 (G, C, classes) around predicted values (G, C).

        Args:
            origin: what classes are counted from, log2 (G, 1) or (G, C).
        """
        return self.learnt.certainty.probabilities(value, kinds, noise, self.learnt.edges, origin)

    def predict_new(
        self,
        promoters: Tokens,
        regulator_levels: Matrix,
        *,
        names: Sequence[str] | None = None,
        coding: Tokens | None = None,
        beyond: Matrix | None = None,
    ) -> Forecast:
        """Predict any promoters in any conditions.

        A promoter of a gene that was trained on is recognised, and so are the regulator levels of
        a condition: then what is known of them counts. Where several genes share a promoter, the
        name decides.

        Args:
            promoters: int8 tokens (G, L), of the length of the training.
            regulator_levels: log2 (C, R) in the order of `regulators`; NaN counts as the mean.
            names: of the genes (G,).
            coding: int8 (G, L'), starts of the coding sequences, N where unknown.
            beyond: float32 (C,), log2, how far from training the levels are
                (`data.level_check`); adds to the noise of new conditions. Default: not at all.
        """
        rows = self._known_genes(promoters, names)
        others = np.flatnonzero(np.where(rows >= 0, self._seen_at[rows], -1) < 0)
        given = None if coding is None else coding[others]
        scores = np.zeros((0, self.learnt.factor_map.loadings.shape[1]))
        if len(others):
            scores = self.learnt.scorer.scores(promoters[others], given)
        alone = self.reads_coding and coding is None
        return self._forecast(rows, scores, regulator_levels, alone=alone, beyond=beyond)

    def predict_genes(
        self, genes: Rows, regulator_levels: Matrix, *, beyond: Matrix | None = None
    ) -> Forecast:
        """Predict genes (G,) of its compendium in any conditions; see `predict_new`.

        A gene that was not seen is predicted from its promoter and, if the model reads it, its
        coding sequence.
        """
        others = np.flatnonzero(self._seen_at[genes] < 0)
        scores = self.learnt.promoter_scores[genes[others]]
        return self._forecast(genes, scores, regulator_levels, alone=False, beyond=beyond)

    def _forecast(
        self,
        rows: Rows,
        scores: NDArray[np.float64],
        regulator_levels: Matrix,
        *,
        alone: bool,
        beyond: Matrix | None,
    ) -> Forecast:
        """Predictions of genes by row of the compendium, -1 for others.

        Args:
            scores: factor scores (N, K) of the genes that were not seen, in their order.
            alone: whether these are known by their promoter alone.
        """
        at = np.where(rows >= 0, self._seen_at[rows], -1)
        columns = self._known_conditions(regulator_levels)
        old, new = np.flatnonzero(columns >= 0), np.flatnonzero(columns < 0)
        profiles = self._profiles(regulator_levels[new])
        mine, others = np.flatnonzero(at >= 0), np.flatnonzero(at < 0)
        value = np.empty((len(rows), len(regulator_levels)), dtype=np.float32)
        seen = self.learnt.seen_conditions[columns[old]]
        value[np.ix_(mine, old)] = self.learnt.predicted[np.ix_(rows[mine], seen)]
        value[np.ix_(mine, new)] = profiles[at[mine]]
        if len(others):
            mean, loadings = self._loadings(profiles)
            factors = self.learnt.factor_map
            told = factors.mean[columns[old]] + scores @ factors.loadings[columns[old]].T
            value[np.ix_(others, old)] = told
            value[np.ix_(others, new)] = mean + scores @ loadings.T
        kinds = kinds_of(at < 0, columns < 0, by_promoter_alone=alone)
        kinds[np.ix_(mine, old)] = self.learnt.kinds[np.ix_(rows[mine], seen)]
        noise = np.empty(len(regulator_levels), dtype=np.float32)
        noise[old] = self.learnt.noise[seen]
        noise[new] = self.learnt.condition_map.noise(regulator_levels[new])
        if beyond is not None:
            noise[new] = np.hypot(noise[new], beyond[new])
        origin = self._class_origin(rows, at, others, scores)
        return Forecast(value, kinds, noise, self.probabilities(value, kinds, noise, origin))

    def _class_origin(
        self, rows: Rows, at: Rows, others: Rows, scores: NDArray[np.float64]
    ) -> Matrix | float:
        """What classes are counted from (G, 1): 0, or each gene's mean over the seen conditions.

        Of a new gene the predicted mean.

        Args:
            rows: of the genes that were seen; at: where, -1 for new ones; others: the new ones,
            with their `scores` (len(others), K).
        """
        if self.learnt.relative:
            return 0.0
        found = np.zeros((len(at), 1), dtype=np.float32)
        seen = at >= 0
        found[seen, 0] = self.learnt.class_origin[rows[seen]]
        factors = self.learnt.factor_map
        told = factors.mean.mean() + scores @ factors.loadings.mean(axis=0)
        found[others, 0] = told
        return found

    def respond(self, genes: Rows, promoters: Tokens, levels: Matrix) -> Matrix:
        """Log2 values (G, C) of genes of the compendium with promoters and levels as given.

        Every condition is taken as one that was not seen, so that a wild type and its knock-out
        differ in what was changed alone. A seen gene answers to levels with its own profile; a
        changed promoter adds what the promoter factors say of the change.

        Args:
            genes: rows (G,) of the compendium; promoters: int8 (G, L); levels: log2 (C, R).
        """
        profiles = self._profiles(levels)
        mean, loadings = self._loadings(profiles)
        value = self._with_own_promoters(genes, profiles, mean, loadings)
        moved = self.score_shifts(genes, promoters)
        changed = np.flatnonzero(moved.any(axis=1))
        value[changed] += moved[changed] @ loadings.T
        return value.astype(np.float32)

    def score_shifts(self, genes: Rows, promoters: Tokens) -> NDArray[np.float64]:
        """Change (G, K) of the factor scores of genes from their own promoters to these.

        Args:
            genes: rows (G,) of the compendium; promoters: int8 (G, L).
        """
        mine = self.learnt
        found = np.zeros((len(genes), mine.promoter_scores.shape[1]))
        changed = np.flatnonzero((promoters != mine.promoters[genes]).any(axis=1))
        if len(changed):
            rows = genes[changed]
            coding = None if mine.coding is None else mine.coding[rows]
            after = mine.scorer.scores(promoters[changed], coding)
            found[changed] = after - mine.promoter_scores[rows]
        return found

    def around(
        self, genes: Rows, level: Matrix, slots: Rows, values: Matrix
    ) -> tuple[Matrix, NDArray[np.float64]]:
        """Values float32 (G, S + 1) of genes, and loadings (S + 1, K), near one condition.

        First as its levels are, then with one regulator changed at a time, as `respond` has it
        but for `ConditionMap.profiles_around`.

        Args:
            genes: rows (G,) of the compendium, with their own promoters.
            level: log2 (R,) of the condition.
            slots: places (S,) of the regulators that are changed; values: log2 (S,), to what.
        """
        levels = np.repeat(level[None].astype(np.float32), len(slots) + 1, axis=0)
        levels[np.arange(1, len(levels)), slots] = values
        profiles = self.learnt.condition_map.profiles_around(levels)
        mean, loadings = self._loadings(profiles)
        value = self._with_own_promoters(genes, profiles, mean, loadings)
        return value.astype(np.float32), loadings

    def score_changes(
        self, genes: Rows, promoters: Tokens, rows: Rows, changed: Tokens
    ) -> NDArray[np.float64]:
        """Change (P, K) of the factor scores where a few letters of promoters are others.

        Args:
            genes: rows (G,) of the compendium; promoters: int8 (G, L), perhaps not their own.
            rows: places (P,) among `genes` of those that are changed; changed: int8 (P, L).
        """
        scorer, coding = self.learnt.scorer, self.learnt.coding
        found = np.zeros((len(rows), len(scorer.rounds)))
        near = slice(-scorer.reach, None)
        read = np.flatnonzero((promoters[rows, near] != changed[:, near]).any(axis=1))
        if len(read):
            own = None if coding is None else coding[genes]
            found[read] = scorer.changes(promoters, rows[read], changed[read], own)
        return found

    def _with_own_promoters(
        self,
        genes: Rows,
        profiles: Matrix,
        mean: NDArray[np.float64],
        loadings: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Values (G, C) of genes of the compendium: profiles where seen, else from promoters."""
        at = self._seen_at[genes]
        value = mean + self.learnt.promoter_scores[genes] @ loadings.T
        value[at >= 0] = profiles[at[at >= 0]]
        return np.asarray(value)

    def _loadings(self, profiles: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        mine = self.learnt
        if not profiles.shape[1]:
            return np.zeros(0), np.zeros((0, mine.factor_map.loadings.shape[1]))
        values = mine.condition_map.values[mine.taught]
        return mine.factor_map.of_profiles(values, profiles[mine.taught])

    def _profiles(self, levels: Matrix) -> Matrix:
        """Profiles (N, C) of the seen genes; those asked for last are remembered, since
        knock-outs ask for the same levels again and again."""
        if not len(levels):
            return np.zeros((len(self.learnt.seen_genes), 0), dtype=np.float32)
        key = np.ascontiguousarray(levels).tobytes()
        if key not in self._remembered:
            parts = [
                self.learnt.condition_map.profiles(levels[first : first + _CONDITIONS_AT_A_TIME])
                for first in range(0, len(levels), _CONDITIONS_AT_A_TIME)
            ]
            while len(self._remembered) >= _REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[key] = np.concatenate(parts, axis=1)
        return self._remembered[key]

    def _known_genes(self, promoters: Tokens, names: Sequence[str] | None) -> Rows:
        """The row of each promoter's gene in the compendium, if it was trained on, else -1."""
        mine = self.learnt
        by_promoter: dict[bytes, list[int]] = {}
        for row in mine.seen_genes[mine.taught]:
            by_promoter.setdefault(mine.promoters[row].tobytes(), []).append(int(row))
        found = np.full(len(promoters), -1, dtype=np.intp)
        for at, tokens in enumerate(np.ascontiguousarray(promoters)):
            rows = by_promoter.get(tokens.tobytes(), [])
            if len(rows) > 1 and names is not None:
                rows = [row for row in rows if mine.genes[row] == names[at]]
            if len(rows) == 1:
                found[at] = rows[0]
        return found

    def _known_conditions(self, levels: Matrix) -> Rows:
        """Which seen condition has these levels (C,), else -1."""
        mine = self.learnt.condition_map.levels
        found = np.full(len(levels), -1, dtype=np.intp)
        measured = ~np.isnan(mine)
        for at, asked in enumerate(levels):
            same = (np.abs(mine - asked) < SAME_LEVEL) | ~measured
            alike = same.all(axis=1) & (measured.mean(axis=1) > 0.5)
            if alike.any():
                found[at] = int(np.flatnonzero(alike)[0])
        return found
