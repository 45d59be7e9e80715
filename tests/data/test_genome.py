"""Reading genome sequences."""

import gzip
from pathlib import Path

import pytest

from deeprage.data.dna import decode
from deeprage.data.genome import read_genome
from deeprage.errors import DeepRageError

FASTA = """>ref|NC_001133| [org=Saccharomyces cerevisiae] [chromosome=I]
ACGTacgtNR
GG
>ref|NC_001224| [location=mitochondrion] [top=circular]
TTTT
"""
GENBANK = """LOCUS       PLASMID                   12 bp    DNA     circular BCT 01-JAN-2020
DEFINITION  A plasmid.
ACCESSION   AB123456
VERSION     AB123456.1
FEATURES             Location/Qualifiers
     source          1..12
                     /plasmid="pTOY"
ORIGIN
        1 acgtacgtac gg
//
"""


class TestFasta:
    def test_sequences_lose_line_ends_and_ambiguous_letters_become_n(self, tmp_path: Path) -> None:
        path = tmp_path / "genome.fa"
        path.write_text(FASTA)
        genome = read_genome(path)
        assert list(genome) == ["ref|NC_001133|", "ref|NC_001224|"]
        assert decode(genome["ref|NC_001133|"].tokens) == "ACGTACGTNNGG"

    def test_the_header_tells_a_circle(self, tmp_path: Path) -> None:
        path = tmp_path / "genome.fa"
        path.write_text(FASTA)
        genome = read_genome(path)
        assert not genome["ref|NC_001133|"].circular
        assert genome["ref|NC_001224|"].circular

    def test_gzip_and_bgzip_read_like_plain_text(self, tmp_path: Path) -> None:
        from Bio.bgzf import BgzfWriter

        (tmp_path / "a.fa").write_text(FASTA)
        (tmp_path / "b.fa.gz").write_bytes(gzip.compress(FASTA.encode()))
        with BgzfWriter(str(tmp_path / "c.fa.bgz")) as handle:
            handle.write(FASTA)
        plain, zipped, blocked = (
            read_genome(tmp_path / x) for x in ("a.fa", "b.fa.gz", "c.fa.bgz")
        )
        for name, chromosome in plain.items():
            assert (chromosome.tokens == zipped[name].tokens).all()
            assert (chromosome.tokens == blocked[name].tokens).all()

    @pytest.mark.parametrize(
        "text",
        [
            ">c one\r\nACGT\r\nNNac\r\n\r\n>d\r\nGG\r\n",
            "\ufeff>c one\nACGTNNac\n\ufeff>d\nGG\n",
            "> c one\n\nACGT NNAC\n\n\n>d\nGG",
            ";made by hand\n>c one\nacgunnac\n;x\n>d\nGG\n",
            ">c one\rACGT\rNNAC\r>d\rGG\r",
        ],
        ids=["CRLF", "byte order marks", "blanks", "RNA and comments", "CR"],
    )
    def test_dialects_give_the_same_sequences(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "genome.fa"
        path.write_bytes(text.encode())
        genome = read_genome(path)
        assert {name: decode(x.tokens) for name, x in genome.items()} == {
            "c": "ACGTNNAC", "d": "GG"
        }  # fmt: skip


class TestGenBank:
    def test_sequence_topology_and_other_names(self, tmp_path: Path) -> None:
        (tmp_path / "plasmid.gb").write_text(GENBANK)
        chromosome = read_genome(tmp_path / "plasmid.gb")["AB123456.1"]
        assert decode(chromosome.tokens) == "ACGTACGTACGG"
        assert chromosome.circular
        assert "pTOY" in chromosome.aliases

    @pytest.mark.parametrize(
        "change",
        [
            ("        1 acgtacgtac gg\n", ""),
            ("ORIGIN\n        1 acgtacgtac gg\n", "CONTIG      join(X:1..12)\n"),
        ],
    )
    def test_a_record_without_sequence_is_named(
        self, tmp_path: Path, change: tuple[str, str]
    ) -> None:
        (tmp_path / "plasmid.gb").write_text(GENBANK.replace(*change))
        with pytest.raises(DeepRageError, match=r"record AB123456\.1 in .* has no sequence"):
            read_genome(tmp_path / "plasmid.gb")

    @pytest.mark.parametrize("size", ["15", "99999999999"])
    def test_a_record_of_another_length_is_cut_short(self, tmp_path: Path, size: str) -> None:
        text = GENBANK.replace("12 bp", f"{size} bp").replace("1..12", f"1..{size}")
        (tmp_path / "plasmid.gb").write_text(text)
        with pytest.raises(DeepRageError, match=r"AB123456\.1 .* has 12 bases, .* cut short"):
            read_genome(tmp_path / "plasmid.gb")

    def test_a_folder_joins_its_files(self, tmp_path: Path) -> None:
        (tmp_path / "plasmid.gb").write_text(GENBANK)
        (tmp_path / "rest.fa").write_text(FASTA)
        (tmp_path / "other.bin").write_bytes(b"\x80\xff")
        assert len(read_genome(tmp_path)) == 3


class TestErrors:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "no sequences"),
            (b">a\nACGT\n>a\nACGT\n", "two sequences named 'a'"),
            (b">a\nMEPQL\n", "letter 'E' at position 2"),
            (gzip.compress(b">a\n" + b"ACGT" * 900)[:-30], "damaged gzip"),
            (b">a\xff\xfe\nACGT", "not UTF-8 text"),
            (b"ACGT\n>a\nACGT\n", "line 1 of the genome .* 'ACGT'; expected FASTA"),
            (b">a\n>b\nACGT\n", "sequence 'a' of the genome .* has no bases"),
            (b">a\nAC\0T\n", "NUL bytes"),
            (b"LOCUS       x\n\xe9", "GenBank|UTF-8"),
        ],
    )
    def test_unusable_content_is_named(self, tmp_path: Path, content: bytes, message: str) -> None:
        path = tmp_path / "genome.fa"
        path.write_bytes(content)
        with pytest.raises(DeepRageError, match=message):
            read_genome(path)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"none\.fa does not exist"):
            read_genome(tmp_path / "none.fa")
