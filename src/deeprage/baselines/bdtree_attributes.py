"""Numbers that describe a promoter for tree questions: k-mer counts and best PWM scores."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.boosting_inputs import kmer_names
from deeprage.baselines.features import kmer_counts
from deeprage.data.motifs import Motif
from deeprage.errors import DeepRageError

#: Equal parts of a promoter in which motifs are scored.
BINS = 5


def gene_attributes(
    tokens: NDArray[np.int8],
    *,
    kmer: int | None,
    motifs: Sequence[Motif],
    bins: int = BINS,
    cache: Path | None = None,
) -> tuple[list[str], NDArray[np.float32]]:
    """Names (K,) and values float32 (G, K) for promoters int8 (G, L).

    k-mer counts of both strands; and for each motif its best log2-odds in the window and in each
    of `bins` parts of it, and its occupancy.

    Raises:
        DeepRageError: neither k-mers nor motifs are asked for.
    """
    from deeprage.data.pwm_scan import scan

    names: list[str] = []
    parts: list[NDArray[np.float32]] = []
    if kmer is not None:
        names += kmer_names(kmer)
        parts.append(kmer_counts(tokens, k=kmer, bins=1))
    if motifs:
        scores = scan(tokens, motifs, window=tokens.shape[1], bins=bins, cache=cache)
        titles = [f"{motif.symbol} {motif.name}" for motif in motifs]
        names += titles + [f"{title} occupancy" for title in titles]
        parts += [scores.best.max(axis=2), scores.occupancy]
        for part in range(bins if bins > 1 else 0):
            names += [f"{title} in part {part + 1} of {bins}" for title in titles]
            parts.append(scores.best[:, :, part])
    if not parts:
        raise DeepRageError(
            "there is no gene attribute to split by: give motif files or a k-mer length."
        )
    return names, np.ascontiguousarray(np.concatenate(parts, axis=1))
