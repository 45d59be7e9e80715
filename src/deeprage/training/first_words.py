"""Where filters may start: the words whose presence tells most about how genes respond.

Filters that start at random and learn from a few thousand promoters share motifs among themselves
and hold much noise. Words are chosen from the training genes alone, one after the other, each for
what those before it leave unexplained (orthogonal matching pursuit over the responses; Bussemaker,
Li and Siggia 2001, Nature Genetics 27:167, do so one experiment at a time). No known motif is used.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.dna import N_TOKEN
from deeprage.data.split import Role, Split
from deeprage.data.words import word_counts
from deeprage.errors import DeepRageError
from deeprage.networks.encoders import Convolution
from deeprage.networks.network import Network
from deeprage.training.pursuit import pursuit, responses_of

Matrix = NDArray[np.float32]
#: Words of each shape that are looked at again in every step.
_KEPT = 500
#: Smallest deviation of a count that is divided by: rarer words are not made equal to common ones.
_RARE = 0.03
#: Mismatches at which a starting filter is silent; one mismatch leaves it below half.
_SLACK = 2.5


def start_from_words(network: Network, visible: Compendium, split: Split) -> None:
    """Set the first layer's filters to the most telling words of the training genes, in place.

    Raises:
        DeepRageError: the encoder is not one whose filters read promoters by themselves, or its
            filters are too narrow or too many for words.
    """
    encoder = reading_filters(network)
    near, values = training_promoters(network, visible, split)
    width = encoder.weight.shape[2]
    words = telling_words(near, values, most=len(encoder.weight), longest=width)
    set_filters(encoder, *word_filters(words, width))


def reading_filters(network: Network) -> Convolution:
    """The layer whose filters may be set.

    Raises:
        DeepRageError: the encoder is not one whose filters read promoters by themselves.
    """
    encoder = network.promoter_encoder
    if not isinstance(encoder, Convolution):
        raise DeepRageError(
            f"filters start from {network.config.first_filters} in the conv encoder only, not in "
            f"{network.config.encoder}: set first_filters to 'random'."
        )
    return encoder


def training_promoters(
    network: Network, visible: Compendium, split: Split
) -> tuple[NDArray[np.int8], Matrix]:
    """Promoters (G, L), where filters read them, and values (G, C) of the training genes.

    NaN in cells that are no training cells: in `pairs` these lie among the training cells.
    """
    cells = split.cells(Role.TRAIN)
    rows = np.flatnonzero(cells.any(axis=1) & visible.has_promoter)
    block = np.ix_(rows, split.train_columns)
    values = np.where(cells[block], visible.expression[block], np.float32(np.nan))
    near = visible.promoters[rows]
    if network.config.window is not None:
        near = near[:, -network.config.window :]
    return near, values


def set_filters(encoder: Convolution, weight: Matrix, bias: Matrix) -> None:
    """Set filters (F, 4, K) and biases (F,), in place."""
    with torch.no_grad():
        encoder.weight.copy_(torch.from_numpy(weight))
        assert encoder.bias is not None
        encoder.bias.copy_(torch.from_numpy(bias))


def telling_words(
    promoters: NDArray[np.int8], values: Matrix, *, most: int, longest: int
) -> list[NDArray[np.int8]]:
    """The `most` words that together tell most about the responses, the most telling first.

    Candidates are words of 6 and 7 letters and two halves of 3 letters with a gap, up to `longest`
    bp wide.

    Args:
        promoters: int8 (G, L).
        values: log2 (G, C), NaN where missing.

    Returns:
        tokens of each word, gaps as N.

    Raises:
        DeepRageError: `longest` is below 6, or fewer candidates than `most`.
    """
    if longest < 6:
        raise DeepRageError(f"words are 6 bp or wider, the filters {longest}: widen them.")
    responses = responses_of(values)
    words: list[NDArray[np.int8]] = []
    columns = []
    for shape_words, counts in _candidates(promoters, responses, longest):
        words += list(shape_words)
        columns.append(counts)
    features = np.concatenate(columns, axis=1)
    if len(words) < most:
        raise DeepRageError(
            f"there are {len(words)} candidate words for {most} filters: use fewer filters."
        )
    chosen = pursuit(features, responses, most)
    # Where words run out that say anything of their own, any will do.
    others = [at for at in range(len(words)) if at not in set(chosen)]
    return [words[at] for at in [*chosen, *others][:most]]


def word_filters(words: list[NDArray[np.int8]], width: int) -> tuple[Matrix, Matrix]:
    """Filters (F, 4, width) that fire most at their word, and their biases (F,).

    Each right letter adds 1 and each wrong one takes 1; gaps and flanks start at 0.
    """
    weight = np.zeros((len(words), 4, width), dtype=np.float32)
    bias = np.zeros(len(words), dtype=np.float32)
    for number, word in enumerate(words):
        start = (width - len(word)) // 2
        at = np.flatnonzero(word < N_TOKEN)
        weight[number, :, start + at] = -1.0
        weight[number, word[at], start + at] = 1.0
        bias[number] = _SLACK - len(at)
    return weight, bias


def _candidates(
    promoters: NDArray[np.int8], responses: Matrix, longest: int
) -> Iterator[tuple[NDArray[np.int8], Matrix]]:
    """Words of each shape with their standardised counts, the most telling ones."""
    shapes = [(6, 0), (7, 0), *((6, gap) for gap in range(2, longest - 5))]
    for letters, gap in shapes:
        if letters + gap > longest:
            continue
        found = word_counts(promoters, letters=letters, gap=gap)
        mean = found.counts.mean(axis=0, dtype=np.float64)
        spread = np.maximum(found.counts.std(axis=0, dtype=np.float64), _RARE)
        told = np.empty(len(mean))
        surest = np.empty(len(mean))
        for start in range(0, len(mean), 1024):
            part = slice(start, start + 1024)
            counts = (found.counts[:, part] - mean[part]) / spread[part]
            t = counts.astype(np.float32).T @ responses
            told[part], surest[part] = (t**2).sum(axis=1), np.abs(t).max(axis=1)
        kept = np.union1d(np.argsort(-told)[:_KEPT], np.argsort(-surest)[:_KEPT])
        counts = (found.counts[:, kept] - mean[kept]) / spread[kept]
        yield found.words[kept], counts.astype(np.float32)
