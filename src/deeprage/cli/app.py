"""The `deeprage` command: it knows the verbs and how a failure is told, nothing else.

Nothing heavy is imported here or at the top of a verb's module, so that `--help` answers at once;
each verb imports what it needs when it runs.
"""

import io
import shlex
import sys
import time
import warnings
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from deeprage import __version__
from deeprage.cli import (
    attribute,
    benchmark,
    data,
    demo,
    evaluate,
    knockout,
    motifs,
    predict,
    report,
    targets,
    train,
)
from deeprage.cli.failures import INTERRUPTED, failure

app = typer.Typer(
    name="deeprage",
    help="Predict the expression of every gene in every condition, from promoters and regulators.",
    epilog="Start with `deeprage demo`.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.add_typer(data.app, name="data")
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(benchmark.benchmark)
app.command()(predict.predict)
app.command()(motifs.motifs)
app.command()(knockout.knockout)
app.command()(attribute.attribute)
app.command()(targets.targets)
app.command()(report.report)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"deeprage {__version__}")
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Predict the expression of every gene in every condition, from promoters and regulators."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code: 0, 2 for bad input, 130 for Ctrl-C.

    Errors of the program itself are raised, with their traceback.
    """
    began = time.time()
    try:
        result = get_command(app).main(
            args=list(arguments),
            prog_name="deeprage",
            standalone_mode=False,
            obj=shlex.join(["deeprage", *arguments]),  # for runs to remember
        )
        if result == INTERRUPTED:  # how newer versions of typer pass on Ctrl-C
            raise KeyboardInterrupt
    except (Exception, KeyboardInterrupt) as error:
        told = failure(error, arguments, since=began)
        if told is None:
            raise
        if told.sentence:
            print(told.sentence, file=sys.stderr)
        return told.code
    return result if isinstance(result, int) else 0


def main() -> NoReturn:
    """The entry point of the `deeprage` command."""
    if not sys.warnoptions:  # what libraries warn of is for programmers, who ask with -W
        warnings.simplefilter("ignore")
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # closed by the shell, `>&-`
            setattr(sys, stream, io.StringIO())
    sys.exit(run(sys.argv[1:]))
