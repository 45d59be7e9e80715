"""Promoters under the names that an expression matrix uses."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.annotation import Annotation, read_annotation
from deeprage.data.chromosomes import mismatch, reconcile
from deeprage.data.coding import extract_coding
from deeprage.data.gene_records import GeneNames, no_overlap
from deeprage.data.genome import Chromosome, is_genbank, read_genome
from deeprage.data.near_names import near_names_hint
from deeprage.data.promoters import (
    Promoters,
    PromoterWindow,
    extract_promoters,
    read_promoters,
)
from deeprage.data.tables import check_known, read_tss_table
from deeprage.data.validation import check_one_length
from deeprage.errors import DeepRageError, examples, unknown


@dataclass(frozen=True)
class NamedPromoters:
    """Promoters by the matrix's gene names, and what else is known of these genes.

    Attributes:
        promoters: tokens and windows by the matrix's names.
        annotation_names: the gene's name in the annotation, for genes found there.
        symbols: common names, for genes found in the annotation.
        operons: operons, for genes that have one.
        on_absent_chromosomes: genes whose chromosome the genome file lacks.
        coding: the start of the coding sequence by the matrix's names, if it was asked for.
        known_names: all gene names of the annotation or of the ready promoters.
        ambiguous_letters: IUPAC letters of the genome that were read as N.
    """

    promoters: Promoters
    annotation_names: Mapping[str, str] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    operons: Mapping[str, str] = field(default_factory=dict)
    on_absent_chromosomes: int = 0
    coding: Mapping[str, NDArray[np.int8]] = field(default_factory=dict, repr=False)
    known_names: Collection[str] = field(default=(), repr=False)
    ambiguous_letters: int = 0


def from_fasta(
    names: Sequence[str],
    path: Path,
    *,
    renames: Mapping[str, str],
    operons: Mapping[str, str],
) -> NamedPromoters:
    """Ready promoters; `renames` gives the FASTA's name of a gene where it differs."""
    ready = read_promoters(path)
    known = {name: renames.get(name, name) for name in names}
    known = {name: other for name, other in known.items() if other in ready}
    if not known:
        raise DeepRageError(
            f"no gene of the expression matrix is in the promoter FASTA {path}: the matrix has "
            f"{examples(names)}, the FASTA {examples(ready)}. Use the same names in both."
            f"{near_names_hint(names, ready)}"
        )
    tokens = {name: ready[other] for name, other in known.items()}
    check_one_length(tokens)
    check_known(operons, names, "the table of operons")
    promoters = Promoters(tokens, pd.DataFrame())
    return NamedPromoters(promoters, known, operons=operons, known_names=ready)


def from_genome(
    names: Sequence[str],
    *,
    genome: Path | None,
    annotation: Path | None,
    window: PromoterWindow,
    tss_table: Path | None = None,
    operons: Mapping[str, str],
    renames: Mapping[str, str],
    annotation_format: str | None = None,
    gene_id: str | None = None,
    circular: Collection[str] = (),
    coding: int = 0,
) -> NamedPromoters:
    """Promoters cut from a genome; see `building.build_compendium` for the arguments."""
    if tss_table is not None and window.anchor != "TSS":
        raise DeepRageError(
            "a table of transcription start sites is only used with the TSS as anchor: add "
            "`--anchor TSS`, or leave the table out."
        )
    sequences, genes = _sequences_and_genes(
        names, genome, annotation, renames, annotation_format, gene_id, circular
    )
    found = GeneNames(genes)
    known = {name: found.find(renames.get(name, name)) for name in names}
    owner = {name: gene for name, gene in known.items() if gene is not None}
    if not owner:
        raise no_overlap(names, genes, genes.attrs["id_attribute"])
    operon_of = {gene: operon for name, operon in operons.items() if (gene := found.find(name))}
    if not operon_of:
        check_known(operons, [*names, *genes["gene"]], "the table of operons")
    located = genes.dropna(subset=["chromosome"])
    wanted = set(owner.values()) | operon_of.keys()
    tss = None if tss_table is None else _named_tss(tss_table, found, owner)
    placed = located[located["gene"].isin(wanted)]
    promoters = extract_promoters(placed, sequences, window, tss=tss, operons=operon_of)
    starts = extract_coding(placed, sequences, coding) if coding else {}
    symbol = dict(zip(genes["gene"], genes["symbol"], strict=True))
    return NamedPromoters(
        promoters=_renamed(promoters, owner),
        annotation_names=owner,
        symbols={name: symbol[gene] for name, gene in owner.items()},
        operons={
            name: operon_of.get(owner.get(name, name), operons.get(name, "")) for name in names
        },
        on_absent_chromosomes=sum(gene not in promoters.tokens for gene in owner.values()),
        coding={name: starts[gene] for name, gene in owner.items() if gene in starts},
        known_names=set(genes["gene"]),
        ambiguous_letters=sum(sequence.ambiguous for sequence in sequences.values()),
    )


def _sequences_and_genes(
    names: Sequence[str],
    genome: Path | None,
    annotation: Path | None,
    renames: Mapping[str, str],
    annotation_format: str | None,
    gene_id: str | None,
    circular: Collection[str],
) -> tuple[dict[str, Chromosome], pd.DataFrame]:
    if (
        genome is None
        and annotation is not None
        and (annotation.is_dir() or is_genbank(annotation))
    ):
        genome = annotation
    if annotation is None and genome is not None and (genome.is_dir() or is_genbank(genome)):
        annotation = genome
    if genome is None or annotation is None:
        raise DeepRageError(
            "promoters need a genome with its annotation (`--genome FILE --annotation FILE`), or "
            "a FASTA of ready promoters (`--promoters FILE`)."
        )
    wanted = [renames.get(name, name) for name in names]
    table = read_annotation(annotation, format=annotation_format, gene_id=gene_id, wanted=wanted)
    sequences = read_genome(genome)
    return _reconciled(sequences, table, circular)


def _reconciled(
    sequences: dict[str, Chromosome], annotation: Annotation, circular: Collection[str]
) -> tuple[dict[str, Chromosome], pd.DataFrame]:
    """Genes with the genome's chromosome names (NaN where it has none), circles marked."""
    genes = annotation.genes
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
    genes = genes.assign(chromosome=chromosomes)
    genes.attrs["id_attribute"] = annotation.id_attribute
    return marked, genes


def _named_tss(path: Path, names: GeneNames, owner: Mapping[str, str]) -> dict[str, int]:
    """Sites by the annotation's gene names; `owner` has these for the genes of the matrix."""
    table = read_tss_table(path)
    sites = {
        gene: site for name, site in table.items() if (gene := names.find(name) or owner.get(name))
    }
    if sites.keys().isdisjoint(owner.values()):
        check_known(table, owner, f"the TSS table {path}")
    return sites


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
