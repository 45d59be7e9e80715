"""What the values of a compendium are: log2 fold changes, or log2 expression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deeprage.data.compendium import RELATIVE, Compendium
from deeprage.data.split import Role, Split

#: Of fewer values nothing is said.
_FEWEST_VALUES = 50
#: Share of the variance between genes above which values are levels, and below which changes.
_MOSTLY_BETWEEN, _HARDLY_BETWEEN = 0.7, 0.3


def is_relative(compendium: Compendium) -> bool:
    """Whether the values are log2 fold changes, so that 0 is no change."""
    return bool(compendium.about["unit"] == RELATIVE)


def looks_like_levels(values: NDArray[np.float32]) -> bool:
    """Whether log2 values (G, C) are levels and no changes: none is negative, or genes differ in
    level by much more than any of them changes."""
    known = values[np.isfinite(values)]
    if len(known) < _FEWEST_VALUES:
        return False
    if known.min() >= 0:
        return True
    middle = float(np.median(known))
    few_negative = float(np.mean(known < 0)) < 0.1
    return middle > 1 and few_negative and _between_genes(values) > _MOSTLY_BETWEEN


def looks_like_changes(values: NDArray[np.float32]) -> bool:
    """Whether log2 values (G, C) are changes and no levels: half of them are negative."""
    known = values[np.isfinite(values)]
    if len(known) < _FEWEST_VALUES:
        return False
    both_ways = 0.2 < float(np.mean(known < 0)) < 0.8
    return both_ways and _between_genes(values) < _HARDLY_BETWEEN


def unit_warning(compendium: Compendium) -> str | None:
    """A sentence where the values look like the other unit than the one they are declared as."""
    values = compendium.expression
    if is_relative(compendium):
        if not looks_like_levels(values):
            return None
        known = values[np.isfinite(values)]
        return (
            f"the values are declared as {RELATIVE}, but they look like levels ({known.min():.3g} "
            f"to {known.max():.3g}, median {np.median(known):.3g}): import the matrix with --unit "
            "'log2 expression', or with --reference to make changes of it"
        )
    if not looks_like_changes(values):
        return None
    return (
        "the values are declared as log2 expression, but they go both ways around 0 as log2 fold "
        "changes do: import the matrix with --unit 'log2 fold change'"
    )


def by_level(compendium: Compendium) -> bool:
    """Whether genes are to be compared with their own mean: the values are levels, as declared or
    by their looks."""
    return not is_relative(compendium) or looks_like_levels(compendium.expression)


def class_origin(visible: Compendium, split: Split) -> NDArray[np.float32]:
    """What classes are counted from (G, 1): 0 for fold changes, else each gene's training mean.

    NaN for genes of log2 expression without a training cell: they have no class.
    """
    values = visible.expression
    if is_relative(visible):
        return np.zeros((len(values), 1), dtype=np.float32)
    return gene_means(np.where(split.cells(Role.TRAIN), values, np.float32(np.nan)))


def usual_levels(visible: Compendium, split: Split) -> NDArray[np.float32]:
    """`class_origin` (G, 1) with the mean over genes for those without a training cell."""
    origin = class_origin(visible, split)
    known = origin[~np.isnan(origin)]
    return np.where(np.isnan(origin), known.mean() if len(known) else 0, origin).astype(np.float32)


def gene_means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean (G, 1) of each gene's values (G, C), NaN for a gene without any."""
    known = ~np.isnan(values)
    count = known.sum(axis=1, keepdims=True)
    total = np.where(known, values, 0).sum(axis=1, keepdims=True, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def origin_in_words(compendium: Compendium) -> str:
    """What classes are counted from, for people; empty for fold changes."""
    return "" if is_relative(compendium) else "relative to each gene's mean in training"


def _between_genes(values: NDArray[np.float32]) -> float:
    """Share of the variance that lies between the means of the genes."""
    known = np.isfinite(values)
    rows = known.any(axis=1)
    values, known = values[rows].astype(np.float64), known[rows]
    means = np.where(known, values, 0).sum(axis=1) / known.sum(axis=1)
    total = float(((np.where(known, values - values[known].mean(), 0)) ** 2).sum())
    within = float((np.where(known, values - means[:, None], 0) ** 2).sum())
    return 1 - within / total if total > 0 else 0.0
