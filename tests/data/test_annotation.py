"""One toy genome in four annotation formats must give one set of windows.

Genes (0-based): FWD on +, transcript from 120, coding exons 150-170 and 180-200; REV on -, coding
100-60 and 50-30 in its direction (first base 99), no transcript; RNA1 on +, no protein, 250-280.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.data.annotation import detect_format, read_annotation
from deeprage.data.chromosomes import reconcile
from deeprage.data.dna import decode
from deeprage.data.genome import Chromosome
from deeprage.data.promoters import PromoterWindow, extract_promoters
from deeprage.errors import DeepRageError

GFF3 = """##gff-version 3
chrI\tx\tregion\t1\t300\t.\t+\t.\tID=chrI;Is_circular=true
chrI\tx\tgene\t121\t200\t.\t+\t.\tID=gene-FWD;Name=fwd1;gene_synonym=old1,older%2C1
chrI\tx\tmRNA\t121\t200\t.\t+\t.\tID=rna1;Parent=gene-FWD
chrI\tx\tCDS\t151\t170\t.\t+\t0\tID=cds1;Parent=rna1
chrI\tx\tCDS\t181\t200\t.\t+\t0\tID=cds1;Parent=rna1
chrI\tx\tgene\t31\t100\t.\t-\t.\tID=gene-REV;Name=rev1
chrI\tx\tmRNA\t31\t100\t.\t-\t.\tID=rna2;Parent=gene-REV
chrI\tx\tCDS\t61\t100\t.\t-\t0\tID=cds2;Parent=rna2
chrI\tx\tCDS\t31\t50\t.\t-\t0\tID=cds2;Parent=rna2
chrI\tx\tncRNA_gene\t251\t280\t.\t+\t.\tID=gene-RNA1;Name=rna1
"""
GTF = """#!genome-build toy
I\tx\ttranscript\t121\t200\t.\t+\t.\tgene_id "FWD"; transcript_id "t; 1"; gene_name "fwd1";
I\tx\tCDS\t181\t200\t.\t+\t.\tgene_id "FWD"; gene_name "fwd1";
I\tx\tCDS\t151\t170\t.\t+\t.\tgene_id "FWD"; gene_name "fwd1";
I\tx\tCDS\t31\t50\t.\t-\t.\tgene_id "REV"; gene_name "rev1";
I\tx\tCDS\t61\t100\t.\t-\t.\tgene_id "REV"; gene_name "rev1";
I\tx\tgene\t251\t280\t.\t+\t.\tgene_id "RNA1"; gene_name "rna1";
"""
GENBANK = """LOCUS       NC_001133                300 bp    DNA     circular PLN 01-JAN-2020
DEFINITION  Toy.
ACCESSION   NC_001133
VERSION     NC_001133.9
FEATURES             Location/Qualifiers
     source          1..300
                     /chromosome="I"
     gene            121..200
                     /locus_tag="FWD"
                     /gene="fwd1"
                     /gene_synonym="old1; older1"
     mRNA            join(121..170,181..200)
                     /locus_tag="FWD"
     CDS             join(151..170,181..200)
                     /locus_tag="FWD"
     gene            complement(31..100)
                     /locus_tag="REV"
                     /gene="rev1"
     mRNA            complement(join(31..50,61..>110))
                     /locus_tag="REV"
     CDS             complement(join(31..50,61..100))
                     /locus_tag="REV"
     gene            251..280
                     /locus_tag="RNA1"
                     /gene="rna1"
CONTIG      join(X:1..300)
//
"""


def _sgd(kind: str, name: str, symbol: str, start: int, stop: int, strand: str) -> str:
    return "\t".join(
        ["S000000001", kind, "Verified", name, symbol, "old1|older1", "chromosome 1", "", "1",
         str(start), str(stop), strand, "", "", "", ""]
    )  # fmt: skip


SGD = "\n".join(
    [
        _sgd("ORF", "FWD", "fwd1", 151, 200, "W"),
        _sgd("CDS", "", "", 151, 170, "W"),
        _sgd("ORF", "REV", "rev1", 100, 31, "C"),
        _sgd("ncRNA", "RNA1", "rna1", 251, 280, "W"),
        _sgd("not physically mapped", "GHOST", "", 0, 0, "").replace("\t0\t0\t", "\t\t\t"),
    ]
)
FORMATS = {"gff3": GFF3, "gtf": GTF, "genbank": GENBANK, "sgd": SGD}


@pytest.fixture
def genome() -> dict[str, Chromosome]:
    tokens = np.random.default_rng(1).integers(0, 4, 300).astype(np.int8)
    name = "ref|NC_001133|"
    return {name: Chromosome(name, f"{name} [chromosome=I]", tokens)}


def genes_of(folder: Path, content: str, **options: str | list[str]) -> pd.DataFrame:
    path = folder / "annotation.txt"
    path.write_text(content)
    return read_annotation(path, **options).genes  # type: ignore[arg-type]


@pytest.mark.parametrize("format", FORMATS)
class TestEveryFormat:
    def test_is_told_from_the_content(self, tmp_path: Path, format: str) -> None:
        path = tmp_path / "annotation.txt"
        path.write_text(FORMATS[format])
        assert detect_format(path) == format

    def test_gives_the_same_genes(self, tmp_path: Path, format: str) -> None:
        genes = genes_of(tmp_path, FORMATS[format], wanted=["FWD", "REV"]).set_index("gene")
        assert genes.loc["FWD", ["symbol", "strand", "start_codon"]].tolist() == ["fwd1", "+", 150]
        assert genes.loc["REV", ["symbol", "strand", "start_codon"]].tolist() == ["rev1", "-", 99]
        assert genes.loc["RNA1", ["symbol", "strand", "tss"]].tolist() == ["rna1", "+", 250]
        assert np.isnan(genes.loc["RNA1", "start_codon"])
        assert genes["coding"].to_dict() == {"FWD": True, "REV": True, "RNA1": False}
        assert len(genes) == 3

    def test_a_transcript_gives_the_tss_and_its_absence_none(
        self, tmp_path: Path, format: str
    ) -> None:
        genes = genes_of(tmp_path, FORMATS[format], wanted=["FWD", "REV"]).set_index("gene")
        assert np.isnan(genes.loc["REV", "tss"])
        tss = genes.loc["FWD", "tss"]
        assert np.isnan(tss) if format == "sgd" else tss == 120

    def test_gives_the_same_windows(
        self, tmp_path: Path, format: str, genome: dict[str, Chromosome]
    ) -> None:
        genes = genes_of(tmp_path, FORMATS[format], wanted=["FWD", "REV"])
        names = reconcile(genome, set(genes["chromosome"]))
        genes = genes.assign(chromosome=genes["chromosome"].map(names))
        window = PromoterWindow(60, noncoding=True)
        promoters = extract_promoters(genes, genome, window).tokens
        letters = decode(genome["ref|NC_001133|"].tokens)
        assert decode(promoters["FWD"]) == letters[90:150]
        turned = letters[100:160][::-1].translate(str.maketrans("ACGT", "TGCA"))
        assert decode(promoters["REV"]) == turned
        assert decode(promoters["RNA1"]) == letters[190:250]


class TestNames:
    def test_the_attribute_that_fits_the_matrix_is_taken(self, tmp_path: Path) -> None:
        assert set(genes_of(tmp_path, GFF3, wanted=["FWD"])["gene"]) == {"FWD", "REV", "RNA1"}
        assert set(genes_of(tmp_path, GFF3, wanted=["rev1"])["gene"]) == {"fwd1", "rev1", "rna1"}

    def test_an_attribute_can_be_asked_for(self, tmp_path: Path) -> None:
        assert "fwd1" in set(genes_of(tmp_path, GFF3, gene_id="Name", wanted=["FWD"])["gene"])
        with pytest.raises(DeepRageError, match=r"gene id attribute 'Nam'\. Did you mean 'Name'"):
            genes_of(tmp_path, GFF3, gene_id="Nam")

    def test_synonyms_are_aliases(self, tmp_path: Path) -> None:
        for content in (GENBANK, SGD):
            genes = genes_of(tmp_path, content).set_index("gene")
            assert {"old1", "older1"} <= set(genes.loc["FWD", "aliases"])


class TestGff3:
    def test_circles_are_noted(self, tmp_path: Path) -> None:
        path = tmp_path / "a.gff"
        path.write_text(GFF3)
        assert read_annotation(path).circular == {"chrI"}

    def test_cds_without_genes(self, tmp_path: Path) -> None:
        text = (
            "##gff-version 3\n"
            "c\tx\tCDS\t11\t20\t.\t-\t0\tID=A_1;locus_tag=A\n"
            "c\tx\tCDS\t31\t40\t.\t-\t0\tID=A_1;locus_tag=A\n"
            "c\tx\tCDS\t51\t60\t.\t+\t0\tID=B_1;locus_tag=B\n"
            "##FASTA\n>c\nACGT\n"
        )
        genes = genes_of(tmp_path, text).set_index("gene")
        assert genes["start_codon"].to_dict() == {"A": 39, "B": 50}

    def test_an_open_transcript_start_is_no_tss(self, tmp_path: Path) -> None:
        text = GFF3.replace("ID=rna1;", "ID=rna1;partial=true;start_range=.,121;")
        genes = genes_of(tmp_path, text, wanted=["FWD"]).set_index("gene")
        assert np.isnan(genes.loc["FWD", "tss"])


def test_a_genbank_gene_over_the_origin_starts_before_it(tmp_path: Path) -> None:
    text = GENBANK.replace("join(151..170,181..200)", "join(291..300,1..20)")
    text = text.replace("join(121..170,181..200)", "join(281..300,1..20)")
    genes = genes_of(tmp_path, text.replace("     121..200", "     join(281..300,1..20)"))
    assert genes.set_index("gene").loc["FWD", "start_codon"] == 290


def test_the_sgd_mitochondrion_is_chromosome_17_and_circular(tmp_path: Path) -> None:
    path = tmp_path / "features.tab"
    path.write_text(SGD.replace("\t1\t151\t", "\t17\t151\t"))
    found = read_annotation(path)
    assert found.genes.set_index("gene").loc["FWD", "chromosome"] == "mitochondrion"
    assert found.circular == {"mitochondrion", "2-micron"}


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("hello\n", {}, "none of the formats gff3, gtf, genbank, sgd"),
        ("", {}, "none of the formats"),
        (GFF3, {"format": "gff"}, "unknown annotation format 'gff'. Did you mean 'gff3'"),
        (GFF3 + "chrI\tx\tgene\tone\t5\t.\t+\t.\tID=a\n", {}, "line 12 .* is not GFF3"),
        ("##gff-version 3\n" + "c\tx\texon\t1\t5\t.\t+\t.\tID=a\n", {}, "has no genes"),
        (GENBANK[:-40], {}, "not a whole GenBank file"),
        (SGD + "\nS1\tORF\n", {}, "line 6 .* has 2 columns"),
        (GFF3.replace("\t121\t200", "\t\u00b2\t200", 1), {}, "line 3 .* is not GFF3"),
        (GFF3.replace("\t121\t200", "\t200\t121", 1), {}, "line 3 .* lower number first"),
    ],
)
def test_unusable_files(
    tmp_path: Path, content: str, options: dict[str, str], message: str
) -> None:
    with pytest.raises(DeepRageError, match=message):
        genes_of(tmp_path, content, **options)
