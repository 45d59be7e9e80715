"""Metrics of a predicted matrix against an observed one, over chosen cells.

Every function of values takes `observed` and `predicted`, log2 values (G, C), and `cells`, bool
(G, C), which cells count; cells that are missing (NaN) in `observed` never do. Every function of
classes takes a confusion matrix, so that it is counted once. What is undefined is NaN.
"""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32] | NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Genes and conditions with fewer scored cells have no correlation of their own.
LEAST_CELLS = 3


def _pairs(
    observed: Values, predicted: Values, cells: Mask
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scored = cells & ~np.isnan(observed)
    return observed[scored].astype(np.float64), predicted[scored].astype(np.float64)


def mse(observed: Values, predicted: Values, cells: Mask) -> float:
    """Mean squared error (log2 units squared)."""
    truth, guess = _pairs(observed, predicted, cells)
    return float(np.mean((truth - guess) ** 2)) if len(truth) else float("nan")


def r2(observed: Values, predicted: Values, cells: Mask) -> float:
    """Share of the variance of the scored cells explained; below 0 is worse than their mean."""
    truth, guess = _pairs(observed, predicted, cells)
    spread = float(np.sum((truth - truth.mean()) ** 2)) if len(truth) else 0.0
    return 1 - float(np.sum((truth - guess) ** 2)) / spread if spread > 0 else float("nan")


def pearson(observed: Values, predicted: Values, cells: Mask) -> float:
    """Pearson correlation over all scored cells; 0 for a constant prediction."""
    truth, guess = _pairs(observed, predicted, cells)
    return float(_row_correlations(truth[None], guess[None], np.ones((1, len(truth)), bool))[0])


def within_gene_pearson(observed: Values, predicted: Values, cells: Mask) -> NDArray[np.float64]:
    """Correlation over the scored conditions of each gene (G,).

    NaN for a gene with fewer than three scored cells or constant observed values; 0 where the
    prediction is constant, which has found nothing.
    """
    return _row_correlations(observed, predicted, cells & ~np.isnan(observed))


def within_condition_pearson(
    observed: Values, predicted: Values, cells: Mask
) -> NDArray[np.float64]:
    """Correlation over the scored genes of each condition (C,); as `within_gene_pearson`."""
    return within_gene_pearson(observed.T, predicted.T, cells.T)


def mean_defined(values: NDArray[np.float64]) -> float:
    """Mean of those that are not NaN; NaN if there is none."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _row_correlations(observed: Values, predicted: Values, scored: Mask) -> NDArray[np.float64]:
    """Pearson correlation within each row over its scored cells."""
    count = scored.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        truth = _centred(observed, scored, count)
        guess = _centred(predicted, scored, count)
        spread = np.sqrt((truth**2).sum(axis=1))
        guess_spread = np.sqrt((guess**2).sum(axis=1))
        correlation = (truth * guess).sum(axis=1) / (spread * guess_spread)
    # Rounding leaves a spread of about 1e-16 of the values for a constant row.
    correlation[_is_constant(predicted, scored, guess_spread)] = 0.0
    correlation[_is_constant(observed, scored, spread) | (count < LEAST_CELLS)] = np.nan
    bounded: NDArray[np.float64] = np.clip(correlation, -1.0, 1.0)
    return bounded


def _centred(values: Values, scored: Mask, count: NDArray[np.intp]) -> NDArray[np.float64]:
    known = np.where(scored, values, 0.0).astype(np.float64)
    mean = known.sum(axis=1) / np.maximum(count, 1)
    return np.where(scored, known - mean[:, None], 0.0)


def _is_constant(values: Values, scored: Mask, spread: NDArray[np.float64]) -> Mask:
    size = np.where(scored, np.abs(values), 0.0).max(axis=1, initial=0.0)
    found: Mask = spread <= 1e-7 * np.sqrt(np.maximum(scored.sum(axis=1), 1)) * size
    return found


def confusion(
    truth: NDArray[np.int8], predicted: NDArray[np.int8], cells: Mask, *, n_classes: int
) -> NDArray[np.int64]:
    """Counts (n_classes, n_classes) over cells, rows = truth; a missing label (-1) is left out."""
    counted = cells & (truth >= 0)
    pair = truth[counted].astype(np.int64) * n_classes + predicted[counted]
    return np.bincount(pair, minlength=n_classes**2).reshape(n_classes, n_classes)


def confusion_percent(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Counts (n, n), rows = truth, in percent of all cells, as in the paper's Table 2."""
    return 100 * counts / max(int(counts.sum()), 1)


def accuracy(counts: NDArray[np.int64]) -> float:
    """Share of cells in the right class, 0 to 1, from counts (n, n); NaN without a cell."""
    total = int(counts.sum())
    return float(np.trace(counts)) / total if total else float("nan")


def majority_accuracy(counts: NDArray[np.int64]) -> float:
    """Accuracy of always naming the commonest class of the scored cells, from counts (n, n).

    0 to 1, NaN without a cell; rows = truth.
    """
    total = int(counts.sum())
    return float(counts.sum(axis=1).max()) / total if total else float("nan")


def balanced_accuracy(counts: NDArray[np.int64]) -> float:
    """Mean recall, 0 to 1, over the classes that occur in the truth (rows of counts (n, n)).

    NaN without a cell.
    """
    occurring = counts.sum(axis=1)
    recall = np.diag(counts)[occurring > 0] / occurring[occurring > 0]
    return float(recall.mean()) if len(recall) else float("nan")


def macro_f1(counts: NDArray[np.int64]) -> float:
    """Mean F1 = 2 TP / (2 TP + FP + FN), 0 to 1, from counts (n, n), rows = truth.

    Over the classes that occur in truth or prediction; NaN without a cell.
    """
    either = counts.sum(axis=0) + counts.sum(axis=1)
    f1 = 2 * np.diag(counts)[either > 0] / either[either > 0]
    return float(f1.mean()) if len(f1) else float("nan")


def cohen_kappa(counts: NDArray[np.int64]) -> float:
    """Agreement beyond chance, (p_o - p_e) / (1 - p_e), from counts (n, n) (Cohen 1960).

    At most 1; 0 for a constant prediction; NaN without a cell or where chance is always right.
    """
    total = int(counts.sum())
    if not total:
        return float("nan")
    by_chance = float(counts.sum(axis=0) @ counts.sum(axis=1)) / total**2
    return (accuracy(counts) - by_chance) / (1 - by_chance) if by_chance < 1 else float("nan")
