"""Limits that a process sets itself, so that a damaged file ends it and not the machine."""

import resource
from contextlib import suppress
from pathlib import Path

#: Seconds of processor time, and bytes beyond what is taken already, before any data are read.
_SECONDS, _BYTES = 5, 512 << 20
#: Bytes of a file or of its content that a second of processor time suffices for.
_BYTES_PER_SECOND = 10 << 20
#: Address space for each byte that is read.
_FACTOR = 3


class TooLargeError(Exception):
    """An array that does not fit into memory."""

    def __init__(self, path: str, shape: tuple[int, ...], size: int) -> None:
        super().__init__(path)
        self.path, self.shape, self.size = path, shape, size


class Limits:
    """Limits that grow with what the file says it holds.

    Args:
        file_size: bytes of the file.
        most: bytes that may be read in all.
    """

    def __init__(self, file_size: int, most: int) -> None:
        self.file_size, self.most = file_size, most
        self.size = 0
        self.taken = _address_space()
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self._set()

    def allow(self, path: str, shape: tuple[int, ...], itemsize: int) -> None:
        """Make room for an array.

        Raises:
            TooLargeError: it does not fit beside the others.
        """
        size = itemsize
        for length in shape:
            size *= int(length)
        self.size += size
        if self.size > self.most:
            raise TooLargeError(path, shape, size)
        self._set()

    def _set(self) -> None:
        seconds = _SECONDS + (self.file_size + self.size) // _BYTES_PER_SECOND
        space = self.taken + _BYTES + self.file_size + _FACTOR * self.size
        _lower(resource.RLIMIT_CPU, seconds)
        if self.taken:
            _lower(resource.RLIMIT_AS, space)


def _lower(kind: int, limit: int) -> None:
    """Set a soft limit, never above the hard one; where the system has none, nothing happens."""
    _, hard = resource.getrlimit(kind)
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (limit if hard < 0 else min(limit, hard), hard))


def _address_space() -> int:
    """Bytes of address space that this process has taken, 0 where the system does not say."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmSize:"):
                return int(line.split()[1]) * 1024
    return 0
