"""The process that opens one file and sends its content as plain arrays."""

import sys
from pathlib import Path
from typing import Any

from deeprage.data.readers.isolated.frames import Frames
from deeprage.data.readers.isolated.limits import Limits, TooLargeError


def main(request: dict[str, Any]) -> None:
    """Send what `request` asks for to the standard output, see `Frames`."""
    frames = Frames(sys.stdout.buffer)
    path = Path(request["path"])
    try:
        if request["format"] == "hdf5":
            _send_hdf5(path, request, frames)
        else:
            _send_parquet(path, request, frames)
    except ImportError:
        raise
    except TooLargeError as error:
        shape = [int(length) for length in error.shape]
        frames.write("error", error.path, reason="too large", shape=shape, needed=error.size)
    except MemoryError:
        frames.write("error", reason="out of memory")
    except Exception as error:  # whatever a damaged file makes the library raise
        lines = str(error).splitlines() or [type(error).__name__]
        frames.write("error", reason="damaged", message=lines[0])
    frames.write("end")
    sys.stdout.buffer.flush()


def _send_hdf5(path: Path, request: dict[str, Any], frames: Frames) -> None:
    from deeprage.data.readers.isolated import hdf5

    frames.begin()
    limits = Limits(path.stat().st_size, request["most"])
    hdf5.send(path, request["taken"], request["listed"], frames, limits)


def _send_parquet(path: Path, request: dict[str, Any], frames: Frames) -> None:
    from deeprage.data.readers.isolated import parquet

    frames.begin()
    parquet.send(path, frames, Limits(path.stat().st_size, request["most"]))
