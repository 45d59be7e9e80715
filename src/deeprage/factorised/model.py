"""deeprage-f: a gene's profile where it was seen, its promoter where not; conditions likewise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.choosing import squared_error
from deeprage.baselines.reference import training_values
from deeprage.data.compendium import Compendium
from deeprage.data.split import Role, Split
from deeprage.errors import DeepRageError, counted
from deeprage.factorised.gaussian import Completed, complete
from deeprage.factorised.intervals import ErrorQuantiles
from deeprage.factorised.promoter_stack import PromoterStack
from deeprage.factorised.similar_genes import residual_of_similar_genes
from deeprage.factorised.unseen_conditions import Mixture, World, choose_mixture

Rows = NDArray[np.intp]
Matrix = NDArray[np.float32]

RESIDUAL_SHARES = (0.0, 0.5, 0.75, 1.0, 1.25)


class Factorised:
    """One model for all four regimes; each cell is predicted from what is known of it.

    | | seen condition | unseen condition |
    |---|---|---|
    | seen gene | Gaussian completion + similar genes | two ridges on the regulators |
    | unseen gene | promoter -> factors x loadings | promoter -> factors x predicted loadings |

    A gene or condition is seen if it has a training cell. Loadings of an unseen condition are
    the projection of its predicted profile on the factors of the seen genes. All choices are made
    on validation cells or by leaving out series of training conditions.

    Args:
        motifs: files and collections; None for the default where it fits; see `MotifFeatures`.
        cache: folder for motif scores that folds can share.
        num_threads: processor cores for the trees.
        seed: of all draws.
        steps: passes of the completion.
    """

    #: Its promoter stack takes the codon usage of each gene's start: a benchmark job of it depends
    #: on the coding sequences.
    reads_coding = True

    def __init__(
        self,
        *,
        motifs: Sequence[Path | str] | None = None,
        cache: Path | str | None = None,
        num_threads: int = 1,
        seed: int = 0,
        steps: int = 6,
    ) -> None:
        self.motifs = motifs
        self.cache = cache
        self.num_threads = num_threads
        self.seed = seed
        self.steps = steps

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Learn from the training cells; choose, and measure the errors, on validation cells."""
        self._mixture: Mixture | None = None
        self._stack: PromoterStack | None = None
        self._completed: Completed | None = None
        self.residual_share_: float | None = None
        self._learn(visible, split)
        everything = (np.arange(size) for size in visible.expression.shape)
        predicted = self.predict(*everything)
        checked = split.cells(Role.VALIDATION)
        checked[visible.regulator_rows] = False
        self.errors_ = ErrorQuantiles.of(predicted[checked], visible.expression[checked])
        return self

    def refit(self, visible: Compendium, split: Split) -> Self:
        """Learn from training and validation cells with the choices that `fit` made.

        The intervals stay those that `fit` measured.
        """
        return self._learn(visible, split.validation_in_training(), refit=True, first=split)

    def predict(self, genes: Rows, conditions: Rows) -> Matrix:
        """Log2 values (len(genes), len(conditions))."""
        return self.predicted_[np.ix_(genes, conditions)]

    def predict_interval(
        self, genes: Rows, conditions: Rows, *, level: float = 0.9
    ) -> tuple[Matrix, Matrix]:
        """Lower and upper ends, log2, of intervals that hold a share `level` of the truth.

        For cells that are held out as the split's validation cells were (same regime).

        Raises:
            DeepRageError: the level is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise DeepRageError(f"the level of an interval lies between 0 and 1, got {level}.")
        centre = self.predict(genes, conditions)
        half = self.errors_.half_width(centre, level)
        return centre - half, centre + half

    def stack(self) -> PromoterStack:
        """A stack with the options of this model, not fitted."""
        return PromoterStack(
            motifs=self.motifs, cache=self.cache, num_threads=self.num_threads, seed=self.seed
        )

    def _learn(
        self, visible: Compendium, split: Split, *, refit: bool = False, first: Split | None = None
    ) -> Self:
        values = training_values(visible, split)
        known = ~np.isnan(values)
        rows, columns = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
        if len(rows) < 3 or len(columns) < 2:
            raise DeepRageError(
                f"training cells lie in {counted(len(rows), 'gene')} and "
                f"{counted(len(columns), 'condition')}; deeprage-f needs 3 genes and 2 conditions: "
                "reduce the held-out fraction, or add data."
            )
        new = np.setdiff1d(np.arange(values.shape[1]), columns)
        found = np.zeros(values.shape, dtype=np.float32)
        seen_block = self._seen(visible, split, values, rows, columns)
        found[np.ix_(rows, columns)] = seen_block
        if len(new):
            found[np.ix_(rows, new)] = self._unseen_conditions(visible, rows, columns, new)
        others = np.setdiff1d(np.arange(values.shape[0]), rows)
        found[others] = found[rows].mean(axis=0)
        asked = split.cells(Role.VALIDATION, Role.TEST).any(axis=1) & visible.has_promoter
        unseen = others[asked[others]]
        if len(unseen):
            found[unseen] = self._unseen_genes(
                visible, split, found, (rows, columns, new), unseen, refit=refit, first=first
            )
        elif refit and first is not None and self._stack is not None:
            # A gene that was unseen has cells in validation conditions: all genes teach now.
            self._stack.refit(visible, first)
        self.predicted_ = found
        return self

    def _seen(
        self, visible: Compendium, split: Split, values: Matrix, rows: Rows, columns: Rows
    ) -> Matrix:
        """Blind predictions of the block of seen genes and conditions."""
        part = values[np.ix_(rows, columns)]
        # Where little is missing the first pass is all but exact.
        steps = self.steps if np.isnan(part).mean() > 0.05 else 1
        self._completed = complete(part, steps=steps)
        checked = np.where(split.cells(Role.VALIDATION), visible.expression, np.nan)
        checked = checked[np.ix_(rows, columns)]
        if self.residual_share_ is None and not np.isfinite(checked).any():
            return self._completed.blind
        if self.residual_share_ == 0:
            return self._completed.blind
        residual = residual_of_similar_genes(
            self._completed, ~np.isnan(part), generator=np.random.default_rng(self.seed)
        )
        if self.residual_share_ is None:
            errors = [
                squared_error(self._completed.blind + share * residual, checked)
                for share in RESIDUAL_SHARES
            ]
            self.residual_share_ = RESIDUAL_SHARES[int(np.argmin(errors))]
        return self._completed.blind + np.float32(self.residual_share_) * residual

    def _unseen_conditions(
        self, visible: Compendium, rows: Rows, columns: Rows, new: Rows
    ) -> Matrix:
        """Predicted values (len(rows), len(new)) of seen genes in unseen conditions."""
        world = self.world(visible, rows, columns)
        if self._mixture is None:
            self._mixture = self.choose_mixture(visible, world, columns)
        return self._mixture(world, columns, new).astype(np.float32)

    def world(self, visible: Compendium, rows: Rows, columns: Rows) -> World:
        """What is known of seen genes and of all regulators, in all conditions (C,)."""
        assert self._completed is not None
        slot_of = {int(row): slot for slot, row in enumerate(visible.regulator_rows)}
        at = np.array([n for n, row in enumerate(rows) if int(row) in slot_of], dtype=np.intp)
        slots = np.array([slot_of[int(rows[n])] for n in at], dtype=np.intp)
        levels = visible.regulator_levels.T.astype(np.float64)
        values = np.zeros((len(rows), levels.shape[1]))
        values[:, columns] = self._completed.values
        # Regulators are seldom targets, hence no rows of the matrix that was completed.
        completed = np.zeros(levels.shape)
        completed[:, columns] = complete(levels[:, columns], steps=1, start=self._completed).values
        return World(values, levels, at, slots).with_all_regulators(completed)

    def choose_mixture(self, visible: Compendium, world: World, columns: Rows) -> Mixture:
        """The ridges and weights that are best on left-out series of the seen conditions."""
        scored = np.setdiff1d(np.arange(world.genes), world.regulator_rows)
        series = np.asarray(visible.series).astype(str)
        generator = np.random.default_rng(self.seed)
        return choose_mixture(world, columns, series, scored, generator)

    def _unseen_genes(
        self,
        visible: Compendium,
        split: Split,
        found: Matrix,
        axes: tuple[Rows, Rows, Rows],
        unseen: Rows,
        *,
        refit: bool,
        first: Split | None,
    ) -> Matrix:
        """Predicted values (len(unseen), C) of genes that are known by their promoter alone."""
        rows, columns, new = axes
        if self._stack is None:
            self._stack = self.stack().fit(visible, split)
        elif refit and first is not None:
            self._stack.refit(visible, first)
        mean, loadings = self._stack.mean_.copy(), self._stack.loadings_.copy()
        if len(new):
            assert self._completed is not None
            taught = visible.has_promoter[rows]
            centred = self._completed.values[taught] - mean[columns]
            scores = centred @ loadings[columns]  # orthonormal loadings
            profile = found[np.ix_(rows[taught], new)]
            mean[new] = profile.mean(axis=0)
            solved, *_ = np.linalg.lstsq(scores, profile - mean[new], rcond=None)
            loadings[new] = solved.T
        return (mean + self._stack.scores_[unseen] @ loadings.T).astype(np.float32)
