"""`deeprage data import` with annotations whose genes begin nowhere, or at several places."""

from pathlib import Path

import numpy as np
import pytest

from deeprage.data.compendium import Compendium
from deeprage.data.dna import N_TOKEN, decode

from .conftest import Deeprage, refused

LETTERS = "".join(np.random.default_rng(7).choice(list("ACGT"), 2000))
#: Kind, start, end, strand, gene and transcript.
LINES = (
    ("gene", 101, 190, "+", "plain", ""),
    ("CDS", 101, 190, "+", "plain", "p1"),
    ("gene", 301, 390, ".", "nostrand", ""),
    ("CDS", 301, 390, ".", "nostrand", "n1"),
    ("gene", 501, 590, "+", "twice", ""),
    ("CDS", 501, 590, "+", "twice", "t1"),
    ("gene", 701, 790, "-", "twice", ""),
    ("CDS", 701, 790, "-", "twice", "t1"),
    ("gene", 901, 990, "-", "rna", ""),
    ("transcript", 901, 990, "-", "rna", "r1"),
    ("gene", 1101, 1400, "+", "forms", ""),
    ("CDS", 1101, 1160, "+", "forms", "f1"),
    ("CDS", 1201, 1400, "+", "forms", "f2"),
    ("gene", 1951, 2050, "+", "round", ""),
    ("CDS", 1951, 2050, "+", "round", "o1"),
)
GENES = ("plain", "nostrand", "twice", "rna", "forms", "round")


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    (tmp_path / "genes.gtf").write_text(
        "".join(
            f'chr1\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\tgene_id "{gene}"; '
            f'transcript_id "{transcript}";\n'
            for kind, start, end, strand, gene, transcript in LINES
        )
    )
    (tmp_path / "genome.fa").write_text(f">chr1\n{LETTERS}\n")
    rows = [f"{gene}\t{number}\t{-number - 1}\t.5\n" for number, gene in enumerate(GENES)]
    (tmp_path / "matrix.tsv").write_text("gene\tx\ty\tz\n" + "".join(rows))
    (tmp_path / "regulators.txt").write_text("plain\n")
    return tmp_path


def options(parts: Path, *more: object) -> tuple[object, ...]:
    return (
        "data", "import", "--expression", parts / "matrix.tsv", "--regulators",
        parts / "regulators.txt", "--genome", parts / "genome.fa", "--annotation",
        parts / "genes.gtf", "--length", 50, "--out", parts / "out.h5ad", *more,
    )  # fmt: skip


def test_what_was_decided_is_told_and_kept(deeprage: Deeprage, parts: Path) -> None:
    found = deeprage(*options(parts))
    assert found.code == 0, found.err
    assert "genes without promoter: 3" in found.out
    for sentence in (
        "1 gene ('nostrand') has no promoter: the annotation gives no strand",
        "1 gene ('twice') has no promoter: one identifier is given to several loci",
        "1 gene ('rna') has no promoter: no coding sequence",
        "1 gene ('round') reaches past the end of 'chr1': if it is circular, add --circular chr1",
        "1 gene ('forms') has transcripts with different start codons; used: for 1 that of the "
        "transcript with the longest coding sequence.",
    ):
        assert sentence in found.err
    compendium = Compendium.load(parts / "out.h5ad")
    with_promoter = [g for g, has in zip(GENES, compendium.has_promoter, strict=True) if has]
    assert with_promoter == ["plain", "forms", "round"]
    assert compendium.coding is not None
    unknown = (compendium.coding == N_TOKEN).all(axis=1)
    assert unknown.tolist() == [False, True, True, True, False, False]
    assert decode(compendium.promoters[4]) == LETTERS[1150:1200]


def test_genes_without_coding_sequence_are_anchored_at_their_tss_when_asked(
    deeprage: Deeprage, parts: Path
) -> None:
    found = deeprage(*options(parts, "--noncoding", "tss", "--circular", "chr1"))
    assert found.code == 0, found.err
    assert "1 gene ('rna') is without a coding sequence and anchored at the tr" in found.err
    assert "past the end" not in found.err
    compendium = Compendium.load(parts / "out.h5ad")
    turned = LETTERS[990:1040][::-1].translate(str.maketrans("ACGT", "TGCA"))
    assert decode(compendium.promoters[3]) == turned
    assert compendium.coding is not None
    assert (compendium.coding[3] == N_TOKEN).all()


def test_without_any_promoter_the_reasons_are_given(deeprage: Deeprage, parts: Path) -> None:
    text = (parts / "genes.gtf").read_text().replace("CDS", "exon")
    (parts / "genes.gtf").write_text(text)
    found = deeprage(*options(parts))
    refused(found, "no gene of the matrix has a promoter", "no coding sequence", "--anchor TSS")
    assert not (parts / "out.h5ad").exists()


def test_an_unknown_treatment_is_refused(deeprage: Deeprage, parts: Path) -> None:
    refused(deeprage(*options(parts, "--noncoding", "TTS")), "'TTS'", "none, tss")


GENBANK = """LOCUS       c                       2000 bp    DNA     linear   PLN 01-JAN-2020
ACCESSION   c
VERSION     c
FEATURES             Location/Qualifiers
     CDS             101..190
                     /locus_tag="plain"
ORIGIN
"""
MANY = "9" * 5000


class TestUnreadable:
    @pytest.mark.parametrize(
        ("place", "location", "words"),
        [
            ("101..190", "101..", ("location", "'plain'")),
            ("101..190", "1901..30", ("location", "'plain'", "circular")),
            ("101..190", "101..190,5", ("not a whole GenBank file",)),
            ("101..190", f"101..{MANY}", ("not a whole GenBank file",)),
            ("101..190", "101..99999999999", ("beyond the ends", "99,999,999,999")),
            ("2000 bp", f"{MANY} bp", ("not a whole GenBank file",)),
            ("ORIGIN", "ORIGIN\x00", ("NUL",)),
            ("FEATURES", "FEATUR", ("gene",)),
        ],
    )
    def test_genbank(
        self, deeprage: Deeprage, parts: Path, place: str, location: str, words: tuple[str, ...]
    ) -> None:
        lines = [f"{i + 1:>9} {LETTERS[i : i + 60].lower()}\n" for i in range(0, len(LETTERS), 60)]
        text = GENBANK.replace(place, location) + "".join(lines) + "//\n"
        (parts / "genome.gb").write_text(text)
        found = deeprage(
            "data", "import", "--expression", parts / "matrix.tsv", "--regulators",
            parts / "regulators.txt", "--genome", parts / "genome.gb", "--length", 50,
            "--out", parts / "out.h5ad",
        )  # fmt: skip
        refused(found, *words)
        assert len(found.err) < 1000

    @pytest.mark.parametrize("number", [MANY, "9" * 30, "0", "-5", "1e3", "\u00b2"])
    @pytest.mark.parametrize("format", ["gff3", "gtf", "sgd"])
    def test_positions(self, deeprage: Deeprage, parts: Path, number: str, format: str) -> None:
        text = {
            "gff3": f"##gff-version 3\nchr1\tx\tCDS\t101\t{number}\t.\t+\t0\tID=plain\n",
            "gtf": f'chr1\tx\tCDS\t101\t{number}\t.\t+\t0\tgene_id "plain";\n',
            "sgd": f"S01\tORF\t\tplain\t\t\t\t\tchr1\t101\t{number}\tW\t\t\t\t\n",
        }[format]
        (parts / "genes.gtf").write_text(text)
        found = deeprage(*options(parts, "--annotation-format", format))
        refused(found, "plain" if format == "sgd" else "line")
        assert len(found.err) < 1000

    def test_a_line_without_end(self, deeprage: Deeprage, parts: Path) -> None:
        with (parts / "genes.gtf").open("a") as handle:
            handle.write("chr1\tx\tgene\t1\t9\t.\t+\t.\tgene_id " + "x" * 2_000_000 + "\n")
        refused(deeprage(*options(parts)), "2,000,0", "characters")
