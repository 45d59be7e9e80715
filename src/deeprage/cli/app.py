"""The `deeprage` command: signals and streams first, then the verb, then its failure if it fails.

The top of this module, of `stopping` and of `streams` imports only what loads at once, not even
`typing`: until `main` watches for signals, Ctrl-C ends in a traceback.
"""

from __future__ import annotations

import sys
import time

from deeprage.cli import stopping, streams

TYPE_CHECKING = False  # which type checkers take as true
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code: 0, 2 for bad input, 130 for Ctrl-C.

    Errors of the program itself are raised, with their traceback.
    """
    began = time.time()
    try:
        result = _run_verb(arguments)
    except BaseException as error:
        from deeprage.cli.failures import failure

        if isinstance(error, SystemExit) and not stopping.received():
            return error.code if isinstance(error.code, int) else 1
        # What a library makes of an interruption may be an exception of any kind.
        cause = KeyboardInterrupt() if stopping.received() else error
        failed = failure(cause, arguments, since=began)
        if failed is None:
            raise
        if failed.sentence:
            streams.say(failed.sentence)
        return stopping.exit_code() or failed.code
    return result if isinstance(result, int) else 0


def _run_verb(arguments: Sequence[str]) -> object:
    import shlex

    from typer.main import get_command

    from deeprage.cli.failures import INTERRUPTED
    from deeprage.cli.verbs import app

    result = get_command(app).main(
        args=list(arguments),
        prog_name="deeprage",
        standalone_mode=False,
        obj=shlex.join(["deeprage", *arguments]),  # for runs to remember
    )
    if result == INTERRUPTED:  # how typer passes on Ctrl-C
        raise KeyboardInterrupt
    return result


def _run(arguments: Sequence[str]) -> int:
    from deeprage.cli.limited import limit, supervised

    most = limit()
    if most is None:
        return streams.finished(run(arguments))
    return supervised(lambda: run(arguments), arguments, most=most)


def main() -> NoReturn:
    """The entry point of the `deeprage` command."""
    stopping.watch(sys.argv[1:])
    streams.prepare()
    if not sys.warnoptions:  # what libraries warn of is for programmers, who ask with -W
        import warnings

        warnings.simplefilter("ignore")
    code = _run(sys.argv[1:])
    stopping.ignore()
    sys.exit(code)
