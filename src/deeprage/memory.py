"""Memory of this process: its peak, and how much more it may take."""

import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def forget_peak() -> None:
    """Begin to measure this process's peak memory anew, where the system can (Linux)."""
    with suppress(OSError):  # else the peak is that since the process began
        Path("/proc/self/clear_refs").write_text("5")


def peak_gb() -> float:
    """Peak resident memory of this process, GB (10^9 bytes), since `forget_peak` or its start."""
    peak = _kilobytes(Path("/proc/self/status"), "VmHWM")
    if peak is not None:
        return peak * 1024 / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def available_bytes() -> int:
    """Bytes that this process may still take: what the machine, its container and its own limit
    on address space leave free; half of the machine's memory where the system does not say."""
    return max(0, min(_free()))


def _free() -> Iterator[int]:
    available = _kilobytes(Path("/proc/meminfo"), "MemAvailable")
    if available is None:
        import os

        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    else:
        yield available * 1024
    for most, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        with suppress(OSError, ValueError):  # no such container, or one without a limit ("max")
            folder = Path("/sys/fs/cgroup")
            limit = int((folder / most).read_text())
            yield limit - int((folder / used).read_text())
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        yield limit - (_kilobytes(Path("/proc/self/status"), "VmSize") or 0) * 1024


def _kilobytes(file: Path, name: str) -> int | None:
    """A figure of one of the kernel's files, None where there is none."""
    if not file.exists():
        return None
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return None
