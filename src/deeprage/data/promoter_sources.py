"""Promoters under the names that an expression matrix uses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.coding import extract_coding
from deeprage.data.gene_table import Problem
from deeprage.data.genome import read_genome
from deeprage.data.matching import MatchedGenes, match_table
from deeprage.data.model_notes import check_any, model_remarks
from deeprage.data.placement import check_on_genome, place_genes
from deeprage.data.promoters import Promoters, PromoterWindow, extract_promoters
from deeprage.data.tables import read_tss_table
from deeprage.data.validation import check_one_length
from deeprage.errors import DeepRageError


@dataclass(frozen=True)
class NamedPromoters:
    """Promoters by the matrix's gene names, and what else is known of these genes.

    Attributes:
        promoters: tokens and windows by the matrix's names.
        operons: operons, for genes that have one.
        on_absent_chromosomes: genes whose chromosome the genome file lacks.
        coding: the start of the coding sequence by the matrix's names, if it was asked for.
        ambiguous_letters: IUPAC letters of the genome that were read as N.
        matches: how many names of each table were resolved by which rule.
        remarks: sentences on names that were not, and on gene models.
    """

    promoters: Promoters
    operons: Mapping[str, str] = field(default_factory=dict)
    on_absent_chromosomes: int = 0
    coding: Mapping[str, NDArray[np.int8]] = field(default_factory=dict, repr=False)
    ambiguous_letters: int = 0
    matches: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


def from_fasta(matched: MatchedGenes, *, operons: Mapping[str, str]) -> NamedPromoters:
    """Ready promoters of the rows of a matrix."""
    ready = matched.source.ready
    tokens = {row: ready[gene] for row, gene in matched.gene_of.items()}
    check_one_length(tokens)
    table = match_table(operons, matched.gene_names, "the table of operons")
    return NamedPromoters(
        Promoters(tokens, pd.DataFrame()),
        operons={row: table.values.get(matched.gene_of.get(row, row), "") for row in matched.rows},
        matches=(("operons", table.line),) if operons else (),
        remarks=table.remarks,
    )


def from_genome(
    matched: MatchedGenes,
    *,
    window: PromoterWindow,
    tss_table: Path | None = None,
    operons: Mapping[str, str],
    circular: Collection[str] = (),
    coding: int = 0,
) -> NamedPromoters:
    """Promoters of the rows of a matrix, cut from a genome.

    Args:
        matched: the rows and the genes of an annotation.
        window, tss_table, operons, circular, coding: see `building.build_compendium`.

    Raises:
        DeepRageError: genome, annotation and tables do not fit together.
    """
    source = matched.source
    if source.annotation is None or source.genome is None:
        raise ValueError("a genome and an annotation are needed")
    if tss_table is not None and window.anchor != "TSS":
        raise DeepRageError(
            "a table of transcription start sites is only used with the TSS as anchor: add "
            "`--anchor TSS`, or leave the table out."
        )
    operon_of = match_table(operons, matched.gene_names, "the table of operons")
    sites = None
    if tss_table is not None:
        sites = match_table(
            read_tss_table(tss_table), matched.gene_names, f"the TSS table {tss_table}"
        )
    sequences, genes = place_genes(source.annotation, read_genome(source.genome), circular)
    check_on_genome(genes, matched.gene_of.values(), sequences)
    wanted = set(matched.gene_of.values()) | operon_of.values.keys()
    placed = genes[genes["gene"].isin(wanted)]
    promoters = extract_promoters(
        placed,
        sequences,
        window,
        tss=None if sites is None else sites.values,
        operons=operon_of.values,
    )
    starts = extract_coding(placed, sequences, coding) if coding else {}
    named = promoters.renamed(matched.gene_of)
    check_any(named)
    tables = {"operons": operon_of.line, "TSS table": "" if sites is None else sites.line}
    return NamedPromoters(
        promoters=named,
        operons={
            row: operon_of.values.get(matched.gene_of.get(row, row), "") for row in matched.rows
        },
        on_absent_chromosomes=sum(why == Problem.ABSENT for why in named.without.values()),
        coding={row: starts[gene] for row, gene in matched.gene_of.items() if gene in starts},
        ambiguous_letters=sum(sequence.ambiguous for sequence in sequences.values()),
        matches=tuple((name, line) for name, line in tables.items() if line and line != "none"),
        remarks=(
            *operon_of.remarks,
            *(() if sites is None else sites.remarks),
            *model_remarks(named, window),
        ),
    )
