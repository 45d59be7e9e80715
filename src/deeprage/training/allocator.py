"""Keep large buffers between steps instead of handing them back to the kernel."""

from __future__ import annotations

import ctypes
import sys

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3


def keep_large_buffers() -> bool:
    """Tell glibc to reuse large allocations; returns whether it listened.

    By default every activation above 128 kB or so is mapped anew at each step and handed back
    after it, and the kernel's clearing of those pages took most of a CPU training's time. The
    process keeps its peak memory until it ends; nothing else changes.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    largest = 2**31 - 1
    settings = (
        (_M_MMAP_THRESHOLD, 2**30),
        (_M_TRIM_THRESHOLD, largest),
        (_M_TOP_PAD, 2**28),
    )
    return all(mallopt(name, value) == 1 for name, value in settings)
