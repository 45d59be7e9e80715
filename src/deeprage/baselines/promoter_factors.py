"""The frame of the promoter baselines: gene factors from sequence x condition loadings."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.choosing import Choice, choose_options
from deeprage.baselines.condition_loadings import ConditionLoadings, condition_loadings
from deeprage.baselines.factors import Factors, principal_factors
from deeprage.baselines.features import regulator_inputs
from deeprage.baselines.reference import training_values
from deeprage.data.compendium import Compendium
from deeprage.data.split import Role, Split
from deeprage.errors import DeepRageError, counted

#: Penalties of the condition loadings, in units of the regulator kernel's mean diagonal.
CONDITION_PENALTIES = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0)


class PromoterFactors(ABC):
    """Predicts condition mean + (factor scores of a gene from its promoter) x (condition loadings).

    The training cells give principal factors: scores of the genes and loadings of the
    conditions. A subclass learns the scores from the promoters, and gives every gene's prediction
    under a few options (penalties, rounds); the validation cells choose the option of each factor.
    Loadings are the condition's own where it was trained on and come from a ridge on its
    regulators' levels where not, its penalty chosen on the validation cells too.

    A gene is predicted from its promoter alone, even where some of its cells were trained on:
    what these predictors show is what the promoter says.

    Args:
        factors: how many principal factors are predicted; the rest is left at the mean.
        condition_penalties: tried for the loadings of unseen conditions.
    """

    needs_promoter = True

    def __init__(
        self,
        *,
        factors: int = 20,
        condition_penalties: Sequence[float] = CONDITION_PENALTIES,
    ) -> None:
        if factors < 1:
            raise DeepRageError(f"factors must be 1 or more, got {factors}.")
        if not condition_penalties or min(condition_penalties) <= 0:
            raise DeepRageError(
                "condition_penalties must be one or more numbers above 0, got "
                f"{tuple(condition_penalties)}."
            )
        self.factors = factors
        self.condition_penalties = tuple(condition_penalties)

    @abstractmethod
    def _features(self, visible: Compendium) -> NDArray[np.float32]:
        """Features (G, P) of every gene's promoter."""

    @abstractmethod
    def _paths(
        self, features: NDArray[np.float32], rows: NDArray[np.intp], scores: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Scores (options, G, K) of every gene, learnt from the `scores` (len(rows), K)."""

    def fit(self, visible: Compendium, split: Split) -> Self:
        """Learn factors and scores from the training cells, choose on the validation cells."""
        return self._learn(visible, split, chosen=None)

    def refit(self, visible: Compendium, split: Split) -> Self:
        """Learn from training and validation cells with the options that `fit` chose."""
        chosen = self.options_, self.condition_penalties.index(self.condition_penalty_)
        return self._learn(visible, split.validation_in_training(), chosen=chosen)

    def _learn(
        self, visible: Compendium, split: Split, *, chosen: tuple[NDArray[np.intp], int] | None
    ) -> Self:
        values = training_values(visible, split)
        rows = split.train_rows[visible.has_promoter[split.train_rows]]
        rows = rows[(~np.isnan(values[rows])).any(axis=1)]
        columns = np.flatnonzero((~np.isnan(values[rows])).any(axis=0))
        if len(rows) < 2 or len(columns) < 1:
            raise DeepRageError(
                f"{counted(len(rows), 'gene')} with a promoter have training cells, in "
                f"{counted(len(columns), 'condition')}; a promoter model needs 2 genes or more: "
                "reduce the held-out fraction, or add data."
            )
        found = principal_factors(values[np.ix_(rows, columns)], self.factors)
        paths = self._paths(self._features(visible), rows, found.scores)
        candidates = self._candidates(regulator_inputs(visible, split), columns, found)
        if chosen is None:
            checked = np.where(split.cells(Role.VALIDATION), visible.expression, np.nan)
            checked[~visible.has_promoter] = np.nan
            options, best = self._best(paths, candidates, checked)
        else:
            options, best = chosen[0][: paths.shape[2]], chosen[1]
        conditions = candidates[best]
        self.condition_penalty_ = self.condition_penalties[best]
        self.options_ = options
        self.mean_ = conditions.mean
        # A refit may have more conditions, hence more factors than an option was chosen for.
        self.loadings_ = conditions.loadings[:, : len(options)]
        self.scores_ = paths[options, :, np.arange(len(options))].T
        self.scores_[~visible.has_promoter] = 0
        return self

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Log2 values (len(genes), len(conditions)); the mean for genes without a promoter."""
        block = self.mean_[conditions] + self.scores_[genes] @ self.loadings_[conditions].T
        return np.asarray(block, dtype=np.float32)

    def _best(
        self,
        paths: NDArray[np.float32],
        candidates: Sequence[ConditionLoadings],
        checked: NDArray[np.float32],
    ) -> tuple[NDArray[np.intp], int]:
        """Option of each factor, and the number of the condition penalty."""
        # Unseen conditions are the only ones that differ between candidates.
        tried = [self._choose(paths, each, checked) for each in candidates]
        errors = [choice.error for choice in tried]
        best = int(np.argmin(errors)) if len(set(errors)) > 1 else len(tried) // 2
        return tried[best].options, best

    def _candidates(
        self, inputs: NDArray[np.float64], columns: NDArray[np.intp], found: Factors
    ) -> list[ConditionLoadings]:
        return [
            condition_loadings(inputs, columns, found, penalty)
            for penalty in self.condition_penalties
        ]

    @staticmethod
    def _choose(
        paths: NDArray[np.float32], conditions: ConditionLoadings, checked: NDArray[np.float32]
    ) -> Choice:
        rows = np.flatnonzero((~np.isnan(checked)).any(axis=1))
        columns = np.flatnonzero((~np.isnan(checked)).any(axis=0))
        return choose_options(
            paths[:, rows],
            conditions.loadings[columns],
            checked[np.ix_(rows, columns)] - conditions.mean[columns],
        )
