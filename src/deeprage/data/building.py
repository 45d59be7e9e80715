"""Building a compendium from its parts: expression, genome, annotation, regulators."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deeprage.data.annotation import read_annotation
from deeprage.data.build_notes import BuildNotes, notes_of
from deeprage.data.compendium import Compendium
from deeprage.data.expression import check_logarithms, read_expression, transform_expression
from deeprage.data.groups import gene_groups
from deeprage.data.promoter_sources import from_fasta, from_genome
from deeprage.data.promoters import PromoterWindow, read_promoters
from deeprage.data.tables import (
    check_known,
    read_conditions,
    read_groups,
    read_operons,
    read_regulators,
    read_renames,
    resolve_regulators,
)
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError, examples

DEFAULT_WINDOW = PromoterWindow()
#: bp from the start codon that are kept beside the promoter.
DEFAULT_CODING = 1000


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
    coding: int = DEFAULT_CODING,
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
        coding: bp from each gene's start codon that are kept beside its promoter, 0 for none;
            nothing is kept with ready promoters.
        name, unit, provenance: kept with the compendium.
        drop_constant: drop genes that are constant or wholly missing, else they are an error.
        drop_unknown_regulators: drop regulators without a row, else they are an error.

    Raises:
        DeepRageError: parts that do not fit; the message names counts, examples and the way out.
    """
    if coding < 0:
        raise DeepRageError(f"the coding length must be 0 bp or more, got {coding}.")
    matrix = _named(expression)
    dropped = _constant(matrix) if drop_constant else []
    matrix = matrix.drop(index=dropped)
    if matrix.empty:
        raise DeepRageError(
            "no gene of the expression matrix varies over the conditions: is it the right file?"
        )
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
            coding=coding,
        )
    # Of two rows that are one gene of the annotation, a symbol means the one that bears its name.
    at = found.annotation_names
    own = {gene: symbol for gene, symbol in found.symbols.items() if at.get(gene) == gene}
    kept = resolve_regulators(regulators, names, own)
    kept = resolve_regulators(kept, names, found.symbols)
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
        coding=found.coding,
    )
    lost = len(regulators) - len(kept)
    return compendium, notes_of(compendium, found, constant=len(dropped), regulators=lost)


def import_compendium(
    *,
    expression: Path,
    regulators: Path,
    genome: Path | None = None,
    annotation: Path | None = None,
    annotation_format: str | None = None,
    gene_id: str | None = None,
    promoters: Path | None = None,
    length: int = 1000,
    anchor: str = "ATG",
    downstream: int = 0,
    tss: Path | None = None,
    operons: Path | None = None,
    renames: Path | None = None,
    conditions: Path | None = None,
    groups: Path | None = None,
    circular: Collection[str] = (),
    coding: int = DEFAULT_CODING,
    orientation: str = "auto",
    log2: bool = False,
    reference: Sequence[str] = (),
    drop_constant: bool = False,
    drop_unknown_regulators: bool = False,
    name: str | None = None,
    unit: str | None = None,
) -> tuple[Compendium, BuildNotes]:
    """Build a compendium from files; what `deeprage data import` does.

    Args:
        expression: TSV, CSV, Parquet or h5ad; see `expression.read_expression`.
        regulators: one gene name or symbol a line.
        genome, annotation, annotation_format, gene_id, circular, coding: see `build_compendium`.
        promoters: FASTA of ready promoters, instead of genome and annotation.
        length, anchor, downstream: see `promoters.PromoterWindow`.
        tss: table of transcription start sites, see `tables.read_tss_table`.
        operons: table with the columns `gene` and `operon`.
        renames: table, name in the matrix -> name in the annotation.
        conditions: table with the columns `condition` and `series`.
        groups: table with the columns `gene` and `group`, instead of the computed groups.
        orientation: `rows` or `columns`, where the genes are, or `auto`.
        log2, reference: see `expression.transform_expression`.
        name: default: the name of the matrix's file.
        unit: default: `log2 expression` under `log2` without `reference`, else
            `log2 fold change`.

    Raises:
        DeepRageError: a file that cannot be used, or parts that do not fit.
    """
    window = PromoterWindow(length=length, anchor=anchor, downstream=downstream)
    if promoters is not None and (genome or annotation or tss) is not None:
        raise DeepRageError(
            "ready promoters stand in place of a genome: give either `--promoters` or `--genome` "
            "and `--annotation` (with `--tss-table`), not both."
        )
    named = read_regulators(regulators)
    renamed = read_renames(renames) if renames else {}
    operon_of = read_operons(operons) if operons else {}
    group_of = read_groups(groups) if groups else None
    table = read_conditions(conditions) if conditions else None
    known = {*named, *renamed, *operon_of, *(group_of or {})}
    matrix = read_expression(expression, orientation=orientation, known_genes=known)
    if orientation == "auto" and known.isdisjoint(matrix.index):
        matrix = _turned(matrix, annotation or genome, promoters, annotation_format, gene_id)
    matrix = transform_expression(matrix, log2=log2, reference=reference)
    check_logarithms(matrix)
    check_known(group_of or {}, matrix.index, f"the gene group file {groups}")
    check_known(renamed, matrix.index, f"the table of renames {renames}")
    files = {
        "expression": expression, "regulators": regulators, "genome": genome,
        "annotation": annotation, "promoters": promoters, "tss": tss, "operons": operons,
        "renames": renames, "conditions": conditions, "groups": groups,
    }  # fmt: skip
    return build_compendium(
        expression=matrix,
        regulators=named,
        genome=genome,
        annotation=annotation,
        promoter_fasta=promoters,
        window=window,
        conditions=table,
        groups=group_of,
        tss_table=tss,
        operons=operon_of,
        renames=renamed,
        annotation_format=annotation_format,
        gene_id=gene_id,
        circular=circular,
        coding=coding,
        name=name or expression.name.split(".")[0],
        unit=unit or ("log2 expression" if log2 and not reference else "log2 fold change"),
        provenance={
            "files": {role: path.name for role, path in files.items() if path is not None},
            "transform": {"log2(x + 1)": log2, "reference": list(reference)},
        },
        drop_constant=drop_constant,
        drop_unknown_regulators=drop_unknown_regulators,
    )


def _turned(
    matrix: pd.DataFrame,
    annotation: Path | None,
    promoters: Path | None,
    annotation_format: str | None,
    gene_id: str | None,
) -> pd.DataFrame:
    """The matrix, transposed if its columns rather than its rows are named like genes.

    Needed where the small tables name no gene as the matrix does (regulators given by symbol).
    """
    if promoters is not None:
        names = set(read_promoters(promoters))
    elif annotation is not None:
        genes = read_annotation(
            annotation,
            format=annotation_format,
            gene_id=gene_id,
            wanted=[*map(str, matrix.index), *map(str, matrix.columns)],
        ).genes
        names = set(genes["gene"]) | set(genes["symbol"])
    else:
        return matrix
    in_rows, in_columns = len(names & set(matrix.index)), len(names & set(matrix.columns))
    return matrix.T if in_columns > in_rows else matrix


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
