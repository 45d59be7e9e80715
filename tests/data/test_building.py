"""A compendium built from files, checked against sequences worked out by hand."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deeprage.data.build_notes import BuildNotes
from deeprage.data.building import import_compendium
from deeprage.data.compendium import Compendium
from deeprage.data.dna import decode
from deeprage.errors import DeepRageError

DATA = Path(os.environ.get("DEEPRAGE_DATA", "../shared/data/yeast"))
LETTERS = "".join(np.random.default_rng(5).choice(list("ACGT"), 400))
#: gene, strand, first coding base (1-based): A and B are divergent, C and D follow each other.
GENES = [("A", "-", 100), ("B", "+", 121), ("C", "+", 221), ("D", "+", 301), ("E", "+", 11)]

Import = Callable[..., tuple[Compendium, BuildNotes]]


def gff() -> str:
    lines = ["##gff-version 3"]
    for gene, strand, first in GENES:
        start, end = (first - 8, first) if strand == "-" else (first, first + 8)
        for kind, more in (("gene", f"ID=gene-{gene}"), ("CDS", f"Parent=gene-{gene}")):
            text = f"chr1\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\t{more};gene=sym{gene}"
            lines.append(text)
    return "\n".join(lines) + "\n"


@pytest.fixture
def run(tmp_path: Path) -> Import:
    """Import the toy files; a keyword replaces a file's text (if a string) or sets an option."""
    files = {
        "genome": f">NC_9.1 toy chromosome 1\n{LETTERS}\n",
        "annotation": gff(),
        "expression": "g\tx\ty\tz\nA\t1\t2\t3\nB\t3\t2\t\nC\t0\t1\t0\nD\t1\t0\t0\nE\t2\t0\t1\n"
        "Z\t5\t6\t7\n",
        "regulators": "# regulators\nA\nsymC\n",
        "conditions": "condition\tseries\ttime\nz\ts2\t9\ny\ts1\t8\nx\ts1\t7\n",
    }
    tables = {"promoters", "tss", "operons", "renames", "groups"}

    def call(**changes: Any) -> tuple[Compendium, BuildNotes]:
        options: dict[str, Any] = {"length": 40}
        for name, value in {**files, **changes}.items():
            if name in files.keys() | tables and value is not None:
                path = tmp_path / f"{name}.txt"
                path.write_text(value)
                options[name] = path
            else:
                options[name] = value
        return import_compendium(**options)

    return call


def promoter_of(compendium: Compendium, gene: str) -> str:
    return decode(compendium.promoters[compendium.genes.index(gene)])


def turned(letters: str) -> str:
    return letters[::-1].translate(str.maketrans("ACGT", "TGCA"))


class TestImport:
    def test_promoters_are_cut_towards_the_gene(self, run: Import) -> None:
        compendium, notes = run()
        assert promoter_of(compendium, "A") == turned(LETTERS[100:140])
        assert promoter_of(compendium, "B") == LETTERS[80:120]
        assert promoter_of(compendium, "E") == "N" * 30 + LETTERS[:10]
        assert compendium.has_promoter.tolist() == [True] * 5 + [False]
        assert (notes.genes_without_promoter, notes.padded_windows) == (1, 1)
        assert (notes.missing_cells, notes.genes, notes.conditions) == (1, 6, 3)

    def test_series_follow_the_matrix_and_symbols_name_regulators(self, run: Import) -> None:
        compendium, _ = run()
        assert compendium.series == ["s1", "s1", "s2"]
        assert compendium.adata.obs["time"].tolist() == ["7", "8", "9"]
        assert compendium.regulators == ["A", "C"]
        assert compendium.symbols[:2] == ["symA", "symB"]

    def test_divergent_genes_that_share_half_a_window_are_one_group(self, run: Import) -> None:
        groups = dict(zip(*(lambda c: (c.genes, c.groups))(run()[0]), strict=True))
        assert groups["A"] == groups["B"]
        assert len(set(groups.values())) == 5

    def test_given_groups_replace_the_computed_ones(self, run: Import) -> None:
        compendium, notes = run(groups="gene\tgroup\nC\tcd\nD\tcd\n")
        assert compendium.groups == ["A", "B", "cd", "cd", "E", "Z"]
        assert (notes.groups, notes.largest_group) == (5, 2)

    def test_operons_share_promoter_and_group(self, run: Import) -> None:
        compendium, notes = run(operons="gene\toperon\nD\top1\nsymC\top1\n")
        assert promoter_of(compendium, "D") == promoter_of(compendium, "C") == LETTERS[180:220]
        assert compendium.groups[2] == compendium.groups[3]
        assert notes.operon_promoters == 1

    def test_renamed_genes_share_promoter_and_group(self, run: Import) -> None:
        compendium, notes = run(renames="old\tnew\tnote\nZ\tC\tmerged\n")
        assert promoter_of(compendium, "Z") == promoter_of(compendium, "C")
        assert compendium.groups[5] == compendium.groups[2] == "C"
        assert notes.genes_by_other_name == 1

    def test_sites_from_a_table(self, run: Import) -> None:
        table = "UID\tchrom\tstrand\tatg_pos\ttss_pos\nB\tI\t+\t121\t116\nA\tI\t-\t100\t103\n"
        compendium, notes = run(anchor="TSS", tss=table)
        assert promoter_of(compendium, "B") == LETTERS[75:115]
        assert promoter_of(compendium, "A") == turned(LETTERS[103:143])
        assert notes.tss_fallbacks == 3
        assert compendium.about["anchor"] == "TSS"

    def test_a_circle_wraps(self, run: Import) -> None:
        compendium, notes = run(circular=["NC_9.1"])
        assert promoter_of(compendium, "E") == LETTERS[-30:] + LETTERS[:10]
        assert notes.padded_windows == 0

    def test_ready_promoters(self, run: Import) -> None:
        fasta = ">A\nACGTA\n>D\nCCCCC\n"
        compendium, _ = run(genome=None, annotation=None, promoters=fasta, regulators="A\n")
        assert promoter_of(compendium, "D") == "CCCCC"
        assert compendium.has_promoter.sum() == 2

    def test_genes_in_columns_are_found_by_the_annotation(self, run: Import) -> None:
        matrix = "c\tA\tB\tC\nx\t1\t2\t3\ny\t3\t1\t2\nz\t0\t1\t3\n"
        compendium, _ = run(expression=matrix, regulators="symA\n")
        assert compendium.genes == ["A", "B", "C"]

    def test_units_follow_the_transform(self, run: Import) -> None:
        assert run()[0].about["unit"] == "log2 fold change"
        assert run(log2=True)[0].about["unit"] == "log2 expression"
        fold = run(log2=True, reference=["x"])[0]
        assert fold.about["unit"] == "log2 fold change"
        assert fold.expression[0].tolist() == pytest.approx([0, np.log2(3 / 2), 1])

    def test_what_may_be_dropped(self, run: Import) -> None:
        matrix = "g\tx\ty\nA\t1\t2\nB\t3\t3\nC\t\t\nD\t2\t1\n"
        compendium, notes = run(
            expression=matrix,
            regulators="A\nB\nnobody\n",
            drop_constant=True,
            drop_unknown_regulators=True,
        )
        assert compendium.genes == ["A", "D"]
        assert (notes.dropped_constant_genes, notes.dropped_regulators) == (2, 2)
        assert "dropped regulators: 2" in notes.lines()

    def test_genes_that_were_not_found_are_named(self, run: Import) -> None:
        matrix = "g\tx\ty\nA\t1\t2\nB\t3\t1\n2-Sep\t0\t1\nZ\t1\t0\n"
        _, notes = run(expression=matrix, regulators="A\n")
        assert notes.genes_not_found == 2
        assert "genes not found: 2" in notes.lines()
        remark = next(x for x in notes.remarks if x.startswith("no promoter"))
        assert "2 genes of the matrix, not found" in remark
        assert "'2-Sep', 'Z'" in remark
        assert "'2-Sep' look like gene names that a spreadsheet" in remark

    def test_letters_that_are_read_as_n_are_counted(self, run: Import) -> None:
        assert run()[1].genome_letters_read_as_n == 0
        letters = LETTERS[:90] + "RYn" + LETTERS[93:]
        compendium, notes = run(genome=f">chr1\n{letters}\n")
        assert notes.genome_letters_read_as_n == 2
        assert promoter_of(compendium, "B") == (LETTERS[80:90] + "NNN" + LETTERS[93:120])

    def test_sites_may_be_named_as_in_the_matrix(self, run: Import) -> None:
        compendium, _ = run(anchor="TSS", tss="UID\ttss_pos\nZ\t216\n", renames="old\tnew\nZ\tC\n")
        assert promoter_of(compendium, "Z") == LETTERS[175:215]

    def test_a_saved_compendium_comes_back(self, run: Import, tmp_path: Path) -> None:
        compendium, _ = run()
        compendium.save(tmp_path / "c.h5ad")
        back = Compendium.load(tmp_path / "c.h5ad")
        assert back.groups == compendium.groups
        assert (back.promoters == compendium.promoters).all()
        assert back.about == compendium.about


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"annotation": None}, r"need a genome with its annotation"),
        ({"genome": ">c7\nACGT\n>c8\nACGT\n"}, r"\('chr1'\) are not those of .*'c7', 'c8'"),
        ({"expression": "g\tx\ty\nq\t1\t2\n"}, r"no gene .* the matrix has 'q', .*'A', 'B', 'C'"),
        ({"regulators": "A\nnobody\n"}, r"1 of 2 regulators have no row .* 'nobody'"),
        ({"regulators": "A\nsymA\n"}, r"one gene is among the regulators .*'A', 'symA'"),
        ({"regulators": "\n"}, r"regulator list .* is empty"),
        ({"conditions": "condition\ttime\nx\t1\n"}, r"no column 'series'"),
        ({"conditions": "condition\tseries\nx\ts\n"}, r"2 of 3 conditions .* 'y', 'z'"),
        ({"conditions": "condition\tseries\nx\ts\ny\t\n"}, r"1 condition without a series"),
        ({"groups": "gene\tgroup\nq\tw\n"}, r"names no gene of the expression matrix"),
        ({"operons": "gene\tstart\tend\nA\t1\t2\n"}, r"no column 'operon'"),
        ({"tss": "UID\ttss_pos\nA\t5\n"}, r"--anchor TSS"),
        (
            {"tss": "UID\ttss_pos\nA\t5.5\n", "anchor": "TSS"},
            r"1 position other than whole numbers .* '5\.5'",
        ),
        ({"circular": ["NC_9"]}, r"unknown circular chromosome 'NC_9'\. Did you mean 'NC_9\.1'"),
        ({"genome": None, "annotation": None, "promoters": ">q\nAC\n"}, r"in the promoter FASTA"),
        (
            {"genome": None, "annotation": None, "promoters": ">A\nACGT\n>B\nACG\n>C\nACGT\n"},
            r"one length: most have 4 bp, but 1 do not, such as 'B'",
        ),
        ({"genome": None, "annotation": None, "promoters": ">A\nNNNN\n"}, r"all are N"),
        ({"promoters": ">A\nACGT\n"}, r"either `--promoters` or `--genome`"),
        ({"genome": f">chr1\n{LETTERS[:250]}\n"}, r"1 of 5 genes lie beyond .* 'D' \(to base"),
        ({"expression": "g\tx\ty\nA\t1e39\t2\nC\t1\t2\n"}, r"1 cell infinite or larger"),
        ({"expression": "g\tx\ty\nA\t1\t1\n", "drop_constant": True}, r"no gene .* varies"),
        ({"groups": "gene\tgroup\n"}, r"no rows with both a name and a group"),
        ({"operons": "gene\toperon\nq\tw\n"}, r"table of operons names no gene"),
        ({"renames": "old\tnew\nq\tw\n"}, r"table of renames .* names no gene"),
        ({"conditions": "condition\tseries\ta/b\nx\ts\t1\n"}, r"under the names 'a/b'"),
        ({"conditions": "condition\tseries\n"}, r"3 of 3 conditions .* the table has none"),
        (
            {"expression": "g\tx\ty\nA\t1\t431\nC\t1\t2\n"},
            r"1 cell beyond 30.* 431 of 'A' in 'y'.*--log2",
        ),
        ({"tss": "UID\ttss_pos\nq\t5\n", "anchor": "TSS"}, r"TSS table .* names no gene"),
        ({"expression": "g\tx\ty\n1-Mar\t1\t2\n"}, r"'1-Mar' look like .* spreadsheet"),
        ({"expression": "g\tx\n1-Mar\t1\n1-Mar\t2\n"}, r"1 duplicate gene in .* a spreadsheet"),
        ({"regulators": "A\nb\nB\n"}, r"one gene is among the regulators .*'b', 'B'"),
        (
            {
                "genome": f">chr2\n{LETTERS}\n",
                "annotation": gff() + "chr2\tx\tgene\t11\t60\t.\t+\t.\tID=other\n",
            },
            r"genes of the matrix .*, such as 'A', .* chromosomes that the genome lacks",
        ),
        ({"unit": "log2 fold chnage"}, r"unknown unit .* Did you mean 'log2 fold change'"),
    ],
)
def test_parts_that_do_not_fit(run: Import, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DeepRageError, match=message):
        run(**changes)


@pytest.mark.skipif(not DATA.exists(), reason=f"needs the yeast data in {DATA} (DEEPRAGE_DATA)")
def test_yeast_promoters_and_groups_are_those_known() -> None:
    compendium, notes = import_compendium(
        expression=DATA / "expression/gasch2000.tsv.gz",
        regulators=DATA / "expression/regulators_472.txt",
        genome=DATA / "genome/S288C_reference_sequence_R64-3-1.fsa.gz",
        annotation=DATA / "genome/SGD_features.tsv.gz",
        conditions=DATA / "expression/gasch2000_conditions.tsv",
        renames=DATA / "genome/gasch_to_sgd_orf.tsv",
    )
    assert (notes.genes, notes.conditions, notes.regulators) == (6152, 173, 472)
    assert len(set(compendium.series)) == 25
    targets = (DATA / "expression/targets_6099.txt").read_text().split()
    whole = dict(zip(compendium.genes, (compendium.promoters != 4).all(axis=1), strict=True))
    assert sum(whole[gene] for gene in targets) >= 6068
    # GAL1 and GAL10 are divergent: the shared promoter holds the Gal4 sites (CGG N11 CCG).
    row = {gene: number for number, gene in enumerate(compendium.genes)}
    assert compendium.groups[row["YBR020W"]] == compendium.groups[row["YBR019C"]]
    promoter = promoter_of(compendium, "YBR020W")
    ends = ((promoter[at : at + 3], promoter[at + 14 : at + 17]) for at in range(984))
    sites = [pair for pair in ends if pair == ("CGG", "CCG")]
    assert len(sites) >= 3
    assert 3900 < notes.groups < 4000
    assert 85 <= notes.largest_group <= 100
