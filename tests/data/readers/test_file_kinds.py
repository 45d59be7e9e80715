"""Files of other kinds are recognised by their content, whatever their name."""

import gzip
import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from deeprage.data import reading
from deeprage.data.expression import read_expression
from deeprage.data.readers.small_table import read_table
from deeprage.errors import DeepRageError


def packed(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


def array() -> bytes:
    content = io.BytesIO()
    np.save(content, np.ones((2, 2)))
    return content.getvalue()


KINDS = [
    (
        packed("[Content_Types].xml", "xl/workbook.xml"),
        r"Excel workbook \(\.xlsx\): save the table",
    ),
    (packed("mimetype", "content.xml"), r"LibreOffice \(\.ods\): save the table"),
    (packed("X.npy"), r"NumPy archive \(\.npz\)"),
    (packed("X/.zarray", ".zgroup"), r"zarr store: read it with anndata\.read_zarr"),
    (packed("a.txt", "b.txt"), r"ZIP archive \(a\.txt, b\.txt\): unpack it first"),
    (b"PK\x03\x04" + b"\1" * 100, "damaged ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"Excel workbook \(\.xls\)"),
    (b"RDX3\nX\n\0\0\0\3", r"R workspace \(\.RData\): write the matrix with write\.table"),
    (gzip.compress(b"X\n\0\0\0\3\0\4"), r"R object \(\.rds\): write the matrix"),
    (array(), "NumPy array without names"),
    (pickle.dumps([1, 2]), "Python pickle, which is never opened"),
    (b"BZh91AY&SY", "packed with bzip2"),
    (b"\xfd7zXZ\x00\0\4", "packed with xz"),
    ("g\ta\nx\t1\n".encode("utf-16"), "text in UTF-16: save it as UTF-8"),
    ("g\ta\nx\t1\n".encode("utf-16-le"), "text in UTF-16"),
    (gzip.compress("g\ta\nx\t1\n".encode("utf-16")), "text in UTF-16"),
    (b"%PDF-1.7\n", "a PDF"),
    (b"SQLite format 3\0", "SQLite database"),
    (bytes(257) + b"ustar" + bytes(300), "tar archive"),
]


@pytest.mark.parametrize(("content", "message"), KINDS)
def test_kinds(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "matrix.tsv"
    path.write_bytes(content)
    for read, what in (
        (read_expression, "the expression matrix"),
        (lambda path: read_table(path, "the condition table"), "the condition table"),
    ):
        with pytest.raises(DeepRageError, match=rf"^{what} .*matrix\.tsv is .*{message}"):
            read(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".zattrs", "zarr store"),
        ("matrix.mtx.gz", "folder of Cell Ranger"),
        ("quant.sf", "Salmon or kallisto for one sample"),
        ("readme.txt", "is a folder; give a file"),
    ],
)
def test_folders(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(DeepRageError, match=message):
        read_expression(tmp_path)


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(DeepRageError, match="is a pipe: write its content to a file first"):
        read_expression(pipe)
    with pytest.raises(DeepRageError, match="is a device: give a file"):
        read_expression(Path("/dev/null"))
    with pytest.raises(DeepRageError, match="does not exist; check the path"):
        read_expression(tmp_path / "no.tsv")


def test_a_bomb_is_refused_while_it_unpacks(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(reading, "available_bytes", lambda: 4 << 20)
    path = tmp_path / "m.tsv.gz"
    path.write_bytes(gzip.compress(b"g\ta\n" + b"x" * (4 << 20)))
    with pytest.raises(DeepRageError, match=r"unpacks to over .* more than 100 times its size"):
        read_expression(path)


def test_a_large_file_of_usual_content_is_no_bomb(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(reading, "available_bytes", lambda: 1 << 10)
    numbers = np.random.default_rng(0).normal(size=20_000)
    path = tmp_path / "m.tsv.gz"
    rows = "".join(f"g{i}\t{x:.6f}\n" for i, x in enumerate(numbers))
    path.write_bytes(gzip.compress(f"g\ta\n{rows}".encode()))
    assert len(read_expression(path).values) == 20_000
