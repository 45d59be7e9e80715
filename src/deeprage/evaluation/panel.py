"""One regime of a benchmark: scores, intervals, paired differences, and what controls show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deeprage.data.compendium import Compendium
from deeprage.data.split import Regime
from deeprage.evaluation.bootstrap import Draws, Resampler, interval
from deeprage.evaluation.controls import TESTS, Control
from deeprage.evaluation.metrics import Mask
from deeprage.evaluation.pooling import Pooled
from deeprage.evaluation.scores import Scores, score

#: Scores that get an interval.
RESAMPLED = ("pearson", "accuracy")


class Comparison:
    """Scores of pooled predictions of one regime, and draws of them that are paired."""

    def __init__(self, compendium: Compendium, *, seed: int = 0) -> None:
        self.compendium = compendium
        self.seed = seed
        self.observed = compendium.expression
        self._resamplers: dict[bytes, Resampler] = {}

    def resampler(self, cells: Mask) -> Resampler:
        """The resampler of these cells: two predictors on the same cells share its draws."""
        key = np.packbits(cells).tobytes()
        if key not in self._resamplers:
            groups, series = self.compendium.groups, self.compendium.series
            self._resamplers[key] = Resampler(groups, series, cells, seed=self.seed)
        return self._resamplers[key]

    def scores(self, entry: Pooled, cells: Mask) -> Scores:
        """All scores of an entry over some of its cells."""
        return score(
            self.observed,
            entry.values,
            cells,
            observed_classes=entry.truth,
            predicted_classes=entry.classes,
        )

    def draws(self, entry: Pooled, cells: Mask) -> dict[str, Draws]:
        """Draws (B,) of the scores that get an interval."""
        labelled = cells & (entry.truth >= 0)
        found = {"pearson": self.resampler(cells).pearson(self.observed, entry.values)}
        right = self.resampler(labelled).accuracy(entry.classes == entry.truth)
        several = len(np.unique(entry.truth[labelled])) > 1
        return found | {"accuracy": right if several else np.full_like(right, np.nan)}

    def difference(self, entry: Pooled, other: Pooled) -> dict[str, Any] | None:
        """`entry` less `other` on the cells of both, with paired 95 % intervals."""
        cells = entry.cells & other.cells
        if not cells.any():
            return None
        one, two = self.scores(entry, cells).as_dict(), self.scores(other, cells).as_dict()
        draws, other_draws = self.draws(entry, cells), self.draws(other, cells)
        found: dict[str, Any] = {}
        for key in RESAMPLED:
            if one[key] is None or two[key] is None:
                continue
            span = interval(draws[key] - other_draws[key])
            found[key] = {"value": one[key] - two[key], "interval": _listed(span)}
        return found


def panel(
    compendium: Compendium, pooled: Sequence[Pooled], *, regime: Regime, seed: int = 0
) -> dict[str, Any]:
    """The panel of one regime as `benchmark.json` holds it.

    The best simple baseline is the one with the highest pooled Pearson among those that finished
    all folds. It is chosen on the scores it is then shown with, which flatters the baseline and
    no one else.
    """
    comparison = Comparison(compendium, seed=seed)
    plain = [entry for entry in pooled if entry.control is Control.NONE and entry.cells.any()]
    rows = [_row(comparison, entry) for entry in plain]
    best = _best_simple(comparison, plain)
    for entry, row in zip(plain, rows, strict=True):
        beside = None if best is None or entry is best else comparison.difference(entry, best)
        row["difference"] = beside
    units: tuple[str, ...] = ()
    if plain:
        largest = max(plain, key=lambda entry: int(entry.cells.sum()))
        units = comparison.resampler(largest.cells).units
    return {
        "regime": str(regime),
        "best_simple": None if best is None else best.name,
        "resampled": list(units),
        "rows": rows,
        "controls": _controls(comparison, plain, pooled),
    }


def _row(comparison: Comparison, entry: Pooled) -> dict[str, Any]:
    draws = comparison.draws(entry, entry.cells)
    return {
        "predictor": entry.name,
        "kind": entry.kind,
        "scores": comparison.scores(entry, entry.cells).as_dict(),
        "intervals": {key: _listed(interval(draws[key])) for key in RESAMPLED},
        "coverage_90": entry.coverage_90,
        "failed_folds": entry.failed,
        "fit_seconds": _total(entry, "fit_seconds"),
        "predict_seconds": _total(entry, "predict_seconds"),
        "peak_gb": max((fold["peak_gb"] for fold in entry.by_fold), default=None),
        "by_fold": entry.by_fold,
    }


def _best_simple(comparison: Comparison, plain: Sequence[Pooled]) -> Pooled | None:
    """The first of those with the highest correlation on the cells of all simple methods."""
    finished = [entry for entry in plain if entry.kind == "simple" and not entry.failed]
    if not finished:
        return None
    common = np.logical_and.reduce([entry.cells for entry in finished])
    rated = [
        (comparison.scores(entry, common if common.any() else entry.cells).pearson, -number, entry)
        for number, entry in enumerate(finished)
    ]
    known = [(r, number, entry) for r, number, entry in rated if r is not None]
    return max(known, key=lambda each: each[:2])[2] if known else None


def _controls(
    comparison: Comparison, plain: Sequence[Pooled], pooled: Sequence[Pooled]
) -> list[dict[str, Any]]:
    """What each predictor loses under each control, and what follows."""
    found = []
    for entry in plain:
        for other in pooled:
            if other.name != entry.name or other.control is Control.NONE or not other.cells.any():
                continue
            loss = comparison.difference(entry, other)
            span = None if loss is None else loss.get("pearson", {}).get("interval")
            used = None if span is None else span[0] > 0
            found.append(
                {
                    "predictor": entry.name,
                    "control": str(other.control),
                    "folds": len(other.by_fold),
                    "pearson": comparison.scores(other, other.cells).pearson,
                    "loss": loss,
                    "used": used,
                    "verdict": _verdict(entry.name, other.control, used),
                }
            )
    return found


def _verdict(name: str, control: Control, used: bool | None) -> str:
    what = TESTS[control]
    if used is None:
        return f"It cannot be told whether {name} uses {what} here."
    if used:
        return f"{name} uses {what}: it loses without."
    return f"{name} does not measurably use {what}: it loses nothing without."


def _total(entry: Pooled, key: str) -> float | None:
    return sum(fold[key] for fold in entry.by_fold) if entry.by_fold else None


def _listed(span: tuple[float, float] | None) -> list[float] | None:
    return None if span is None else list(span)
