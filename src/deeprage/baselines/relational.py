"""Boosted relational rules: motifs, functional categories and interaction partners.

Stands in for the boosted first-order decision trees of Frohler and Kramer (2007, inductive logic
programming), on GeneClass's task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from deeprage.baselines.boosting_inputs import GeneAttributes, join_attributes, varying
from deeprage.baselines.geneclass import GeneClass
from deeprage.data.compendium import Compendium
from deeprage.data.labels import DEFAULT_EDGES
from deeprage.errors import DeepRageError, examples


class Relational(GeneClass):
    """Boosted rules over a gene's motifs, its categories, and the motifs of its partners.

    A path of the alternating tree is a conjunction of literals with existential variables, that
    is, a first-order query: `motif(G, m)`, `category(G, k)`,
    `interacts(G, P), motif(P, m)`, `interacts(G, P), category(P, k)`, each together with
    `up(R, C)` or `down(R, C)`. Without categories and partners it has GeneClass's inputs, and is
    then on a par with it, as published.

    Args:
        categories: functional categories by gene.
        partners: pairs of genes that interact, in either order.
        least: a category or partner literal must hold for at least so many genes.
        rounds, kmer, motif_files, window, edges, state_threshold, cache: see `GeneClass`.
    """

    def __init__(
        self,
        *,
        categories: Mapping[str, Iterable[str]] | None = None,
        partners: Iterable[tuple[str, str]] | None = None,
        least: int = 10,
        rounds: int = 400,
        kmer: int | None = 6,
        motif_files: Sequence[Path | str] | None = None,
        window: int = 600,
        edges: tuple[float, float] = DEFAULT_EDGES,
        state_threshold: float = 0.5,
        cache: Path | None = None,
    ) -> None:
        super().__init__(
            rounds=rounds,
            kmer=kmer,
            motif_files=motif_files,
            window=window,
            edges=edges,
            state_threshold=state_threshold,
            cache=cache,
        )
        self.categories = categories
        self.partners = partners
        self.least = least

    def _attributes(self, visible: Compendium) -> GeneAttributes:
        own = super()._attributes(visible)
        literals = [own]
        if self.categories is not None:
            literals.append(category_membership(visible.genes, self.categories))
        if self.partners is not None:
            linked = adjacency(visible.genes, list(self.partners))
            literals += [
                GeneAttributes(
                    tuple(f"partner with {name}" for name in part.names),
                    partner_has(linked, part.presence),
                )
                for part in list(literals)
            ]
        least = min(self.least, len(visible.genes) // 10)
        return join_attributes([own, *(varying(part, least=least) for part in literals[1:])])


def category_membership(
    genes: Sequence[str], categories: Mapping[str, Iterable[str]]
) -> GeneAttributes:
    """Which genes are in which category, uint8 (G, categories).

    Raises:
        DeepRageError: none of the annotated genes is in the matrix.
    """
    row = {gene: number for number, gene in enumerate(genes)}
    found = [(row[gene], set(names)) for gene, names in categories.items() if gene in row]
    if not found:
        raise DeepRageError(
            f"none of the {len(categories)} genes with a category is in the matrix: the "
            f"categories have {examples(categories)}, the matrix {examples(genes)}; use the same "
            "kind of names in both."
        )
    names = sorted(set().union(*(members for _, members in found)))
    column = {name: number for number, name in enumerate(names)}
    presence = np.zeros((len(genes), len(names)), dtype=np.uint8)
    for number, members in found:
        presence[number, [column[name] for name in members]] = 1
    return GeneAttributes(tuple(f"in {name}" for name in names), presence)


def adjacency(genes: Sequence[str], partners: Sequence[tuple[str, str]]) -> csr_array:
    """Symmetric sparse float32 (G, G) of who interacts with whom; nobody with oneself.

    Raises:
        DeepRageError: no pair has both its genes in the matrix.
    """
    row = {gene: number for number, gene in enumerate(genes)}
    pairs = [(row[a], row[b]) for a, b in partners if a in row and b in row and a != b]
    if not pairs:
        raise DeepRageError(
            f"none of the {len(partners)} interacting pairs has both genes in the matrix: the "
            f"pairs name {examples(a for a, _ in partners)}, the matrix has {examples(genes)}; "
            "use the same kind of names in both."
        )
    first, second = np.array(pairs + [(b, a) for a, b in pairs]).T
    ones = np.ones(len(first), dtype=np.float32)
    return csr_array((ones, (first, second)), shape=(len(genes), len(genes)))


def partner_has(linked: csr_array, presence: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Whether any partner of a gene has an attribute, uint8 (G, M)."""
    found: NDArray[np.uint8] = (linked @ presence.astype(np.float32) > 0).astype(np.uint8)
    return found
