"""Promoters under the names that an expression matrix uses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.annotation import Annotation
from deeprage.data.chromosomes import mismatch, reconcile
from deeprage.data.coding import extract_coding
from deeprage.data.genome import Chromosome, read_genome
from deeprage.data.matching import MatchedGenes, match_table
from deeprage.data.promoters import Promoters, PromoterWindow, extract_promoters
from deeprage.data.tables import read_tss_table
from deeprage.data.validation import check_one_length
from deeprage.errors import DeepRageError, unknown


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
        remarks: sentences on names that were not.
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
    sequences = read_genome(source.genome)
    sequences, genes = _reconciled(sequences, source.annotation, source.genes, circular)
    located = genes.dropna(subset=["chromosome"])
    wanted = set(matched.gene_of.values()) | operon_of.values.keys()
    placed = located[located["gene"].isin(wanted)]
    promoters = extract_promoters(
        placed,
        sequences,
        window,
        tss=None if sites is None else sites.values,
        operons=operon_of.values,
    )
    starts = extract_coding(placed, sequences, coding) if coding else {}
    tables = {"operons": operon_of.line, "TSS table": "" if sites is None else sites.line}
    return NamedPromoters(
        promoters=_renamed(promoters, matched.gene_of),
        operons={
            row: operon_of.values.get(matched.gene_of.get(row, row), "") for row in matched.rows
        },
        on_absent_chromosomes=sum(
            gene not in promoters.tokens for gene in matched.gene_of.values()
        ),
        coding={row: starts[gene] for row, gene in matched.gene_of.items() if gene in starts},
        ambiguous_letters=sum(sequence.ambiguous for sequence in sequences.values()),
        matches=tuple((name, line) for name, line in tables.items() if line and line != "none"),
        remarks=(*operon_of.remarks, *(() if sites is None else sites.remarks)),
    )


def _reconciled(
    sequences: dict[str, Chromosome],
    annotation: Annotation,
    genes: pd.DataFrame,
    circular: Collection[str],
) -> tuple[dict[str, Chromosome], pd.DataFrame]:
    """Genes with the genome's chromosome names (NaN where it has none), circles marked."""
    names = list(dict.fromkeys([*genes["chromosome"], *annotation.circular]))
    matched = reconcile(sequences, names, annotation.chromosome_aliases)
    chromosomes = genes["chromosome"].map(matched)
    if chromosomes.isna().mean() > 0.5:
        lost = genes.loc[chromosomes.isna(), "chromosome"]
        raise mismatch(lost, sequences)
    for name in circular:
        if name not in sequences:
            raise unknown("circular chromosome", name, sequences)
    rings = {matched[name] for name in annotation.circular if name in matched} | set(circular)
    marked = {
        name: replace(sequence, circular=sequence.circular or name in rings)
        for name, sequence in sequences.items()
    }
    return marked, genes.assign(chromosome=chromosomes)


def _renamed(promoters: Promoters, owner: Mapping[str, str]) -> Promoters:
    """Promoters by the matrix's names; two names of one gene share its promoter."""
    having = {name: gene for name, gene in owner.items() if gene in promoters.tokens}
    windows = promoters.windows.loc[list(having.values())].set_axis(list(having), axis=0)

    def under(genes: Collection[str]) -> tuple[str, ...]:
        chosen = set(genes)
        return tuple(name for name, gene in having.items() if gene in chosen)

    return Promoters(
        tokens={name: promoters.tokens[gene] for name, gene in having.items()},
        windows=windows,
        padded=under(promoters.padded),
        tss_fallbacks=under(promoters.tss_fallbacks),
        shared=under(promoters.shared),
    )
