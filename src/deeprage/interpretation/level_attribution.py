"""What each regulator's level contributes to the prediction of each gene."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from deeprage.errors import DeepRageError, unknown
from deeprage.interpretation.attribution import METHODS, Method
from deeprage.interpretation.block_model import BlockModel
from deeprage.interpretation.deeplift import check_rules, multipliers
from deeprage.interpretation.model import Differentiable, differentiable
from deeprage.training.tensors import one_hot

Matrix = NDArray[np.float32]


class LevelEffects(NamedTuple):
    """Contributions of R regulators to G genes, over conditions.

    Attributes:
        size: float32 (G, R) log2, mean over conditions of |contribution|.
        slope: float32 (G, R), log2 of the gene per log2 of the regulator: the contributions
            regressed on the levels, through the reference level.
    """

    size: Matrix
    slope: Matrix


def level_effects(
    model: BlockModel,
    genes: NDArray[np.intp],
    promoters: NDArray[np.int8],
    levels: Matrix,
    *,
    method: Method = "gradient",
    steps: int = 8,
    on_gene: Callable[[], None] = lambda: None,
) -> LevelEffects:
    """Contribution of each regulator's level, relative to the model's reference level.

    - `gradient`: gradient x (level - reference).
    - `integrated`: integrated gradients from the reference; the contributions to one prediction
      add up to it less the prediction with all levels at reference.
    - `deeplift`: DeepLIFT's rescale rule (Shrikumar 2017) from the reference; they add up to the
      same difference.
    - `mutagenesis`: the prediction less that with this one regulator at reference.

    Args:
        genes: rows (G,) of the compendium.
        promoters: tokens (G, L) of these genes.
        levels: log2 (C, R), nothing missing.
        steps: points on the path of integrated gradients.
        on_gene: called after each gene, or for mutagenesis after each regulator.

    Raises:
        DeepRageError: an unknown method, steps below 1, a model without gradients, or one with
            layers that DeepLIFT has no rule for.
    """
    if method not in METHODS:
        raise unknown("attribution method", method, METHODS)
    if steps < 1:
        raise DeepRageError(f"integrated gradients need 1 step or more, got {steps}.")
    if method == "mutagenesis":
        return _mutagenesis(model, genes, promoters, levels, on_gene)
    able = differentiable(model)
    if method == "deeplift":
        check_rules(model)
    size = np.empty((len(genes), levels.shape[1]), dtype=np.float32)
    slope = np.empty_like(size)
    for row in range(len(genes)):
        one = slice(row, row + 1)
        asked = (able, genes[one], promoters[one], levels)
        if method == "deeplift":
            found = rescaled_levels(*asked)
        else:
            found = level_contributions(*asked, steps=steps if method == "integrated" else 0)
        size[row], slope[row] = _summary(found, levels - model.reference_levels)
        on_gene()
    return LevelEffects(size, slope)


def level_contributions(
    model: Differentiable,
    gene: NDArray[np.intp],
    promoter: NDArray[np.int8],
    levels: Matrix,
    *,
    steps: int = 0,
) -> Matrix:
    """Contributions (C, R) to the predictions of one gene; gradient x input where steps is 0."""
    letters = one_hot(torch.from_numpy(promoter))
    reference = torch.from_numpy(model.reference_levels)
    moved = torch.from_numpy(levels) - reference
    shares = [1.0] if steps == 0 else [(step + 0.5) / steps for step in range(steps)]
    mean_slope = torch.zeros_like(moved)
    for share in shares:
        at = (reference + share * moved).requires_grad_(True)
        # A condition's prediction depends on its own levels alone, so one gradient serves all.
        (slope,) = torch.autograd.grad(model.outputs(gene, letters, at).sum(), at)
        mean_slope += slope / len(shares)
    return (mean_slope * moved).numpy()


def rescaled_levels(
    model: Differentiable,
    gene: NDArray[np.intp],
    promoter: NDArray[np.int8],
    levels: Matrix,
) -> Matrix:
    """DeepLIFT's contributions (C, R) to the predictions of one gene, from the reference levels.

    Raises:
        DeepRageError: the model has a layer without a rule.
    """
    letters = one_hot(torch.from_numpy(promoter))
    there, reference = torch.from_numpy(levels), torch.from_numpy(model.reference_levels)[None]
    found = multipliers(
        lambda at: model.outputs(gene, letters, at).t(), there, reference, torch.ones(1)
    )
    return (found * (there - reference)).numpy()


def _summary(contributions: Matrix, moved: Matrix) -> tuple[Matrix, Matrix]:
    """Mean |contribution| (R,) and least-squares slope (R,) of contributions (C, R)."""
    squares = np.maximum((moved**2).sum(axis=0), 1e-12)
    return np.abs(contributions).mean(axis=0), (contributions * moved).sum(axis=0) / squares


def _mutagenesis(
    model: BlockModel,
    genes: NDArray[np.intp],
    promoters: NDArray[np.int8],
    levels: Matrix,
    on_regulator: Callable[[], None],
) -> LevelEffects:
    before = model.respond(genes, promoters, levels)
    size = np.empty((len(genes), levels.shape[1]), dtype=np.float32)
    slope = np.empty_like(size)
    for regulator in range(levels.shape[1]):
        changed = levels.copy()
        changed[:, regulator] = model.reference_levels[regulator]
        lost = (before - model.respond(genes, promoters, changed)).T
        moved = (levels - changed)[:, [regulator]]
        size[:, regulator], slope[:, regulator] = _summary(lost, moved)
        on_regulator()
    return LevelEffects(size, slope)
