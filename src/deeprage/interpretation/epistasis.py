"""Double and single knock-outs, and what the double one does beyond the two single ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from deeprage.errors import DeepRageError
from deeprage.interpretation.knockout import KnockOut, Matrix, WildType, knock_out
from deeprage.interpretation.perturbation import Perturbation


@dataclass(frozen=True, eq=False)
class Dissection:
    """A knock-out of several things and of each of its parts.

    Attributes:
        whole: all at once.
        singles: each alone, in the order of `whole.perturbations`.
        pairs: two at once, by their numbers; the whole itself where there are just two.
    """

    whole: KnockOut
    singles: tuple[KnockOut, ...]
    pairs: dict[tuple[int, int], KnockOut]

    def epistasis(self, *numbers: int) -> Matrix:
        """Change of some parts at once less the sum of their changes alone, log2 (G, C).

        0 means that they act independently (their fold changes multiply). Without numbers, of all.
        """
        chosen = tuple(sorted(numbers)) or tuple(range(len(self.singles)))
        everything = len(chosen) == len(self.singles)
        joint = self.whole if everything else self.pairs[chosen[0], chosen[1]]
        alone = np.stack([self.singles[number].change for number in chosen])
        beyond: Matrix = joint.change - alone.sum(axis=0)
        return beyond


def dissect(
    wild: WildType,
    perturbations: Sequence[Perturbation],
    *,
    rng: np.random.Generator,
    rounds: int = 0,
    before: Matrix | None = None,
) -> Dissection:
    """Knock out all, each alone, and each two.

    Args:
        rng, rounds, before: as `knock_out`; shuffled sites are drawn alike in all.

    Raises:
        DeepRageError: fewer than two perturbations.
    """
    if len(perturbations) < 2:
        raise DeepRageError(
            f"epistasis is between two knock-outs or more, got {len(perturbations)}: name another."
        )
    before = wild.predict() if before is None else before
    seed = int(rng.integers(2**32))

    def done(numbers: Sequence[int]) -> KnockOut:
        chosen = [perturbations[number] for number in numbers]
        same = np.random.default_rng(seed)
        return knock_out(wild, chosen, rng=same, rounds=rounds, before=before)

    every = range(len(perturbations))
    whole = done(every)
    pairs = (
        {(0, 1): whole} if len(every) == 2 else {two: done(two) for two in combinations(every, 2)}
    )
    return Dissection(whole, tuple(done([number]) for number in every), pairs)


def mean_size(change: Matrix) -> NDArray[np.float32]:
    """How much each gene changes (G,): the mean over conditions of |change|, log2."""
    size: NDArray[np.float32] = np.abs(change).mean(axis=1)
    return size
