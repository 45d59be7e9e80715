"""Whether a predictor is as sure as it should be: intervals and class probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.data.labels import classify
from deeprage.data.split import Role, Split
from deeprage.evaluation.opening import Certain
from deeprage.evaluation.scores import or_none

Matrix = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEVELS = (0.5, 0.8, 0.9, 0.95)
_BINS = 15


def certainty_of(
    model: Certain,
    observed: Matrix,
    predicted: Matrix,
    split: Split,
    *,
    edges: Sequence[float],
    origin: Matrix | float = 0.0,
    roles: Sequence[Role] = (Role.VALIDATION, Role.TEST),
) -> dict[str, dict[str, Any]]:
    """By role: coverage and width of intervals, calibration error of class probabilities.

    Args:
        observed: log2 values (G, C), NaN where missing or not scored.
        predicted: as the model predicted them, NaN where not scored.
        origin: what classes are counted from (G, 1); cells where it is NaN have no class.
    """
    found = {}
    origins = np.broadcast_to(np.asarray(origin, dtype=np.float32), observed.shape)
    for role in roles:
        cells = split.cells(role) & np.isfinite(observed) & np.isfinite(predicted)
        if not cells.any():
            continue
        # One row of cells: the model asks for genes x conditions and looks at each cell alone.
        value, kinds = predicted[cells][None], model.kinds()[cells][None]
        noise = np.broadcast_to(model.noise(), cells.shape)[cells][None]
        truth = observed[cells][None]
        limits = {level: model.interval(value, kinds, noise, level=level) for level in LEVELS}
        found[role.name.lower()] = {
            "cells": int(cells.sum()),
            "coverage": {str(level): coverage(truth, *ends) for level, ends in limits.items()},
            "mean_width_90": or_none(float(np.mean(limits[0.9][1] - limits[0.9][0]))),
            **_classes(model, (value, kinds, noise), truth, origins[cells][None], edges),
        }
    return found


def _classes(
    model: Certain,
    cells: tuple[Matrix, NDArray[np.int8], Matrix],
    truth: Matrix,
    origin: Matrix,
    edges: Sequence[float],
) -> Mapping[str, float | None]:
    """`class_calibration` of the cells (1, N) that have a class; None where they have but one."""
    labels = classify(truth - origin, edges)[0]
    known = labels >= 0
    if len(np.unique(labels[known])) < 2:
        return dict.fromkeys(("class_calibration_error", "log_loss", "log_loss_of_shares"))
    value, kinds, noise = cells
    asked = value[:, known], kinds[:, known], noise[:, known]
    chances = model.probabilities(*asked, origin[:, known])
    return class_calibration(chances[0], labels[known].astype(np.intp))


def coverage(truth: Matrix, low: Matrix, high: Matrix) -> float:
    """Share of true values that lie within the ends of their intervals."""
    return float(np.mean((truth >= low) & (truth <= high)))


def class_calibration(probabilities: Matrix, truth: NDArray[np.intp]) -> Mapping[str, float]:
    """How far probabilities (N, classes) are from how often their class is true (N,).

    `class_calibration_error`: expected calibration error of the likeliest class (Guo 2017, ICML,
    eq. 3), the mean over 15 bins of probability, weighted by cells, of |share right - mean
    probability|; 0 is best. `log_loss`: mean of -ln probability of the true class, beside that of
    always giving the classes their shares, `log_loss_of_shares`.
    """
    likeliest = probabilities.argmax(axis=1)
    sure = probabilities[np.arange(len(truth)), likeliest].astype(np.float64)
    right = (likeliest == truth).astype(np.float64)
    part = np.minimum((sure * _BINS).astype(np.intp), _BINS - 1)
    gap = np.bincount(part, right - sure, minlength=_BINS)
    given = np.clip(probabilities[np.arange(len(truth)), truth].astype(np.float64), 1e-6, 1)
    shares = np.bincount(truth, minlength=probabilities.shape[1]) / len(truth)
    base = -float(np.sum(shares * np.log(np.clip(shares, 1e-12, 1))))
    return {
        "class_calibration_error": float(np.abs(gap).sum() / len(truth)),
        "log_loss": -float(np.mean(np.log(given))),
        "log_loss_of_shares": base,
    }
