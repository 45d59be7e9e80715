"""Arrays of an `.npz` file, read without trusting any size or type that it declares."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Control characters, and halves of one.
_NO_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
#: Characters of a name; numpy stores all as long as the longest.
LONGEST_NAME = 10_000
#: Bytes of one array; no compendium is as large.
_LARGEST = 1 << 36


class Kind(NamedTuple):
    """What an array must be: `kinds` are numpy's letters (`f` float, `i` int, `b`, `U` text)."""

    kinds: str
    dimensions: int


#: Names, one dimension.
NAMES = Kind("U", 1)
#: A single text.
TEXT = Kind("U", 0)


def read_arrays(
    content: bytes, expected: Mapping[str, Kind], *, optional: Mapping[str, Kind] | None = None
) -> dict[str, NDArray[Any]]:
    """The arrays of a file by name; each is checked before memory is set aside for it.

    Args:
        content: of the file.
        expected: by name, what must be there; what else the file holds is not read.
        optional: what may be there.

    Raises:
        ValueError: it is damaged, or one of the arrays is missing or of another kind.
    """
    arrays = {}
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = {info.filename: info for info in archive.infolist()}
            for name, kind in {**expected, **(optional or {})}.items():
                member = members.get(f"{name}.npy")
                if member is not None:
                    arrays[name] = _read(archive, member, name, kind)
                elif name in expected:
                    raise ValueError(f"it has no array {name!r}")
    except (ValueError, MemoryError):
        raise
    except Exception as error:  # whatever a torn archive leads to in zipfile, zlib or numpy
        raise ValueError(f"{type(error).__name__}: {error}") from error
    return arrays


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, kind: Kind) -> NDArray[Any]:
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read_header is None:
            raise ValueError(f"the array {name!r} is of an unknown version")
        shape, _, dtype = read_header(stream)
        _check(name, shape, dtype, kind)
        size = math.prod(shape) * dtype.itemsize
        if size > _LARGEST or stream.tell() + size != member.file_size:
            raise ValueError(f"the array {name!r} has another size than it says")
    with archive.open(member) as stream:
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return array


def _check(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], kind: Kind) -> None:
    if dtype.kind not in kind.kinds:
        raise ValueError(f"the array {name!r} holds {dtype}")
    if len(shape) != kind.dimensions:
        raise ValueError(f"the array {name!r} has the shape {shape}")
    if dtype.kind == "U" and dtype.itemsize > 4 * LONGEST_NAME:
        raise ValueError(f"the array {name!r} has names of {dtype.itemsize // 4:,} characters")


def names_of(array: NDArray[Any], *, blank: bool = False) -> tuple[str, ...]:
    """The names that an array (N,) of text holds.

    Args:
        blank: whether a name may be empty.

    Raises:
        ValueError: one is empty, or holds what no text can.
    """
    names = tuple(str(name) for name in array)
    for name in names:
        if not (name or blank) or _NO_NAME.search(name):
            raise ValueError(f"there is an empty name, or one with control characters ({name!r})")
    return names
