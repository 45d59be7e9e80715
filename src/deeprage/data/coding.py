"""The start of each gene's coding sequence: what a gene says of itself beside its promoter."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.dna import N_TOKEN
from deeprage.data.genome import Chromosome
from deeprage.data.promoters import PromoterWindow, cut_window, window_span

#: Codes 16 a + 4 b + c of TAA, TAG, TGA with A, C, G, T = 0, 1, 2, 3.
STOPS = (48, 50, 56)
CODONS = 64


def extract_coding(
    genes: pd.DataFrame, genome: Mapping[str, Chromosome], length: int
) -> dict[str, NDArray[np.int8]]:
    """The first `length` bp from the start codon of each gene, int8 tokens (length,), 5' to 3'.

    Read from the genome: an intron stays in, and what follows a short gene too; `codon_counts`
    stops at the first stop codon. Every gene has its own, also within an operon. A gene without a
    known start codon has none.

    Args:
        genes: as in `annotation.Annotation.genes`, `chromosome` being names of `genome`.
    """
    window = PromoterWindow(length=length, anchor="ATG", downstream=length)
    starts = {}
    known = genes.dropna(subset=["chromosome", "start_codon"])
    columns = (known["gene"], known["chromosome"], known["strand"], known["start_codon"])
    for gene, name, strand, anchor in zip(*columns, strict=True):
        chromosome = genome[str(name)]
        if chromosome.circular or anchor < len(chromosome):
            start, end = window_span(int(anchor), str(strand), window)
            starts[str(gene)], _ = cut_window(chromosome, start, end, str(strand))
    return starts


def codon_counts(tokens: NDArray[np.int8]) -> NDArray[np.float32]:
    """Counts of the 64 codons up to the first stop codon or N, then their sum: float32 (G, 65).

    Args:
        tokens: coding sequences (G, L), reading from the first base.
    """
    codons = tokens.shape[1] // 3
    triplets = tokens[:, : 3 * codons].reshape(len(tokens), codons, 3).astype(np.intp)
    unknown = (triplets >= N_TOKEN).any(axis=2)
    codes = np.where(unknown, 0, triplets @ np.array([16, 4, 1]))
    ended = np.cumsum(unknown | np.isin(codes, STOPS), axis=1) > 0
    flat = np.where(ended, CODONS, codes) + np.arange(len(tokens))[:, None] * (CODONS + 1)
    counts = np.bincount(flat.ravel(), minlength=len(tokens) * (CODONS + 1))
    numbers = counts.reshape(len(tokens), CODONS + 1).astype(np.float32)
    numbers[:, CODONS] = codons - numbers[:, CODONS]
    return numbers
