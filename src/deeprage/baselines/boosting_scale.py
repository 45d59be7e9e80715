"""From a classifier's real-valued score to log2 units and to three classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeprage.data.labels import classify


@dataclass(frozen=True)
class ScoreScale:
    """A line from score to log2 value, and the cut that parts Baseline from Up and Down.

    Attributes:
        slope, intercept: log2 value = slope * score + intercept.
        error: mean squared error of that line where it was fitted, log2 squared.
        cut: classes are Down where score <= -cut, Up where score >= cut, else Baseline.
    """

    slope: float
    intercept: float
    error: float
    cut: float = np.inf

    @classmethod
    def least_squares(cls, scores: NDArray[np.float32], values: NDArray[np.float32]) -> ScoreScale:
        """The line of least squared error; a falling line is not allowed (slope 0 instead)."""
        x, y = scores.astype(np.float64), values.astype(np.float64)
        x_mean, y_mean = x.mean(), y.mean()
        x -= x_mean
        y -= y_mean
        spread = float(x @ x)
        slope = max(0.0, float(x @ y) / spread) if spread > 0 else 0.0
        error = float(((y - slope * x) ** 2).mean())
        return cls(slope, float(y_mean - slope * x_mean), error)

    @classmethod
    def fit(
        cls,
        scores: NDArray[np.float32],
        values: NDArray[np.float32],
        classes: NDArray[np.int8],
    ) -> ScoreScale:
        """Line and cut fitted to cells (n,): scores, log2 values, classes 0, 1, 2."""
        line = cls.least_squares(scores, values)
        return cls(line.slope, line.intercept, line.error, best_cut(scores, classes))

    def log2(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log2 values float32 of scores."""
        return (np.float32(self.slope) * scores + np.float32(self.intercept)).astype(np.float32)

    def classes(self, scores: NDArray[np.float32]) -> NDArray[np.int8]:
        """Classes int8 of scores: 0 Down, 1 Baseline, 2 Up."""
        return (1 + (scores >= self.cut).astype(np.int8) - (scores <= -self.cut)).astype(np.int8)


class CutsValues:
    """A predictor that names classes by the cuts `cuts_` of the values that it predicts.

    None for log2 expression, whose classes are relative to each gene's mean: it names none then.
    """

    cuts_: tuple[float, float] | None

    def predict(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Log2 values float32 (len(genes), len(conditions))."""
        raise NotImplementedError

    def predict_with_classes(
        self, genes: NDArray[np.intp], conditions: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.int8] | None]:
        """The values and classes int8 of the same shape: 0 Down, 1 Baseline, 2 Up."""
        values = self.predict(genes, conditions)
        return values, None if self.cuts_ is None else classify(values, self.cuts_)


def best_cut(scores: NDArray[np.float32], classes: NDArray[np.int8]) -> float:
    """The t of highest accuracy when Up is score >= t, Down is score <= -t, else Baseline.

    Infinite where calling everything Baseline is best. Exact: all distinct |score| are tried.
    """
    size = np.abs(scores)
    order = np.argsort(-size, kind="stable")
    right_outside = np.where(scores > 0, classes == 2, (scores < 0) & (classes == 0))
    # Moving the cut below a cell wins it if its sign is right and loses it if it is Baseline.
    change = right_outside.astype(np.int64) - (classes == 1)
    gained = np.concatenate([[0], np.cumsum(change[order])])
    sizes = size[order]
    # A cut may only lie between different sizes, and never at a score of zero.
    allowed = np.concatenate([[True], np.append(sizes[:-1] > sizes[1:], True) & (sizes > 0)])
    at = int(np.argmax(np.where(allowed, gained, np.iinfo(np.int64).min)))
    return float(np.inf) if at == 0 else float(sizes[at - 1])


def fit_edges(
    predicted: NDArray[np.float32], classes: NDArray[np.int8], edges: tuple[float, float]
) -> tuple[float, float]:
    """Cuts (-t, t) of predicted log2 values with the highest accuracy on cells of known class.

    The thresholds `edges` of the true values serve where no cut does better than `Baseline
    throughout`, which happens on very few cells only.
    """
    cut = best_cut(predicted, classes)
    return (-cut, cut) if np.isfinite(cut) else edges
