"""Test predictions of all folds of one predictor, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES, classify
from deeprage.data.split import Role, Split
from deeprage.data.units import class_origin
from deeprage.evaluation import metrics
from deeprage.evaluation.controls import Control
from deeprage.evaluation.jobs import Outcome
from deeprage.evaluation.scores import apply_cuts, fit_cuts
from deeprage.factorised.intervals import ErrorQuantiles


@dataclass(frozen=True)
class Pooled:
    """One predictor under one control.

    Attributes:
        values: predicted log2 float32 (G, C), NaN outside the cells.
        classes: predicted classes int8 (G, C), -1 outside the cells.
        truth: observed classes int8 (G, C), -1 outside the cells and where there is none.
        cells: bool (G, C), tested cells with a value.
        by_fold: fold, test Pearson and accuracy, seconds, peak memory of each fold that ended.
        failed: number of folds that failed.
        coverage_90: share of the tested cells inside their 90 % interval, which the fold's own
            validation cells give (split conformal); None without such cells.
    """

    name: str
    kind: str
    control: Control
    values: NDArray[np.float32]
    classes: NDArray[np.int8]
    truth: NDArray[np.int8]
    cells: NDArray[np.bool_]
    by_fold: list[dict[str, Any]]
    failed: int
    coverage_90: float | None = None


def pool(compendium: Compendium, outcomes: Sequence[Outcome]) -> Pooled:
    """Pool the folds of one predictor under one control.

    Each fold's values become classes by cuts that are fitted on that fold's own validation cells,
    unless the predictor names classes itself. No cell is tested in two folds. Genes without a
    promoter are not tested where the predictor needs one.
    """
    observed = compendium.expression
    values = np.full(observed.shape, np.nan, dtype=np.float32)
    classes = np.full(observed.shape, -1, dtype=np.int8)
    truth = np.full(observed.shape, -1, dtype=np.int8)
    cells = np.zeros(observed.shape, dtype=bool)
    by_fold = []
    inside = 0
    can = np.ones(len(observed), dtype=bool)
    if outcomes[0].job.contestant.needs_promoter:
        can = compendium.has_promoter
    for outcome in outcomes:
        if outcome.error is not None:
            continue
        split, found = outcome.job.split, outcome.prediction()
        tested = split.cells(Role.TEST) & ~np.isnan(observed) & can[:, None]
        origin = class_origin(compendium, split)
        labels, named = classify(observed - origin, DEFAULT_EDGES), found.classes
        if named is None:
            change = found.values - origin
            checked = split.cells(Role.VALIDATION) & np.isfinite(change)
            named = apply_cuts(change, fit_cuts(observed - origin, change, checked))
        values[tested], classes[tested] = found.values[tested], named[tested]
        truth[tested] = labels[tested]
        cells |= tested
        inside += _inside(observed, found.values, split, tested)
        r = metrics.pearson(observed, found.values, tested)
        right = _share_right(named[tested], labels[tested])
        by_fold.append(
            {
                "fold": outcome.job.fold,
                "cells": int(tested.sum()),
                "pearson": r if np.isfinite(r) else None,
                "accuracy": right,
                **{key: outcome.about[key] for key in ("fit_seconds", "predict_seconds")},
                "peak_gb": outcome.about["peak_gb"],
            }
        )
    job = outcomes[0].job
    failed = sum(outcome.error is not None for outcome in outcomes)
    return Pooled(
        job.contestant.name, job.contestant.kind, job.control,
        values, classes, truth, cells, by_fold, failed,
        inside / int(cells.sum()) if cells.any() else None,
    )  # fmt: skip


def _share_right(named: NDArray[np.int8], labels: NDArray[np.int8]) -> float | None:
    """Share of cells (N,) in the right class; None where there are fewer than two classes."""
    known = labels >= 0
    if len(np.unique(labels[known])) < 2:
        return None
    return float((named == labels)[known].mean())


def _inside(
    observed: NDArray[np.float32],
    values: NDArray[np.float32],
    split: Split,
    tested: NDArray[np.bool_],
) -> int:
    """How many tested cells lie in the 90 % interval that the validation cells give."""
    checked = split.cells(Role.VALIDATION) & np.isfinite(values)
    quantiles = ErrorQuantiles.of(values[checked], observed[checked])
    error = np.abs(values[tested] - observed[tested])
    return int((error <= quantiles.half_width(values[tested], 0.9)).sum())
