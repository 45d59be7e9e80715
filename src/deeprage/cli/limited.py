"""A command under a limit on memory (`ulimit -v`), which native libraries may not survive.

Python raises MemoryError where memory runs out. Libraries in C end the process in its place, and
OpenBLAS tries again for ever. Where there is such a limit the command therefore runs in a child
process, and this one, which needs almost nothing, says what happened if the child dies.
"""

from __future__ import annotations

import os
import signal
import sys

from deeprage.cli import stopping, streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

#: Seconds of the processor that loading the libraries may take; it takes two or three.
_PATIENCE = 20.0
_OF_ALL = ("numpy", "scipy.linalg", "pandas", "h5py")
_WITHOUT_TORCH = ("data",)
_CANNOT = 2
_READY = b"r"


def limit() -> int | None:
    """Bytes of memory that this process may use at most, None without a limit."""
    try:
        import resource
    except ImportError:  # a system without limits
        return None
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    return min((one for one in limits if one != resource.RLIM_INFINITY), default=None)


def supervised(work: Callable[[], int], arguments: Sequence[str], *, most: int) -> int:
    """Do the work in a child process; its exit code, or that of memory that ran out.

    Args:
        arguments: of the command line: the verb decides which libraries are loaded first.
        most: the limit in bytes.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _end_with_parent()
        if not _loaded(arguments):
            os._exit(1)
        os.write(writing, _READY)
        code = 1
        try:
            code = streams.finished(work())
        finally:  # an error of the program too is an end that the child reports
            os.write(writing, bytes([code]))
        return code
    os.close(writing)
    _pass_on_signals(child)
    told = _told(reading, child)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if len(told) == 2 or status in _stopped():
        return told[1] if len(told) == 2 else status
    streams.say(
        f"error: memory ran out: this process may use {most / 1e9:.2f} GB (`ulimit -v`), too "
        f"little for {'its data' if told else 'the libraries alone'}. Raise the limit, take less "
        "data, or use a machine with more memory."
    )
    return _CANNOT


def _loaded(arguments: Sequence[str]) -> bool:
    """Import what the verb needs, if it is one that works; whether there was memory for it."""
    import importlib

    verb = arguments[0] if arguments else "-"
    if verb.startswith("-") or {"-h", "--help"} & set(arguments):
        return True
    try:
        for name in (*_OF_ALL, *(() if verb in _WITHOUT_TORCH else ("torch",))):
            importlib.import_module(name)
    except Exception:  # half a library may raise anything
        return False
    return True


def _told(reading: int, child: int) -> bytes:
    """What the child wrote: that its libraries are loaded, and its exit code."""
    import select

    told = b""
    while not told:
        if _seconds(child) > _PATIENCE:
            os.kill(child, signal.SIGKILL)
        if select.select([reading], [], [], 1.0)[0]:
            told = os.read(reading, 2)
            if not told:
                return told
    while len(told) < 2 and (more := os.read(reading, 1)):
        told += more
    return told


def _seconds(child: int) -> float:
    """Processor time that a process has used, 0 where the system does not say."""
    try:
        with open(f"/proc/{child}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _stopped() -> tuple[int, ...]:
    """Exit codes of a child that a signal has stopped, which has said so itself."""
    return tuple(128 + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM))


def _pass_on_signals(child: int) -> None:
    def pass_on(number: int, frame: FrameType | None) -> None:
        try:
            os.kill(child, number)
        except ProcessLookupError:
            return

    for number in stopping.handled():
        signal.signal(number, pass_on)


def _end_with_parent() -> None:
    """Let the kernel end this process if its parent is killed (Linux)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
