"""Plain arrays on a pipe: a line of JSON, and then as many bytes as it says."""

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

#: Attributes of more values than this are left out.
_MOST_VALUES = 100_000


class Frames:
    """Writes frames to a pipe.

    Every frame has a `path` and a `kind`: first `begin`, then `group` (with the names of its
    `members`), `numbers` (with `dtype`, `shape`), `text` (with `shape`), `link` (with its
    `target`), `missing`, `unreadable` (with a `reason`), and last `end`, or `error` (with a
    `reason`).
    """

    def __init__(self, pipe: BinaryIO) -> None:
        self.pipe = pipe

    def write(self, kind: str, path: str = "", size: int = 0, **details: Any) -> None:
        """Begin a frame of `size` bytes."""
        line = json.dumps({"kind": kind, "path": path, "size": size, **details})
        self.pipe.write(line.encode() + b"\n")

    def begin(self) -> None:
        """Say that the process has started: what fails from now on is due to the file."""
        self.write("begin")
        self.pipe.flush()

    def numbers(
        self,
        path: str,
        blocks: Iterable[NDArray[Any]],
        *,
        dtype: np.dtype[Any],
        shape: tuple[int, ...],
        **details: Any,
    ) -> None:
        """An array of numbers, in blocks along its first axis."""
        plain = dtype.newbyteorder("=")
        size = plain.itemsize * int(np.prod(shape, dtype=object))
        self.write("numbers", path, size, dtype=plain.str, shape=shape, **details)
        for block in blocks:
            self.pipe.write(np.ascontiguousarray(block, dtype=plain).tobytes())

    def text(self, path: str, values: NDArray[Any], **details: Any) -> None:
        """An array of strings: the length of each in bytes, then all of them as UTF-8."""
        encoded = [
            value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
            for value in values.ravel()
        ]
        lengths = np.array([len(value) for value in encoded], dtype=np.int64)
        joined = b"".join(encoded)
        size = lengths.nbytes + len(joined)
        self.write("text", path, size, shape=values.shape, **details)
        self.pipe.write(lengths.tobytes())
        self.pipe.write(joined)


def plain_value(value: Any) -> Any:
    """An attribute as JSON can hold it, None if it cannot."""
    if isinstance(value, np.ndarray):
        return [plain_value(x) for x in value.ravel()] if value.size <= _MOST_VALUES else None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, (str, int, float, bool)) else None
