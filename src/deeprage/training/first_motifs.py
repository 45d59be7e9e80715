"""Where filters may start: the known motifs whose sites tell most about how genes respond.

What a network then finds is no discovery, since it was told; `first_words` starts without.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from deeprage.data.compendium import Compendium
from deeprage.data.dna import one_hot
from deeprage.data.fingerprint import content_of_motifs
from deeprage.data.motif_sources import Source, known_motifs
from deeprage.data.motifs import Motif, letter_frequencies, log_odds
from deeprage.data.sites import pwm_pattern
from deeprage.data.split import Split
from deeprage.errors import DeepRageError
from deeprage.networks.convolution import conv_max_pool
from deeprage.networks.network import Network
from deeprage.training.first_words import (
    reading_filters,
    set_filters,
    telling_words,
    training_promoters,
    word_filters,
)
from deeprage.training.pursuit import pursuit, responses_of

Matrix = NDArray[np.float32]
#: A filter is silent at words that are commoner in promoters than this.
_COMMON = 1e-3
#: What a filter gives at its motif's best word: as much as a filter that starts as a word.
_BEST = 2.5
_PROMOTERS_AT_ONCE = 256


def first_motifs(
    sources: Sequence[Source] | None, compendium: Compendium
) -> tuple[list[Motif], list[dict[str, str | int]]]:
    """Known motifs, and what a run remembers of each of their sources: name, motifs, hash.

    Args:
        sources: see `data.motif_sources.known_motifs`.

    Raises:
        DeepRageError: a file cannot be read, or no motif is known.
    """
    known = known_motifs(sources, compendium)
    if not known.motifs:
        why = known.about.partition("since ")[2] or "none was given"
        raise DeepRageError(
            f"there is no motif for filters to start from, since {why}; or set "
            "network.first_filters=words."
        )
    about: list[dict[str, str | int]] = [
        {"name": name, "motifs": len(part), "content": content_of_motifs(part)}
        for name, part in known.parts.items()
    ]
    return known.motifs, about


def start_from_motifs(
    network: Network, visible: Compendium, split: Split, motifs: Sequence[Motif]
) -> None:
    """Set the first layer's filters to known motifs, in place; words fill what is left.

    Of the motifs those are taken whose sites in the training promoters tell most about the
    responses of the training genes, one after the other, each for what those before it leave. Once
    none tells anything of its own, the most telling words follow.

    Raises:
        DeepRageError: the encoder is not one whose filters read promoters by themselves, its
            filters are too narrow, or no motif is rarer than one word in a thousand.
    """
    encoder = reading_filters(network)
    near, values = training_promoters(network, visible, split)
    width, most = encoder.weight.shape[2], len(encoder.weight)
    weight, bias = motif_filters(motifs, width, letter_frequencies(near))
    told = _activations(near, weight, bias)
    chosen = pursuit(_standard(told), responses_of(values), most)
    weight, bias = weight[chosen], bias[chosen]
    if len(chosen) < most:
        words = telling_words(near, values, most=most - len(chosen), longest=width)
        more, their_bias = word_filters(words, width)
        weight, bias = np.concatenate([weight, more]), np.concatenate([bias, their_bias])
    set_filters(encoder, weight, bias)


def motif_filters(
    motifs: Sequence[Motif], width: int, background: NDArray[np.float64]
) -> tuple[Matrix, Matrix]:
    """Filters (F, 4, width) that score words as motifs do, and their biases (F,).

    Log2-odds against the background (4,), shifted and scaled so that the best word gives 2.5 and
    words that are found once in a thousand or more often give nothing. A motif wider than the
    filter is cut to where its information is; motifs without a word as rare as that are left out.

    Raises:
        DeepRageError: none is left.
    """
    weights, biases = [], []
    for motif in motifs:
        part = most_informative(motif, width)
        odds = log_odds(part, background)
        best = float(odds.max(axis=0).sum())
        try:
            threshold = pwm_pattern(part, background, p_value=_COMMON).threshold
        except DeepRageError:  # even its best word is commoner
            continue
        # Where only the best word is rare enough, it alone is a site.
        scale = _BEST / max(best - threshold, 0.25)
        filter_ = np.zeros((4, width))
        start = (width - part.width) // 2
        filter_[:, start : start + part.width] = scale * odds
        weights.append(filter_)
        biases.append(_BEST - scale * best)
    if not weights:
        raise DeepRageError(
            f"none of the {len(motifs)} motifs has a word that is rarer than one in "
            f"{1 / _COMMON:,.0f}: give longer or sharper motifs, or set first_filters to 'words'."
        )
    return np.stack(weights).astype(np.float32), np.array(biases, dtype=np.float32)


def most_informative(motif: Motif, width: int) -> Motif:
    """The `width` positions in a row of a motif that hold most information; all of a short one."""
    if motif.width <= width:
        return motif
    shares = np.maximum(motif.probabilities, 1e-9)
    bits = 2 + (shares * np.log2(shares)).sum(axis=0)
    start = int(np.argmax(np.convolve(bits, np.ones(width), mode="valid")))
    return Motif(motif.name, motif.symbol, motif.probabilities[:, start : start + width])


def _activations(near: NDArray[np.int8], weight: Matrix, bias: Matrix) -> Matrix:
    """Largest rectified activation (G, F) of filters on either strand of promoters (G, L)."""
    pool = near.shape[1] - weight.shape[2] + 1
    filters = [
        torch.from_numpy(weight),
        torch.from_numpy(np.ascontiguousarray(weight[:, ::-1, ::-1])),
    ]
    found = []
    with torch.inference_mode():
        for start in range(0, len(near), _PROMOTERS_AT_ONCE):
            letters = torch.from_numpy(one_hot(near[start : start + _PROMOTERS_AT_ONCE]))
            strands = [
                conv_max_pool(letters, one, torch.from_numpy(bias), pool=pool, stride=pool)
                for one in filters
            ]
            found.append(torch.maximum(*strands)[:, 0].clamp_min(0).numpy())
    return np.concatenate(found)


def _standard(values: Matrix) -> Matrix:
    """Columns with mean 0 and deviation 1; one that never varies stays 0."""
    spread = values.std(axis=0)
    scaled: Matrix = (values - values.mean(axis=0)) / np.where(spread > 1e-6, spread, np.inf)
    return scaled
