"""Promoter windows: cut from a genome, or read from a FASTA file of ready promoters."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.anchors import anchor_table
from deeprage.data.dna import N_TOKEN, encode, reverse_complement
from deeprage.data.gene_records import STRANDS
from deeprage.data.genome import Chromosome, read_fasta
from deeprage.data.validation import check_unique
from deeprage.errors import DeepRageError, examples, unknown

ANCHORS = ("ATG", "TSS")
#: What becomes of genes without a coding sequence under the anchor `ATG`.
NONCODING = ("none", "tss")
#: The start codon; bacteria use GTG, TTG and CTG as well.
_START = (0, 3, 2)


@dataclass(frozen=True)
class PromoterWindow:
    """Which bases are a gene's promoter.

    Attributes:
        length: bases of the whole window.
        anchor: `ATG` (first base of the start codon) or `TSS` (first transcribed base).
        downstream: how many of the `length` bases, the last ones, lie at and after the anchor.
        noncoding: whether genes without a coding sequence are anchored at their first transcribed
            base where the others are at their start codon; else they have no promoter.
    """

    length: int = 1000
    anchor: str = "ATG"
    downstream: int = 0
    noncoding: bool = False

    def __post_init__(self) -> None:
        if self.anchor not in ANCHORS:
            raise unknown("promoter anchor", self.anchor, ANCHORS)
        if self.length < 1:
            raise DeepRageError(f"the promoter length must be at least 1, got {self.length}.")
        if not 0 <= self.downstream <= self.length:
            raise DeepRageError(
                f"the downstream part must be between 0 and the promoter length {self.length}, "
                f"got {self.downstream}."
            )


@dataclass(frozen=True)
class Promoters:
    """Promoters by gene, and where they lie.

    Attributes:
        tokens: int8 (length,) by gene, 5' to 3' towards the gene.
        windows: indexed by gene: `chromosome`, `start`, `end` (0-based, half-open, forward
            strand; negative or past the end where the window runs off or wraps), `strand`,
            `size` (of the chromosome) and `circular`. Empty for promoters from FASTA.
        padded: genes whose window runs off a linear chromosome and is filled with N.
        tss_fallbacks: genes without a known TSS, whose ATG served as anchor instead.
        shared: genes that take the promoter of their operon's first gene.
        without: why a gene has no promoter (a `gene_table.Problem`), by gene.
        by_tss: genes without a coding sequence, anchored at their TSS instead of a start codon.
        several: genes whose transcripts begin at several places, and whether the file marks the
            one that was used.
        trans_spliced: genes cut at the first of their parts.
        beyond: the linear chromosome by gene, for genes that reach past its end.
        led_by_next: genes whose operon begins with a gene without promoter, so that they have the
            promoter of the next one that has one.
        other_loci: genes that are on alternate or absent sequences as well.
        no_start_codon: of the genes anchored at a start codon, those where the genome has none.
        at_start_codon: how many genes are anchored at a start codon.
    """

    tokens: Mapping[str, NDArray[np.int8]] = field(repr=False)
    windows: pd.DataFrame = field(repr=False)
    padded: tuple[str, ...] = ()
    tss_fallbacks: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    without: Mapping[str, str] = field(default_factory=dict, repr=False)
    by_tss: tuple[str, ...] = ()
    several: Mapping[str, bool] = field(default_factory=dict, repr=False)
    trans_spliced: tuple[str, ...] = ()
    beyond: Mapping[str, str] = field(default_factory=dict, repr=False)
    led_by_next: tuple[str, ...] = ()
    other_loci: tuple[str, ...] = ()
    no_start_codon: tuple[str, ...] = ()
    at_start_codon: tuple[str, ...] = ()

    def renamed(self, owner: Mapping[str, str]) -> "Promoters":
        """The same by other names; two names of one gene share its promoter.

        Args:
            owner: gene by name; genes of this object that have no name are left out.
        """
        having = {name: gene for name, gene in owner.items() if gene in self.tokens}

        def under(genes: Collection[str]) -> tuple[str, ...]:
            chosen = set(genes)
            return tuple(name for name, gene in owner.items() if gene in chosen)

        return Promoters(
            tokens={name: self.tokens[gene] for name, gene in having.items()},
            windows=self.windows.loc[list(having.values())].set_axis(list(having), axis=0),
            padded=under(self.padded),
            tss_fallbacks=under(self.tss_fallbacks),
            shared=under(self.shared),
            without={
                name: self.without[gene] for name, gene in owner.items() if gene in self.without
            },
            by_tss=under(self.by_tss),
            several={
                name: self.several[gene] for name, gene in owner.items() if gene in self.several
            },
            trans_spliced=under(self.trans_spliced),
            beyond={name: self.beyond[gene] for name, gene in owner.items() if gene in self.beyond},
            led_by_next=under(self.led_by_next),
            other_loci=under(self.other_loci),
            no_start_codon=under(self.no_start_codon),
            at_start_codon=under(self.at_start_codon),
        )


def extract_promoters(
    genes: pd.DataFrame,
    genome: Mapping[str, Chromosome],
    window: PromoterWindow,
    *,
    tss: Mapping[str, int] | None = None,
    operons: Mapping[str, str] | None = None,
) -> Promoters:
    """Cut the promoter of each gene, 5' to 3' on the gene's strand.

    Args:
        genes: as in `annotation.Annotation.genes`, `chromosome` being names of `genome`.
        window: length, anchor and downstream part.
        tss: transcription start sites (0-based) by gene, instead of the annotation's.
        operons: gene -> operon; genes of one operon on one strand share the promoter of the
            first of them in the direction of transcription.

    A window that runs off a linear chromosome is filled with N; on a circular one it wraps. A gene
    without an anchor has no promoter.

    Raises:
        DeepRageError: genes that lie beyond their chromosomes.
    """
    every = anchor_table(genes, genome, anchor=window.anchor, noncoding=window.noncoding, tss=tss)
    sites = every[every["reason"] == ""]
    leaders = _leaders(sites, operons or {}, genome)
    first = _leaders(every[every["chromosome"].notna()], operons or {}, genome)
    lacking = set(every["gene"][every["reason"] != ""])
    located = {
        gene: (chromosome, strand, anchor)
        for gene, chromosome, strand, anchor in zip(
            sites["gene"], sites["chromosome"], sites["strand"], sites["anchor"], strict=True
        )
    }
    tokens: dict[str, NDArray[np.int8]] = {}
    rows: dict[str, tuple[str, int, int, str, int, bool]] = {}
    padded = []
    for gene in located:
        name, strand, anchor = located[leaders.get(gene, gene)]
        chromosome = genome[name]
        start, end = window_span(int(anchor), strand, window)
        tokens[gene], is_padded = cut_window(chromosome, start, end, strand)
        rows[gene] = (name, start, end, strand, len(chromosome), chromosome.circular)
        if is_padded:
            padded.append(gene)
    columns = ["chromosome", "start", "end", "strand", "size", "circular"]
    fallbacks = set(_where(sites, "fallback"))
    lost = every[every["reason"] != ""]
    several = sites[sites["alternatives"] > 1]
    at_codon = sites if window.anchor == "ATG" else sites[sites["fallback"]]
    at_codon = at_codon[~at_codon["by_tss"].astype(bool)]
    return Promoters(
        tokens=tokens,
        windows=pd.DataFrame.from_dict(rows, orient="index", columns=columns),
        padded=tuple(padded),
        tss_fallbacks=tuple(gene for gene in sites["gene"] if leaders.get(gene, gene) in fallbacks),
        shared=tuple(gene for gene in sites["gene"] if leaders.get(gene, gene) != gene),
        without=dict(zip(lost["gene"], lost["reason"], strict=True)),
        by_tss=_where(sites, "by_tss"),
        several=dict(zip(several["gene"], several["marked"].astype(bool), strict=True)),
        trans_spliced=_where(sites, "trans_spliced"),
        beyond=dict(every.loc[every["beyond"].astype(bool), ["gene", "chromosome"]].to_numpy()),
        led_by_next=tuple(g for g in located if g in leaders and first[g] in lacking),
        other_loci=_where(sites, "other_loci"),
        no_start_codon=_without_start_codon(at_codon, genome),
        at_start_codon=tuple(at_codon["gene"]),
    )


def _where(sites: pd.DataFrame, column: str) -> tuple[str, ...]:
    return tuple(sites["gene"][sites[column].astype(bool)])


def _without_start_codon(sites: pd.DataFrame, genome: Mapping[str, Chromosome]) -> tuple[str, ...]:
    """Genes whose first coding bases are not ATG, GTG, TTG or CTG (in parts if spliced)."""
    codon = PromoterWindow(length=3, downstream=3)
    lost = []
    for gene, name, strand, anchor in zip(
        sites["gene"], sites["chromosome"], sites["strand"], sites["anchor"], strict=True
    ):
        start, end = window_span(int(anchor), strand, codon)
        tokens, _ = cut_window(genome[name], start, end, strand)
        if tuple(tokens[1:]) != _START[1:] or tokens[0] == N_TOKEN:
            lost.append(gene)
    return tuple(lost)


def window_span(anchor: int, strand: str, window: PromoterWindow) -> tuple[int, int]:
    """Start and end (0-based, half-open, forward strand) of a window; may leave the chromosome."""
    if strand == "+":
        end = anchor + window.downstream
        return end - window.length, end
    start = anchor + 1 - window.downstream
    return start, start + window.length


def cut_window(
    chromosome: Chromosome, start: int, end: int, strand: str
) -> tuple[NDArray[np.int8], bool]:
    """Tokens of a window 5' to 3' on `strand`, and whether it had to be filled with N."""
    size = len(chromosome)
    positions = np.arange(start, end)
    if chromosome.circular:
        # A window longer than the circle must not repeat it: bases past one turn, counted from
        # the gene, are unknown.
        inside = positions >= end - size if strand == "+" else positions < start + size
    else:
        inside = (positions >= 0) & (positions < size)
    tokens = np.full(len(positions), N_TOKEN, dtype=np.int8)
    tokens[inside] = chromosome.tokens[positions[inside] % size]
    cut = tokens if strand == "+" else reverse_complement(tokens)
    return cut, not bool(inside.all())


def read_promoters(path: Path) -> dict[str, NDArray[np.int8]]:
    """Ready promoters from FASTA, 5' to 3' towards the gene; the first word names the gene.

    Returns:
        int8 tokens by gene.

    Raises:
        DeepRageError: missing file, no sequences or an empty one, a gene without a name or given
            twice, letters outside ACGTN.
    """
    pairs = [
        ((header.split() or [""])[0], sequence)
        for header, sequence in read_fasta(path, "the promoter FASTA")
    ]
    if not pairs:
        raise DeepRageError(f"the promoter FASTA {path} has no sequences (lines that start '>').")
    check_unique([name for name, _ in pairs], f"promoters in {path}", "keep one a gene")
    empty = [name for name, sequence in pairs if not sequence]
    if empty:
        raise DeepRageError(
            f"{len(empty)} of {len(pairs)} promoters in {path} have no bases, such as "
            f"{examples(empty)}: is the file cut short? Give their sequences or leave them out."
        )
    return {name: encode(sequence, name=f"the promoter {name!r}") for name, sequence in pairs}


def _leaders(
    sites: pd.DataFrame, operons: Mapping[str, str], genome: Mapping[str, Chromosome]
) -> dict[str, str]:
    """The first gene, in the direction of transcription, of each gene's operon."""
    members = sites.assign(operon=[operons.get(gene, "") for gene in sites["gene"]])
    members = members[(members["operon"] != "") & members["strand"].isin(STRANDS)]
    leaders: dict[str, str] = {}
    for keys, part in members.groupby(["operon", "chromosome", "strand"], sort=False):
        chromosome = genome[str(keys[1])]
        begins = part["start_codon"].fillna(part["anchor"]).fillna(_first_base(part)).to_numpy()
        first = _first(begins, str(keys[2]), chromosome)
        leader = str(part["gene"].iloc[first])
        leaders |= dict.fromkeys(part["gene"], leader)
    return leaders


def _first_base(sites: pd.DataFrame) -> pd.Series:
    """The 5'-most base of each gene."""
    return sites["start"].where(sites["strand"] == "+", sites["end"] - 1)


def _first(positions: NDArray[np.float64], strand: str, chromosome: Chromosome) -> int:
    size = len(chromosome)
    if chromosome.circular and positions.max() - positions.min() > size / 2:
        # The operon crosses the origin: count on from there.
        positions = np.where(positions < size / 2, positions + size, positions)
    return int(np.argmin(positions) if strand == "+" else np.argmax(positions))
