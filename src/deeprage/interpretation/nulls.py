"""Random knock-outs of the same kind: which changes would any other regulator or motif make?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from deeprage.data.sites import SitePattern
from deeprage.errors import DeepRageError
from deeprage.interpretation.block_model import Filtered
from deeprage.interpretation.epistasis import mean_size
from deeprage.interpretation.knockout import Matrix, WildType, knock_out
from deeprage.interpretation.perturbation import (
    FilterOff,
    LevelChange,
    MotifMask,
    PairOff,
    Perturbation,
)
from deeprage.interpretation.screen import level_scores

#: A filter is replaced by one of so many that fire about as strongly.
MATCHED_FILTERS = 20
#: Promoters from which the strength of filters is taken.
_PROMOTERS = 512


def null_scores(
    wild: WildType,
    perturbations: Sequence[Perturbation],
    *,
    draws: int,
    rng: np.random.Generator,
    before: Matrix,
    rounds: int = 0,
    on_draw: Callable[[], None] = lambda: None,
) -> NDArray[np.float32]:
    """Mean |change| (draws, G) under random counterparts of a knock-out.

    Each draw replaces all regulators by other ones (with the same step), each motif by a random
    one (`random_pattern`), each filter by another that fires about as strongly.

    Raises:
        DeepRageError: there is nothing else to draw.
    """
    counterparts = Counterparts(wild, perturbations, rng)
    drawn = [counterparts.draw() for _ in range(draws)]
    if not draws:
        return np.empty((0, len(wild.genes)), dtype=np.float32)
    if rounds == 0 and all(isinstance(one, LevelChange) for one in perturbations):
        changes = [[one for one in draw if isinstance(one, LevelChange)] for draw in drawn]
        return level_scores(wild, changes, before=before, on_part=on_draw).size
    found = []
    for draw in drawn:
        result = knock_out(wild, draw, rng=rng, rounds=rounds, before=before)
        found.append(mean_size(result.change))
        on_draw()
    return np.stack(found)


class Counterparts:
    """Draws random knock-outs of the same kind as a given one."""

    def __init__(
        self, wild: WildType, perturbations: Sequence[Perturbation], rng: np.random.Generator
    ) -> None:
        self._perturbations, self._rng = tuple(perturbations), rng
        levels = (LevelChange, PairOff)
        slots = {one.slot for one in perturbations if isinstance(one, levels)}
        self._slots = sorted(slots)
        self._others = np.setdiff1d(np.arange(len(wild.model.regulators)), self._slots)
        if len(self._others) < len(slots):
            raise DeepRageError(
                f"there are {len(self._others)} other regulators to compare {len(slots)} with: "
                "give --nulls 0."
            )
        self._names = wild.model.regulators
        numbers = {one.number for one in perturbations if isinstance(one, (FilterOff, PairOff))}
        self._matches = _matched_filters(wild, numbers) if numbers else {}

    def draw(self) -> list[Perturbation]:
        """One random knock-out; what occurs twice is replaced by the same thing twice."""
        picked = self._rng.choice(self._others, len(self._slots), replace=False)
        slot_of = dict(zip(self._slots, map(int, picked), strict=True))
        filter_of = {
            number: int(self._rng.choice(matches)) for number, matches in self._matches.items()
        }
        drawn: list[Perturbation] = []
        for one in self._perturbations:
            if isinstance(one, MotifMask):
                drawn.append(replace(one, pattern=random_pattern(one.pattern, self._rng)))
            elif isinstance(one, FilterOff):
                drawn.append(FilterOff(filter_of[one.number]))
            else:
                slot = slot_of[one.slot]
                other = replace(one, slot=slot, name=self._names[slot])
                if isinstance(other, PairOff):
                    other = replace(other, number=filter_of[other.number])
                drawn.append(other)
        return drawn


def random_pattern(pattern: SitePattern, rng: np.random.Generator) -> SitePattern:
    """A random motif of the same width, information and share of G and C.

    Positions change places, and each is complemented or not (A with T, C with G) at random; it is
    never the motif itself, on either strand.

    Raises:
        DeepRageError: the motif has no such counterpart.
    """
    for _ in range(100):
        order = rng.permutation(pattern.width)
        flipped = pattern.scores[[3, 2, 1, 0, 4]]
        scores = np.where(rng.random(pattern.width) < 0.5, pattern.scores, flipped)[:, order]
        drawn = SitePattern(f"random {pattern.name}", scores, pattern.threshold)
        if not drawn.same_sites(pattern):
            return drawn
    raise DeepRageError(
        f"the motif {pattern.name!r} is too short to be compared with random ones: give --nulls 0."
    )


def empirical_p(scores: NDArray[np.float32], null: NDArray[np.float32]) -> NDArray[np.float64]:
    """P-value of each gene's score (G,) against null scores (K, G): is it large for this gene?

    Each score is divided by the root mean square of the same gene's other scores, since some
    genes answer to everything. These ratios are pooled over genes, so that few draws give fine
    p-values: (1 + null ratios at least as large) / (1 + all null ratios). Observed and null scores
    are treated alike, so if they are exchangeable the p-values are uniform on average over genes.
    """
    every = np.vstack([scores[None], null]).astype(np.float64)
    squares = every**2
    others = np.sqrt(np.maximum(squares.sum(axis=0) - squares, 0) / len(null))
    ratio = np.divide(every, others, out=np.where(every > 0, np.inf, 0.0), where=others > 0)
    pooled = np.sort(ratio[1:].ravel())
    at_least = len(pooled) - np.searchsorted(pooled, ratio[0], side="left")
    found: NDArray[np.float64] = (1 + at_least) / (1 + len(pooled))
    return found


def _matched_filters(wild: WildType, numbers: set[int]) -> dict[int, NDArray[np.intp]]:
    """For each filter, others that fire about as strongly."""
    if not isinstance(wild.model, Filtered):
        raise DeepRageError(
            f"a {type(wild.model).__name__} has no filters to silence: change levels instead."
        )
    step = max(1, len(wild.promoters) // _PROMOTERS)
    activity = wild.model.activity(wild.promoters[::step])
    candidates = np.setdiff1d(np.arange(len(activity)), list(numbers))
    if not len(candidates):
        raise DeepRageError("there is no other filter to compare with: give --nulls 0.")
    found = {}
    for number in numbers:
        if not 0 <= number < len(activity):
            raise DeepRageError(
                f"there is no filter {number}: the network has filters 0 to {len(activity) - 1}."
            )
        distance = np.abs(activity[candidates] - activity[number])
        found[number] = candidates[np.argsort(distance, kind="stable")[:MATCHED_FILTERS]]
    return found
