"""The same random genes in every dialect give the windows of a plain extraction."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.data import gene_dialects as dialects
from tests.data.gene_dialects import Gene, window

from deeprage.data.annotation import read_annotation
from deeprage.data.coding import extract_coding
from deeprage.data.dna import decode, encode
from deeprage.data.genome import Chromosome
from deeprage.data.placement import place_genes
from deeprage.data.promoters import Promoters, PromoterWindow, extract_promoters

Writer = Callable[[list[Gene]], str]
#: Dialects that mark the canonical transcript, and those in which the longest one counts.
MARKED = [
    dialects.ensembl_gff3, dialects.ncbi_gff3, dialects.phytozome_gff3, dialects.gffread_gff3,
    dialects.ensembl_gtf, dialects.gencode_gtf, dialects.ncbi_gtf,
]  # fmt: skip
UNMARKED = [dialects.braker_gtf, dialects.ucsc_gtf, dialects.genbank]
SINGLE = [dialects.coding_gff3, dialects.coding_gtf, dialects.sgd]
SEEDS = [1, 2, 3]
LENGTH, DOWNSTREAM = 150, 20


class Read:
    """Genes of a text, and promoters cut out of the genome by the package."""

    def __init__(self, text: str, genome: dict[str, str], folder: Path) -> None:
        path = folder / "annotation"
        path.write_text(text)
        chromosomes = {n: Chromosome(n, n, encode(letters)) for n, letters in genome.items()}
        self.chromosomes, self.genes = place_genes(read_annotation(path), chromosomes)
        names = {v: g for g, x in zip(self.genes["gene"], self.genes["identifiers"], strict=True)
                 for _, v in x}  # fmt: skip
        self.called = names | {g: g for g in self.genes["gene"]}

    def promoters(self, genes: list[Gene], anchor: str, *, noncoding: bool = False) -> Promoters:
        cut = PromoterWindow(LENGTH, anchor, DOWNSTREAM, noncoding)
        return extract_promoters(self.genes, self.chromosomes, cut).renamed(
            {gene.name: self.called[gene.name] for gene in genes}
        )


def expected(genes: list[Gene], genome: dict[str, str], anchor: str) -> dict[str, str]:
    """Windows of a plain extraction, of the genes that have an anchor."""
    cut = {}
    for gene in genes:
        base = gene.tss if anchor == "TSS" else gene.start_codon
        if base is not None:
            letters = genome[gene.chromosome]
            cut[gene.name] = window(letters, base, gene.strand, LENGTH, DOWNSTREAM)
    return cut


def letters_of(promoters: Promoters) -> dict[str, str]:
    return {gene: decode(tokens) for gene, tokens in promoters.tokens.items()}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("writer", "longest_first"),
    [(w, True) for w in [*MARKED, *UNMARKED]] + [(w, False) for w in MARKED],
)
def test_windows_at_start_codons_and_transcription_starts(
    tmp_path: Path, writer: Writer, seed: int, longest_first: bool
) -> None:
    genome = dialects.random_genome(seed)
    genes = dialects.random_genes(seed, longest_first=longest_first)
    read = Read(writer(genes), genome, tmp_path)
    assert letters_of(read.promoters(genes, "ATG")) == expected(genes, genome, "ATG")
    assert letters_of(read.promoters(genes, "TSS")) == expected(genes, genome, "TSS")
    starts = extract_coding(read.genes, read.chromosomes, 60)
    coded = {g.name: decode(starts[read.called[g.name]]) for g in genes if g.start_codon}
    assert coded == {
        gene.name: window(genome[gene.chromosome], gene.start_codon, gene.strand, 60, 60)
        for gene in genes
        if gene.start_codon
    }
    assert len(starts) == len(coded)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("writer", SINGLE)
def test_windows_of_dialects_with_coding_sequences_alone(
    tmp_path: Path, writer: Writer, seed: int
) -> None:
    genome = dialects.random_genome(seed)
    genes = dialects.random_genes(seed, isoforms=False)
    coding = [gene for gene in genes if gene.start_codon is not None]
    read = Read(writer(genes), genome, tmp_path)
    assert letters_of(read.promoters(coding, "ATG")) == expected(coding, genome, "ATG")
    found = read.promoters(coding, "TSS")
    assert letters_of(found) == expected(coding, genome, "ATG")
    assert set(found.tss_fallbacks) == {gene.name for gene in coding}


@pytest.mark.parametrize("seed", SEEDS)
def test_transcripts_without_coding_sequences_have_transcription_starts(
    tmp_path: Path, seed: int
) -> None:
    genome, genes = dialects.random_genome(seed), dialects.random_genes(seed, isoforms=False)
    read = Read(dialects.stringtie_gtf(genes), genome, tmp_path)
    assert letters_of(read.promoters(genes, "TSS")) == expected(genes, genome, "TSS")
    assert not read.promoters(genes, "ATG").tokens
    asked = read.promoters(genes, "ATG", noncoding=True)
    assert letters_of(asked) == expected(genes, genome, "TSS")
    assert set(asked.by_tss) == {gene.name for gene in genes}


@pytest.mark.parametrize("writer", [w for w in [*MARKED, *UNMARKED] if w is not dialects.genbank])
def test_the_order_of_lines_does_not_matter(tmp_path: Path, writer: Writer) -> None:
    genome, genes = dialects.random_genome(5), dialects.random_genes(5)
    lines = writer(genes).splitlines(keepends=True)
    head = [line for line in lines if line.startswith("#")]
    rest = [line for line in lines if not line.startswith("#")]
    random.Random(5).shuffle(rest)
    read = Read("".join(head + rest), genome, tmp_path)
    for anchor in ("ATG", "TSS"):
        assert letters_of(read.promoters(genes, anchor)) == expected(genes, genome, anchor)


@pytest.mark.parametrize("writer", MARKED)
def test_genes_with_several_starts_are_counted(tmp_path: Path, writer: Writer) -> None:
    genome, genes = dialects.random_genome(6), dialects.random_genes(6, longest_first=False)
    found = Read(writer(genes), genome, tmp_path).promoters(genes, "ATG")
    several = {}
    for gene in genes:
        parts = [one.coding for one in gene.transcripts if one.coding]
        starts = {p[0][0] if gene.strand == "+" else p[-1][1] for p in parts}
        if len(starts) > 1:
            several[gene.name] = True
    assert found.several == several
    assert several
