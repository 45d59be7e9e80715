"""Foreign HDF5 and Parquet files, opened in a process of their own.

A few damaged bytes can make the libraries of these formats crash or never return. A short-lived
process opens the file, under limits of processor time and memory, and hands back plain arrays. If
it dies, the file is damaged.
"""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from deeprage.errors import DeepRageError
from deeprage.memory import available_bytes

#: The package's own modules are imported without what `__init__` files import.
_PACKAGES = ("deeprage", "deeprage.data", "deeprage.data.readers")
_START = """
import json, sys, types
request = json.loads(sys.stdin.readline())
sys.path[:] = request["search"]
for name, folder in request["packages"].items():
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [folder]
from deeprage.data.readers.isolated.child import main
main(request)
"""
#: Seconds without a byte from the process, which itself has a limit of processor time.
_SILENCE = 300
#: Share of the free memory that the content of a file may take.
_SHARE = 0.5
_LONGEST_LINE = 64 << 20


@dataclass(frozen=True)
class Element:
    """What stands at one place of a file.

    Attributes:
        kind: `group`, `numbers`, `text`, `link`, `missing` or `unreadable`.
        attributes: its attributes, plain values.
        members: names in a group.
        values: of `numbers` the array, of `text` an array of `str`.
        reason: why it is unreadable, or where a link leads.
    """

    kind: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    values: NDArray[Any] | None = None
    reason: str = ""


Content = dict[str, Element]


def read_hdf5(
    path: Path, name: str, *, taken: Sequence[str], listed: Sequence[str] = ("",)
) -> Content:
    """Parts of an HDF5 file by their paths in it.

    Args:
        name: what messages call the file.
        taken: paths that are read with all that lies below them.
        listed: groups of which attributes and names of members are read.

    Raises:
        DeepRageError: the file is damaged, or too large for the memory.
    """
    return _read(path, name, {"format": "hdf5", "taken": [*taken], "listed": [*listed]})


def read_parquet(path: Path, name: str) -> tuple[list[str], list[int], Content]:
    """Names of a Parquet file's columns, which of them are an index, and columns by number.

    Raises:
        DeepRageError: as `read_hdf5`.
    """
    content = _read(path, name, {"format": "parquet"})
    about = content[""].attributes
    return list(about["names"]), list(about["index"]), content


def _read(path: Path, name: str, request: dict[str, Any]) -> Content:
    content: Content = {}
    begun = False
    most = int(_SHARE * available_bytes())
    request = {**request, "path": str(path.absolute()), "most": most}
    with TemporaryFile() as complaints:
        with _process(request, complaints) as process:
            try:
                for frame, payload in _frames(process):
                    if frame["kind"] == "end":
                        return content
                    if frame["kind"] == "error":
                        raise _refusal(name, frame, most)
                    if frame["kind"] == "begin":
                        begun = True
                    else:
                        content[frame["path"]] = _element(frame, payload)
            except (TimeoutError, ValueError) as error:
                raise damaged(name, "its content cannot be read") from error
        if begun:
            raise damaged(name, "reading it makes the library crash or never end")
        complaints.seek(0)
        text = complaints.read().decode("utf-8", "replace")
        raise RuntimeError(f"the process that reads {path} does not start:\n{text}")


def damaged(name: str, reason: str) -> DeepRageError:
    """The error for a file that is not as it was written."""
    return DeepRageError(
        f"{name} is damaged, perhaps cut short ({reason}): copy or download it again."
    )


def _refusal(name: str, frame: Mapping[str, Any], most: int) -> DeepRageError:
    if frame["reason"] == "damaged":
        return damaged(name, str(frame["message"])[:200])
    place = f"{frame['path']} of " if frame["path"] else ""
    size = f"{frame['needed'] / 1e9:,.1f} GB" if "needed" in frame else "more memory"
    shape = " x ".join(f"{length:,}" for length in frame.get("shape", ()))
    return DeepRageError(
        f"{place}{name} needs {size}{f' ({shape})' if shape else ''} when it is unpacked, "
        f"and {most / 1e9:,.1f} GB may be used: check that the file is right, or use a machine "
        "with more memory."
    )


@contextmanager
def _process(
    request: Mapping[str, Any], complaints: IO[bytes]
) -> Iterator["subprocess.Popen[bytes]"]:
    folder = Path(__file__).parents[2]
    packages = {name: str(folder.joinpath(*name.split(".")[1:])) for name in _PACKAGES}
    search = [str(Path(entry).absolute()) for entry in sys.path if entry]
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        env=environment,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with suppress(BrokenPipeError), process.stdin as stdin:
            line = json.dumps({**request, "search": search, "packages": packages})
            stdin.write(line.encode() + b"\n")
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _frames(process: "subprocess.Popen[bytes]") -> Iterator[tuple[dict[str, Any], bytearray]]:
    """The frames that a process sends, until it ends."""
    assert process.stdout is not None
    source = process.stdout.fileno()
    waiting = bytearray()
    while True:
        while (end := waiting.find(b"\n")) < 0:
            if len(waiting) > _LONGEST_LINE or not (more := _more(source, 1 << 16)):
                return
            waiting += more
        frame = json.loads(waiting[:end])
        payload = bytearray(frame["size"])
        have = min(len(waiting) - end - 1, len(payload))
        payload[:have] = waiting[end + 1 : end + 1 + have]
        waiting = waiting[end + 1 + have :]
        view = memoryview(payload)
        while have < len(payload):
            _wait(source)
            number = os.readv(source, [view[have:]])
            if not number:
                return
            have += number
        yield frame, payload


def _more(source: int, most: int) -> bytes:
    _wait(source)
    return os.read(source, most)


def _wait(source: int) -> None:
    if not select.select([source], [], [], _SILENCE)[0]:
        raise TimeoutError


def _element(frame: Mapping[str, Any], payload: bytearray) -> Element:
    kind = frame["kind"]
    attributes = frame.get("attributes", {})
    if kind == "group":
        about = {name: frame[name] for name in ("names", "index", "rows") if name in frame}
        return Element(kind, {**attributes, **about}, tuple(frame["members"]))
    if kind == "numbers":
        array = np.frombuffer(payload, dtype=np.dtype(frame["dtype"]))
        return Element(kind, attributes, values=array.reshape(frame["shape"]))
    if kind == "text":
        return Element(kind, attributes, values=_texts(payload, frame["shape"]))
    return Element(kind, attributes, reason=str(frame.get("reason") or frame.get("target", "")))


def _texts(payload: bytearray, shape: Sequence[int]) -> NDArray[Any]:
    count = int(np.prod(shape, dtype=np.int64))
    lengths = np.frombuffer(payload, dtype=np.int64, count=count)
    joined = memoryview(payload)[8 * count :]
    ends = np.cumsum(lengths)
    texts = np.empty(count, dtype=object)
    for index, (end, length) in enumerate(zip(ends.tolist(), lengths.tolist(), strict=True)):
        texts[index] = str(joined[end - length : end], "utf-8")
    return texts.reshape(shape)
