"""The error a user can act on, and help for writing one."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class DeepRageError(Exception):
    """What was given cannot be used; the message says what, what was expected and what to do.

    The command line prints the message as one sentence and exits with code 2; a traceback is
    kept for errors of the program itself.
    """

    #: Of the command line.
    exit_code = 2


class WorkFailedError(DeepRageError):
    """The input was valid, but the work gave no result."""

    exit_code = 1


class SeveralProblemsError(DeepRageError):
    """Several things that a user can act on, each with a message of its own."""

    def __init__(self, messages: Sequence[str]) -> None:
        self.messages = tuple(messages)
        listed = [f"{number}. {message}" for number, message in enumerate(self.messages, start=1)]
        super().__init__("\n".join([f"there are {len(self.messages)} problems:", *listed]))


def examples(names: Iterable[object], *, most: int = 3) -> str:
    """The first `most` names, quoted, for an error message: ``'a', 'b', 'c', ...``, or `none`.

    A very long name is cut.
    """
    texts = [str(name) for name in names]
    listed = [repr(text if len(text) <= 200 else f"{text[:80]}...") for text in texts] or ["none"]
    return ", ".join(listed[:most]) + (", ..." if len(listed) > most else "")


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 cell`, `2 cells`, `3,000 cells`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def unknown(kind: str, value: str, valid: Iterable[str]) -> DeepRageError:
    """An error for a name that is not among the valid ones, with the nearest valid one."""
    choices = sorted(set(valid))
    by_case = {choice.casefold(): choice for choice in choices}
    near = get_close_matches(value.casefold(), by_case, n=1, cutoff=0.4)
    hint = f" Did you mean {by_case[near[0]]!r}?" if near else ""
    valid_ones = ", ".join(choices) if len(choices) <= 40 else f"{examples(choices)} and so on"
    return DeepRageError(f"unknown {kind} {value!r}.{hint} Valid: {valid_ones}.")
