"""Ctrl-C and other signals that stop a command: one sentence and an exit code, at any moment.

Python raises KeyboardInterrupt wherever the program is. That is right while a verb works, since
files are then written aside and removed by `finally`. In the middle of an import it is not:
extension modules turn it into other errors, or abort. There the process ends at once; so it does
on a second signal. Nothing heavy is imported here.
"""

from __future__ import annotations

import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import Any

#: Ctrl-C, `kill` and a terminal that closes.
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
#: Seconds within which a second signal is the same one, which came by two ways.
_ONE_PRESS = 0.2
_IMPORTING = "<frozen importlib._bootstrap>"
_GENERAL = "stopped: finished results are intact; give the same command again."


class _State:
    """What has happened to the one command of this process."""

    arguments: Sequence[str] = ()
    signal: int | None = None
    again: bool = False
    since: float = 0.0


def watch(arguments: Sequence[str]) -> None:
    """Handle signals from now on; what the parent process made us ignore stays ignored."""
    _State.arguments = tuple(arguments)
    for number in handled():
        signal.signal(number, _stop)
    sys.unraisablehook = _unraisable


def handled() -> list[int]:
    """The signals that stop a command, without those that the parent process made us ignore."""
    numbers = [getattr(signal, name, None) for name in _SIGNALS]
    return [
        number
        for number in numbers
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN
    ]


def received() -> bool:
    """Whether the command was told to stop."""
    return _State.signal is not None


def exit_code() -> int | None:
    """128 and the number of the signal, as shells have it; None if there was none."""
    return None if _State.signal is None else 128 + _State.signal


def ignore() -> None:
    """The work is done: let the interpreter shut down, which takes a moment, in peace."""
    for name in _SIGNALS:
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.SIG_IGN)


def _stop(number: int, frame: FrameType | None) -> None:
    now = time.monotonic()
    if _State.signal is not None and not _State.again and now - _State.since < _ONE_PRESS:
        return
    second = _State.signal is not None and not _State.again
    _State.again = False
    _State.signal, _State.since = _State.signal or number, now
    if second or _is_importing(frame):
        _end()
    raise KeyboardInterrupt


def _is_importing(frame: FrameType | None) -> bool:
    """Whether a module is being loaded, or nothing of ours is running yet."""
    ours = False
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            return True
        ours = ours or frame.f_code.co_name == "_run_verb"
        frame = frame.f_back
    return not ours


def _end() -> None:
    try:
        from deeprage.cli.interruption import after_interruption

        sentence = after_interruption(_State.arguments)
    except BaseException:  # that module may be the one that is being loaded
        sentence = _GENERAL
    try:
        os.write(2, f"{sentence}\n".encode(errors="backslashreplace"))
    finally:
        os._exit(128 + (_State.signal or signal.SIGINT))


def _unraisable(problem: Any) -> None:
    """Python drops what is raised in a callback or a destructor: an interruption is sent again."""
    if _State.signal is None or not isinstance(problem.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(problem)
        return
    import threading

    number = _State.signal
    _State.again = True
    threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
