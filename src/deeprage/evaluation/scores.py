"""The scores of one prediction, and the cut points that turn values into classes."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeprage.data.labels import DEFAULT_EDGES, check_edges, classify
from deeprage.errors import DeepRageError
from deeprage.evaluation import metrics
from deeprage.evaluation.metrics import Mask, Values

#: What each score means, in which unit, and what would be a good value.
GOOD_VALUES = {
    "pearson": (
        "Pearson correlation over all scored cells, -1 to 1. Good: clearly above the best simple "
        "row of the table; above 0.8 where cells or conditions are held out, 0.45 where genes are."
    ),
    "r2": (
        "Share of the variance explained, at most 1. 0 is what the mean scores, below 0 is worse. "
        "Good: close to the square of the correlation; far below it, the scale is off."
    ),
    "mse": (
        "Mean squared error in squared log2 units, 0 is perfect. Good: well below that of the "
        "best simple row of the table; below the measurement noise of the data, look for a leak."
    ),
    "within_gene_pearson": (
        "Mean over genes of the correlation across conditions, -1 to 1: are the conditions told "
        "apart? 0 for a model that knows only a gene's level. Good: above the additive row."
    ),
    "within_condition_pearson": (
        "Mean over conditions of the correlation across genes, -1 to 1: are the genes told apart? "
        "0 for a model that does not use the promoter or the gene. Good: above the additive row."
    ),
    "accuracy": (
        "Share of cells in the right class, 0 to 1. Good: several points above the majority "
        "class, which is what a model that learnt nothing scores."
    ),
    "balanced_accuracy": (
        "Mean recall over the classes, 0 to 1; one over the number of classes is chance. "
        "Good: not far below the accuracy; if it is, rare classes are missed."
    ),
    "macro_f1": (
        "Mean over classes of F1, 0 to 1. Good: close to the accuracy; lower means that rare "
        "classes are missed or over-called."
    ),
    "kappa": (
        "Cohen's kappa, agreement beyond chance, at most 1. 0 is chance. Good: above 0.4 is "
        "moderate, above 0.6 substantial agreement."
    ),
    "majority_accuracy": (
        "Accuracy of always naming the commonest class: the floor that the accuracy must beat."
    ),
}


@dataclass(frozen=True)
class Scores:
    """Scores over a set of cells; None where undefined (no cells, or constant truth).

    Scores of classes are undefined where all cells are of one class.

    `confusion_percent` is in percent of all cells, rows = truth, as in the paper's Table 2; the
    order of the classes is that of `data.labels.class_names`.
    """

    n_cells: int
    mse: float | None
    r2: float | None
    pearson: float | None
    within_gene_pearson: float | None
    within_condition_pearson: float | None
    accuracy: float | None
    balanced_accuracy: float | None
    macro_f1: float | None
    kappa: float | None
    majority_accuracy: float | None
    confusion_percent: tuple[tuple[float, ...], ...]

    def as_dict(self) -> dict[str, Any]:
        """A plain dictionary that JSON can hold."""
        found = asdict(self)
        found["confusion_percent"] = [list(row) for row in self.confusion_percent]
        return found


def score(
    observed: Values,
    predicted: Values,
    cells: Mask,
    *,
    edges: Sequence[float] = DEFAULT_EDGES,
    cuts: Sequence[float] | None = None,
    observed_classes: NDArray[np.int8] | None = None,
    predicted_classes: NDArray[np.int8] | None = None,
) -> Scores:
    """All scores of a prediction over the cells that are not missing.

    Args:
        observed, predicted: log2 values (G, C).
        cells: bool (G, C), which cells count.
        edges: class edges of the observed values.
        cuts: class edges of the predicted values, from `fit_cuts`; default: `edges`.
        observed_classes: classes (G, C) of the observed values, -1 where there is none; default:
            by `edges`.
        predicted_classes: classes (G, C) of a predictor that names them itself.

    Raises:
        DeepRageError: the prediction is not finite in a scored cell.
    """
    scored = cells & ~np.isnan(observed)
    _check_finite(predicted, scored)
    if predicted_classes is None:
        predicted_classes = (
            classify(predicted, edges) if cuts is None else apply_cuts(predicted, cuts)
        )
    if observed_classes is None:
        observed_classes = classify(observed, edges)
    counts = metrics.confusion(
        observed_classes, predicted_classes, scored, n_classes=len(check_edges(edges)) + 1
    )
    # Where all observations are of one class, calling it always is right and says nothing.
    judged = counts if np.count_nonzero(counts.sum(axis=1)) > 1 else np.zeros_like(counts)
    by_gene = metrics.within_gene_pearson(observed, predicted, scored)
    by_condition = metrics.within_condition_pearson(observed, predicted, scored)
    return Scores(
        n_cells=int(scored.sum()),
        mse=or_none(metrics.mse(observed, predicted, scored)),
        r2=or_none(metrics.r2(observed, predicted, scored)),
        pearson=or_none(metrics.pearson(observed, predicted, scored)),
        within_gene_pearson=or_none(metrics.mean_defined(by_gene)),
        within_condition_pearson=or_none(metrics.mean_defined(by_condition)),
        accuracy=or_none(metrics.accuracy(judged)),
        balanced_accuracy=or_none(metrics.balanced_accuracy(judged)),
        macro_f1=or_none(metrics.macro_f1(judged)),
        kappa=or_none(metrics.cohen_kappa(judged)),
        majority_accuracy=or_none(metrics.majority_accuracy(judged)),
        confusion_percent=tuple(
            tuple(map(float, row)) for row in metrics.confusion_percent(counts)
        ),
    )


def fit_cuts(
    observed: Values,
    predicted: Values,
    cells: Mask,
    *,
    edges: Sequence[float] = DEFAULT_EDGES,
) -> tuple[float, ...]:
    """The cut points of predicted values that name most cells right.

    A regression shrinks towards the mean, so that the edges of the observed values are not the
    best cuts of the predicted ones. The cuts are chosen on validation cells, and for every
    predictor in the same way. The optimum is exact: with the cells sorted by prediction, the
    number of right cells is a sum of one term a cut, maximised over rising cuts by dynamic
    programming. Cuts may coincide: a class that is never worth naming is then not named.

    Returns:
        One finite cut an edge, not falling; `edges` themselves if no cell can be used.
    """
    edges = check_edges(edges)
    scored = cells & ~np.isnan(observed)
    if not scored.any():
        return edges
    order = np.argsort(predicted[scored], kind="stable")
    values = predicted[scored][order].astype(np.float64)
    labels = classify(observed[scored], edges)[order]
    # Cutting before position p: allowed only between cells of different prediction.
    ends = np.concatenate([[0], np.flatnonzero(np.diff(values) > 0) + 1, [len(values)]])
    below = [_count_before(labels == k, ends) for k in range(len(edges) + 1)]
    best = np.zeros(len(ends))
    choices = []
    for low, high in itertools.pairwise(below):
        total = best + low - high
        choices.append(_running_argmax(total))
        best = total[choices[-1]]
    at = len(ends) - 1
    cuts = []
    for chosen, edge in zip(reversed(choices), reversed(edges), strict=True):
        at = int(chosen[at])
        cuts.append(_cut_value(values, int(ends[at]), edge))
    return tuple(reversed(cuts))


def apply_cuts(predicted: Values, cuts: Sequence[float]) -> NDArray[np.int8]:
    """Classes (G, C) of predicted values: how many cuts are at or below each; NaN counts as 0."""
    classes = np.zeros(predicted.shape, dtype=np.int8)
    with np.errstate(invalid="ignore"):
        for cut in np.asarray(cuts, dtype=np.float64):  # a plain float would be rounded to float32
            classes += predicted >= cut
    return classes


def _count_before(chosen: Mask, ends: NDArray[np.intp]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(chosen)])[ends]


def _running_argmax(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """For each position, where the largest value up to there is (the first of equals)."""
    peak = np.maximum.accumulate(values)
    is_new = np.concatenate([[True], values[1:] > peak[:-1]])
    return np.maximum.accumulate(np.where(is_new, np.arange(len(values)), 0))


def _cut_value(values: NDArray[np.float64], position: int, edge: float) -> float:
    """A cut that has `position` of the sorted values below it, near `edge` at either end."""
    if position == 0:
        return min(edge, float(values[0]))
    if position == len(values):
        return max(edge, math.nextafter(float(values[-1]), math.inf))
    return float(values[position - 1] + values[position]) / 2


def _check_finite(predicted: Values, scored: Mask) -> None:
    bad = int(np.count_nonzero(~np.isfinite(predicted[scored])))
    if bad:
        raise DeepRageError(
            f"the prediction is not a finite number in {bad} of {int(scored.sum())} scored cells; "
            "if a network made it, training diverged: lower the learning rate."
        )


def or_none(value: float) -> float | None:
    """The value as JSON can hold it: None where it is not a finite number."""
    return value if math.isfinite(value) else None
