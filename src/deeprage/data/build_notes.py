"""What happened while a compendium was built, to be told to whoever built it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from deeprage.data.compendium import Compendium
from deeprage.data.near_names import near_names_hint
from deeprage.data.promoter_sources import NamedPromoters
from deeprage.errors import counted, examples


@dataclass(frozen=True)
class BuildNotes:
    """What happened while a compendium was built, in numbers.

    Attributes:
        genes, conditions, regulators: the shape of the result.
        missing_cells: cells of the matrix without a value.
        genes_not_found: of the matrix, in the annotation or among ready promoters.
        genes_without_promoter: those and others; kept as possible regulators, never scored.
        genes_on_absent_chromosomes: of those, on a chromosome that the genome file lacks.
        padded_windows: run off a linear chromosome, filled with N.
        genome_letters_read_as_n: IUPAC letters other than A, C, G, T and N.
        tss_fallbacks: genes without a known TSS, cut at the ATG instead.
        operon_promoters: genes that took the promoter of their operon's first gene.
        genes_by_other_name: found in the annotation by a symbol, an alias or a given rename.
        dropped_constant_genes, dropped_regulators: left out as asked for.
        groups, genes_in_larger_groups, largest_group: genes that splits must not part.
        remarks: sentences on what deserves a look.
    """

    genes: int
    conditions: int
    regulators: int
    missing_cells: int
    genes_not_found: int
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
    remarks: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """One line a count, without those that are zero."""
        values = ((item.name.replace("_", " "), getattr(self, item.name)) for item in fields(self))
        return [f"{name}: {value:,}" for name, value in values if value and name != "remarks"]


def notes_of(
    compendium: Compendium, found: NamedPromoters, *, constant: int, regulators: int
) -> BuildNotes:
    """The notes on a compendium built from these promoters.

    Args:
        constant, regulators: how many genes and regulators were left out as asked for.
    """
    sizes = Counter(compendium.groups)
    lost = [gene for gene in compendium.genes if gene not in found.annotation_names]
    return BuildNotes(
        genes=len(compendium.genes),
        conditions=len(compendium.conditions),
        regulators=len(compendium.regulators),
        missing_cells=int(np.isnan(compendium.expression).sum()),
        genes_not_found=len(lost),
        genes_without_promoter=int((~compendium.has_promoter).sum()),
        genes_on_absent_chromosomes=found.on_absent_chromosomes,
        padded_windows=len(found.promoters.padded),
        genome_letters_read_as_n=found.ambiguous_letters,
        tss_fallbacks=len(found.promoters.tss_fallbacks),
        operon_promoters=len(found.promoters.shared),
        genes_by_other_name=sum(gene != known for gene, known in found.annotation_names.items()),
        dropped_constant_genes=constant,
        dropped_regulators=regulators,
        groups=len(sizes),
        genes_in_larger_groups=sum(size for size in sizes.values() if size > 1),
        largest_group=max(sizes.values()),
        remarks=_on_lost(lost, found) if lost else (),
    )


def _on_lost(lost: Sequence[str], found: NamedPromoters) -> tuple[str, ...]:
    known = {*found.known_names, *found.symbols.values()}
    return (
        f"no promoter is known for {counted(len(lost), 'gene')} of the matrix, not found by name, "
        f"such as {examples(lost)}: never scored.{near_names_hint(lost, known)}",
    )
