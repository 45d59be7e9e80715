"""What is printed: results on stdout, progress and notes on stderr and only to a person."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

#: Columns of a table that is written to a file or a pipe, where there is no terminal's width.
WIDTH_ELSEWHERE = 120


def watched() -> bool:
    """Whether a person is watching stderr, so that progress is worth showing."""
    return sys.stderr.isatty()


def note(text: str) -> None:
    """One line about what is going on, on stderr, for a person or a log."""
    print(text, file=sys.stderr, flush=True)


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    text: bool = False,
) -> "Table":
    """A table of names and numbers, or of `text` in all columns."""
    from rich.table import Table

    found = Table(title=title, title_justify="left", title_style="bold", show_lines=text)
    for number, column in enumerate(columns):
        found.add_column(column, justify="left" if text or number == 0 else "right")
    for row in rows:
        found.add_row(*(_cell(value) for value in row))
    return found


def show(*things: object) -> None:
    """Print tables and text on stdout."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH_ELSEWHERE
    console = Console(width=width, highlight=False)
    for thing in things:
        console.print(thing, soft_wrap=isinstance(thing, str), markup=False)


def _cell(value: object) -> str:
    """Numbers with three decimals, whole numbers with separators, nothing for what is unknown."""
    if value is None or (isinstance(value, float) and value != value):
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
