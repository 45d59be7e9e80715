"""Standard output and standard error that take any text and never end a command halfway."""

from __future__ import annotations

import os
import sys

from deeprage.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_NAMES = ("stdin", "stdout", "stderr")
_CANNOT_WRITE = 2


def prepare() -> None:
    """Open what the shell closed (`>&-`), and escape what an encoding does not have.

    A closed descriptor would be given to the next file that is opened, and what a library prints
    would go into that file.
    """
    for number, name in enumerate(_NAMES):
        _occupy(number)
        stream = getattr(sys, name)
        if stream is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
        elif name != "stdin" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """One line on standard error; the command goes on if it cannot be written."""
    try:
        print(printable(text), file=sys.stderr, flush=True)
    except (OSError, ValueError):  # full, broken or closed
        _silence(sys.stderr)


def finished(code: int) -> int:
    """Write what is still to be written; the exit code, which changes if the output is lost."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # our reader went away, such as `| head`
        _silence(sys.stdout)
        return code or 1
    except (OSError, ValueError) as error:
        _silence(sys.stdout)
        reason = getattr(error, "strerror", None) or error
        say(f"error: cannot write to standard output ({reason}): send it elsewhere.")
        return code or _CANNOT_WRITE
    return code


def _occupy(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)  # the lowest free number is this one


def _silence(stream: TextIO) -> None:
    """Let what is left in a stream go nowhere, so that the exit is calm."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return
