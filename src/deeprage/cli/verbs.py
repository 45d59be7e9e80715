"""The verbs of the `deeprage` command.

Nothing heavy is imported here or at the top of a verb's module, so that `--help` answers at once;
each verb imports what it needs when it runs.
"""

from typing import Annotated

import typer

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
