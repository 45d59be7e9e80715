"""What genes of a similar profile say beyond what a gene's own other cells say."""

import numpy as np
from numpy.typing import NDArray

from deeprage.factorised.gaussian import Completed
from deeprage.factorised.kernels import median_distance, ridge_dual, sample, squared_distances

Matrix = NDArray[np.float32]


def residual_of_similar_genes(
    completed: Completed,
    known: NDArray[np.bool_],
    *,
    width: float = 0.3,
    penalty: float = 1.0,
    most: int = 8000,
    generator: np.random.Generator,
) -> Matrix:
    """Predicted residual (G, C), log2, of what the Gaussian leaves, by kernel ridge over genes.

    The Gaussian is linear in a gene's own cells. A Gaussian kernel of the profiles, each divided
    by its size, adds what is not linear. The profiles are the blind predictions, so that a
    gene's noise is not among its inputs.

    Args:
        known: cells that were given; only their residuals are learnt from.
        width: of the kernel, in units of the median squared distance.
        penalty: of the ridge; the kernel of a gene with itself is 1.
        most: at most so many genes teach, drawn at random: the cost grows with their cube.
    """
    profiles = completed.blind
    size = np.sqrt(np.mean(profiles**2, axis=1, keepdims=True))
    profiles = profiles / (size + 0.15)
    genes = len(profiles)
    taught = np.arange(genes)
    if genes > most:
        taught = np.sort(generator.choice(genes, most, replace=False))
    residual = np.where(known, completed.values - completed.blind, 0)[taught]
    kernel = squared_distances(profiles, profiles[taught])
    kernel /= -width * median_distance(kernel[taught[sample(len(taught))]])
    np.exp(kernel, out=kernel)
    dual = ridge_dual(kernel[taught], residual, penalty)
    return np.asarray(kernel @ dual, dtype=np.float32)
