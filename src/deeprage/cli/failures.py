"""How a failure is reported: one sentence on stderr and an exit code, never a traceback.

Only what a user can act on is reported this way. Anything else is an error of the program and
keeps its traceback.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import typer

from deeprage.cli.interruption import after_interruption
from deeprage.errors import DeepRageError, SeveralProblemsError
from deeprage.exhaustion import memory_problem, thread_problem

BAD_INPUT = 2
INTERRUPTED = 130


class Failure(NamedTuple):
    """What is printed on stderr (nothing if empty), and the exit code."""

    sentence: str
    code: int


def failure(
    error: BaseException, arguments: Sequence[str] = (), *, since: float = 0.0
) -> Failure | None:
    """How `error` is reported, or None if it is an error of the program itself.

    Args:
        arguments, since: the command line and when it began, see `after_interruption`.
    """
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return Failure(after_interruption(arguments, since=since), INTERRUPTED)
    if isinstance(error, DeepRageError):
        if error.__cause__ is not None and (problem := memory_problem(error.__cause__)):
            return Failure(_line(problem), BAD_INPUT)  # and no damaged file, as a reader may say
        if isinstance(error, SeveralProblemsError):
            return Failure(_numbered(error.messages), error.exit_code)
        return Failure(_line(str(error)), error.exit_code)
    if isinstance(error, BrokenPipeError):
        _leave_pipe_quietly()
        return Failure("", 1)
    if problem := memory_problem(error) or thread_problem(error):
        return Failure(_line(problem), BAD_INPUT)
    if isinstance(error, OSError):
        return Failure(_operating_system(error), BAD_INPUT)
    if hasattr(error, "format_message"):
        return _usage(error)
    if type(error).__name__ == "ValidationError" and hasattr(error, "errors"):
        return Failure(_invalid_settings(error.errors()), BAD_INPUT)
    return None


def _numbered(messages: Sequence[str]) -> str:
    """Several messages, one on a line."""
    lines = [f"  {n}. {' '.join(text.split())}" for n, text in enumerate(messages, start=1)]
    return "\n".join([f"error: there are {len(messages)} problems:", *lines])


def _line(message: str) -> str:
    """The message on one line, marked as an error."""
    return "error: " + " ".join(message.split())


def _operating_system(error: OSError) -> str:
    """A missing file, a full disk, a folder that may not be written."""
    where = f" ({error.filename})" if error.filename else ""
    reason = error.strerror or str(error) or type(error).__name__
    return _line(f"{reason}{where}; earlier results are intact. Fix this and run it again.")


def _leave_pipe_quietly() -> None:
    """Our reader went away (`| head`): point stdout elsewhere, so that the exit is calm."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error: Any) -> Failure:
    """A wrong option, verb or missing argument, as the argument parser reports it."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return Failure(error.format_message(), BAD_INPUT)
    near = getattr(error, "possibilities", None)
    if near:
        message = f"there is no option {error.option_name}. Did you mean {near[0]}?"
    else:
        message = _no_number(error) or error.format_message()
    if not message.rstrip().endswith((".", "?")):
        message += "."
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "deeprage"
    return Failure(_line(f"{message.rstrip()} See `{path} --help`."), BAD_INPUT)


def _no_number(error: Any) -> str | None:
    """What to say of an option that is no number, with the value that was given."""
    cause = error.__cause__ or error.__context__
    option = getattr(getattr(error, "param", None), "opts", None)
    if option is None or not hasattr(cause, "errors"):
        return None
    problem = cause.errors()[0]
    kind = {"int_parsing": "a whole number", "float_parsing": "a number"}.get(problem["type"])
    return f"{option[0]} must be {kind}, got {problem['input']!r}." if kind else None


def _invalid_settings(problems: list[dict[str, Any]]) -> str:
    """Settings that pydantic refused: the first, and how many more there are."""
    first, *others = problems
    name = ".".join(str(part) for part in first["loc"]) or "the settings"
    more = f" ({len(others)} more settings are wrong too)" if others else ""
    found = f", got {first['input']!r}" if "input" in first and first["loc"] else ""
    return _line(f"{name}: {first['msg']}{found}{more}.")
