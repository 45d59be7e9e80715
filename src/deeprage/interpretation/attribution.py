"""What each letter of a promoter contributes to a prediction, and what another letter would."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from deeprage.data.dna import N_TOKEN
from deeprage.errors import DeepRageError, unknown
from deeprage.evaluation.controls import shuffle_dinucleotides
from deeprage.interpretation.block_model import BlockModel
from deeprage.interpretation.deeplift import check_rules, multipliers
from deeprage.interpretation.model import Differentiable, differentiable
from deeprage.training.tensors import one_hot

Method = Literal["gradient", "integrated", "deeplift", "mutagenesis"]
METHODS: tuple[Method, ...] = get_args(Method)
Contributions = NDArray[np.float32]
#: Promoters whose gradients are taken together.
_GENES_AT_ONCE = 32


def contributions(
    model: BlockModel,
    genes: NDArray[np.intp],
    promoters: NDArray[np.int8],
    levels: NDArray[np.float32],
    weights: NDArray[np.float32],
    *,
    method: Method = "integrated",
    steps: int = 16,
    references: int = 4,
    rng: np.random.Generator,
) -> Contributions:
    """Hypothetical contributions (G, 4, L): what each letter, there or not, adds at its place.

    The quantity that is explained is, for each gene, the sum over conditions of weight times
    prediction. Where the letter is the one that is there, it is the actual contribution.

    - `gradient`: the gradient less its mean over the four letters (Majdandzic 2023): gradient x
      input, without the part that letters, which always sum to one, cannot express.
    - `integrated`: integrated gradients (Sundararajan 2017) from promoters with the same
      dinucleotides in another order, averaged over these. Actual contributions add up to the
      prediction less the mean prediction of the shuffled promoters.
    - `deeplift`: DeepLIFT's rescale rule (Shrikumar 2017) against the same shuffled promoters, two
      predictions and one gradient for each. Actual contributions add up to the same difference.
    - `mutagenesis`: in-silico mutagenesis, the prediction with the letter put in, less the mean
      over the four letters. It asks for no gradients but for 4 L predictions a gene.

    Args:
        genes: rows (G,) of the compendium.
        promoters: tokens (G, L) of these genes.
        levels: log2 (C, R), nothing missing.
        weights: float32 (G, C).
        steps: points on the path of integrated gradients.
        references: shuffled promoters a gene.
        rng: of the shuffling.

    Raises:
        DeepRageError: an unknown method, steps or references below 1, or a model without
            gradients that is asked for them, or with layers that DeepLIFT has no rule for.
    """
    if method not in METHODS:
        raise unknown("attribution method", method, METHODS)
    if steps < 1 or references < 1:
        raise DeepRageError(
            f"contributions need 1 step and 1 reference or more, got {steps} and {references}."
        )
    if method == "mutagenesis":
        return _mutagenesis(model, genes, promoters, levels, weights)
    able = differentiable(model)
    if method == "deeplift":
        check_rules(model)
    found = np.empty((len(genes), 4, promoters.shape[1]), dtype=np.float32)
    for part in _parts(len(genes)):
        one = _Asked(able, genes[part], torch.from_numpy(levels), torch.from_numpy(weights[part]))
        if method == "gradient":
            slope = one.slopes(one_hot(torch.from_numpy(promoters[part])))
            found[part] = (slope - slope.mean(1, keepdim=True)).numpy()
            continue
        by_reference = (
            one.rescaled
            if method == "deeplift"
            else functools.partial(one.mean_slopes, steps=steps)
        )
        found[part] = _from_shuffled(promoters[part], by_reference, references=references, rng=rng)
    # A base that is not known has no letter to contribute.
    found *= (promoters != N_TOKEN)[:, None, :]
    return found


def actual(hypothetical: Contributions, promoters: NDArray[np.int8]) -> NDArray[np.float32]:
    """Contributions (G, L) of the letters that are there, from hypothetical ones (G, 4, L)."""
    letters = one_hot(torch.from_numpy(promoters)).numpy()
    there: NDArray[np.float32] = (hypothetical * letters).sum(axis=1)
    return there


def response_weights(predicted: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights (G, C) that ask for each gene's own response, from predictions (G, C).

    The predictions less each condition's mean over the genes, scaled to length 1: a weighted sum
    of predictions is then how far the gene responds in its own way, and a contribution is positive
    where a letter adds to the response, be it induction or repression.
    """
    own = predicted - predicted.mean(axis=0)
    length = np.sqrt((own**2).sum(axis=1, keepdims=True))
    found: NDArray[np.float32] = (own / np.maximum(length, 1e-12)).astype(np.float32)
    return found


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, _GENES_AT_ONCE):
        yield slice(start, min(start + _GENES_AT_ONCE, count))


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is explained: each gene's weighted sum of predictions, as a function of its letters."""

    model: Differentiable
    genes: NDArray[np.intp]
    levels: Tensor
    weights: Tensor

    def values(self, letters: Tensor) -> Tensor:
        """Predictions (G, C) of letters (G, 4, L)."""
        return self.model.outputs(self.genes, letters, self.levels)

    def slopes(self, letters: Tensor) -> Tensor:
        """Gradient (G, 4, L) at the letters."""
        letters = letters.detach().requires_grad_(True)
        asked = (self.values(letters) * self.weights).sum()
        (slope,) = torch.autograd.grad(asked, letters)
        return slope.detach()

    def mean_slopes(self, there: Tensor, start: Tensor, *, steps: int) -> Tensor:
        """Mean gradient (G, 4, L) on the straight path from the start."""
        mean = torch.zeros_like(there)
        for step in range(steps):
            mean += self.slopes(start + (step + 0.5) / steps * (there - start)) / steps
        return mean

    def rescaled(self, there: Tensor, start: Tensor) -> Tensor:
        """DeepLIFT's multipliers (G, 4, L) against the start."""
        return multipliers(self.values, there, start, self.weights)


def _from_shuffled(
    promoters: NDArray[np.int8],
    multipliers_from: Callable[[Tensor, Tensor], Tensor],
    *,
    references: int,
    rng: np.random.Generator,
) -> Contributions:
    """Contributions (G, 4, L) counted from shuffled promoters, averaged over these.

    Args:
        multipliers_from: letters and reference letters to multipliers, each (G, 4, L).
    """
    there = one_hot(torch.from_numpy(promoters))
    total = torch.zeros_like(there)
    for _ in range(references):
        start = one_hot(torch.from_numpy(shuffle_dinucleotides(promoters, rng)))
        slope = multipliers_from(there, start)
        # A letter's contribution is measured against the reference's letter at its place.
        total += slope - (slope * start).sum(1, keepdim=True)
    found: Contributions = (total / references).numpy()
    return found


def _mutagenesis(
    model: BlockModel,
    genes: NDArray[np.intp],
    promoters: NDArray[np.int8],
    levels: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> Contributions:
    length = promoters.shape[1]
    found = np.zeros((len(genes), 4, length), dtype=np.float32)
    at = np.arange(length)
    for row, gene in enumerate(genes):
        mutants = np.repeat(promoters[row][None], 4 * length, axis=0).reshape(4, length, length)
        for letter in range(4):
            mutants[letter, at, at] = letter
        same = np.full(4 * length, gene, dtype=np.intp)
        values = model.respond(same, mutants.reshape(-1, length), levels) @ weights[row]
        by_letter = values.reshape(4, length)
        found[row] = by_letter - by_letter.mean(axis=0)
    found *= (promoters != N_TOKEN)[:, None, :]
    return found
