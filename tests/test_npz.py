"""Arrays of a file are checked for type, dimensions and size before memory is set aside."""

import io
import zipfile
from typing import Any

import numpy as np
import pytest

from deeprage.npz import NAMES, TEXT, Kind, names_of, read_arrays

VALUES = Kind("f", 2)


def packed(**arrays: Any) -> bytes:
    handle = io.BytesIO()
    np.savez_compressed(handle, **arrays)
    return handle.getvalue()


def with_member(name: str, content: bytes) -> bytes:
    handle = io.BytesIO()
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return handle.getvalue()


def header(shape: tuple[int, ...], dtype: str = "<f4") -> bytes:
    handle = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        handle, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return handle.getvalue()


def test_arrays_are_read_back() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    found = read_arrays(
        packed(values=values, genes=np.array(["a", "é"]), label=np.array("fold 1"), more=1),
        {"values": VALUES, "genes": NAMES, "label": TEXT},
        optional={"groups": NAMES},
    )
    assert set(found) == {"values", "genes", "label"}
    assert np.array_equal(found["values"], values)
    assert names_of(found["genes"]) == ("a", "é")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "BadZipFile"),
        (b"PK\x03\x04", "BadZipFile"),
        (packed(other=1), "no array 'values'"),
        (packed(values=np.zeros(3)), "shape"),
        (packed(values=np.zeros((2, 2), dtype=int)), "int64"),
        (packed(values=np.array([[object()]], dtype=object)), "object"),
        (with_member("values.npy", header((10**6, 10**6))), "another size"),
        (with_member("values.npy", header((2, 2)) + b"\0" * 17), "another size"),
        (with_member("values.npy", header((10**9, 10**9)) + b"\0" * 64), "another size"),
        (with_member("values.npy", b"\x93NUMPY\x09\x00"), r"\S"),
        (with_member("values.npy", b"\x93NUMPY\x01\x00\x10\x00" + b"(" * 16), r"\S"),
    ],
)  # fmt: skip
def test_what_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_arrays(content, {"values": VALUES})


def test_every_damaged_byte_is_survived() -> None:
    content = packed(values=np.ones((3, 2)))
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] ^= int(rng.integers(1, 256))
        try:
            found = read_arrays(bytes(damaged), {"values": VALUES})
        except ValueError:
            continue
        assert found["values"].ndim == 2


@pytest.mark.parametrize("name", ["", "\ud800", "a\x1b[2J", "a\tb", "\u2028"])
def test_names_that_nothing_may_have(name: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        names_of(np.array(["a", name]))
