"""Regulator-target scores without a network: correlation, ridge coefficients, motif scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.features import proximal
from deeprage.baselines.reference import training_values
from deeprage.baselines.regulator_ridge import RegulatorRidge
from deeprage.data.compendium import Compendium
from deeprage.data.motifs import Motif
from deeprage.data.pwm_scan import scan
from deeprage.data.split import Role, Split

Matrix = NDArray[np.float32]


def with_regulators(visible: Compendium, split: Split) -> tuple[Compendium, Split]:
    """The same with the regulators' own levels in the training conditions as training cells.

    They are inputs and so no targets of a predictor, but a regulator can be another's target.
    """
    rows = visible.regulator_rows
    role, values = split.role.copy(), visible.expression.copy()
    for column in split.train_columns:
        role[rows, column] = int(Role.TRAIN)
        values[rows, column] = visible.regulator_levels[column]
    return visible.with_expression(values), replace(split, role=role)


def correlations(visible: Compendium, split: Split) -> Matrix:
    """Pearson correlation (G, R) of each gene with each regulator's level over training cells.

    Over the conditions where both are known; 0 where fewer than three are, or either is constant.
    """
    values = training_values(*with_regulators(visible, split)).astype(np.float64)
    levels = visible.regulator_levels.astype(np.float64)
    seen, known = ~np.isnan(values), ~np.isnan(levels)
    y, x = np.where(seen, values, 0.0), np.where(known, levels, 0.0)
    s, k = seen.astype(np.float64), known.astype(np.float64)
    n = np.maximum(s @ k, 1.0)
    mean_y, mean_x = (y @ k) / n, (s @ x) / n
    covariance = (y @ x) / n - mean_y * mean_x
    spread_y = np.maximum((y**2 @ k) / n - mean_y**2, 0.0)
    spread_x = np.maximum((s @ x**2) / n - mean_x**2, 0.0)
    spread = np.sqrt(spread_y * spread_x)
    usable = (spread > 1e-9) & (n >= 3)
    found = np.divide(covariance, spread, out=np.zeros_like(covariance), where=usable)
    bounded: Matrix = np.clip(found, -1.0, 1.0).astype(np.float32)
    return bounded


def ridge_coefficients(visible: Compendium, split: Split) -> Matrix:
    """Coefficients (G, R) of the regulator ridge, its penalty chosen on validation cells."""
    ridge = RegulatorRidge().fit(*with_regulators(visible, split))
    reference = ridge.means_.astype(np.float32)
    steps = np.concatenate([reference[None], reference + np.eye(len(reference), dtype=np.float32)])
    # It is linear in the levels, so one step of each is its coefficient.
    said = ridge.predict_levels(np.arange(len(visible.genes)), steps)
    found: Matrix = said[:, 1:] - said[:, :1]
    return found


def motif_occupancy(
    compendium: Compendium, motifs: Mapping[int, Sequence[Motif]], *, window: int = 800
) -> Matrix:
    """Occupancy (G, N) of promoters by the motifs of N regulators, in standard deviations.

    The log2 occupancy of the last `window` bp (`data.pwm_scan`), standardised over the genes for
    each motif; the largest where a regulator has several. N follows the order of `motifs`.
    """
    flat = [motif for members in motifs.values() for motif in members]
    tokens = proximal(compendium, window)
    occupancy = scan(tokens, flat, window=tokens.shape[1], bins=1).occupancy
    having = occupancy[compendium.has_promoter]
    spread = np.maximum(having.std(axis=0), 1e-6)
    occupancy = (occupancy - having.mean(axis=0)) / spread
    edges = np.cumsum([0, *(len(members) for members in motifs.values())])
    best = [occupancy[:, start:end].max(axis=1) for start, end in pairwise(edges)]
    return np.stack(best, axis=1)
