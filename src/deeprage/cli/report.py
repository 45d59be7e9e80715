"""`deeprage report`: the run as one HTML page."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from deeprage.cli.console import note


def report(
    run: Annotated[Path, Argument(help="Run folder of `deeprage train`.")],
    *,
    out: Annotated[
        Path | None, Option(help="Page to write; default: report.html in the run folder.")
    ] = None,
) -> Path:
    """Write a run as one HTML page that opens in any browser and needs no network.

    The run is evaluated first if it has not been.
    """
    from deeprage.cli.evaluate import evaluate
    from deeprage.cli.own_files import spare_run
    from deeprage.report.page import write_report
    from deeprage.training.run import METRICS, REPORT, Run

    found = Run.load(run)
    spare_run(found, [out], usual=REPORT)
    if not (found.path / METRICS).exists():
        evaluate(found.path)
    path = write_report(found.path, out=None if out is None else Path(out))
    note(f"open {path.resolve()}")
    return path
