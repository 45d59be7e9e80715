"""What is printed: results on stdout, progress and notes on stderr and only to a person."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from deeprage.cli.streams import say
from deeprage.printable import printable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

#: Columns of a table that is written to a file or a pipe, where there is no terminal's width.
WIDTH_ELSEWHERE = 120


def watched() -> bool:
    """Whether a person is watching stderr, so that progress is worth showing."""
    try:
        return sys.stderr.isatty()
    except ValueError:  # it was closed
        return False


def note(text: str) -> None:
    """One line about what is going on, on stderr, for a person or a log."""
    say(text)


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    text: bool = False,
) -> Table:
    """A table of names and numbers, or of `text` in all columns.

    Names are shown as they are: nothing in them is markup or an emoji code.
    """
    from rich.table import Table

    result = Table(title=_plain(title), title_justify="left", title_style="bold", show_lines=text)
    for number, column in enumerate(columns):
        justify: Literal["left", "right"] = "left" if text or number == 0 else "right"
        result.add_column(_plain(column), justify=justify, overflow="fold")
    for row in rows:
        result.add_row(*(_plain(_cell(value)) for value in row))
    return result


def show(*things: object) -> None:
    """Print tables and text on stdout."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH_ELSEWHERE
    console = Console(width=width, highlight=False, emoji=False, markup=False)
    for thing in things:
        shown = printable(thing) if isinstance(thing, str) else thing
        console.print(shown, soft_wrap=isinstance(thing, str))


def _plain(text: str) -> Text:
    from rich.text import Text

    return Text(printable(text))


def _cell(value: object) -> str:
    """Numbers with three decimals, whole numbers with separators, nothing for what is unknown."""
    if value is None or (isinstance(value, float) and value != value):
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
