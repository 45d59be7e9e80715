"""Identifiers of genes, as the four formats write them."""

from pathlib import Path

import pytest

from deeprage.data.annotation import read_annotation

GFF3 = (
    "##gff-version 3\n"
    "1\tx\tgene\t11\t90\t.\t+\t.\tID=gene:G1;Name=abc1;locus_tag=L_1;gene_synonym=old%2C1,older1;"
    "Dbxref=GeneID:77,HGNC:HGNC:5\n"
    "1\tx\tmRNA\t11\t90\t.\t+\t.\tID=transcript:T1;Parent=gene:G1;Name=abc1-201;gene=abc1\n"
    "1\tx\tCDS\t21\t80\t.\t+\t0\tID=CDS:P1;Parent=transcript:T1;protein_id=P1.2\n"
)
GTF = (
    '1\tx\tgene\t11\t90\t.\t+\t.\tgene_id "G1"; gene_version "3"; gene_name "abc1";\n'
    '1\tx\ttranscript\t11\t90\t.\t+\t.\tgene_id "G1"; transcript_id "T1"; gene_name "abc1"; '
    'db_xref "GeneID:77"; db_xref "HGNC:5";\n'
    '1\tx\tCDS\t21\t80\t.\t+\t0\tgene_id "G1"; transcript_id "T1"; protein_id "P1";\n'
)
GENBANK = """LOCUS       C                300 bp    DNA     linear PLN 01-JAN-2020
ACCESSION   C
VERSION     C.1
FEATURES             Location/Qualifiers
     gene            11..90
                     /locus_tag="L_1"
                     /gene="abc1"
                     /gene_synonym="old1; older1"
                     /db_xref="GeneID:77"
                     /old_locus_tag="OLD_1"
     CDS             21..80
                     /locus_tag="L_1"
                     /protein_id="P1.2"
CONTIG      join(X:1..300)
//
"""
SGD = "\t".join(
    ["S000000001", "ORF", "Verified", "YAL001C", "ABC1", "old1|older1", "", "", "1", "21", "80",
     "W", "", "", "", ""]
)  # fmt: skip


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            GFF3,
            {
                ("ID", "gene:G1"), ("Name", "abc1"), ("locus_tag", "L_1"), ("alias", "old,1"),
                ("alias", "older1"), ("Dbxref:GeneID", "77"), ("Dbxref:HGNC", "HGNC:5"),
                ("transcript_id", "transcript:T1"), ("transcript_id", "abc1-201"),
                ("gene", "abc1"), ("protein_id", "CDS:P1"), ("protein_id", "P1.2"),
            },
        ),
        (
            GTF,
            {
                ("gene_id", "G1"), ("gene_version", "G1.3"), ("gene_name", "abc1"),
                ("transcript_id", "T1"), ("Dbxref:GeneID", "77"), ("Dbxref:HGNC", "5"),
                ("protein_id", "P1"),
            },
        ),
        (
            GENBANK,
            {
                ("locus_tag", "L_1"), ("gene", "abc1"), ("alias", "old1"), ("alias", "older1"),
                ("Dbxref:GeneID", "77"), ("old_locus_tag", "OLD_1"), ("protein_id", "P1.2"),
            },
        ),
        (
            SGD,
            {
                ("Dbxref:SGD", "S000000001"), ("locus_tag", "YAL001C"), ("gene", "ABC1"),
                ("alias", "old1"), ("alias", "older1"),
            },
        ),
    ],
    ids=["gff3", "gtf", "genbank", "sgd"],
)  # fmt: skip
def test_all_identifiers_are_kept_as_written(
    tmp_path: Path, content: str, expected: set[tuple[str, str]]
) -> None:
    path = tmp_path / "annotation.txt"
    path.write_text(content)
    (identifiers,) = read_annotation(path).genes["identifiers"]
    assert set(identifiers) == expected
    assert len(identifiers) == len(expected)
