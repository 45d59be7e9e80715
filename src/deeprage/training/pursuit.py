"""Features that tell about how genes respond, chosen one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
#: Principal responses, each of unit variance, that features may tell about.
_RESPONSES = 40
#: A feature of which less is left by those chosen before says nothing of its own.
_LEFT = 0.3


def responses_of(values: Matrix) -> Matrix:
    """Leading principal responses (G, K) of unit variance; missing values count as the mean."""
    known = ~np.isnan(values)
    mean = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, values - mean, 0.0).astype(np.float64)
    size, vectors = np.linalg.eigh(centred.T @ centred)
    kept = min(_RESPONSES, int((size > 1e-9 * max(size[-1], 1e-12)).sum()))
    scores = centred @ vectors[:, ::-1][:, :kept]
    return np.asarray(scores / np.maximum(scores.std(axis=0), 1e-12), dtype=np.float32)


def pursuit(features: Matrix, responses: Matrix, most: int) -> list[int]:
    """Orthogonal matching pursuit: columns of `features` (G, W), in order of choice.

    Fewer than `most` where no other column says anything of its own.

    Args:
        features: standardised over the genes.
        responses: (G, K), see `responses_of`.
    """
    genes = len(features)
    left = np.full(features.shape[1], float(genes))
    told = (features.T @ responses).astype(np.float64)
    basis: list[NDArray[np.float64]] = []
    chosen: list[int] = []
    for _ in range(most):
        gain = (told**2).sum(axis=1) / np.maximum(left, 0.15 * genes)
        gain[left < _LEFT * genes] = 0.0
        gain[chosen] = -1.0
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        chosen.append(best)
        direction = features[:, best].astype(np.float64)
        for earlier in basis:
            direction -= earlier * (earlier @ direction)
        size = float(np.linalg.norm(direction))
        if size < 1e-6:
            continue
        direction /= size
        basis.append(direction)
        shared = features.T @ direction.astype(np.float32)
        told -= np.outer(shared, direction @ responses)
        left -= shared.astype(np.float64) ** 2
    return chosen
