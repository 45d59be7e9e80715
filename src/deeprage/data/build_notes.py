"""What happened while a compendium was built, to be told to whoever built it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from deeprage.data.compendium import Compendium
from deeprage.data.matching import MatchedGenes
from deeprage.data.promoter_sources import NamedPromoters


@dataclass(frozen=True)
class BuildNotes:
    """What happened while a compendium was built, in numbers.

    Attributes:
        genes, conditions, regulators: the shape of the result.
        missing_cells: cells of the matrix without a value.
        genes_not_found: of the matrix, in the annotation or among ready promoters.
        genes_with_ambiguous_names: named like several genes of the annotation.
        genes_without_promoter: those and others; kept; scored where genes are not held out.
        genes_on_absent_chromosomes: of those, on a chromosome that the genome file lacks.
        padded_windows: run off a linear chromosome, filled with N.
        genome_letters_read_as_n: IUPAC letters other than A, C, G, T and N.
        tss_fallbacks: genes without a known TSS, cut at the ATG instead.
        operon_promoters: genes that took the promoter of their operon's first gene.
        genes_by_other_name: found in the annotation by a symbol, an alias or a given rename.
        dropped_constant_genes, dropped_regulators: left out as asked for.
        groups, genes_in_larger_groups, largest_group: genes that splits must not part.
        matches: how many names of genes, regulators and tables were matched by which rule.
        remarks: sentences on what deserves a look.
    """

    genes: int
    conditions: int
    regulators: int
    missing_cells: int
    genes_not_found: int
    genes_with_ambiguous_names: int
    genes_without_promoter: int
    genes_on_absent_chromosomes: int
    padded_windows: int
    genome_letters_read_as_n: int
    tss_fallbacks: int
    operon_promoters: int
    genes_by_other_name: int
    dropped_constant_genes: int
    dropped_regulators: int
    groups: int
    genes_in_larger_groups: int
    largest_group: int
    matches: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """One line a count, without those that are zero, and then how names were matched."""
        values = ((item.name.replace("_", " "), getattr(self, item.name)) for item in fields(self))
        counts = [
            f"{name}: {value:,}" for name, value in values if isinstance(value, int) and value
        ]
        return [*counts, *self.matches]


def notes_of(
    compendium: Compendium,
    matched: MatchedGenes,
    cut: NamedPromoters,
    *,
    constant: int,
    regulators: int,
    matches: Sequence[tuple[str, str]],
    remarks: Sequence[str],
) -> BuildNotes:
    """The notes on a compendium built from these promoters.

    Args:
        constant, regulators: how many genes and regulators were left out as asked for.
        matches: what was matched, and how many names by which rule.
        matches: how many names of genes, regulators and tables were matched by which rule.
        remarks: sentences on what deserves a look.
    """
    sizes = Counter(compendium.groups)
    return BuildNotes(
        genes=len(compendium.genes),
        conditions=len(compendium.conditions),
        regulators=len(compendium.regulators),
        missing_cells=int(np.isnan(compendium.expression).sum()),
        genes_not_found=len(matched.lost),
        genes_with_ambiguous_names=len(matched.meant.ambiguous),
        genes_without_promoter=int((~compendium.has_promoter).sum()),
        genes_on_absent_chromosomes=cut.on_absent_chromosomes,
        padded_windows=len(cut.promoters.padded),
        genome_letters_read_as_n=cut.ambiguous_letters,
        tss_fallbacks=len(cut.promoters.tss_fallbacks),
        operon_promoters=len(cut.promoters.shared),
        genes_by_other_name=sum(gene != known for gene, known in matched.gene_of.items()),
        dropped_constant_genes=constant,
        dropped_regulators=regulators,
        groups=len(sizes),
        genes_in_larger_groups=sum(size for size in sizes.values() if size > 1),
        largest_group=max(sizes.values()),
        matches=tuple(f"{what} matched: {how}" for what, how in matches),
        remarks=tuple(remarks),
    )
