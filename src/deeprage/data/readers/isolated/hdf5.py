"""Parts of an HDF5 file as plain arrays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from deeprage.data.readers.isolated.frames import Frames, plain_value
from deeprage.data.readers.isolated.limits import Limits

#: Bytes that are read in one go.
_BLOCK = 16 << 20
_DEEPEST = 32
#: Bytes of memory that a string takes.
_STRING = 64
#: Filters by number, as the HDF Group registers them.
_FILTERS = {
    32000: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd",
    32026: "blosc2", 307: "bzip2", 4: "szip",
}  # fmt: skip


def send(path: Path, taken: list[str], listed: list[str], frames: Frames, limits: Limits) -> None:
    """Send groups with all that is in them (`taken`), and groups alone (`listed`).

    Hard links are followed only: no other file is opened, and there is no endless loop.

    Raises:
        TooLargeError: more than fits into memory.
        Exception: whatever the library raises for a damaged file.
    """
    with h5py.File(path, "r", locking=False) as file:
        for name in listed:
            item = _found(file, name, frames)
            if item is not None:
                _send_group(item, name, frames)
        for name in taken:
            item = _found(file, name, frames)
            if item is not None:
                _send_whole(item, name, frames, limits)


def _found(file: h5py.Group, path: str, frames: Frames) -> Any:
    """The object at a path, None (and a frame that says why) if no hard links lead there."""
    item = file
    for name in filter(None, path.split("/")):
        item = _member(item, name, path, frames)
        if item is None:
            break
    return item


def _member(group: Any, name: str, path: str, frames: Frames) -> Any:
    """A member of a group, None (and a frame for `path`) if it has none or only a link to it."""
    link = group.get(name, getlink=True) if isinstance(group, h5py.Group) else None
    if link is None:
        frames.write("missing", path)
        return None
    if not isinstance(link, h5py.HardLink):
        file = getattr(link, "filename", "")
        frames.write("link", path, target=file or link.path, external=bool(file))
        return None
    return group[name]


def _send_group(item: Any, path: str, frames: Frames) -> None:
    """A group and the names in it; anything else only as what it is."""
    if not isinstance(item, h5py.Group):
        frames.write("unreadable", path, reason="it is no group")
        return
    frames.write("group", path, members=list(item), attributes=_attributes(item))


def _send_whole(item: Any, path: str, frames: Frames, limits: Limits) -> None:
    waiting: list[tuple[Any, str, tuple[int, ...]]] = [(item, path, ())]
    while waiting:
        item, path, above = waiting.pop()
        if isinstance(item, h5py.Dataset):
            _send_dataset(item, path, frames, limits)
        elif isinstance(item, h5py.Group):
            address = h5py.h5o.get_info(item.id).addr
            if address in above or len(above) == _DEEPEST:
                frames.write("unreadable", path, reason="it contains itself")
                continue
            _send_group(item, path, frames)
            for name in item:
                member = f"{path}/{name}" if path else name
                inner = _member(item, name, member, frames)
                if inner is not None:
                    waiting.append((inner, member, (*above, address)))
        else:
            frames.write("unreadable", path, reason="it is a data type without data")


def _send_dataset(item: h5py.Dataset, path: str, frames: Frames, limits: Limits) -> None:
    attributes = _attributes(item)
    try:
        dtype = item.dtype
    except TypeError as error:  # a type that numpy does not have
        frames.write("unreadable", path, reason=f"its data type is not known ({error})")
        return
    problem = _problem(item)
    if problem:
        frames.write("unreadable", path, reason=problem)
    elif item.shape is None:
        frames.write("unreadable", path, reason="it is empty")
    elif dtype.names is not None and dtype.kind == "V" and len(item.shape) == 1:
        _send_fields(item, path, frames, limits)
    elif h5py.check_string_dtype(dtype) is not None or dtype.kind == "S":
        limits.allow(path, item.shape, max(dtype.itemsize, _STRING))
        frames.text(path, np.asarray(item[()], dtype=object), attributes=attributes)
    elif dtype.kind in "biufc":
        limits.allow(path, item.shape, dtype.itemsize)
        frames.numbers(path, _blocks(item), dtype=dtype, shape=item.shape, attributes=attributes)
    else:
        frames.write("unreadable", path, reason=f"its data type {dtype} holds no numbers or text")


def _send_fields(item: h5py.Dataset, path: str, frames: Frames, limits: Limits) -> None:
    """A table in one dataset, as early versions of AnnData wrote obs and var: as a group."""
    limits.allow(path, item.shape, item.dtype.itemsize)
    names = list(item.dtype.names)
    frames.write("group", path, members=names, attributes={**_attributes(item), "compound": True})
    table = item[()]
    for name in names:
        values = table[name]
        if values.dtype.kind in "OSU":
            frames.text(f"{path}/{name}", np.asarray(values, dtype=object), attributes={})
        elif values.dtype.kind in "biuf":
            frames.numbers(
                f"{path}/{name}", [values], dtype=values.dtype, shape=values.shape, attributes={}
            )


def _problem(item: h5py.Dataset) -> str:
    """Why a dataset is not read though the file may be sound; empty if nothing is in the way."""
    layout = item.id.get_create_plist()
    if item.is_virtual or layout.get_external_count():
        return "its data lie in other files"
    for index in range(layout.get_nfilters()):
        code, _, _, name = layout.get_filter(index)
        if not h5py.h5z.filter_avail(code):
            known = _FILTERS.get(code) or name.decode("utf-8", "replace") or str(code)
            return f"it is compressed with {known}, which is not installed"
    return ""


def _blocks(item: h5py.Dataset) -> Iterator[NDArray[Any]]:
    """The values in blocks along the first axis, each chunk in one block."""
    if not item.shape or 0 in item.shape:
        yield np.asarray(item[()])
        return
    row_size = item.dtype.itemsize * int(np.prod(item.shape[1:], dtype=object))
    chunk = item.chunks[0] if item.chunks else 1
    step = max(1, _BLOCK // max(1, row_size) // chunk) * chunk
    for start in range(0, item.shape[0], step):
        yield item[start : start + step]


def _attributes(item: Any) -> dict[str, Any]:
    plain = {}
    for name in item.attrs:
        try:
            value = plain_value(item.attrs[name])
        except (TypeError, ValueError, UnicodeDecodeError):  # of a kind that is not known here
            continue
        if value is not None:
            plain[name] = value
    return plain
