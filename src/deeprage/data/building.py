"""Building a compendium from its parts: expression, genome, annotation, regulators."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deeprage.data.compendium import Compendium
from deeprage.data.groups import gene_groups
from deeprage.data.promoter_sources import NamedPromoters, from_fasta, from_genome
from deeprage.data.promoters import PromoterWindow
from deeprage.data.tables import resolve_regulators
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError, examples

DEFAULT_WINDOW = PromoterWindow()


@dataclass(frozen=True)
class BuildNotes:
    """What happened while a compendium was built, in numbers.

    Attributes:
        genes, conditions, regulators: the shape of the result.
        missing_cells: cells of the matrix without a value.
        genes_without_promoter: kept as possible regulators, never scored.
        genes_on_absent_chromosomes: of those, on a chromosome that the genome file lacks.
        padded_windows: run off a linear chromosome, filled with N.
        tss_fallbacks: genes without a known TSS, cut at the ATG instead.
        operon_promoters: genes that took the promoter of their operon's first gene.
        genes_by_other_name: found in the annotation by a symbol, an alias or a given rename.
        dropped_constant_genes, dropped_regulators: left out as asked for.
        groups, genes_in_larger_groups, largest_group: genes that splits must not part.
    """

    genes: int
    conditions: int
    regulators: int
    missing_cells: int
    genes_without_promoter: int
    genes_on_absent_chromosomes: int
    padded_windows: int
    tss_fallbacks: int
    operon_promoters: int
    genes_by_other_name: int
    dropped_constant_genes: int
    dropped_regulators: int
    groups: int
    genes_in_larger_groups: int
    largest_group: int

    def lines(self) -> list[str]:
        """One line a count, without those that are zero."""
        values = ((item.name.replace("_", " "), getattr(self, item.name)) for item in fields(self))
        return [f"{name}: {value:,}" for name, value in values if value]


def build_compendium(
    *,
    expression: pd.DataFrame,
    regulators: Sequence[str],
    genome: Path | None = None,
    annotation: Path | None = None,
    promoter_fasta: Path | None = None,
    window: PromoterWindow = DEFAULT_WINDOW,
    conditions: pd.DataFrame | None = None,
    groups: Mapping[str, str] | None = None,
    tss_table: Path | None = None,
    operons: Mapping[str, str] | None = None,
    renames: Mapping[str, str] | None = None,
    annotation_format: str | None = None,
    gene_id: str | None = None,
    circular: Collection[str] = (),
    name: str = "compendium",
    unit: str = "log2 fold change",
    provenance: Mapping[str, Any] | None = None,
    drop_constant: bool = False,
    drop_unknown_regulators: bool = False,
) -> tuple[Compendium, BuildNotes]:
    """Join expression, promoters and regulators into a validated compendium.

    Promoters come from `genome` and `annotation`, or ready from `promoter_fasta`.

    Args:
        expression: genes (index) x conditions (columns), log2 values, NaN where missing.
        regulators: names of rows; symbols are understood if there is an annotation.
        genome: FASTA or GenBank; may be left out if `annotation` is GenBank with sequence.
        annotation: GFF3, GTF, GenBank or SGD feature table.
        promoter_fasta: promoters of one length, named like the rows of the matrix.
        window: promoter length, anchor and downstream part.
        conditions: indexed by condition, with a column `series` and any others.
        groups: gene -> group, instead of the groups computed from shared promoters.
        tss_table: TSV of transcription start sites, for a window anchored at the TSS.
        operons: gene -> operon; its genes share the first gene's promoter and a group.
        renames: name in the matrix -> name in the annotation.
        annotation_format, gene_id: see `annotation.read_annotation`.
        circular: chromosomes (the genome's names) to be taken as circular.
        name, unit, provenance: kept with the compendium.
        drop_constant: drop genes that are constant or wholly missing, else they are an error.
        drop_unknown_regulators: drop regulators without a row, else they are an error.

    Raises:
        DeepRageError: parts that do not fit; the message names counts, examples and the way out.
    """
    matrix = _named(expression)
    dropped = _constant(matrix) if drop_constant else []
    matrix = matrix.drop(index=dropped)
    names = list(matrix.index)
    if promoter_fasta is not None:
        found = from_fasta(names, promoter_fasta, renames=renames or {}, operons=operons or {})
    else:
        found = from_genome(
            names,
            genome=genome,
            annotation=annotation,
            window=window,
            tss_table=tss_table,
            operons=operons or {},
            renames=renames or {},
            annotation_format=annotation_format,
            gene_id=gene_id,
            circular=circular,
        )
    kept = resolve_regulators(regulators, names, found.symbols)
    # A regulator that is dropped as constant tells nothing of any condition.
    out = set(dropped) | (set(kept) - set(names) if drop_unknown_regulators else set())
    kept = [regulator for regulator in kept if regulator not in out]
    if groups is None:
        same = [found.operons, found.annotation_names]
        groups = gene_groups(names, found.promoters.tokens, found.promoters.windows, same=same)
    compendium = Compendium.from_parts(
        expression=matrix,
        promoters=found.promoters.tokens,
        regulators=kept,
        series=_series(matrix, conditions),
        conditions=conditions,
        groups=groups,
        symbols=found.symbols,
        name=name,
        unit=unit,
        anchor=window.anchor,
        downstream=window.downstream,
        provenance=provenance,
    )
    lost = len(regulators) - len(kept)
    return compendium, _notes(compendium, found, len(dropped), lost)


def _named(expression: pd.DataFrame) -> pd.DataFrame:
    matrix = expression.set_axis(expression.index.astype(str), axis=0)
    matrix = matrix.set_axis(matrix.columns.astype(str), axis=1)
    check_unique(matrix.index, "genes in the expression matrix", "average or drop the repeats")
    return matrix


def _constant(matrix: pd.DataFrame) -> list[str]:
    values = matrix.to_numpy(dtype=np.float64)
    low = np.where(np.isnan(values), np.inf, values).min(axis=1, initial=np.inf)
    high = np.where(np.isnan(values), -np.inf, values).max(axis=1, initial=-np.inf)
    return [str(gene) for gene in matrix.index[high <= low]]


def _series(matrix: pd.DataFrame, conditions: pd.DataFrame | None) -> list[str] | None:
    if conditions is None or "series" not in conditions.columns:
        return None
    lost = [name for name in matrix.columns if name not in conditions.index]
    if lost:
        raise DeepRageError(
            f"{len(lost)} of {matrix.shape[1]} conditions of the expression matrix are not in the "
            f"condition table, such as {examples(lost)}; the table has "
            f"{examples(conditions.index)}. Write the names as in the matrix's header."
        )
    return [str(x) for x in conditions.loc[list(matrix.columns), "series"]]


def _notes(
    compendium: Compendium, found: NamedPromoters, constant: int, regulators: int
) -> BuildNotes:
    sizes = Counter(compendium.groups)
    return BuildNotes(
        genes=len(compendium.genes),
        conditions=len(compendium.conditions),
        regulators=len(compendium.regulators),
        missing_cells=int(np.isnan(compendium.expression).sum()),
        genes_without_promoter=int((~compendium.has_promoter).sum()),
        genes_on_absent_chromosomes=found.on_absent_chromosomes,
        padded_windows=len(found.promoters.padded),
        tss_fallbacks=len(found.promoters.tss_fallbacks),
        operon_promoters=len(found.promoters.shared),
        genes_by_other_name=sum(gene != known for gene, known in found.annotation_names.items()),
        dropped_constant_genes=constant,
        dropped_regulators=regulators,
        groups=len(sizes),
        genes_in_larger_groups=sum(size for size in sizes.values() if size > 1),
        largest_group=max(sizes.values()),
    )
