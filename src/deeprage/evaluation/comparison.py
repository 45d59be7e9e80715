"""A model beside the strongest simple method: paired difference, interval, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from deeprage.evaluation import metrics
from deeprage.evaluation.bootstrap import FEWEST_UNITS, RESAMPLES, Resampler, interval

Values = NDArray[np.float32]
Mask = NDArray[np.bool_]
Outcome = Literal["beats", "equals", "loses", "unknown"]

#: Axes whose units a regime holds out: 0, groups of genes; 1, series of conditions.
HELD_OUT: dict[str, tuple[int, ...]] = {
    "pairs": (),
    "conditions": (1,),
    "genes": (0,),
    "both": (0, 1),
}
#: Decimals of a correlation that people are shown; a smaller difference is none.
DIGITS = 3


@dataclass(frozen=True)
class Comparison:
    """Test Pearson of a model and of a reference on the cells of both.

    Attributes:
        reference: name of the simple method.
        pearson, reference_pearson: correlations over the common cells.
        interval: 95 % interval of the difference, from draws that both share; None with too few
            units to draw.
        units: what is drawn, for people: `312 gene groups`.
        cells: number of common cells.
    """

    reference: str
    pearson: float
    reference_pearson: float
    interval: tuple[float, float] | None
    units: tuple[str, ...]
    cells: int

    @property
    def difference(self) -> float:
        """Difference of the correlations as they are shown."""
        shown = round(self.pearson, DIGITS) - round(self.reference_pearson, DIGITS)
        return round(shown, DIGITS)

    @property
    def outcome(self) -> Outcome:
        """What may be said: `beats` and `loses` only where the interval excludes 0, as shown."""
        if self.interval is None:
            return "unknown"
        low, high = (round(end, DIGITS) for end in self.interval)
        if low > 0 and self.difference > 0:
            return "beats"
        if high < 0 and self.difference < 0:
            return "loses"
        return "equals"

    @property
    def words(self) -> str:
        """The outcome as the second half of a sentence, without a full stop."""
        against = f"the best simple reference, {self.reference} ({self.reference_pearson:.3f})"
        size = abs(self.difference)
        better = "better" if self.difference > 0 else "worse"
        if self.interval is None:
            few = " and ".join(self.units) or "the held-out units"
            told = f"it is {better} by {size:.3f}" if size else "they are equal to three decimals"
            return (
                f"beside {against}: {told}, but {few} are too few to tell whether that is more "
                "than chance"
            )
        low, high = self.interval
        span = f"95 % interval of the difference {low:.3f} to {high:.3f}"
        if self.outcome == "beats":
            return f"and beats {against} by {size:.3f} ({span})"
        if self.outcome == "loses":
            return f"and does not beat {against}: it is worse by {size:.3f} ({span})"
        told = f"it is {better} by {size:.3f}, which may be chance" if size else "the same"
        return f"and equals {against} within the uncertainty: {told} ({span})"

    def as_dict(self) -> dict[str, Any]:
        """As `metrics.json` holds it."""
        return {
            "reference": self.reference,
            "pearson": self.pearson,
            "reference_pearson": self.reference_pearson,
            "interval": None if self.interval is None else list(self.interval),
            "units": list(self.units),
            "cells": self.cells,
        }

    @classmethod
    def from_dict(cls, content: Any) -> Comparison:
        """What `as_dict` gave."""
        ends = content["interval"]
        return cls(
            content["reference"],
            content["pearson"],
            content["reference_pearson"],
            None if ends is None else (ends[0], ends[1]),
            tuple(content["units"]),
            content["cells"],
        )


def compare(
    observed: Values,
    predicted: Values,
    reference: Values,
    cells: Mask,
    *,
    name: str,
    groups: Sequence[str],
    series: Sequence[str],
    held_out: Sequence[int] = (),
    resamples: int = RESAMPLES,
) -> Comparison | None:
    """Compare two predictions over the cells that both predict.

    Gene groups and condition series are drawn again with replacement (`evaluation.bootstrap`), both
    predictions in the same draws. With few held-out units the bootstrap is too narrow: its ends are
    moved out by Student's t with one degree of freedom less than units, and by sqrt(n / (n - 1)).

    Args:
        observed, predicted, reference: log2 values (G, C).
        cells: bool (G, C), test cells.
        name: of the reference.
        groups: of each gene; series: of each condition.
        held_out: axes that the split holds out, 0 for gene groups and 1 for series.

    Returns:
        None without a cell in common, or where a correlation is not defined.
    """
    common = cells & np.isfinite(observed) & np.isfinite(predicted) & np.isfinite(reference)
    own, other = (metrics.pearson(observed, x, common) for x in (predicted, reference))
    if not common.any() or not np.isfinite([own, other]).all():
        return None
    resampler = Resampler(groups, series, common, resamples=resamples)
    units = _named_units(resampler, held_out)
    fewest = min((resampler.shape[axis] for axis in held_out), default=None)
    if not resampler.units or (fewest is not None and fewest < FEWEST_UNITS):
        return Comparison(name, own, other, None, units, int(common.sum()))
    draws = resampler.pearson(observed, predicted) - resampler.pearson(observed, reference)
    ends = interval(draws)
    if ends is not None and fewest is not None:
        wider = float(student.ppf(0.975, fewest - 1)) / 1.96 * np.sqrt(fewest / (fewest - 1))
        ends = (
            own - other - wider * (own - other - ends[0]),
            own - other + wider * (ends[1] - (own - other)),
        )
    return Comparison(name, own, other, ends, resampler.units, int(common.sum()))


def _named_units(resampler: Resampler, held_out: Sequence[int]) -> tuple[str, ...]:
    """The held-out units, however few they are."""
    nouns = (("gene group", "gene groups"), ("condition series", "condition series"))
    return tuple(
        f"{resampler.shape[axis]:,} {nouns[axis][resampler.shape[axis] != 1]}" for axis in held_out
    )
