"""Expression matrices in every file format, and what is refused."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.data.expression import (
    check_logarithms,
    read_expression,
    transform_expression,
    whole_numbers_remark,
)
from deeprage.data.names import NameResolver
from deeprage.data.orientation import OrientationChooser
from deeprage.errors import DeepRageError

MATRIX = pd.DataFrame(
    [[1.5, np.nan, -2.0], [0.25, 3.0, 4.0]], index=["NA", "YBR2"], columns=["cold", "heat", "salt"]
)
TSV = "gene\tcold\theat\tsalt\nNA\t1.5\t\t-2\nYBR2\t0.25\t3\t4.0\n"


def written(folder: Path, kind: str) -> Path:
    """`MATRIX` in a file of that kind."""
    path = folder / f"matrix.{kind}"
    if kind.endswith(".gz"):
        path.write_bytes(gzip.compress(written(folder, kind.removesuffix(".gz")).read_bytes()))
    elif kind == "tsv":
        path.write_text(TSV)
    elif kind == "csv":
        path.write_text("\ufeff" + TSV.replace("\t\t", "\tNA\t").replace("\t", ","))
    elif kind == "r.tsv":
        path.write_text(TSV.removeprefix("gene\t"))
    elif kind == "parquet":
        MATRIX.to_parquet(path)
    elif kind == "column.parquet":
        MATRIX.reset_index().to_parquet(path)
    elif kind == "h5ad":
        from anndata import AnnData

        AnnData(MATRIX.T).write_h5ad(path)
    return path


@pytest.mark.parametrize(
    "kind",
    ["tsv", "tsv.gz", "csv", "csv.gz", "r.tsv", "parquet", "column.parquet", "h5ad", "h5ad.gz"],
)
def test_every_format_gives_the_same_matrix(tmp_path: Path, kind: str) -> None:
    found = read_expression(written(tmp_path, kind)).values
    pd.testing.assert_frame_equal(found, MATRIX, check_names=False, check_index_type=False)


class TestOrientation:
    def test_the_side_with_known_genes_is_the_genes(self, tmp_path: Path) -> None:
        path = tmp_path / "m.tsv"
        MATRIX.T.to_csv(path, sep="\t")
        known = OrientationChooser(genes=NameResolver(["NA", "YBR2"]), source="the test")
        assert list(read_expression(path, choose=known).values.index) == ["NA", "YBR2"]
        assert list(read_expression(path).values.index) == ["cold", "heat", "salt"]
        assert list(read_expression(path, orientation="columns").values.index) == ["NA", "YBR2"]

    def test_an_unknown_orientation_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"unknown orientation 'row'\. Did you mean 'rows'"):
            read_expression(written(tmp_path, "tsv"), orientation="row")


class TestRefused:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (
                "g\ta\tb\nx\t1\tlow\ny\thigh\t2\nz\t1\t1\n",
                r"2 cells of text in the columns 'a', 'b', such as 'high \(row y, column a\)', 'lo",
            ),
            (
                "g\ta\tb\nx\t1\tTrue\ny\t1\t1\nz\t1\t0\n",
                r"1 cell of text in the column 'b', such as",
            ),
            ("g\ta\tb\nx\t1\t-0,53\n", r"numbers have a decimal comma, such as '-0,53'"),
            ("g;a;b\nx;1,5;2\n", r"numbers have a decimal comma, such as '1,5'"),
            (
                "g\ta\tb\nx\tlow\thigh\n",
                r"0 columns of values and 2 columns of text such as 'low",
            ),
            ("g\ta\tb\nx\t1\t2\nx\t1\t2\n", r"1 duplicate gene in .* such as 'x'"),
            ("g,sample,v\nx,a,1\nx,b,2\ny,a,1\ny,b,3\n", r"long table.*'x'.*'sample'.*pivot"),
            ("g\ta\ta\nx\t1\t2\n", r"1 duplicate column name in .* such as 'a'"),
            ("g\ta\n", "0 rows and 1 columns"),
            ("", "is empty; it needs a header line and rows"),
            ("\n\n# only a comment\n", "is empty; it needs a header line and rows"),
            ("g\nx\n", r"1 column \('g'\); expected gene names"),
            ("g\ta\tb\nx\t1\t2\ny\t1\n", r"1 line with .* line 3: the file may be cut short"),
            ("g,a,b\nx,1\ny,1,2\n", r"1 line with .* line 2: the file may be cut short"),
            ("g\ta\tb\nx\t1\t2\n \t1\t2\n", r"1 of the genes in .* have no name"),
            ("g\ta\tb\nx\t1\t2\n#N/A\t1\t2\n\t1\t2\n", r"1 of the genes in .* have no name"),
            ("g\ta\t\nx\t1\t2\n", r"1 of the columns in .* have no name"),
            ("g\ta\tb\nx\t1\t2\ny\0\0\t1\t2\n", "NUL bytes"),
            ('g\ta\tb\nx\t"1\t2\n', r"not a table: in line 2 a quote \(\"\) is not closed"),
            ('g,a,b\nx,"1"2,2\n', r"not a table: in line 2 a quote"),
            ("g\ta\nx\t1\nq\t1\t2\t3\n", r"the row of 'q' \(line 3\) has 4 columns, the header 2"),
        ],
    )
    def test_text_files(self, tmp_path: Path, content: str, message: str) -> None:
        path = tmp_path / "m.tsv"
        path.write_text(content)
        with pytest.raises(DeepRageError, match=message):
            read_expression(path)

    def test_blank_cells_and_lines_are_no_cut(self, tmp_path: Path) -> None:
        path = tmp_path / "m.tsv"
        path.write_text("g\ta\tb\nx\t1\t\n\ny\t\t2\n")
        found = read_expression(path).values
        np.testing.assert_array_equal(found.to_numpy(), [[1, np.nan], [np.nan, 2]])

    @pytest.mark.parametrize("kind", ["parquet", "h5ad"])
    def test_half_a_file(self, tmp_path: Path, kind: str) -> None:
        path = written(tmp_path, kind)
        path.write_bytes(path.read_bytes()[:300])
        with pytest.raises(DeepRageError, match=r"matrix\.\w+ is damaged, perhaps cut short"):
            read_expression(path)


class TestGenes:
    """Names of genes in a column of their own, and rows and columns that are none."""

    KNOWN = OrientationChooser(genes=NameResolver(["YA1", "YB2", "YC3"]), source="the test")
    NUMBERED = "\tgene\tnote\ta\tb\n0\tYA1\tx\t1\t2\n1\tYB2\ty\t3\t4\n2\tYC3\tz\t5\t6\n"

    def read(self, folder: Path, content: str, **options: object):
        path = folder / "m.tsv"
        path.write_text(content)
        return read_expression(path, **options)

    def test_the_column_with_known_genes_replaces_numbers(self, tmp_path: Path) -> None:
        read = self.read(tmp_path, self.NUMBERED, choose=self.KNOWN)
        assert list(read.values.index) == ["YA1", "YB2", "YC3"]
        assert list(read.values.columns) == ["a", "b"]
        assert "taken from the column 'gene'" in read.remarks[0]
        assert "1 column of" in read.remarks[1]
        assert "'note'" in read.remarks[1]

    @pytest.mark.parametrize("first", ["0.5 -1 2", "3 3 4"])
    def test_a_condition_before_the_names_is_not_lost(self, tmp_path: Path, first: str) -> None:
        rows = zip(first.split(), ["YA1", "YB2", "YC3"], strict=True)
        content = "a\tb\tgene\n" + "".join(f"{value}\t1.5\t{gene}\n" for value, gene in rows)
        message = r"first column of .* has values .* in the column 'gene'"
        for options in ({"choose": self.KNOWN}, {"gene_column": "gene"}):
            with pytest.raises(DeepRageError, match=message):
                self.read(tmp_path, content, **options)

    def test_names_that_are_genes_stay(self, tmp_path: Path) -> None:
        content = "gene\tother\ta\nYA1\tYA1\t1\nYB2\tYC3\t2\n"
        assert list(self.read(tmp_path, content, choose=self.KNOWN).values.index) == ["YA1", "YB2"]

    def test_numbers_alone_are_no_names(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"only numbered .* 'gene', 'note' with --gene-col"):
            self.read(tmp_path, self.NUMBERED)
        with pytest.raises(DeepRageError, match=r"only numbered .*: give the matrix names of gen"):
            self.read(tmp_path, "g\ta\n1\t5\n2\t6\n")

    def test_numbers_that_do_not_count_the_rows_are_names(self, tmp_path: Path) -> None:
        content = "g\ta\n007\t5\n1e5\t6\n12\t7\nTRUE\t1\nNA\t1\n"
        names = ["007", "1e5", "12", "TRUE", "NA"]
        assert list(self.read(tmp_path, content).values.index) == names

    def test_a_column_can_be_chosen(self, tmp_path: Path) -> None:
        read = self.read(tmp_path, self.NUMBERED, gene_column="note")
        assert list(read.values.index) == ["x", "y", "z"]
        with pytest.raises(DeepRageError, match=r"unknown column .* 'gen'\. Did you mean 'gene'"):
            self.read(tmp_path, self.NUMBERED, gene_column="gen")

    def test_repeated_names_offer_a_column_without_repeats(self, tmp_path: Path) -> None:
        content = "gene\tid\ta\nf\ti1\t1\nf\ti2\t2\n"
        with pytest.raises(DeepRageError, match=r"1 duplicate gene.*'f'.*--gene-column id\."):
            self.read(tmp_path, content)

    @pytest.mark.parametrize(
        "names",
        [
            ["__no_feature", "__ambiguous", "__alignment_not_unique"],
            ["N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"],
            ["no_feature", "not_aligned"],
            ["Unassigned_NoFeatures"],
        ],
    )
    def test_counts_of_reads_without_a_gene_are_left_out(
        self, tmp_path: Path, names: list[str]
    ) -> None:
        rows = "".join(f"{name}\t9\t9\n" for name in names)
        for content in (f"g\ta\tb\n{rows}YA1\t1\t2\n", f"g\ta\tb\nYA1\t1\t2\n{rows}"):
            read = self.read(tmp_path, content)
            assert list(read.values.index) == ["YA1"]
            assert repr(names[0]) in read.remarks[-1]

    def test_they_are_left_out_of_a_turned_matrix_too(self, tmp_path: Path) -> None:
        content = "s\tYA1\tYB2\t__no_feature\nx\t1\t2\t3\ny\t1\t2\t3\n"
        read = self.read(tmp_path, content, choose=self.KNOWN)
        assert list(read.values.index) == ["YA1", "YB2"]

    @pytest.mark.parametrize(
        "title",
        ["Length", "gene_length", "EntrezID", "Entrez Gene ID", "Start", "padj", "GC.content"],
    )
    def test_a_column_that_is_hardly_a_condition_is_an_error(
        self, tmp_path: Path, title: str
    ) -> None:
        for content in (f"g\t{title}\ta\tb\nx\t900\t1\t2\n", f"g\ta\tb\t{title}\nx\t1\t2\t900\n"):
            with pytest.raises(DeepRageError, match=f"column '{title}' .*--drop-columns '{title}'"):
                self.read(tmp_path, content)
            kept = self.read(tmp_path, content, conditions=[title, "a", "b"]).values
            assert set(kept.columns) == {title, "a", "b"}
            left = self.read(tmp_path, content, drop_columns=[title]).values
            assert list(left.columns) == ["a", "b"]

    def test_it_is_one_too_where_the_matrix_is_turned(self, tmp_path: Path) -> None:
        content = "s\tYA1\tYB2\nLength\t900\t800\nx\t1\t2\n"
        with pytest.raises(DeepRageError, match="column 'Length'"):
            self.read(tmp_path, content, choose=self.KNOWN)

    def test_an_unknown_column_to_drop_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"unknown column .* 'c'"):
            self.read(tmp_path, "g\ta\tb\nx\t1\t2\n", drop_columns=["c"])

    def test_text_in_place_of_a_condition(self, tmp_path: Path) -> None:
        with pytest.raises(
            DeepRageError, match=r"1 condition of the condition table has text.*'b'"
        ):
            self.read(tmp_path, "g\ta\tb\nx\t1\tlow\n", conditions=["a", "b"])

    def test_a_layer_is_of_h5ad_files_only(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"--layer chooses a layer of an \.h5ad file"):
            self.read(tmp_path, "g\ta\tb\nx\t1\t2\n", layer="counts")


class TestValues:
    def test_whole_numbers_are_told(self) -> None:
        counts = pd.DataFrame([[0, 3], [1, np.nan]])
        assert "give" not in (whole_numbers_remark(counts + 0.5) or "")
        assert "again with --log2" in (whole_numbers_remark(counts) or "")
        assert whole_numbers_remark(counts - 1) is None

    def test_values_beyond_logarithms_offer_layers(self) -> None:
        with pytest.raises(DeepRageError, match=r"1 cell beyond 30.*choose one of the layers 'x'"):
            check_logarithms(pd.DataFrame([[31.0, 2.0]]), ["x"])


class TestTransform:
    COUNTS = pd.DataFrame({"ref1": [0, 3], "ref2": [0, 15], "x": [7, np.nan]}, index=["g", "h"])

    def test_log2_of_x_plus_one(self) -> None:
        found = transform_expression(self.COUNTS, log2=True)
        assert found.loc["g"].tolist() == [0, 0, 3]
        assert found.loc["h"].tolist()[:2] == [2, 4]
        assert np.isnan(found.loc["h", "x"])

    def test_fold_change_against_the_mean_of_the_reference(self) -> None:
        found = transform_expression(self.COUNTS, log2=True, reference=["ref1", "ref2"])
        assert found.loc["g"].tolist() == [0, 0, 3]
        assert found.loc["h"].tolist()[:2] == [-1, 1]

    def test_negative_values_are_no_counts(self) -> None:
        with pytest.raises(DeepRageError, match=r"1 negative cell,"):
            transform_expression(MATRIX, log2=True)

    def test_an_unknown_reference_is_named(self) -> None:
        with pytest.raises(DeepRageError, match=r"unknown reference condition 'ref'"):
            transform_expression(self.COUNTS, reference=["ref"])
