"""Blocks of work done side by side, on the threads that BLAS would otherwise use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import ThreadpoolController


class SideBySide:
    """Does blocks of array work side by side, as many as BLAS may use threads, BLAS on one in each.

    For products too slim for BLAS to share out, beside work that BLAS does not do.
    """

    def __init__(self) -> None:
        self._blas = ThreadpoolController().select(user_api="blas")
        threads = max((library.num_threads for library in self._blas.lib_controllers), default=1)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def each(self, work: Callable[[int], None], blocks: Iterable[int]) -> None:
        """Call `work` with every block; blocks must not write to the same place."""
        if self._pool is None:
            for block in blocks:
                work(block)
            return
        with self._blas.limit(limits=1):
            for _ in self._pool.map(work, blocks):
                pass
