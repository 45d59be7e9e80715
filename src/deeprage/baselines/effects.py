"""Main effects of genes and conditions, fitted to an incomplete matrix by least squares."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK_ROWS = 4096


@dataclass(frozen=True)
class Effects:
    """value = mean + gene + condition, in log2 units.

    The effects add up to 0 over the genes, and over the conditions, that had a value; a gene or
    condition without any has the effect 0, so that it is treated as an average one.
    """

    mean: float
    gene: NDArray[np.float64]
    condition: NDArray[np.float64]

    def block(self, genes: NDArray[np.intp], conditions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Fitted values (len(genes), len(conditions))."""
        values = self.mean + self.gene[genes, None] + self.condition[None, conditions]
        return values.astype(np.float32)


def fit_effects(values: NDArray[np.float32]) -> Effects:
    """The least-squares effects of log2 values (G, C) with NaN where not known.

    Solved exactly: the gene effects are eliminated from the normal equations, which leaves one
    equation a condition (or the other way round, whichever is smaller).
    """
    if values.shape[0] < values.shape[1]:
        turned = fit_effects(values.T)
        return Effects(turned.mean, turned.condition, turned.gene)
    known = ~np.isnan(values)
    per_gene, per_condition = known.sum(axis=1), known.sum(axis=0)
    weight = 1 / np.maximum(per_gene, 1)
    gene_mean = np.nansum(values, axis=1, dtype=np.float64) * weight
    # Normal equations of the condition effects c after g_i = mean_j(y_ij - c_j):
    # (diag(n_j) - M' diag(1/n_i) M) c = sum_i m_ij (y_ij - mean_i).
    system = np.diag(per_condition.astype(np.float64))
    right = np.zeros(values.shape[1])
    for first in range(0, len(values), _BLOCK_ROWS):
        rows = slice(first, first + _BLOCK_ROWS)
        mask = known[rows].astype(np.float64)
        system -= mask.T @ (mask * weight[rows, None])
        centred = np.where(known[rows], values[rows] - gene_mean[rows, None], 0.0)
        right += centred.sum(axis=0)
    solved = np.linalg.lstsq(system, right, rcond=1e-10)[0]
    condition = np.asarray(solved, dtype=np.float64)
    gene: NDArray[np.float64] = gene_mean - (known @ condition) * weight
    return _centred(gene, condition, per_gene > 0, per_condition > 0)


def _centred(
    gene: NDArray[np.float64],
    condition: NDArray[np.float64],
    seen_genes: NDArray[np.bool_],
    seen_conditions: NDArray[np.bool_],
) -> Effects:
    if not seen_genes.any():
        return Effects(0.0, np.zeros_like(gene), np.zeros_like(condition))
    gene_mean = float(gene[seen_genes].mean())
    condition_mean = float(condition[seen_conditions].mean())
    return Effects(
        gene_mean + condition_mean,
        np.where(seen_genes, gene - gene_mean, 0.0),
        np.where(seen_conditions, condition - condition_mean, 0.0),
    )
