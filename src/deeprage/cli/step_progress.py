"""Progress of work in several parts: bars for a person, a line now and then for a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from deeprage.cli.console import note, watched

#: Seconds between two lines where nobody watches.
BETWEEN_LINES = 5.0


@contextmanager
def steps_shown(between: float = BETWEEN_LINES) -> Iterator[Callable[[str, int], None]]:
    """Something to call after each step, with what is going on and how many steps it has.

    Args:
        between: seconds between two lines where stderr is no terminal.
    """
    if not watched():
        yield _Lines(between).step
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def step(what: str, of: int) -> None:
            if what not in tasks or bar.tasks[tasks[what]].finished:
                tasks[what] = bar.add_task(what, total=of)
            bar.advance(tasks[what])

        yield step


class _Lines:
    """Prints how far each kind of work is, not too often."""

    def __init__(self, between: float) -> None:
        self._between, self._last = between, time.monotonic()
        self._done: dict[str, int] = {}

    def step(self, what: str, of: int) -> None:
        done = self._done.get(what, 0) % of + 1
        self._done[what] = done
        now = time.monotonic()
        if now - self._last >= self._between:
            self._last = now
            note(f"{what}: {done:,} of {of:,}")
