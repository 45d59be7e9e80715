"""Gaussian kernels as wide as the points that teach are far apart, and the ridge on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from deeprage.baselines.features import standardisation

Features = NDArray[np.float32]

#: Points whose distances to all others give the median, about.
_SAMPLE = 500
#: A feature that changes in a larger share of points is no longer treated as sparse.
_OFTEN = 0.2
#: Squared distances of equal points, relative to the largest one, by rounding in float32.
_ROUNDING = 1e-5


@dataclass(frozen=True, eq=False)
class GaussianKernel:
    """A Gaussian kernel with points that taught, of features standardised over these.

    Attributes:
        mean, scale: float32 (P,), of the features of those points.
        taught: float32 (N, P), their standardised features.
        width: the median squared distance of a sample of them.
    """

    mean: Features
    scale: Features
    taught: Features
    width: float

    @classmethod
    def of(cls, features: Features) -> GaussianKernel:
        """The kernel of points that teach, float32 (N, P)."""
        mean, scale = standardisation(features)
        taught = (features - mean) * scale
        few = taught[sample(len(taught))]
        return cls(mean, scale, taught, median_distance(squared_distances(few, taught)))

    def __call__(self, features: Features) -> Features:
        """Kernel float32 (G, N) of any points (G, P) with those that taught."""
        return self._of_distances(
            squared_distances((features - self.mean) * self.scale, self.taught)
        )

    def of_changed(self, before: Features, rows: NDArray[np.intp], after: Features) -> Features:
        """Kernel float32 (G, N) of points (G, P) that differ in few features from others.

        |x + d - t|^2 = |x - t|^2 + |d|^2 + 2 d (x - t), with d sparse but for a few features.

        Args:
            before: the others (B, P); rows: which of them each point comes from (G,).
        """
        centred = (before - self.mean) * self.scale
        moved = (after - before[rows]) * self.scale
        constant = (moved * (moved + 2 * centred[rows])).sum(axis=1)
        often = np.flatnonzero((moved != 0).mean(axis=0) > _OFTEN)
        along = moved[:, often] @ self._taught_by_feature[often]
        moved[:, often] = 0
        along += csr_array(moved) @ self._taught_by_feature
        found = squared_distances(centred, self.taught)[rows]
        found -= 2 * along
        found += constant[:, None]
        return self._of_distances(np.maximum(found, 0, out=found))

    @cached_property
    def _taught_by_feature(self) -> Features:
        return np.ascontiguousarray(self.taught.T)

    def _of_distances(self, distances: Features) -> Features:
        distances /= np.float32(-self.width)
        return np.exp(distances, out=distances)


def mean_kernel(kernels: Sequence[GaussianKernel], blocks: Sequence[Features]) -> Features:
    """Mean float32 (G, N) of one kernel for each block of features (G, P)."""
    found: Features = np.mean(
        [kernel(block) for kernel, block in zip(kernels, blocks, strict=True)], axis=0
    )
    return found


def squared_distances(a: Features, b: Features) -> Features:
    """Squared distances (len(a), len(b)) of the rows of two matrices, none below 0."""
    found: Features = a @ b.T
    found *= -2
    found += (a**2).sum(axis=1)[:, None]
    found += (b**2).sum(axis=1)
    return np.maximum(found, 0, out=found)


def sample(points: int) -> slice:
    """About 500 of so many points, or all."""
    return slice(None, None, max(1, points // _SAMPLE))


def median_distance(distances: Features) -> float:
    """Median of squared distances; not quite 0 where all points are the same.

    The mean where the median is but rounding: most points are the same, and a few differ.
    """
    middle, largest = float(np.median(distances)), float(distances.max(initial=0))
    if middle <= _ROUNDING * largest:
        middle = float(distances.mean())
    return max(middle, 1e-6)


def ridge_dual(
    gram: NDArray[np.floating], targets: NDArray[np.floating], penalty: float
) -> NDArray[Any]:
    """Dual coefficients (N, K) of kernel ridge for targets (N, K).

    Args:
        gram: (N, N) with a diagonal of 1; overwritten.
    """
    gram[np.diag_indices_from(gram)] += penalty
    found: NDArray[Any] = cho_solve(cho_factor(gram, lower=True, overwrite_a=True), targets)
    return found
