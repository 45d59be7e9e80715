"""In-silico knock-outs: what a model predicts before and after something is taken away or added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.dna import N_TOKEN
from deeprage.errors import DeepRageError
from deeprage.interpretation.block_model import BlockModel, Filtered
from deeprage.interpretation.perturbation import (
    FilterOff,
    LevelChange,
    MotifMask,
    PairOff,
    Perturbation,
)
from deeprage.interpretation.promoter_edits import mask_sites

Matrix = NDArray[np.float32]
#: Slack of the training range, log2: rounding is not extrapolation.
_SLACK = 1e-4


@dataclass(frozen=True, eq=False)
class WildType:
    """What a knock-out starts from: a model, promoters and levels as they are.

    Attributes:
        model: predicts blocks.
        genes: intp (G,), rows of the compendium that are predicted.
        promoters: int8 (G, L), of those genes.
        levels: float32 (C, R) log2, nothing missing.
        regulator_rows: intp (R,), rows of the regulators.
        regulator_promoters: int8 (R, L), for feedback.
        low, high: float32 (R,), the range of each level over the training conditions.
    """

    model: BlockModel
    genes: NDArray[np.intp]
    promoters: NDArray[np.int8]
    levels: Matrix
    regulator_rows: NDArray[np.intp]
    regulator_promoters: NDArray[np.int8]
    low: Matrix
    high: Matrix

    @classmethod
    def of(
        cls,
        model: BlockModel,
        compendium: Compendium,
        *,
        trained_on: NDArray[np.intp],
        genes: NDArray[np.intp] | None = None,
        conditions: NDArray[np.intp] | None = None,
    ) -> WildType:
        """Genes and conditions of a compendium as they are.

        Args:
            trained_on: columns of the training conditions, for the range.
            genes: rows; default: all with a promoter.
            conditions: columns; default: all.

        Raises:
            DeepRageError: the model's regulators are not the compendium's.
        """
        if tuple(compendium.regulators) != model.regulators:
            raise DeepRageError(
                f"the model has {len(model.regulators)} regulators, the compendium "
                f"{len(compendium.regulators)}, not the same ones: give the compendium that it "
                "was trained on."
            )
        rows = np.flatnonzero(compendium.has_promoter) if genes is None else genes
        known = compendium.regulator_levels
        filled = np.where(np.isnan(known), model.reference_levels, known).astype(np.float32)
        seen = filled[trained_on]
        return cls(
            model=model,
            genes=rows,
            promoters=compendium.promoters[rows],
            levels=filled if conditions is None else filled[conditions],
            regulator_rows=compendium.regulator_rows,
            regulator_promoters=compendium.promoters[compendium.regulator_rows],
            low=seen.min(axis=0),
            high=seen.max(axis=0),
        )

    def predict(self) -> Matrix:
        """Log2 values (G, C)."""
        return self.model.respond(self.genes, self.promoters, self.levels)

    def under(self, levels: Matrix) -> WildType:
        """The same under other levels (C, R)."""
        return replace(self, levels=levels)


class Mutant(NamedTuple):
    """A wild type with perturbations.

    Attributes:
        state: model, promoters and levels after them.
        sites: intp (G,), sites masked in each promoter.
        given_up: stretches of letters that could not be shuffled and are N.
    """

    state: WildType
    sites: NDArray[np.intp]
    given_up: int


class OutOfRange(NamedTuple):
    """A level that training never saw, so that the prediction extrapolates.

    Attributes:
        regulator: its name.
        lowest, highest: of the levels asked for, log2.
        low, high: of the levels in training.
        conditions: number of conditions out of range.
    """

    regulator: str
    lowest: float
    highest: float
    low: float
    high: float
    conditions: int


@dataclass(frozen=True, eq=False)
class KnockOut:
    """A knock-out's prediction.

    Attributes:
        perturbations: what was done, all at once.
        before, after: float32 (G, C) log2.
        sites: intp (G,), motif sites masked in each promoter.
        given_up: stretches of letters that could not be shuffled and are N.
        out_of_range: levels that training never saw.
    """

    perturbations: tuple[Perturbation, ...]
    before: Matrix
    after: Matrix
    sites: NDArray[np.intp]
    given_up: int
    out_of_range: tuple[OutOfRange, ...]

    @property
    def change(self) -> Matrix:
        """After less before (G, C), log2."""
        return self.after - self.before


def knock_out(
    wild: WildType,
    perturbations: Sequence[Perturbation],
    *,
    rng: np.random.Generator,
    rounds: int = 0,
    before: Matrix | None = None,
) -> KnockOut:
    """Do all perturbations at once and predict.

    Args:
        rng: for shuffled sites.
        rounds: how often the predicted change of the regulators' own transcripts is fed back as
            their levels; 0 leaves levels as given. Levels that a perturbation sets stay.
        before: the wild type's prediction, if it is known already.

    Raises:
        DeepRageError: nothing to do, or a model that cannot do it.
    """
    if not perturbations:
        raise DeepRageError(
            "there is nothing to knock out: name a regulator, a motif, a filter or a pair."
        )
    if rounds < 0:
        raise DeepRageError(f"the number of feedback rounds must be 0 or more, got {rounds}.")
    mutant = mutate(wild, perturbations, rng=rng)
    state = mutant.state
    if rounds:
        state = state.under(_fed_back(wild, state, perturbations, rounds=rounds, rng=rng))
    before = wild.predict() if before is None else before
    return KnockOut(
        perturbations=tuple(perturbations),
        before=before,
        after=_predict_changed(wild, state, before),
        sites=mutant.sites,
        given_up=mutant.given_up,
        out_of_range=out_of_range(
            wild,
            mutant.state.levels,
            names={one.slot: one.name for one in perturbations if isinstance(one, LevelChange)},
        ),
    )


def mutate(
    wild: WildType, perturbations: Sequence[Perturbation], *, rng: np.random.Generator
) -> Mutant:
    """The wild type with all perturbations, before anything is predicted.

    Raises:
        DeepRageError: a filter or a pair of a model that has none.
    """
    levels, promoters = wild.levels.copy(), wild.promoters
    sites, given_up = np.zeros(len(promoters), dtype=np.intp), 0
    for one in perturbations:
        if isinstance(one, LevelChange):
            levels[:, one.slot] = one.value + (levels[:, one.slot] if one.moved else 0)
        elif isinstance(one, MotifMask):
            masked = mask_sites(promoters, one.pattern, how=one.how, rng=rng)
            promoters = masked.promoters
            sites, given_up = sites + masked.sites, given_up + masked.given_up
    model = _without(wild.model, perturbations)
    return Mutant(replace(wild, model=model, promoters=promoters, levels=levels), sites, given_up)


def out_of_range(
    wild: WildType, levels: Matrix, *, names: Mapping[int, str]
) -> tuple[OutOfRange, ...]:
    """Regulators whose levels were changed to what training never saw.

    Args:
        names: by which regulators are shown, by place; default: the model's own.
    """
    changed = (levels != wild.levels).any(axis=0)
    strange = (levels < wild.low - _SLACK) | (levels > wild.high + _SLACK)
    return tuple(
        OutOfRange(
            names.get(int(slot)) or wild.model.regulators[slot],
            float(levels[:, slot].min()),
            float(levels[:, slot].max()),
            float(wild.low[slot]),
            float(wild.high[slot]),
            int(strange[:, slot].sum()),
        )
        for slot in np.flatnonzero(changed & strange.any(axis=0))
    )


def _without(model: BlockModel, perturbations: Sequence[Perturbation]) -> BlockModel:
    filters = [one.number for one in perturbations if isinstance(one, FilterOff)]
    pairs = [(one.number, one.slot) for one in perturbations if isinstance(one, PairOff)]
    if not (filters or pairs):
        return model
    if not isinstance(model, Filtered):
        raise DeepRageError(
            f"a {type(model).__name__} has no filters to silence: change levels instead."
        )
    return model.without(filters=filters, pairs=pairs)


def _predict_changed(wild: WildType, state: WildType, before: Matrix) -> Matrix:
    """The mutant's prediction; where only promoters differ, only the changed ones are predicted."""
    if state.model is not wild.model or not np.array_equal(state.levels, wild.levels):
        return state.predict()
    rows = np.flatnonzero((state.promoters != wild.promoters).any(axis=1))
    after = before.copy()
    if len(rows):
        part = replace(state, genes=state.genes[rows], promoters=state.promoters[rows])
        after[rows] = part.predict()
    return after


def _fed_back(
    wild: WildType,
    state: WildType,
    perturbations: Sequence[Perturbation],
    *,
    rounds: int,
    rng: np.random.Generator,
) -> Matrix:
    """Levels (C, R) after the regulators' predicted changes were fed back.

    In each round a level becomes the wild type's plus the change that is predicted for that
    regulator's transcript under the levels of the round before. It stays within the training
    range (or at the wild type's level beyond it), since a change that grows from round to round
    would otherwise leave it. Regulators without a promoter, and levels that were set, stay.
    """
    own = replace(wild, genes=wild.regulator_rows, promoters=wild.regulator_promoters)
    mutant = mutate(own, perturbations, rng=rng).state
    held = [one.slot for one in perturbations if isinstance(one, LevelChange)]
    followed = np.asarray((wild.regulator_promoters < N_TOKEN).any(axis=1))
    followed[held] = False
    before = own.predict()
    low, high = np.minimum(wild.low, wild.levels), np.maximum(wild.high, wild.levels)
    levels = state.levels
    for _ in range(rounds):
        change = (mutant.under(levels).predict() - before).T
        fed = np.clip(wild.levels + change, low, high)
        levels = np.where(followed, fed, state.levels).astype(np.float32)
    return levels
