"""Gene models in situations that annotation files bring: where each gene begins, or why nowhere."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from deeprage.data.annotation import Annotation, detect_format, read_annotation
from deeprage.data.gene_table import Problem
from deeprage.data.genome import Chromosome
from deeprage.data.model_notes import model_remarks
from deeprage.data.names import NameResolver
from deeprage.data.placement import place_genes
from deeprage.data.promoters import Promoters, PromoterWindow, extract_promoters

NAN = float("nan")


def gff(*lines: str) -> str:
    """GFF3 from `type start end strand phase attributes`, on chromosome c unless `chr:type`."""
    return "##gff-version 3\n" + _lines(lines)


def gtf(*lines: str) -> str:
    """GTF in the same way; `gene transcript` as attributes are the two identifiers."""
    out = []
    for line in lines:
        kind, start, end, strand, phase, gene, *rest = line.split()
        text = f'gene_id "{gene}";'
        if rest and rest[0] != "-":
            text += f' transcript_id "{rest[0]}";'
        text += "".join(f' {x.split("=")[0]} "{x.split("=")[1]}";' for x in rest[1:])
        out.append(f"{kind} {start} {end} {strand} {phase} {text}")
    return _lines(out)


def _lines(lines: Any) -> str:
    out = ""
    for line in lines:
        kind, start, end, strand, phase, text = line.split(" ", 5)
        chromosome, _, kind = kind.rpartition(":")
        out += "\t".join([chromosome or "c", "x", kind, start, end, ".", strand, phase, text])
        out += "\n"
    return out


def read(folder: Path, text: str) -> Annotation:
    path = folder / "annotation"
    path.write_text(text)
    return read_annotation(path)


def genes_of(folder: Path, text: str) -> pd.DataFrame:
    return read(folder, text).genes.set_index("gene")


def genome(*names: str, size: int = 1000, circular: bool = False) -> dict[str, Chromosome]:
    tokens = np.random.default_rng(0).integers(0, 4, size).astype(np.int8)
    return {n.split()[0]: Chromosome(n.split()[0], n, tokens, circular) for n in names or ("c",)}


def cut(
    folder: Path, text: str, chromosomes: dict[str, Chromosome] | None = None, **window: Any
) -> Promoters:
    marked, genes = place_genes(read(folder, text), chromosomes or genome())
    return extract_promoters(genes, marked, PromoterWindow(20, **window))


class TestStrand:
    def test_a_gene_without_strand_has_no_promoter(self, tmp_path: Path) -> None:
        text = gtf("exon 101 200 . . a a1", "exon 301 400 + . b b1", "exon 301 400 ? . d d1")
        found = cut(tmp_path, text, anchor="TSS")
        assert found.without == {"a": Problem.NO_STRAND, "d": Problem.NO_STRAND}
        assert list(found.tokens) == ["b"]
        (remark,) = model_remarks(found, PromoterWindow(20, "TSS"))
        assert remark.startswith("2 genes ('a', 'd') have no promoter: the annotation gives no str")

    def test_the_strand_of_other_lines_serves(self, tmp_path: Path) -> None:
        text = gff("gene 101 200 . . ID=a", "CDS 111 140 - 0 ID=p;Parent=a")
        assert genes_of(tmp_path, text).loc["a", ["strand", "start_codon"]].tolist() == ["-", 139]


TRANS = {
    "lines of the gene numbered": gff(
        "gene 201 260 - . ID=a;exception=trans-splicing;part=1",
        "gene 501 580 + . ID=a;exception=trans-splicing;part=2",
        "CDS 501 530 + 0 ID=p;Parent=a;exception=trans-splicing",
        "CDS 551 580 + 0 ID=p;Parent=a;exception=trans-splicing",
        "CDS 211 250 - 0 ID=p;Parent=a;exception=trans-splicing",
    ),
    "coding parts numbered": gff(
        "gene 201 580 ? . ID=a;exception=trans-splicing",
        "CDS 551 580 + 0 ID=p;Parent=a;exception=trans-splicing;part=3",
        "CDS 501 530 + 0 ID=p;Parent=a;exception=trans-splicing;part=2",
        "CDS 211 250 - 0 ID=p;Parent=a;exception=trans-splicing;part=1",
    ),
    "exons numbered": gtf(
        "gene 201 580 - . a -",
        "transcript 201 580 - . a t",
        "exon 501 530 + . a t exon_number=2",
        "CDS 501 530 + 0 a t exon_number=2",
        "exon 551 580 + . a t exon_number=3",
        "CDS 551 580 + 0 a t exon_number=3",
        "exon 201 260 - . a t exon_number=1",
        "CDS 211 250 - 0 a t exon_number=1",
    ),
    "phases": gff(
        "gene 201 580 . . ID=a;exception=trans-splicing",
        "CDS 501 530 + 2 ID=p;Parent=a;exception=trans-splicing",
        "CDS 551 580 + 2 ID=p;Parent=a;exception=trans-splicing",
        "CDS 211 250 - 0 ID=p;Parent=a;exception=trans-splicing",
    ),
    "GenBank": """LOCUS       c                       1000 bp    DNA     linear   PLN 01-JAN-2020
ACCESSION   c
VERSION     c
FEATURES             Location/Qualifiers
     gene            join(complement(201..260),501..580)
                     /locus_tag="a"
                     /trans_splicing
     CDS             join(complement(211..250),501..530,551..580)
                     /locus_tag="a"
                     /trans_splicing
CONTIG      join(X:1..1000)
//
""",
}


class TestTransSplicing:
    @pytest.mark.parametrize("text", TRANS.values(), ids=TRANS)
    def test_the_first_part_is_the_place_of_the_gene(self, tmp_path: Path, text: str) -> None:
        genes = genes_of(tmp_path, text)
        kept = ["strand", "start_codon", "problem", "trans_spliced"]
        assert genes.loc["a", kept].tolist() == ["-", 249, "", True]
        remarks = model_remarks(cut(tmp_path, text), PromoterWindow(20))
        assert remarks == ("1 gene ('a') is trans-spliced and cut at the first part.",)

    def test_on_one_strand_the_number_goes_before_the_coordinates(self, tmp_path: Path) -> None:
        text = gff(
            "gene 501 580 + . ID=a;exception=trans-splicing;part=1",
            "gene 201 260 + . ID=a;exception=trans-splicing;part=2",
            "CDS 201 260 + 0 ID=p;Parent=a;exception=trans-splicing",
            "CDS 501 530 + 0 ID=p;Parent=a;exception=trans-splicing",
        )
        assert genes_of(tmp_path, text).loc["a", "start_codon"] == 500

    def test_parts_without_an_order_have_no_place(self, tmp_path: Path) -> None:
        text = gff(
            "gene 201 580 . . ID=a;exception=trans-splicing",
            "CDS 501 530 + 0 ID=p;Parent=a",
            "CDS 221 250 - 0 ID=p;Parent=a",
        )
        found = cut(tmp_path, text)
        assert found.without == {"a": Problem.UNORDERED}

    def test_a_frameshift_is_none(self, tmp_path: Path) -> None:
        text = gff(
            "gene 201 400 - . ID=a",
            "CDS 211 260 - 0 ID=p;Parent=a;exception=ribosomal slippage;part=1",
            "CDS 260 390 - 0 ID=p;Parent=a;exception=ribosomal slippage;part=2",
        )
        assert genes_of(tmp_path, text).loc["a", ["start_codon", "trans_spliced"]].tolist() == [
            389, False
        ]  # fmt: skip


def copies(one: str, other: str, *, lines: str = "gene transcript CDS") -> list[str]:
    """A gene of one transcript at two places, `start end strand`, as GTF."""
    return [
        f"{'d:' if place.startswith('d:') else ''}{kind} {place.removeprefix('d:')} "
        f"{'0' if kind == 'CDS' else '.'} a {'-' if kind == 'gene' else 't'}"
        for place in (one, other)
        for kind in lines.split()
    ]


class TestLoci:
    @pytest.mark.parametrize("turned", [False, True])
    @pytest.mark.parametrize(
        ("one", "other", "lines"),
        [
            ("101 190 +", "701 790 -", "gene transcript CDS"),
            ("101 190 +", "701 790 -", "CDS"),
            ("101 190 +", "701 790 +", "gene transcript CDS"),
            ("101 190 +", "701 790 +", "transcript CDS"),
            ("101 190 +", "701 790 +", "gene CDS"),
            ("101 190 +", "d:101 190 +", "gene transcript CDS"),
            ("101 190 +", "d:101 190 -", "CDS"),
            ("101 190 +", "151 240 -", "exon CDS"),
        ],
    )
    def test_one_id_at_two_places_has_no_promoter(
        self, tmp_path: Path, one: str, other: str, lines: str, turned: bool
    ) -> None:
        places = (other, one) if turned else (one, other)
        text = gtf(*copies(*places, lines=lines), "CDS 401 490 + 0 b b1")
        found = cut(tmp_path, text, genome("c", "d"))
        assert found.without == {"a": Problem.SEVERAL_LOCI}
        assert list(found.tokens) == ["b"]

    def test_in_gff3(self, tmp_path: Path) -> None:
        text = gff(
            "gene 101 190 + . ID=a;locus_tag=A",
            "CDS 101 190 + 0 ID=p;Parent=a",
            "gene 701 790 + . ID=a;locus_tag=A",
            "CDS 701 790 + 0 ID=p;Parent=a",
        )
        assert cut(tmp_path, text).without == {"A": Problem.SEVERAL_LOCI}

    def test_in_genbank_genes_of_one_name(self, tmp_path: Path) -> None:
        text = TRANS["GenBank"].replace("join(complement(201..260),501..580)", "501..580")
        text = text.replace("join(complement(211..250),501..530,551..580)", "101..160")
        text = text.replace("                     /trans_splicing\n", "")
        assert cut(tmp_path, text).without == {"a": Problem.SEVERAL_LOCI}

    @pytest.mark.parametrize(("strand", "start"), [("+", 100), ("-", 789)])
    def test_numbered_parts_of_an_interrupted_gene_are_one_gene(
        self, tmp_path: Path, strand: str, start: int
    ) -> None:
        text = gff(
            f"pseudogene 101 190 {strand} . ID=a;part=1/2",
            f"pseudogene 701 790 {strand} . ID=a;part=2/2",
            f"CDS 101 190 {strand} 0 ID=p;Parent=a",
            f"CDS 701 790 {strand} 0 ID=p;Parent=a",
        )
        assert genes_of(tmp_path, text).loc["a", ["start_codon", "problem"]].tolist() == [start, ""]

    def test_transcripts_apart_within_one_gene_line_are_one_gene(self, tmp_path: Path) -> None:
        text = gtf(
            "gene 101 790 + . a -",
            "transcript 101 190 + . a t1",
            "CDS 111 131 + 0 a t1",
            "transcript 701 790 + . a t2",
            "CDS 711 770 + 0 a t2",
        )
        assert genes_of(tmp_path, text).loc["a", ["start_codon", "start_codons"]].tolist() == [
            710, 2
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "other",
        ["chr1_KI270706v1_random", "HSCHR6_MHC_COX", "chrUn_x", "NT_9.1 E. x chromosome 1 patch"],
    )
    def test_a_chromosome_goes_before_other_sequences(self, tmp_path: Path, other: str) -> None:
        name = other.split()[0]
        text = gtf(*copies("101 190 +", "d:701 790 +")).replace("d\tx", f"{name}\tx")
        found = cut(tmp_path, text, genome("c", other))
        assert found.windows.loc["a", ["chromosome", "end"]].tolist() == ["c", 100]
        assert found.other_loci == ("a",)
        (remark,) = model_remarks(found, PromoterWindow(20))
        assert "also on unplaced, alternate or absent sequences" in remark

    def test_a_sequence_that_the_genome_lacks_does_not_compete(self, tmp_path: Path) -> None:
        found = cut(tmp_path, gtf(*copies("d:701 790 +", "101 190 +")), genome("c"))
        assert found.windows.loc["a", ["chromosome", "end"]].tolist() == ["c", 100]

    def test_a_symbol_means_the_gene_on_the_chromosome(self, tmp_path: Path) -> None:
        text = gff(
            "NC_000001.1:gene 101 190 + . ID=g1;gene=s;Dbxref=GeneID:7",
            "NT_000009.1:gene 101 190 + . ID=g2;gene=s;Dbxref=GeneID:7",
            "NC_000001.1:gene 301 390 + . ID=g3;gene=r",
            "NC_000002.1:gene 301 390 + . ID=g4;gene=r",
        )
        table = read(tmp_path, text).genes
        names = NameResolver.from_annotation(table)
        meant = names.resolve(["s", "7", "g1", "g2", "r"])
        assert [None if i is None else table["gene"][i] for i in meant.gene_index] == [
            "g1", "g1", "g1", "g2", None
        ]  # fmt: skip
        assert set(meant.ambiguous) == {"r"}

    def test_names_shared_by_two_genes_are_not_used_to_call_them(self, tmp_path: Path) -> None:
        text = gff("gene 101 190 + . ID=a;Name=s", "gene 701 790 + . ID=b;Name=s")
        assert list(genes_of(tmp_path, text).index) == ["a", "b"]


def isoforms(marked: str, longer: str, *, gene: str = "") -> str:
    """A gene with a short transcript from 301 on and a longer one from 101 on, as GTF."""
    return gtf(
        "gene 91 700 + . a - " + gene,
        f"transcript 291 700 + . a t1 {marked}",
        f"CDS 301 390 + 0 a t1 {marked}",
        f"transcript 91 700 + . a t2 {longer}",
        f"CDS 101 490 + 0 a t2 {longer}",
    )


class TestIsoforms:
    @pytest.mark.parametrize(
        ("marked", "longer"),
        [
            ("tag=MANE_Select", "tag=basic"),
            ("tag=MANE_Select", "tag=Ensembl_canonical"),
            ("tag=Ensembl_canonical", "tag=appris_principal_1"),
            ("tag=appris_principal_1", "tag=appris_principal_2"),
            ("tag=appris_principal_3", "tag=basic"),
            ("tag=GENCODE_Primary", "tag=basic"),
            ("tag=basic", "x=1"),
            ("canonical=1", "canonical=0"),
            ("longest=1", "longest=0"),
        ],
    )
    def test_the_mark_goes_before_length(self, tmp_path: Path, marked: str, longer: str) -> None:
        text = isoforms(marked, longer)
        genes = genes_of(tmp_path, text)
        assert genes.loc["a", ["start_codon", "tss", "start_codons"]].tolist() == [300, 290, 2]
        found = cut(tmp_path, text)
        assert found.several == {"a": True}
        (remark,) = model_remarks(found, PromoterWindow(20))
        assert remark == (
            "1 gene ('a') has transcripts with different start codons; used: for 1 that of the "
            "transcript that the file marks as canonical."
        )
        starts = cut(tmp_path, text, anchor="TSS")
        assert starts.several == {"a": True}
        assert starts.windows.loc["a", "end"] == 290

    @pytest.mark.parametrize("tag", ["MANE Select", "RefSeq Select"])
    def test_marks_of_gff3(self, tmp_path: Path, tag: str) -> None:
        text = gff(
            "gene 91 700 + . ID=a",
            "mRNA 91 700 + . ID=t2;Parent=a",
            "CDS 101 490 + 0 ID=p2;Parent=t2",
            f"mRNA 291 700 + . ID=t1;Parent=a;tag={tag}",
            "CDS 301 390 + 0 ID=p1;Parent=t1",
        )
        assert genes_of(tmp_path, text).loc["a", "start_codon"] == 300

    def test_without_a_mark_the_longest_coding_sequence_counts(self, tmp_path: Path) -> None:
        text = isoforms("x=1", "x=1")
        assert genes_of(tmp_path, text).loc["a", "start_codon"] == 100
        (remark,) = model_remarks(cut(tmp_path, text), PromoterWindow(20))
        assert remark.endswith("for 1 that of the transcript with the longest coding sequence.")

    @pytest.mark.parametrize("key", ["transcript_biotype", "transcript_type"])
    def test_one_that_is_not_translated_counts_last(self, tmp_path: Path, key: str) -> None:
        text = isoforms(f"{key}=protein_coding", f"{key}=nonsense_mediated_decay")
        assert genes_of(tmp_path, text).loc["a", "start_codon"] == 300

    def test_equal_transcripts_the_outermost_start(self, tmp_path: Path) -> None:
        lines = ["gene 91 700 - . a -"]
        for name, start, end in (("t1", 301, 390), ("t2", 401, 490)):
            lines += [f"transcript 91 700 - . a {name}", f"CDS {start} {end} - 0 a {name}"]
        assert genes_of(tmp_path, gtf(*lines)).loc["a", "start_codon"] == 489

    def test_parts_whose_lines_above_are_missing_are_one_gene_by_locus_tag(
        self, tmp_path: Path
    ) -> None:
        parts = [
            f"CDS {start} {start + 299} + 0 ID=cds-{name};Parent=rna-{name};locus_tag=T1"
            for name, start in (("a", 101), ("b", 161))
        ]
        genes = genes_of(tmp_path, gff(*parts, *(x.replace("CDS", "exon") for x in parts)))
        assert list(genes.index) == ["T1"]
        assert genes.loc["T1", "start_codon"] == 100

    def test_one_start_of_several_transcripts_is_not_counted(self, tmp_path: Path) -> None:
        text = isoforms("x=1", "x=1").replace("101\t490", "301\t490")
        assert not cut(tmp_path, text).several

    def test_two_coding_sequences_of_one_transcript_are_two(self, tmp_path: Path) -> None:
        """The example of the GFF3 specification: mRNA0003 with cds0003 and cds0004."""
        text = gff(
            "gene 101 700 + . ID=a",
            "mRNA 101 700 + . ID=t;Parent=a",
            "CDS 131 200 + 0 ID=p1;Parent=t",
            "CDS 301 400 + 2 ID=p1;Parent=t",
            "CDS 161 200 + 0 ID=p2;Parent=t",
            "CDS 301 600 + 2 ID=p2;Parent=t",
        )
        assert genes_of(tmp_path, text).loc["a", ["start_codon", "start_codons"]].tolist() == [
            160, 2
        ]  # fmt: skip

    def test_the_tss_of_another_transcript_with_the_start_codon(self, tmp_path: Path) -> None:
        text = gtf(
            "gene 91 700 + . a -",
            "transcript 301 700 + . a t1 tag=MANE_Select",
            "CDS 301 390 + 0 a t1",
            "transcript 291 700 + . a t2",
            "CDS 301 360 + 0 a t2",
            "transcript 91 700 + . a t3",
            "CDS 101 690 + 0 a t3",
        )
        assert genes_of(tmp_path, text).loc["a", ["start_codon", "tss"]].tolist() == [300, 290]


class TestIncomplete:
    TEXT = isoforms("x=1", "tag=cds_start_NF")

    @pytest.mark.parametrize(
        "text",
        [
            TEXT,
            isoforms("x=1", "x=1").replace("101\t490\t.\t+\t0", "101\t490\t.\t+\t2")
            + gtf("CDS 801 860 + 0 b b1", "CDS 901 960 + 0 d d1"),
        ],
        ids=["tag", "phase"],
    )
    def test_a_complete_transcript_counts_instead(self, tmp_path: Path, text: str) -> None:
        assert genes_of(tmp_path, text).loc["a", "start_codon"] == 300

    def test_a_start_codon_line_says_more_than_the_phase(self, tmp_path: Path) -> None:
        text = gtf(
            "CDS 101 190 + 1 a a1", "start_codon 101 103 + 0 a a1", "CDS 301 390 + 0 b b1"
        )  # fmt: skip
        assert genes_of(tmp_path, text).loc["a", "start_codon"] == 100

    @pytest.mark.parametrize(
        "text",
        [
            gff("gene 101 190 + . ID=a", "CDS 101 190 + 0 ID=p;Parent=a;start_range=.,101"),
            gff("gene 101 190 - . ID=a", "CDS 101 190 - 0 ID=p;Parent=a;end_range=190,."),
            gff("CDS 101 190 + 2 ID=a", "CDS 301 390 + 0 ID=b", "CDS 501 590 + 0 ID=d"),
            TRANS["GenBank"]
            .replace("join(complement(201..260),501..580)", "<501..580")
            .replace("join(complement(211..250),501..530,551..580)", "<501..530")
            .replace("                     /trans_splicing\n", ""),
        ],
    )
    def test_alone_it_has_no_start_codon(self, tmp_path: Path, text: str) -> None:
        found = cut(tmp_path, text)
        assert found.without == {"a": Problem.OPEN_START}
        assert "incomplete at its start" in model_remarks(found, PromoterWindow(20))[0]

    def test_phases_of_another_meaning_are_ignored(self, tmp_path: Path) -> None:
        text = gff("CDS 101 190 + 2 ID=a", "CDS 301 390 + 1 ID=b", "CDS 501 590 + 0 ID=d")
        assert genes_of(tmp_path, text)["start_codon"].tolist() == [100, 300, 500]


ORIGIN = {
    "past the end, +": (gff("gene 971 1040 + . ID=a", "CDS 981 1030 + 0 ID=p;Parent=a"), 980),
    "past the end, -": (gff("gene 971 1040 - . ID=a", "CDS 981 1030 - 0 ID=p;Parent=a"), 29),
    "two parts, +": (
        gff(
            "gene 971 1000 + . ID=a",
            "gene 1 40 + . ID=a",
            "CDS 1 30 + 2 ID=p;Parent=a",
            "CDS 981 1000 + 0 ID=p;Parent=a",
        ),
        980,
    ),
    "two parts, -": (
        gtf(
            "exon 971 1000 - . a t",
            "exon 1 40 - . a t",
            "CDS 981 1000 - 0 a t",
            "CDS 1 30 - 0 a t",
        ),
        29,
    ),
    "GenBank": (
        TRANS["GenBank"]
        .replace("linear  ", "circular")
        .replace("join(complement(201..260),501..580)", "join(971..1000,1..40)")
        .replace("join(complement(211..250),501..530,551..580)", "join(981..1000,1..30)")
        .replace("                     /trans_splicing\n", ""),
        980,
    ),
}  # fmt: skip


class TestOrigin:
    @pytest.mark.parametrize(("text", "anchor"), ORIGIN.values(), ids=ORIGIN)
    def test_genes_wrap_on_a_circle(self, tmp_path: Path, text: str, anchor: int) -> None:
        found = cut(tmp_path, text, genome(circular=True))
        start, end, strand = found.windows.loc["a", ["start", "end", "strand"]]
        assert (end if strand == "+" else start - 1) % 1000 == anchor
        assert not found.padded
        assert not model_remarks(found, PromoterWindow(20))

    @pytest.mark.parametrize("form", ["past the end, +", "two parts, +"])
    def test_on_a_linear_chromosome_they_are_counted(self, tmp_path: Path, form: str) -> None:
        found = cut(tmp_path, ORIGIN[form][0])
        assert found.windows.loc["a", "end"] == 980
        (remark,) = model_remarks(found, PromoterWindow(20))
        assert remark.startswith(
            "1 gene ('a') reaches past the end of 'c': if it is circular, add --circular c; if not"
        )

    @pytest.mark.parametrize("form", ["past the end, -", "two parts, -"])
    def test_a_start_past_the_end_of_a_linear_one_is_no_place(
        self, tmp_path: Path, form: str
    ) -> None:
        found = cut(tmp_path, ORIGIN[form][0])
        assert found.without == {"a": Problem.CROSSES_ORIGIN}
        assert "--circular" in " ".join(model_remarks(found, PromoterWindow(20)))

    def test_a_long_intron_of_a_linear_chromosome_stays(self, tmp_path: Path) -> None:
        text = gff("gene 101 900 + . ID=a", "CDS 101 190 + 0 ID=p;Parent=a",
                   "CDS 801 900 + 0 ID=p;Parent=a")  # fmt: skip
        assert cut(tmp_path, text).windows.loc["a", "end"] == 100


class TestNoncoding:
    TEXT = gff(
        "ncRNA_gene 101 190 + . ID=a",
        "ncRNA 101 190 + . ID=t;Parent=a",
        "gene 301 390 + . ID=b",
        "CDS 311 370 + 0 ID=p;Parent=b",
        "tRNA 501 570 - . ID=d",
    )

    def test_no_start_codon_no_promoter_unless_asked(self, tmp_path: Path) -> None:
        found = cut(tmp_path, self.TEXT)
        assert found.without == {"a": Problem.NO_CODING, "d": Problem.NO_CODING}
        assert "--noncoding tss" in model_remarks(found, PromoterWindow(20))[0]
        asked = cut(tmp_path, self.TEXT, noncoding=True)
        assert asked.windows["end"].tolist() == [100, 310, 590]
        assert asked.by_tss == ("a", "d")
        starts = cut(tmp_path, self.TEXT, anchor="TSS")
        assert starts.windows["end"].tolist() == [100, 300, 590]

    def test_an_operon_that_begins_with_one(self, tmp_path: Path) -> None:
        text = gff("gene 101 190 + . ID=a", "CDS 301 390 + 0 ID=b", "CDS 401 490 + 0 ID=d")
        marked, genes = place_genes(read(tmp_path, text), genome())
        operons = dict.fromkeys(["a", "b", "d"], "o")
        found = extract_promoters(genes, marked, PromoterWindow(20), operons=operons)
        assert found.windows["end"].to_dict() == {"b": 300, "d": 300}
        assert found.led_by_next == ("b", "d")
        assert "first gene has no promoter" in " ".join(model_remarks(found, PromoterWindow(20)))


class TestLinesOfGff3:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (gff("mRNA 101 190 + . ID=a", "CDS 111 170 + 0 Parent=a"), {"a": (110, 100)}),
            (gff("mRNA 101 190 + . ID=t;Parent=a", "CDS 111 170 + 0 Parent=t"), {"a": (110, 100)}),
            (gff("exon 101 150 - . Parent=a.t1", "exon 141 190 - . Parent=a.t2"),
             {"a": (NAN, 189)}),
            (gff("CDS 111 170 + 0 Parent=a.t1"), {"a": (110, NAN)}),
            (
                gff("blocked_reading_frame 101 190 + . ID=a;Name=A", "CDS 111 170 + 0 Parent=a"),
                {"a": (110, 100)},
            ),
            (
                gff("gene 101 190 + . ID=g;locus_tag=a", "CDS 111 170 + 0 ID=p;locus_tag=a"),
                {"a": (110, 100)},
            ),
            (
                gff(
                    "operon 101 400 + . ID=o",
                    "gene 111 190 + . ID=a;Parent=o",
                    "gene 201 390 + . ID=b;Parent=o",
                    "mRNA 101 400 + . ID=t;Parent=a,b",
                    "CDS 111 170 + 0 ID=p;Parent=t;Derives_from=a",
                    "CDS 211 370 + 0 ID=q;Parent=t",
                ),
                {"a": (110, 100), "b": (210, 100)},
            ),
            (gff("gene 101 190 + . ID=a%3B1;Name=x%2Cy"), {"a;1": (NAN, 100)}),
            (
                gff("pseudogene 101 190 + . ID=a", "pseudogenic_tRNA 101 190 + . ID=t;Parent=a"),
                {"a": (NAN, 100)},
            ),
            (gff("mRNA 101 190 + . ID=a;Parent=a", "CDS 111 170 + 0 Parent=a"), {"a": (110, 100)}),
            (gff("gene 101 190 + . ID=a", "TSS 95 95 + . Parent=a", "CDS 111 170 + 0 Parent=a"),
             {"a": (110, 94)}),
        ],
    )  # fmt: skip
    def test_are_joined(
        self, tmp_path: Path, text: str, expected: dict[str, tuple[float, float]]
    ) -> None:
        genes = genes_of(tmp_path, text)
        found = {gene: tuple(row) for gene, row in genes[["start_codon", "tss"]].iterrows()}
        assert found.keys() == expected.keys()
        for gene, anchors in expected.items():
            np.testing.assert_equal(found[gene], anchors)

    def test_large_files_of_other_features_are_passed_over(self, tmp_path: Path) -> None:
        text = gff("gene 101 190 + . ID=a", "match 1 900 + . ID=m", "match_part 1 90 + . Parent=m")
        assert list(genes_of(tmp_path, text).index) == ["a"]


class TestFormats:
    @pytest.mark.parametrize(
        ("text", "format"),
        [
            (gff("gene 1 9 + . ID=a"), "gff3"),
            (gff("gene 1 9 + . ID=a").replace("##gff-version 3", "##gff-version 2"), "gff3"),
            ("##gff-version 3\n" + gtf("CDS 1 9 + . a t"), "gtf"),
            (gtf("CDS 1 9 + . a t").replace('"', ""), "gtf"),
            (_lines(["gene 1 9 + . g1", "transcript 1 9 + . g1.t1"]), "gtf"),
            ("\n\n#!x\n" + gtf("CDS 1 9 + . a t"), "gtf"),
        ],
    )
    def test_the_content_tells_and_not_the_name(
        self, tmp_path: Path, text: str, format: str
    ) -> None:
        for name in ("a.gtf", "a.gff3", "a.txt"):
            (tmp_path / name).write_text(text)
            assert detect_format(tmp_path / name) == format
            assert len(read_annotation(tmp_path / name).genes) == 1

    def test_gtf_lines_without_a_gene_go_by_their_transcript(self, tmp_path: Path) -> None:
        text = gtf("CDS 101 190 + 0 x a.t1", "exon 91 190 + . x a.t1").replace('gene_id "x"; ', "")
        assert genes_of(tmp_path, text).loc["a", ["start_codon", "tss"]].tolist() == [100, 90]

    def test_gtf_values_may_hold_semicolons_and_escaped_quotes(self, tmp_path: Path) -> None:
        text = gtf("CDS 101 190 + 0 a t").rstrip("\n") + ' note "x; \\"y\\""; gene_name "s";\n'
        assert genes_of(tmp_path, text).loc["a", "symbol"] == "s"


def test_genome_of_another_release_is_pointed_out(tmp_path: Path) -> None:
    lines = [f"CDS {20 * i + 41} {20 * i + 55} + 0 ID=g{i}" for i in range(40)]
    found = cut(tmp_path, gff(*lines))
    (remark,) = model_remarks(found, PromoterWindow(20))
    assert "do not begin with a start codon" in remark
    letters = np.array([0, 3, 2] * 400, dtype=np.int8)
    codons = {"c": Chromosome("c", "c", letters)}
    lines = [f"CDS {3 * i + 40} {3 * i + 54} + 0 ID=g{i}" for i in range(40)]
    assert not model_remarks(cut(tmp_path, gff(*lines), codons), PromoterWindow(20))
