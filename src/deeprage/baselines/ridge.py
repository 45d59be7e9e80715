"""Ridge regression with many features and few targets, for a path of penalties."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

#: Tried by the promoter ridges, in units of the mean squared length of a gene's features.
PENALTIES = (0.3, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 100.0)


def ridge_path(
    features: NDArray[np.float32],
    rows: NDArray[np.intp],
    targets: NDArray[np.float64],
    penalties: Sequence[float],
) -> NDArray[np.float32]:
    """Predictions (penalties, G, K) for all genes of ridges fitted on `rows`.

    For each penalty, w minimises |X w - y|^2 + p s |w|^2 with s the mean squared length of the
    rows of X (so that a penalty means the same for 2,000 features as for 20), in the primal or
    the dual, whichever is smaller, by one Cholesky factorisation. There is no intercept: give
    centred features and targets.

    Args:
        features: (G, P).
        rows: the genes with targets.
        targets: (len(rows), K).
        penalties: above 0.
    """
    seen = features[rows]
    size = max(float(np.mean(np.sum(seen.astype(np.float64) ** 2, axis=1))), 1e-12)
    dual = seen.shape[0] < seen.shape[1]
    gram = (seen @ seen.T if dual else seen.T @ seen).astype(np.float64)
    right = targets if dual else seen.T.astype(np.float64) @ targets
    paths = np.empty((len(penalties), len(features), targets.shape[1]), dtype=np.float32)
    diagonal = np.diag_indices_from(gram)
    plain = gram[diagonal].copy()
    for number, penalty in enumerate(penalties):
        gram[diagonal] = plain + penalty * size
        solved = cho_solve(cho_factor(gram, lower=True), right)
        weights = seen.T @ solved.astype(np.float32) if dual else solved.astype(np.float32)
        paths[number] = features @ weights
    return paths
