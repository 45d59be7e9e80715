"""Errors by which libraries report that memory, threads or processes ran out."""

import errno
import re
from collections.abc import Iterator

#: What libraries write in errors of their own when an allocation fails.
_MEMORY = re.compile(
    r"can.?t allocate memory|cannot allocate memory|out of memory|not enough memory|bad.?alloc"
    r"|failed to map segment|unable to (?:synchronously )?allocate|std::length_error"
    r"|memory allocation (?:of \d+ bytes )?failed|failed to allocate|could not allocate"
    r"|unable to mmap|mmap.*failed",
    re.IGNORECASE,
)
_THREADS = re.compile(
    r"can.?t start new thread|thread creation failed|resource temporarily unavailable"
    r"|failed to (?:create|spawn|start) .*thread|pthread_create",
    re.IGNORECASE,
)
_LESS = "take less data, a smaller --block or network, or a machine with more memory"


def memory_problem(error: BaseException) -> str | None:
    """What to say of an error that means that memory ran out, else None."""
    for cause in _causes(error):
        if _is_memory(cause):
            return f"memory ran out ({_first_line(cause, 'no more was available')}): {_LESS}."
    return None


def thread_problem(error: BaseException) -> str | None:
    """What to say of an error that means that no thread or process could be started, else None."""
    for cause in _causes(error):
        if _is_system(cause, errno.EAGAIN) or _says(cause, _THREADS):
            return (
                f"the system allows no further thread or process ({_first_line(cause)}): give "
                "fewer --threads or --workers, close other programs, or raise `ulimit -u` and "
                "`ulimit -v`."
            )
    return None


def _first_line(error: BaseException, otherwise: str = "") -> str:
    return (str(error).splitlines() or [otherwise or type(error).__name__])[0]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and those that led to it."""
    cause: BaseException | None = error
    for _ in range(10):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_memory(error: BaseException) -> bool:
    if isinstance(error, SystemError):  # how C code reports an allocation that it did not check
        return "exception set" in str(error) or "without setting an" in str(error)
    return (
        isinstance(error, MemoryError) or _is_system(error, errno.ENOMEM) or _says(error, _MEMORY)
    )


def _is_system(error: BaseException, number: int) -> bool:
    return isinstance(error, OSError) and error.errno == number


def _says(error: BaseException, words: re.Pattern[str]) -> bool:
    """Whether a library says so in an error of a general type."""
    general = isinstance(error, (RuntimeError, ImportError, OSError, SystemError))
    return (general or type(error).__name__ in _OWN_TYPES) and words.search(str(error)) is not None


#: Libraries' own types for any failure; LightGBM's, safetensors' and Arrow's.
_OWN_TYPES = ("LightGBMError", "SafetensorError", "ArrowException", "OutOfMemoryError")
