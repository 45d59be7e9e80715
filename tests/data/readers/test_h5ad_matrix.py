"""Matrices in .h5ad files of other programs."""

from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from deeprage.data.readers import anndata_content
from deeprage.data.readers.h5ad_matrix import read_h5ad_matrix
from deeprage.data.readers.raw_matrix import RawMatrix
from deeprage.errors import DeepRageError

VALUES = np.array([[1.5, 0, -2, 7], [0, 0.25, 3, 0], [9, 8, 0, 1]], dtype=np.float32)
GENES, SAMPLES = ["YA1", "YB2", "YC3", "NA"], ["cold", "heat", "7"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m.h5ad"


def made(**parts: object) -> anndata.AnnData:
    return anndata.AnnData(
        **{
            "X": VALUES,
            "obs": pd.DataFrame({"batch": ["a", "b", "a"]}, index=SAMPLES),
            "var": pd.DataFrame({"gene_ids": ["i1", "i2", "i3", "i4"]}, index=GENES),
            **parts,
        }
    )


def read(path: Path, layer: str | None = None) -> RawMatrix:
    return read_h5ad_matrix(path, path, layer)


def assert_read(path: Path, values: object = VALUES, layer: str | None = None) -> RawMatrix:
    matrix = read(path, layer)
    assert list(matrix.values.index) == SAMPLES
    assert list(matrix.values.columns) == GENES
    assert matrix.genes == "columns"
    np.testing.assert_array_equal(matrix.values.to_numpy(), values)
    return matrix


class TestValues:
    @pytest.mark.parametrize(
        "x",
        [
            VALUES,
            VALUES.astype(np.float64),
            VALUES.astype(np.float16),
            VALUES.astype(">f4"),
            sparse.csr_matrix(VALUES),
            sparse.csc_matrix(VALUES),
            sparse.csr_array(VALUES),
        ],
    )
    def test_dense_and_sparse(self, path: Path, x: object) -> None:
        made(X=x).write_h5ad(path)
        assert_read(path)

    @pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int64])
    def test_whole_numbers(self, path: Path, kind: type) -> None:
        made(X=np.abs(VALUES).astype(kind)).write_h5ad(path)
        assert_read(path, np.abs(VALUES).astype(kind))

    @pytest.mark.parametrize(
        ("x", "message"),
        [
            (VALUES.astype(complex), "it holds complex numbers"),
            (VALUES > 0, "it holds values that are true or false"),
            (np.array(["a", "b"], dtype=object), "it holds text"),
            (VALUES[0], "it has 1 dimensions, not 2"),
            (h5py.Empty("f4"), "it is empty"),
            (h5py.SoftLink("/layers/counts"), "it is a link to '/layers/counts', and links are n"),
            (h5py.ExternalLink("other.h5ad", "/X"), "it is a link to 'other.h5ad'"),
            (None, "it is not there.*It has the layers 'counts': choose one with --layer"),
        ],
    )
    def test_what_is_no_matrix_of_numbers(self, path: Path, x: object, message: str) -> None:
        made(layers={"counts": VALUES}).write_h5ad(path)
        with h5py.File(path, "a") as file:
            del file["X"]
            if x is not None:
                file["X"] = x
        with pytest.raises(DeepRageError, match=rf"X of .*m\.h5ad cannot be used.*{message}"):
            read(path)

    @pytest.mark.parametrize("part", ["indices", "indptr", "data", "shape", "encoding-type"])
    def test_damaged_sparse_matrices(self, path: Path, part: str) -> None:
        made(X=sparse.csr_matrix(VALUES)).write_h5ad(path)
        with h5py.File(path, "a") as file:
            group = file["X"]
            if part == "shape":
                group.attrs["shape"] = [3, 2]
            elif part == "encoding-type":
                group.attrs["encoding-type"] = "awkward"
            elif part == "data":
                del group["data"]
            else:
                group[part][1] = 77
        with pytest.raises(DeepRageError, match=r"X of .* cannot be used"):
            read(path)

    def test_single_cells_that_do_not_fit_into_memory(self, path: Path, monkeypatch) -> None:
        monkeypatch.setattr(anndata_content, "available_bytes", lambda: 100)
        made(X=sparse.csr_matrix(VALUES)).write_h5ad(path)
        with pytest.raises(DeepRageError, match=r"3 x 4 values need .* sum or average the cells"):
            read(path)


class TestNames:
    def test_labels_are_columns_of_text(self, path: Path) -> None:
        adata = made()
        adata.var["length"] = [5, 6, 7, 8]
        adata.write_h5ad(path)
        matrix = assert_read(path)
        assert matrix.column_labels == {"gene_ids": ["i1", "i2", "i3", "i4"]}
        assert matrix.row_labels == {"batch": ["a", "b", "a"]}

    @pytest.mark.parametrize("form", ["categorical", "nullable"])
    def test_names_in_other_forms(self, path: Path, form: str) -> None:
        made().write_h5ad(path)
        text = h5py.string_dtype()
        with h5py.File(path, "a") as file:
            del file["var/_index"]
            group = file.create_group("var/_index")
            if form == "categorical":
                group.attrs["encoding-type"] = "categorical"
                group["categories"] = np.array(GENES[::-1], dtype=text)
                group["codes"] = np.array([3, 2, 1, 0], dtype=np.int8)
            else:
                group.attrs["encoding-type"] = "nullable-string-array"
                group["values"] = np.array(GENES, dtype=text)
                group["mask"] = np.zeros(4, dtype=bool)
        assert_read(path)

    def test_names_of_an_early_version(self, path: Path) -> None:
        with h5py.File(path, "w") as file:
            file["X"] = VALUES
            for frame, names in (("obs", SAMPLES), ("var", GENES)):
                file[frame] = np.array(
                    [(x, i) for i, x in enumerate(names)], [("index", "S8"), ("n", "i4")]
                )
        assert_read(path)

    def test_numbers_as_names(self, path: Path) -> None:
        made(var=pd.DataFrame({"symbol": list("abcd")}, index=["0", "1", "2", "3"])).write_h5ad(
            path
        )
        assert list(read(path).values.columns) == ["0", "1", "2", "3"]

    def test_as_many_names_as_values(self, path: Path) -> None:
        made().write_h5ad(path)
        with h5py.File(path, "a") as file:
            del file["X"]
            file["X"] = VALUES[:2]
        with pytest.raises(DeepRageError, match=r"X has 2 x 4 values, and obs 3 names"):
            read(path)

    def test_without_names(self, path: Path) -> None:
        made().write_h5ad(path)
        with h5py.File(path, "a") as file:
            del file["var/_index"]
        with pytest.raises(DeepRageError, match="var has no names"):
            read(path)


class TestElsewhere:
    """Strange elements beside the matrix do not matter."""

    @pytest.mark.parametrize(
        "strange",
        [
            lambda file: file["obs/batch"].attrs.update({"encoding-type": "future-categorical"}),
            lambda file: file.update({"__DATA_TYPES__/Enum": np.dtype("f4")}),
            lambda file: file.update({"layers/norm/log": VALUES}),
            lambda file: file.update({"uns/ring": file["uns"]}),
            lambda file: file.update({"obsm/x": h5py.ExternalLink("no.h5", "/x")}),
            lambda file: file.update({"var/odd": np.array([b"\1\2"] * 4, dtype="V2")}),
            lambda file: file.update({"obs/loop": h5py.SoftLink("/obs/loop")}),
            lambda file: file.attrs.update({"encoding-version": "9.9.9"}),
            lambda file: file["var"].attrs.update({"odd": np.array([b"\1"], dtype="V1")}),
        ],
    )
    def test_they_are_not_read(self, path: Path, strange) -> None:
        made().write_h5ad(path)
        with h5py.File(path, "a") as file:
            strange(file)
        assert_read(path)


class TestLayers:
    def test_a_layer_is_read_in_place_of_x(self, path: Path) -> None:
        made(X=VALUES * 0, layers={"log": VALUES}).write_h5ad(path)
        assert_read(path, layer="log")

    def test_a_layer_with_a_slash(self, path: Path) -> None:
        made().write_h5ad(path)
        with h5py.File(path, "a") as file:
            file["layers/norm/log"] = VALUES + 1
        assert_read(path, VALUES + 1, layer="norm/log")

    def test_raw_has_genes_of_its_own(self, path: Path) -> None:
        adata = made()
        adata.raw = adata.copy()
        adata = adata[:, ["YB2"]].copy()
        adata.write_h5ad(path)
        assert list(read(path).values.columns) == ["YB2"]
        assert_read(path, layer="raw")

    def test_an_unknown_layer_is_named(self, path: Path) -> None:
        made(layers={"lognorm": VALUES}).write_h5ad(path)
        with pytest.raises(DeepRageError, match=r"unknown layer .* 'lognrm'.*mean 'lognorm'"):
            read(path, "lognrm")


class TestRemarks:
    def test_scaled_values_with_raw(self, path: Path) -> None:
        adata = made(X=np.abs(VALUES))
        adata = made(
            X=np.tile(VALUES, (5, 1)), obs=pd.DataFrame(index=[f"c{i}" for i in range(15)])
        )
        adata.raw = adata.copy()
        adata.X = ((adata.X - adata.X.mean(axis=0)) / adata.X.std(axis=0)).astype(np.float32)
        adata.write_h5ad(path)
        (remark,) = read(path).remarks
        assert "seems to be scaled" in remark
        assert "'raw' (--layer)" in remark

    def test_counts_beside_other_layers(self, path: Path) -> None:
        made(X=np.abs(VALUES).astype(int), layers={"log": VALUES}).write_h5ad(path)
        matrix = read(path)
        assert matrix.layers == ("log",)
        assert "whole numbers only, such as counts; other values are in 'log'" in matrix.remarks[0]

    def test_none_on_usual_values(self, path: Path) -> None:
        made(layers={"log": VALUES}).write_h5ad(path)
        assert read(path).remarks == ()


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (["matrix", "row_attrs/x", "col_attrs/x"], "is a loom file: .*read_loom"),
        (["matrix/barcodes", "matrix/features/id"], r"Cell Ranger \(10x\).*read_10x_h5"),
        (["mod/rna/X"], "a MuData file"),
        (["aux/ids", "est_counts"], "kallisto for one sample"),
        (["X", "genes"], "is an HDF5 file but no AnnData .* 'X', 'genes', and not obs and var"),
    ],
)
def test_other_hdf5_files_are_named(path: Path, members: list[str], message: str) -> None:
    with h5py.File(path, "w") as file:
        for name in members:
            file[name] = [1.0]
    with pytest.raises(DeepRageError, match=message):
        read(path)
