"""Expression matrices in every file format, and what is refused."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.data.expression import read_expression, transform_expression
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
    found = read_expression(written(tmp_path, kind))
    pd.testing.assert_frame_equal(found, MATRIX, check_names=False, check_index_type=False)


class TestOrientation:
    def test_the_side_with_known_genes_is_the_genes(self, tmp_path: Path) -> None:
        path = tmp_path / "m.tsv"
        MATRIX.T.to_csv(path, sep="\t")
        assert list(read_expression(path, choose=lambda rows, columns, usual: "columns").index) == [
            "NA",
            "YBR2",
        ]
        assert list(read_expression(path).index) == ["cold", "heat", "salt"]
        assert list(read_expression(path, orientation="columns").index) == ["NA", "YBR2"]

    def test_an_unknown_orientation_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"unknown orientation 'row'\. Did you mean 'rows'"):
            read_expression(written(tmp_path, "tsv"), orientation="row")


class TestRefused:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("g\ta\tb\nx\t1\tlow\ny\thigh\t2\n", r"2 cells of text, such as 'high \(row y, co"),
            ("g\ta\tb\nx\t1\tTrue\n", r"1 cell of text"),
            ("g\ta\tb\nx\t1\t-0,53\n", r"1 cell of text, such as '-0,53.* decimal point"),
            ("g;a;b\nx;1;2\n", r"1 column; .* separated by semicolons: save it with tabs"),
            ("g\ta\tb\nx\t1\tlow;\n", r"remove columns of descriptions\.$"),
            ("g\ta\tb\nx\t1\t2\nx\t1\t2\n", r"1 duplicate gene in .* such as 'x'"),
            ("g\ta\ta\nx\t1\t2\n", r"1 duplicate column name in .* such as 'a'"),
            ("g\ta\n", "0 rows and 1 columns"),
            ("", "0 columns; expected gene names"),
            ("g\nx\n", "1 column; expected gene names"),
            ("g\ta\tb\nx\t1\t2\ny\t1\n", r"1 line with .* line 3: the file may be cut short"),
            ("g,a,b\nx,1\ny,1,2\n", r"1 line with .* line 2: the file may be cut short"),
            ("g\ta\tb\nx\t1\t2\n \t1\t2\n", r"1 of the genes in .* have no name"),
            ("g\ta\t\nx\t1\t2\n", r"1 of the column names in .* have no name"),
            ("g\ta\tb\nx\t1\t2\ny\0\0\t1\t2\n", "NUL bytes"),
            ('g\ta\tb\nx\t"1\t2\n', "not a table"),
            ("g\ta\nx\t1\nq\t1\t2\t3\n", "not a table"),
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
        found = read_expression(path)
        np.testing.assert_array_equal(found.to_numpy(), [[1, np.nan], [np.nan, 2]])

    def test_text_in_parquet(self, tmp_path: Path) -> None:
        path = tmp_path / "m.parquet"
        MATRIX.assign(note="hot").to_parquet(path)
        with pytest.raises(DeepRageError, match=r"2 cells of text.* 'hot \(row NA, column note\)'"):
            read_expression(path)

    @pytest.mark.parametrize("kind", ["parquet", "h5ad"])
    def test_half_a_file(self, tmp_path: Path, kind: str) -> None:
        path = written(tmp_path, kind)
        path.write_bytes(path.read_bytes()[:300])
        with pytest.raises(DeepRageError, match=r"matrix\."):
            read_expression(path)


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
