"""Boosted trees that read codon usage beside the promoter.

Codon usage follows expression (Sharp and Li 1987, Nucleic Acids Research 15:1281).
"""

import numpy as np
from numpy.typing import NDArray

from deeprage.baselines.boosted_trees import BoostedTrees
from deeprage.data.coding import codon_counts
from deeprage.data.compendium import Compendium


class CodonTrees(BoostedTrees):
    """`BoostedTrees` with the codon usage of each gene's start beside the motifs of its promoter.

    Genes that are made in large amounts, such as those of ribosomes and of sugar metabolism, use
    few codons and respond alike: in yeast, codon usage tells as much of a gene's response as its
    promoter. It says nothing of regulation, so what these trees gain over `boosted-trees` is what
    a promoter need not explain. A compendium without coding sequences gives `BoostedTrees`.
    """

    reads_coding = True

    def _features(self, visible: Compendium) -> NDArray[np.float32]:
        features = super()._features(visible)
        codons = codon_usage(visible)
        return features if codons is None else np.concatenate([features, codons], axis=1)


def codon_usage(compendium: Compendium) -> NDArray[np.float32] | None:
    """Codon usage float32 (G, 65) of every gene; None without coding sequences."""
    return None if compendium.coding is None else usage_of(compendium.coding)


def usage_of(coding: NDArray[np.int8]) -> NDArray[np.float32]:
    """Square roots of codon counts and of their sum, float32 (G, 65), of sequences int8 (G, L).

    Roots make the noise of small and large counts alike.
    """
    return np.sqrt(codon_counts(coding))
