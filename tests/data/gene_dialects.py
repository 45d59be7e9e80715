"""Random genes, and writers of them in the dialects of annotation files.

`Gene` and `Transcript` say where bases lie; `window` cuts them out of the letters of a chromosome.
Nothing here uses the package, so that its readers can be compared with it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
Span = tuple[int, int]


@dataclass
class Transcript:
    """Exons (0-based, half-open, ascending), and the coding bases among theirs, if any."""

    name: str
    exons: list[Span]
    first_coding: int = 0
    last_coding: int = -1

    @property
    def span(self) -> Span:
        return self.exons[0][0], self.exons[-1][1]

    @property
    def coding(self) -> list[Span]:
        """Coding parts, ascending."""
        cut = [(max(a, self.first_coding), min(b, self.last_coding)) for a, b in self.exons]
        return [(a, b) for a, b in cut if a < b]

    def outside(self, *, left: bool) -> list[Span]:
        """Untranslated parts on the left or on the right of the coding ones."""
        if not self.coding:
            return []
        low, high = self.coding[0][0], self.coding[-1][1]
        cut = [(a, min(b, low)) if left else (max(a, high), b) for a, b in self.exons]
        return [(a, b) for a, b in cut if a < b]


@dataclass
class Gene:
    """A gene; its first transcript is the canonical one."""

    name: str
    symbol: str
    chromosome: str
    strand: str
    transcripts: list[Transcript] = field(default_factory=list)

    @property
    def span(self) -> Span:
        spans = [transcript.span for transcript in self.transcripts]
        return min(a for a, _ in spans), max(b for _, b in spans)

    @property
    def start_codon(self) -> int | None:
        """The first coding base of the canonical transcript."""
        parts = self.transcripts[0].coding
        if not parts:
            return None
        return parts[0][0] if self.strand == "+" else parts[-1][1] - 1

    @property
    def tss(self) -> int:
        """The first base of the canonical transcript."""
        low, high = self.transcripts[0].span
        return low if self.strand == "+" else high - 1


def window(letters: str, anchor: int, strand: str, length: int, downstream: int) -> str:
    """Bases up to an anchor and `downstream` more, 5' to 3', N beyond the ends."""
    if strand == "+":
        bases = range(anchor + downstream - length, anchor + downstream)
    else:
        bases = range(anchor + length - downstream, anchor - downstream, -1)
    cut = "".join(letters[i] if 0 <= i < len(letters) else "N" for i in bases)
    return cut if strand == "+" else cut.translate(COMPLEMENT)


def random_genome(seed: int, *, size: int = 14_000) -> dict[str, str]:
    """Letters of two chromosomes."""
    rng = np.random.default_rng(seed)
    return {name: "".join(rng.choice(list("ACGT"), size)) for name in ("1", "2")}


def random_genes(seed: int, *, isoforms: bool = True, longest_first: bool = True) -> list[Gene]:
    """Genes on both strands of two chromosomes, 1 to 4 exons each, a few without a protein.

    Args:
        longest_first: the canonical transcript has the longest coding sequence as well.
    """
    rng = np.random.default_rng(seed)
    genes = []
    for number in range(16):
        chromosome, place = ("1", "2")[number % 2], number // 2
        strand = str(rng.choice(["+", "-"]))
        gene = Gene(f"QG{number:04d}", f"sym{number}", chromosome, strand)
        begin = 60 + 1_700 * place
        coding = number % 5 != 4
        number_of = int(rng.integers(1, 4)) if isoforms else 1
        for isoform in range(number_of):
            exons = _random_exons(rng, begin + int(rng.integers(0, 40)), int(rng.integers(1, 5)))
            transcript = Transcript(f"{gene.name}.t{isoform + 1}", exons)
            if coding:
                _add_coding(rng, transcript)
            gene.transcripts.append(transcript)
        lengths = [sum(b - a for a, b in one.coding) for one in gene.transcripts]
        exonic = [sum(b - a for a, b in one.exons) for one in gene.transcripts]
        order = sorted(range(number_of), key=lambda i: (-lengths[i], -exonic[i]))
        gene.transcripts = [gene.transcripts[i] for i in order]
        if not longest_first:
            gene.transcripts.reverse()
        # Two transcripts of one length in coding bases would make the order a matter of taste.
        if len(set(lengths)) < number_of and coding:
            gene.transcripts = gene.transcripts[:1]
        if not coding and len(set(exonic)) < number_of:
            gene.transcripts = gene.transcripts[:1]
        genes.append(gene)
    return genes


def _random_exons(rng: np.random.Generator, begin: int, number: int) -> list[Span]:
    exons = []
    for _ in range(number):
        length = int(rng.integers(40, 200))
        exons.append((begin, begin + length))
        begin += length + int(rng.integers(30, 120))
    return exons


def _add_coding(rng: np.random.Generator, transcript: Transcript) -> None:
    """Coding bases, a multiple of three, perhaps up to the transcript's first or last base."""
    bases = [base for low, high in transcript.exons for base in range(low, high)]
    left = int(rng.integers(0, 12)) * int(rng.integers(0, 2))
    right = int(rng.integers(0, 12)) * int(rng.integers(0, 2))
    kept = bases[left : len(bases) - right]
    kept = kept[: len(kept) - len(kept) % 3]
    transcript.first_coding, transcript.last_coding = kept[0], kept[-1] + 1


def phases(parts: list[Span], strand: str) -> dict[Span, int]:
    """Bases before the next codon, by coding part."""
    ordered = parts if strand == "+" else parts[::-1]
    found, done = {}, 0
    for part in ordered:
        found[part] = -done % 3
        done += part[1] - part[0]
    return found


Row = tuple[str, str, Span, str, str, str]


def _line(chromosome: str, kind: str, span: Span, strand: str, phase: object, text: str) -> str:
    return f"{chromosome}\tx\t{kind}\t{span[0] + 1}\t{span[1]}\t.\t{strand}\t{phase}\t{text}\n"


def ensembl_gff3(genes: list[Gene]) -> str:
    """As Ensembl: prefixed identifiers, `biotype`, `tag=Ensembl_canonical`."""
    out = ["##gff-version 3\n", "##sequence-region 1 1 14000\n"]
    for gene in genes:
        kind = "gene" if gene.start_codon is not None else "ncRNA_gene"
        c, s = gene.chromosome, gene.strand
        text = f"ID=gene:{gene.name};Name={gene.symbol};biotype=x;gene_id={gene.name};version=2"
        out.append(_line(c, kind, gene.span, s, ".", text))
        for number, one in enumerate(gene.transcripts):
            tag = ";tag=basic,Ensembl_canonical" if number == 0 else ";tag=basic"
            rna = "mRNA" if one.coding else "lnc_RNA"
            text = f"ID=transcript:{one.name};Parent=gene:{gene.name};Name={gene.symbol}-20{number}"
            out.append(_line(c, rna, one.span, s, ".", f"{text}{tag};transcript_id={one.name}"))
            parent = f"Parent=transcript:{one.name}"
            for left, kind in ((s == "+", "five_prime_UTR"), (s != "+", "three_prime_UTR")):
                out += [_line(c, kind, u, s, ".", parent) for u in one.outside(left=left)]
            out += [
                _line(c, "exon", e, s, ".", f"{parent};Name={one.name}.e{i};rank={i + 1}")
                for i, e in enumerate(one.exons if s == "+" else one.exons[::-1])
            ]
            out += [
                _line(c, "CDS", p, s, phase, f"ID=CDS:{one.name}p;{parent};protein_id={one.name}p")
                for p, phase in phases(one.coding, s).items()
            ]
    return "".join(out) + "###\n"


def ncbi_gff3(genes: list[Gene]) -> str:
    """As NCBI: `gene-`, `rna-`, `cds-`, Dbxref, `tag=RefSeq Select`, a region line."""
    out = ["##gff-version 3\n"]
    out += [_line(x, "region", (0, 14_000), "+", ".", f"ID={x}:1..14000") for x in ("1", "2")]
    for number, gene in enumerate(genes):
        c, s = gene.chromosome, gene.strand
        own = f"Dbxref=GeneID:{9000 + number};gbkey=Gene;gene={gene.symbol};locus_tag={gene.name}"
        out.append(_line(c, "gene", gene.span, s, ".", f"ID=gene-{gene.name};{own}"))
        for i, one in enumerate(gene.transcripts):
            tag = ";tag=RefSeq Select" if i == 0 else ""
            rna = "mRNA" if one.coding else "ncRNA"
            text = f"ID=rna-{one.name};Parent=gene-{gene.name};gene={gene.symbol}{tag}"
            out.append(_line(c, rna, one.span, s, ".", text))
            parent = f"Parent=rna-{one.name}"
            ordered = one.exons if s == "+" else one.exons[::-1]
            out += [
                _line(c, "exon", e, s, ".", f"ID=exon-{one.name}-{k};{parent}{tag}")
                for k, e in enumerate(ordered, start=1)
            ]
            out += [
                _line(c, "CDS", p, s, phase, f"ID=cds-{one.name};{parent};locus_tag={gene.name}")
                for p, phase in phases(one.coding, s).items()
            ]
    return "".join(out)


def phytozome_gff3(genes: list[Gene]) -> str:
    """As Phytozome: `longest=1`, an identifier for each coding part, genes after their parts."""
    out = []
    for gene in genes:
        c, s = gene.chromosome, gene.strand
        own = []
        for i, one in enumerate(gene.transcripts):
            text = f"ID={one.name}.v3;Name={one.name};pacid={i};longest={int(i == 0)}"
            own.append(_line(c, "mRNA", one.span, s, ".", f"{text};Parent={gene.name}.v3"))
            own += [
                _line(c, "CDS", p, s, phase, f"ID={one.name}.v3.CDS.{k};Parent={one.name}.v3")
                for k, (p, phase) in enumerate(phases(one.coding, s).items())
            ]
            for k, exon in enumerate(one.exons):
                own.append(
                    _line(c, "exon", exon, s, ".", f"ID={one.name}.e{k};Parent={one.name}.v3")
                )
        own.append(_line(c, "gene", gene.span, s, ".", f"ID={gene.name}.v3;Name={gene.name}"))
        out += own
    return "##gff-version 3\n" + "".join(out)


def gffread_gff3(genes: list[Gene]) -> str:
    """As gffread: no lines of genes, `geneID` on the transcripts, shared exons with two parents."""
    out = []
    for gene in genes:
        c, s = gene.chromosome, gene.strand
        exons: dict[Span, list[str]] = {}
        for i, one in enumerate(gene.transcripts):
            mark = ";canonical=1" if i == 0 else ""
            text = f"ID={one.name};geneID={gene.name};gene_name={gene.symbol}{mark}"
            out.append(_line(c, "transcript", one.span, s, ".", text))
            for exon in one.exons:
                exons.setdefault(exon, []).append(one.name)
            out += [
                _line(c, "CDS", p, s, phase, f"Parent={one.name}")
                for p, phase in phases(one.coding, s).items()
            ]
        out += [_line(c, "exon", e, s, ".", f"Parent={','.join(x)}") for e, x in exons.items()]
    return "##gff-version 3\n" + "".join(out)


def coding_gff3(genes: list[Gene]) -> str:
    """As bacterial annotators: coding sequences alone, with a locus tag, then a FASTA section."""
    out = []
    for gene in genes:
        one = gene.transcripts[0]
        text = f"ID={gene.name};Name={gene.symbol};locus_tag={gene.name}"
        for part, phase in phases(one.coding, gene.strand).items():
            out.append(_line(gene.chromosome, "CDS", part, gene.strand, phase, text))
    return "##gff-version 3\n" + "".join(out) + "##FASTA\n>1\nACGT\n"


def _gtf(genes: list[Gene], kinds: str, text: Callable[[Gene, Transcript | None, int], str]) -> str:
    """GTF lines of some kinds; `text` gives the ninth column for a gene or a transcript."""
    out = []
    for gene in genes:
        c, s = gene.chromosome, gene.strand
        if "gene" in kinds:
            out.append(_line(c, "gene", gene.span, s, ".", text(gene, None, 0)))
        for number, one in enumerate(gene.transcripts):
            own = text(gene, one, number)
            if "transcript" in kinds:
                out.append(_line(c, "transcript", one.span, s, ".", own))
            ordered = one.exons if s == "+" else one.exons[::-1]
            for k, exon in enumerate(ordered, start=1):
                if "exon" in kinds:
                    out.append(_line(c, "exon", exon, s, ".", f'{own} exon_number "{k}";'))
            if "CDS" in kinds:
                for part, phase in phases(one.coding, s).items():
                    out.append(_line(c, "CDS", part, s, phase, own))
            if "UTR" in kinds:
                for left in (True, False):
                    out += [_line(c, "UTR", u, s, ".", own) for u in one.outside(left=left)]
            if "codon" in kinds and one.coding:
                out += [_line(c, "start_codon", p, s, 0, own) for p in _first_codon(one, s)]
    return "".join(out)


def _first_codon(transcript: Transcript, strand: str) -> list[Span]:
    bases = [base for low, high in transcript.coding for base in range(low, high)]
    codon = bases[:3] if strand == "+" else bases[-3:]
    return [(base, base + 1) for base in codon]


def ensembl_gtf(genes: list[Gene]) -> str:
    """As Ensembl: versions beside, `tag "Ensembl_canonical"`."""

    def text(gene: Gene, one: Transcript | None, number: int) -> str:
        own = f'gene_id "{gene.name}"; gene_version "3"; gene_name "{gene.symbol}";'
        if one is None:
            return own
        tag = ' tag "basic"; tag "Ensembl_canonical";' if number == 0 else ' tag "basic";'
        return f'{own} transcript_id "{one.name}"; transcript_version "1";{tag}'

    return "#!genome-build toy\n" + _gtf(genes, "gene transcript exon CDS UTR codon", text)


def gencode_gtf(genes: list[Gene]) -> str:
    """As GENCODE: versions in the identifiers, `level 2`, `tag "MANE_Select"`, `chr` names."""

    def text(gene: Gene, one: Transcript | None, number: int) -> str:
        own = f'gene_id "{gene.name}"; gene_type "x"; gene_name "{gene.symbol}"; level 2;'
        if one is None:
            return own
        tag = ' tag "MANE_Select"; tag "appris_principal_1";' if number == 0 else ""
        return f'{own} transcript_id "{one.name}.1"; transcript_type "protein_coding";{tag}'

    chr_names = _renamed(genes, lambda name: f"chr{name}")
    return "##format: gtf\n" + _gtf(chr_names, "gene transcript exon CDS UTR codon", text)


def ncbi_gtf(genes: list[Gene]) -> str:
    """As NCBI: `transcript_id ""` on genes, several `db_xref`, `tag "RefSeq Select"`."""

    def text(gene: Gene, one: Transcript | None, number: int) -> str:
        own = f'gene_id "{gene.name}"; transcript_id "{"" if one is None else one.name}"; '
        own += f'db_xref "GeneID:{number}"; db_xref "X:1"; gene "{gene.symbol}"; gbkey "x";'
        return f'{own} tag "RefSeq Select";' if one is not None and number == 0 else own

    return "#gtf-version 2.2\n" + _gtf(genes, "gene transcript exon CDS codon", text)


def braker_gtf(genes: list[Gene]) -> str:
    """As BRAKER and AUGUSTUS: identifiers alone in the ninth column of genes and transcripts."""

    def text(gene: Gene, one: Transcript | None, number: int) -> str:
        return f'transcript_id "{one.name}"; gene_id "{gene.name}";' if one else gene.name

    lines = []
    for line in _gtf(genes, "gene transcript exon CDS", text).splitlines(keepends=True):
        fields = line.split("\t")
        if fields[2] == "transcript":
            fields[8] = fields[8].split('"')[1] + "\n"
        lines.append("\t".join(fields))
    return "".join(lines)


def ucsc_gtf(genes: list[Gene]) -> str:
    """As UCSC's table browser: exons, coding parts and start codons alone."""

    def text(gene: Gene, one: Transcript | None, number: int) -> str:
        return f'gene_id "{gene.name}"; transcript_id "{one.name if one else ""}";'

    return _gtf(genes, "exon CDS codon", text)


def stringtie_gtf(genes: list[Gene]) -> str:
    """As StringTie: transcripts and exons, no coding sequences."""

    def text(gene: Gene, one: Transcript | None, number: int) -> str:
        return f'gene_id "{gene.name}"; transcript_id "{one.name if one else ""}"; cov "1.5";'

    return "# StringTie version 2\n" + _gtf(genes, "transcript exon", text)


def coding_gtf(genes: list[Gene]) -> str:
    """Coding parts with a gene alone."""
    return _gtf(genes, "CDS", lambda gene, one, number: f"gene_id {gene.name};")


def genbank(genes: list[Gene]) -> str:
    """As NCBI: gene, mRNA and CDS features joined by locus tag, without the sequence."""
    out = []
    for name in ("1", "2"):
        out.append(
            f"LOCUS       {name:<16} 14000 bp    DNA     linear   PLN 01-JAN-2024\n"
            f"DEFINITION  toy.\nACCESSION   {name}\nVERSION     {name}.1\n"
            "FEATURES             Location/Qualifiers\n"
            f'     source          1..14000\n                     /chromosome="{name}"\n'
        )
        for gene in (gene for gene in genes if gene.chromosome == name):
            out += _features(gene)
        out.append(f"CONTIG      join(X{name}:1..14000)\n//\n")
    return "".join(out)


def _features(gene: Gene) -> Iterator[str]:
    named = f'                     /gene="{gene.symbol}"\n'
    named += f'                     /locus_tag="{gene.name}"\n'
    yield f"     gene            {_location([gene.span], gene.strand)}\n{named}"
    for one in gene.transcripts:
        kind = "mRNA " if one.coding else "ncRNA"
        yield f"     {kind}           {_location(one.exons, gene.strand)}\n{named}"
    for one in gene.transcripts:
        if one.coding:
            yield f"     CDS             {_location(one.coding, gene.strand)}\n{named}"


def _location(spans: list[Span], strand: str) -> str:
    parts = ",".join(f"{low + 1}..{high}" for low, high in spans)
    joined = parts if len(spans) == 1 else f"join({parts})"
    return joined if strand == "+" else f"complement({joined})"


def sgd(genes: list[Gene]) -> str:
    """As SGD: the reading frame from start to stop codon, 5' end first."""
    out = []
    for number, gene in enumerate(genes):
        parts = gene.transcripts[0].coding or gene.transcripts[0].exons
        low, high = parts[0][0] + 1, parts[-1][1]
        start, stop = (low, high) if gene.strand == "+" else (high, low)
        kind = "ORF" if gene.start_codon is not None else "ncRNA"
        out.append(
            f"S{number:09d}\t{kind}\tVerified\t{gene.name}\t{gene.symbol}\t\tchromosome\t\t"
            f"{gene.chromosome}\t{start}\t{stop}\t{'W' if gene.strand == '+' else 'C'}\t\t\t\t\n"
        )
    return "".join(out)


def _renamed(genes: list[Gene], name: Callable[[str], str]) -> list[Gene]:
    return [
        Gene(gene.name, gene.symbol, name(gene.chromosome), gene.strand, gene.transcripts)
        for gene in genes
    ]
