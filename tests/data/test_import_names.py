"""Imports of files whose names differ: each finds the same promoters, or says why not."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from deeprage.data.build_notes import BuildNotes
from deeprage.data.building import import_compendium
from deeprage.data.compendium import Compendium
from deeprage.errors import DeepRageError, SeveralProblemsError

NUMBERS = range(1, 13)
CONDITIONS = ["1h-37C_r1", "1h-37C_r2", "ctrl (a)", "ctrl (b)"]
REGULATORS = (3, 6, 9)
RNG = np.random.default_rng(11)
LETTERS = "".join(RNG.choice(list("ACGT"), 4000))
VALUES = RNG.normal(size=(len(NUMBERS), len(CONDITIONS))).round(3)

Import = Callable[..., tuple[Compendium, BuildNotes]]
Spelling = Callable[[int], str]


def start(n: int) -> int:
    """First coding base, 0-based."""
    return 300 * n


def gff(extra: str = "") -> str:
    """Genes as NCBI writes them, gene 12 with the symbol of gene 1 as its synonym."""
    lines = ["##gff-version 3"]
    for n in NUMBERS:
        other = "Abc1" if n == 12 else f"syn{n}"
        about = (
            f"ID=gene-QX_{n:04d};Dbxref=GeneID:{94000 + 7 * n},HGNC:HGNC:{n};Name=Abc{n};"
            f"gene=Abc{n};gene_synonym={other},alt-{n};locus_tag=QX_{n:04d};old_locus_tag=OLD{n:03d}"
        )
        place = f"{start(n) + 1}\t{start(n) + 90}\t.\t+"
        lines.append(f"chr1\tx\tgene\t{place}\t.\t{about}")
        lines.append(
            f"chr1\tx\tCDS\t{place}\t0\tID=cds-NP_{n:06d}.2;Parent=gene-QX_{n:04d};"
            f"Dbxref=UniProtKB:P{n:05d};protein_id=NP_{n:06d}.2"
        )
    return "\n".join(lines) + f"\n{extra}"


def table(
    spell: Spelling = lambda n: f"QX_{n:04d}", conditions: list[str] = CONDITIONS
) -> pd.DataFrame:
    return pd.DataFrame(VALUES.copy(), index=[spell(n) for n in NUMBERS], columns=conditions)


def listed(spell: Spelling) -> str:
    return "".join(f"{spell(n)}\n" for n in REGULATORS)


@pytest.fixture
def run(tmp_path: Path) -> Import:
    """Import the toy files; a text or a frame replaces a file, other things set an option."""

    def call(**changes: Any) -> tuple[Compendium, BuildNotes]:
        files = {
            "genome": f">chr1\n{LETTERS}\n",
            "annotation": gff(),
            "expression": table(),
            "regulators": listed(lambda n: f"QX_{n:04d}"),
        } | changes
        options: dict[str, Any] = {"length": 60, "coding": 0}
        for name, content in files.items():
            path = tmp_path / f"{name}.txt"
            if isinstance(content, pd.DataFrame):
                content.to_csv(path, sep="\t")
            elif isinstance(content, str) and "\n" in content:
                path.write_text(content)
            else:
                options[name] = content
                continue
            options[name] = path
        return import_compendium(**options)

    return call


def check_promoters(compendium: Compendium) -> None:
    """Each row has the promoter of the gene with its values."""
    assert compendium.has_promoter.all()
    for row, n in enumerate(NUMBERS):
        promoter = "".join("ACGTN"[token] for token in compendium.promoters[row])
        assert promoter == LETTERS[start(n) - 60 : start(n)]
    np.testing.assert_allclose(compendium.expression, VALUES, rtol=1e-6)
    assert [int(row) + 1 for row in compendium.regulator_rows] == list(REGULATORS)


SPELLINGS: dict[str, tuple[Spelling, str]] = {
    "locus tag": (lambda n: f"QX_{n:04d}", "locus_tag"),
    "raw ID": (lambda n: f"gene-QX_{n:04d}", "ID"),
    "other prefix": (lambda n: f"gene:QX_{n:04d}", "locus_tag without prefix or suffix"),
    "window": (lambda n: f"QX_{n:04d}::chr1:5-9(+)", "locus_tag without prefix or suffix"),
    "symbol": (lambda n: f"Abc{n}", "gene"),
    "upper case": (lambda n: f"ABC{n}", "gene in another case"),
    "lower case": (lambda n: f"qx_{n:04d}", "locus_tag in another case"),
    "old locus tag": (lambda n: f"OLD{n:03d}", "old_locus_tag"),
    "alias": (lambda n: f"alt-{n}", "alias"),
    "Entrez": (lambda n: f"{94000 + 7 * n}", "GeneID (Dbxref)"),
    "Entrez with prefix": (lambda n: f"GeneID:{94000 + 7 * n}", "GeneID (Dbxref)"),
    "Entrez as a decimal": (
        lambda n: f"{94000 + 7 * n}.0",
        "GeneID (Dbxref) without prefix or suffix",
    ),
    "HGNC": (lambda n: f"HGNC:{n}", "HGNC (Dbxref)"),
    "UniProt": (lambda n: f"P{n:05d}", "UniProtKB (Dbxref)"),
    "protein with another version": (lambda n: f"NP_{n:06d}.5", "protein_id without version"),
    "id|symbol": (lambda n: f"QX_{n:04d}|Abc{n}", "identifiers joined in one name"),
    "symbol;Entrez": (lambda n: f"Abc{n};{94000 + 7 * n}", "identifiers joined in one name"),
    "id_symbol": (lambda n: f"QX_{n:04d}_Abc{n}", "identifiers joined in one name"),
    "R's check.names": (lambda n: f"alt.{n}", "alias as R's check.names writes it"),
}


class TestSpellings:
    @pytest.mark.parametrize(("spell", "label"), SPELLINGS.values(), ids=SPELLINGS)
    def test_of_the_matrix(self, run: Import, spell: Spelling, label: str) -> None:
        compendium, notes = run(expression=table(spell), regulators=listed(spell))
        check_promoters(compendium)
        assert f"genes matched: 12 by {label}" in notes.lines()
        assert "regulators matched: 3 by name" in notes.lines()
        assert not notes.remarks

    @pytest.mark.parametrize(("spell", "label"), SPELLINGS.values(), ids=SPELLINGS)
    def test_of_regulators_operons_and_sites(
        self, run: Import, spell: Spelling, label: str
    ) -> None:
        compendium, notes = run(
            regulators=listed(spell),
            operons=f"gene\toperon\n{spell(2)}\top\n{spell(4)}\top\n",
            tss=f"gene\ttss\n{spell(3)}\t{start(3) - 9}\n",
            groups=f"gene\tgroup\n{spell(5)}\tg\n{spell(7)}\tg\n",
            anchor="TSS",
        )
        assert compendium.regulators == ["QX_0003", "QX_0006", "QX_0009"]
        assert (compendium.promoters[3] == compendium.promoters[1]).all()
        shifted = "".join("ACGTN"[token] for token in compendium.promoters[2])
        assert shifted == LETTERS[start(3) - 70 : start(3) - 10]
        assert compendium.groups[4] == compendium.groups[6] == "g"
        assert not [remark for remark in notes.remarks if "start codon" not in remark]

    @pytest.mark.parametrize(("spell", "label"), SPELLINGS.values(), ids=SPELLINGS)
    def test_a_saved_compendium_knows_them(
        self, run: Import, tmp_path: Path, spell: Spelling, label: str
    ) -> None:
        run()[0].save(tmp_path / "c.h5ad")
        back = Compendium.load(tmp_path / "c.h5ad")
        if "protein" in label:  # there may be very many, so only those of the matrix are kept
            return
        assert back.names.resolve([spell(n) for n in NUMBERS]).gene_index == tuple(range(12))

    def test_ready_promoters_with_windows_in_their_names(self, run: Import) -> None:
        windows = {n: (start(n) - 60, start(n)) for n in NUMBERS}
        fasta = "".join(
            f">QX_{n:04d}::chr1:{low}-{high}(+)\n{LETTERS[low:high]}\n"
            for n, (low, high) in windows.items()
        )
        check_promoters(run(promoters=fasta, genome=None, annotation=None)[0])

    def test_renames_find_their_rows_and_their_genes_by_any_name(self, run: Import) -> None:
        odd = table(lambda n: f"odd {n}" if n < 4 else f"QX_{n:04d}")
        renames = "matrix\tannotation\nODD 1\tAbc1\nodd 2\tOLD002\nodd 3\t94021\n"
        compendium, notes = run(expression=odd, renames=renames, regulators="odd 3\nAbc6\nAbc9\n")
        check_promoters(compendium)
        assert not notes.remarks
        with pytest.raises(DeepRageError, match=r"Its second column has: swap the columns"):
            run(expression=odd, renames="a\tb\nAbc1\todd 1\n")

    def test_a_matrix_of_both_kinds_is_counted(self, run: Import) -> None:
        mixed = table(lambda n: f"QX_{n:04d}" if n < 9 else f"Abc{n}")
        compendium, notes = run(expression=mixed, regulators="Abc3\nQX_0006\nAbc9\n")
        check_promoters(compendium)
        assert "genes matched: 8 by locus_tag, 4 by gene" in notes.lines()

    @pytest.mark.parametrize("kind", ["Dbxref", "GeneID", "geneid"])
    def test_the_kind_can_be_asked_for(self, run: Import, kind: str) -> None:
        spell, _ = SPELLINGS["Entrez"]
        check_promoters(run(expression=table(spell), regulators=listed(spell), gene_id=kind)[0])
        with pytest.raises(DeepRageError, match="no gene of the expression matrix"):
            run(gene_id=kind)

    def test_an_unknown_kind_is_named(self, run: Import) -> None:
        with pytest.raises(DeepRageError, match=r"unknown gene id attribute 'GenID'.*'GeneID'"):
            run(gene_id="GenID")


class TestOneNameOfTwoGenes:
    PLACE = f"chr1\tx\tgene\t{start(1) + 40}\t{start(1) + 80}\t.\t+\t.\t"
    TWICE = f"{PLACE}ID=gene-Z;Name=Abc2;gene=Abc2\n"

    def test_a_row_has_no_promoter_and_both_are_named(self, run: Import) -> None:
        compendium, notes = run(
            annotation=gff(self.TWICE),
            expression=table(lambda n: f"Abc{n}"),
            regulators=listed(lambda n: f"Abc{n}"),
        )
        assert compendium.has_promoter.tolist() == [n != 2 for n in NUMBERS]
        assert notes.genes_with_ambiguous_names == 1
        assert any("'Abc2' (QX_0002, Z)" in remark for remark in notes.remarks)

    def test_a_regulator_is_refused(self, run: Import) -> None:
        with pytest.raises(DeepRageError, match=r"name belongs to .*'Abc2' \(QX_0002, Z\)"):
            run(annotation=gff(self.TWICE), regulators="Abc2\nAbc3\n")

    def test_a_table_leaves_it_out_and_says_so(self, run: Import) -> None:
        _, notes = run(annotation=gff(self.TWICE), operons="gene\toperon\nAbc2\top\nAbc4\top\n")
        assert notes.operon_promoters == 0
        assert any("table of operons: several genes" in remark for remark in notes.remarks)

    def test_a_table_may_name_a_gene_twice_if_both_agree(self, run: Import) -> None:
        rows = "gene\tgroup\nAbc4\tg\nQX_0004\tg\nAbc5\tg\n"
        assert run(groups=rows)[0].groups[3] == "g"
        with pytest.raises(DeepRageError, match=r"1 gene with several values, .*'Abc4', 'QX_0004'"):
            run(groups=rows.replace("QX_0004\tg", "QX_0004\th"))

    def test_an_alias_does_not_take_the_symbol_of_another_gene(self, run: Import) -> None:
        compendium, _ = run(regulators="Abc1\n")
        assert compendium.regulators == ["QX_0001"]

    def test_a_regulator_that_has_no_row_is_not_taken_for_another_in_case(
        self, run: Import
    ) -> None:
        lower = f"{self.PLACE}ID=gene-Z;gene=abc2\n"
        with pytest.raises(DeepRageError, match=r"'abc2'.*1 of them is known to the annotation"):
            run(annotation=gff(lower), regulators="abc2\nAbc3\n")

    def test_two_rows_of_one_gene_share_a_promoter_with_a_remark(self, run: Import) -> None:
        matrix = pd.concat([table(), table(lambda n: f"Abc{n}").iloc[[4]]])
        compendium, notes = run(expression=matrix)
        assert (compendium.promoters[12] == compendium.promoters[4]).all()
        assert compendium.groups[12] == compendium.groups[4]
        assert any("2 rows of the matrix are 1 gene" in remark for remark in notes.remarks)

    def test_a_symbol_does_not_take_the_id_of_another_gene(self, run: Import) -> None:
        annotation = re.sub(r";locus_tag=QX_\d+", "", gff())
        annotation = annotation.replace("Name=Abc1;gene=Abc1;", "Name=QX_0006;gene=QX_0006;")
        compendium, _ = run(annotation=annotation)
        check_promoters(compendium)

    def test_a_regulator_with_several_rows_is_remarked_upon(self, run: Import) -> None:
        matrix = pd.concat([table(), table(lambda n: f"Abc{n}").iloc[[2]]])
        _, notes = run(expression=matrix, regulators="OLD003\nAbc6\n")
        assert any("1 regulator has several rows" in remark for remark in notes.remarks)
        _, notes = run(expression=matrix)
        assert not any("several rows" in remark for remark in notes.remarks)

    @pytest.mark.parametrize("separator", ["\t", ",", ";"])
    def test_a_column_of_yes_and_no_in_the_regulator_list(
        self, run: Import, separator: str
    ) -> None:
        lines = [["gene_id", "symbol", "Is TF?"]]
        lines += [[f"QX_{n:04d}", f"Abc{n}", "No" if n % 3 else "Yes"] for n in NUMBERS]
        text = "".join(f"{separator.join(line)}\n" for line in lines)
        with pytest.raises(DeepRageError, match=r"column 'Is TF\?' .* says 'No', 'Yes'"):
            run(regulators=text)

    def test_a_row_in_another_case_is_another_gene(self, run: Import) -> None:
        matrix = pd.concat([table(), table(lambda n: f"qx_{n:04d}").iloc[[4]]])
        compendium, notes = run(expression=matrix)
        assert not compendium.has_promoter[12]
        assert notes.genes_not_found == 1


class TestCauses:
    """What an error says where no name matches."""

    @pytest.mark.parametrize(
        ("spell", "message"),
        [
            (lambda n: f"hg38_QX_{n:04d}", r"Without 'hg38_', 12 of 12 names match"),
            (lambda n: f"QX_{n:04d}.Wm82.a2.v1", r"Without '\.Wm82\.a2\.v1', 12 of 12"),
            (lambda n: f"ENSMUSG{n:011d}", r"look like Ensembl gene identifiers, and .* has none"),
            (
                lambda n: f"{n + 5_000_000}",
                r"look like Entrez .*Dbxref:GeneID .*another organism",
            ),
            (lambda n: f"Q{n:05d}", r"look like UniProt .*UniProtKB.*another organism"),
            (lambda n: f"{n + 1000}_s_at", r"look like Affymetrix probe sets"),
            (lambda n: f"{n}-Sep", r"spreadsheet"),
            (
                lambda n: f"yyy{n * n}k",
                r"another kind.*ID \('gene-QX_0001'\), Dbxref:Gen",
            ),
        ],
    )
    def test_of_no_match(self, run: Import, spell: Spelling, message: str) -> None:
        with pytest.raises(DeepRageError, match=message):
            run(expression=table(spell))

    def test_all_of_them_are_named(self, run: Import) -> None:
        names = [f"{n}-Mar" if n < 4 else f"hg38_QX_{n:04d}" for n in NUMBERS]
        with pytest.raises(DeepRageError) as raised:
            run(expression=table(lambda n: names[n - 1]))
        assert "spreadsheet" in str(raised.value)
        assert "ID ('gene-QX_0001')" in str(raised.value)

    def test_few_matches_are_remarked_upon(self, run: Import) -> None:
        _, notes = run(
            expression=table(lambda n: f"QX_{n:04d}" if n < 4 else f"ENSG{n:011d}"),
            regulators="QX_0001\n",
        )
        (remark,) = notes.remarks
        assert "9 genes of the matrix, not found" in remark
        assert "look like Ensembl gene identifiers" in remark


class TestOrientation:
    def strains(self) -> pd.DataFrame:
        """Columns named after deleted regulators, as in a compendium of knock-outs."""
        return table(conditions=["Abc3", "Abc6", "Abc9", "wild type"])

    def test_strains_named_after_regulators_do_not_turn_the_matrix(self, run: Import) -> None:
        compendium, notes = run(expression=self.strains(), regulators=listed(lambda n: f"Abc{n}"))
        check_promoters(compendium)
        assert not notes.remarks

    def test_nor_if_all_columns_are_genes_and_some_rows_are_not(self, run: Import) -> None:
        matrix = table(
            lambda n: f"QX_{n:04d}" if n > 1 else "spike", ["Abc3", "Abc6", "Abc9", "Abc11"]
        )
        compendium, _ = run(expression=matrix, regulators=listed(lambda n: f"Abc{n}"))
        assert compendium.genes[:2] == ["spike", "QX_0002"]

    def test_genes_in_columns_are_recognised_and_noted(self, run: Import) -> None:
        for matrix in (table().T, self.strains().T):
            compendium, notes = run(expression=matrix, regulators=listed(lambda n: f"Abc{n}"))
            check_promoters(compendium)
            (remark,) = notes.remarks
            assert "genes are the columns of the matrix" in remark
            assert "12 of 12 columns are genes of the annotation" in remark

    def test_a_tie_shows_both(self, run: Import) -> None:
        square = table().iloc[:4].set_axis([f"Abc{n}" for n in range(1, 5)], axis=1)
        with pytest.raises(
            DeepRageError,
            match=r"As rows: 4 of 4 rows are genes.*As columns: 4 of 4 columns are genes.*"
            r"--orientation rows or --orientation columns",
        ):
            run(expression=square, regulators="Abc3\n")
        for orientation in ("rows", "columns"):
            run(expression=square, regulators="Abc3\n", orientation=orientation)

    def test_a_condition_table_decides_a_tie(self, run: Import) -> None:
        square = table().iloc[:4].set_axis([f"Abc{n}" for n in range(1, 5)], axis=1)
        sheet = "condition\tseries\n" + "".join(f"Abc{n}\ts\n" for n in range(1, 5))
        assert (
            run(expression=square, regulators="Abc3\n", conditions=sheet)[0].genes[0] == "QX_0001"
        )
        compendium, _ = run(expression=square.T, regulators="Abc3\n", conditions=sheet)
        assert compendium.genes[0] == "QX_0001"

    def test_a_conflict_shows_both(self, run: Import) -> None:
        without = "".join(
            line + "\n"
            for line in gff().replace(";Name=", ";x=").replace(";gene=", ";y=").splitlines()
        )
        with pytest.raises(
            DeepRageError, match=r"As rows: 12 of 12 rows are .*, 0 of 3 regulators have a row.*"
            r"As columns: 0 of 4 .*, 3 of 3 regulators have a column"
        ):  # fmt: skip
            run(
                annotation=without,
                expression=self.strains(),
                regulators=listed(lambda n: f"Abc{n}"),
            )

    def test_a_few_strains_do_not_make_thousands_of_conditions(self, run: Import) -> None:
        many = pd.DataFrame(
            RNG.normal(size=(60, 4)), [f"probe{n}" for n in range(60)],
            ["Abc3", "Abc6", "Abc9", "Abc12"],
        )  # fmt: skip
        with pytest.raises(DeepRageError, match=r"60 rows, 4 columns"):
            run(expression=many, regulators=listed(lambda n: f"Abc{n}"))

    def test_of_parquet_and_h5ad(self, run: Import, tmp_path: Path) -> None:
        from anndata import AnnData

        strains = self.strains()
        strains.to_parquet(tmp_path / "m.parquet")
        strains.T.to_parquet(tmp_path / "t.parquet")
        AnnData(strains.T.copy()).write_h5ad(tmp_path / "m.h5ad")
        AnnData(strains.copy()).write_h5ad(tmp_path / "t.h5ad")  # genes are obs: unusual
        for name, turned in (
            ("m.parquet", False), ("t.parquet", True), ("m.h5ad", False), ("t.h5ad", True),
        ):  # fmt: skip
            compendium, notes = run(
                expression=tmp_path / name, regulators=listed(lambda n: f"Abc{n}")
            )
            check_promoters(compendium)
            assert bool(notes.remarks) == turned


class TestConditionNames:
    SHEET = "condition\tseries\n" + "".join(f"{name}\t{name[:2]}\n" for name in CONDITIONS)
    CHANGED = ("X1h.37C_r1", "X1h.37C_r2", "ctrl..a.", "ctrl..b.")

    def test_of_r_are_matched_with_a_remark(self, run: Import) -> None:
        compendium, notes = run(
            expression=table(conditions=list(self.CHANGED)), conditions=self.SHEET,
            reference=["X1h.37C_r1"],
        )  # fmt: skip
        assert compendium.conditions == CONDITIONS
        assert compendium.series == ["1h", "1h", "ct", "ct"]
        assert not compendium.expression[:, 0].any()
        (remark,) = notes.remarks
        assert "R's check.names" in remark
        assert "'X1h.37C_r1' to '1h-37C_r1'" in remark

    def test_of_a_table_that_r_changed(self, run: Import) -> None:
        sheet = self.SHEET
        for name, changed in zip(CONDITIONS, self.CHANGED, strict=True):
            sheet = sheet.replace(f"{name}\t", f"{changed}\t")
        assert run(conditions=sheet)[0].conditions == list(self.CHANGED)

    def test_that_two_conditions_would_have_are_refused(self, run: Import) -> None:
        sheet = self.SHEET + "1h.37C_r1\tother\n"
        with pytest.raises(DeepRageError, match=r"'X1h\.37C_r1'; .*R's check\.names"):
            run(expression=table(conditions=list(self.CHANGED)), conditions=sheet)


ODD = ["two words", "mt:ori=1,2", "NA", "007", "1e5", "TRUE", "<b>x</b>", "[/b]", "x" * 300,
       "fab3/α", "HLX (long arm)"]  # fmt: skip


class TestRegulatorList:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Abc3\tthe third\nAbc6\n", [3, 6]),
            ("Abc3 the third\nAbc6 # comment\n# Abc9\n", [3, 6]),
            ("Abc3, Abc6,Abc9\nAbc10\n", [3, 6, 9, 10]),
            ("QX_0003,Abc3\nQX_0006,Abc6\n", [3, 6]),
            ('"Abc3"\n"Abc6"\n', [3, 6]),
            ("gene_id\tsymbol\nQX_0003\tAbc3\n", [3]),
            ("Gene\nAbc3\n", [3]),
            ("TF,score\nAbc3,0.9\nAbc6,0.8\n", [3, 6]),
            ("sp\tid\tgene\nq\tQX_0003.1\tQX_0003\nq\tQX_0003.2\tQX_0003\nq\tz\tQX_0006\n", [3, 6]),
            ("species\tid\tfamily\nq.a\tAbc3\tf\nq.b\tAbc6\tf\nq.c\tAbc6\tg\n", [3, 6]),
            ("Species,Symbol,Ensembl\nQx,Abc3,-\nQy,Abc6,-\nQz,Abc9,-\n", [3, 6, 9]),
        ],
    )
    def test_forms_of_lines(self, run: Import, text: str, expected: list[int]) -> None:
        compendium, _ = run(regulators=text)
        assert [int(row) + 1 for row in compendium.regulator_rows] == expected

    @pytest.mark.parametrize("name", ODD)
    def test_odd_names_stay_names(self, run: Import, tmp_path: Path, name: str) -> None:
        matrix = table(lambda n: name if n == 3 else f"QX_{n:04d}")
        others = "".join(f"{condition}\ts\n" for condition in CONDITIONS[1:])
        compendium, _ = run(
            expression=matrix.rename(columns={CONDITIONS[0]: name}),
            regulators=f"{name}\nAbc6\nAbc9\n",
            renames=f"matrix\tannotation\n{name}\tQX_0003\n",
            conditions=f"condition\tseries\n{name}\tx{name}\n{others}",
        )
        compendium.save(tmp_path / "odd.h5ad")
        back = Compendium.load(tmp_path / "odd.h5ad")
        check_promoters(back)
        assert back.genes[2] == back.conditions[0] == name
        assert back.series[0] == f"x{name}"

    def test_a_name_with_a_blank_that_fits_nothing_is_explained(self, run: Import) -> None:
        with pytest.raises(DeepRageError, match=r"'two words'.* A line of the list is one name"):
            run(regulators="two words\nAbc3\n")

    @pytest.mark.parametrize("character", ["\x07", "\x1b[31m", "\u202e", "\u2028"])
    def test_control_characters_are_refused(self, run: Import, character: str) -> None:
        matrix = table(lambda n: f"Q{character}X" if n == 12 else f"QX_{n:04d}")
        with pytest.raises(DeepRageError, match="control characters") as raised:
            run(expression=matrix)
        assert character not in str(raised.value)


@pytest.mark.parametrize("changes", [{"annotation": gff().replace("Abc4", "Ab%0Ac")},
                                     {"groups": "gene\tgroup\nAbc4\ta\x07b\n"}])  # fmt: skip
def test_symbols_and_groups_have_no_control_characters(
    run: Import, changes: dict[str, str]
) -> None:
    with pytest.raises(DeepRageError, match="have control characters"):
        run(**changes)


def test_all_problems_are_reported_at_once(run: Import) -> None:
    matrix = table()
    matrix.iloc[3, 2] = np.inf
    matrix.iloc[5] = 1.0
    with pytest.raises(SeveralProblemsError) as raised:
        run(
            expression=matrix,
            regulators="nobody\nAbc3\nQX_0003\n",
            conditions=f"condition\tseries\n{CONDITIONS[0]}\ts\n",
            groups="gene\tcluster\tx\n",
            genome=">other\nACGT\n",
            operons="gene\toperon\nnothing\top\n",
        )
    expected = (
        "no column 'group'",
        "infinite or larger",
        "1 gene constant",
        "3 of 4 conditions",
        "under several names, such as 'Abc3', 'QX_0003'",
        "1 of 3 regulators have no row",
        "table of operons",
    )
    assert len(raised.value.messages) == len(expected)
    for message, words in zip(raised.value.messages, expected, strict=True):
        assert words in message


def test_what_follows_from_another_problem_is_not_reported(run: Import) -> None:
    for changes, message in (
        ({"regulators": "#\n\n"}, "regulator list .* is empty"),
        ({"expression": table(lambda n: f"zz{n}"), "regulators": "Abc3\n"}, "no gene of the expr"),
        ({"regulators": "nobody\n", "drop_unknown_regulators": True}, "no regulator of the list"),
    ):
        with pytest.raises(DeepRageError, match=message) as raised:
            run(**changes)
        assert not isinstance(raised.value, SeveralProblemsError)


def test_files_that_cannot_be_read_are_reported_together(run: Import, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(SeveralProblemsError) as raised:
        run(regulators="\n", annotation=gone, expression=gone, conditions=gone)
    assert len(raised.value.messages) == 4
