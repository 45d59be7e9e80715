"""`deeprage report`: the run as one HTML page."""

from pathlib import Path
from typing import Annotated

from typer import Argument

from deeprage.cli.console import note


def report(
    run: Annotated[Path, Argument(help="Run folder of `deeprage train`.")],
) -> Path:
    """Write report.html into the run folder: one page, to be opened in any browser.

    The run is evaluated first if it has not been.
    """
    from deeprage.cli.evaluate import evaluate
    from deeprage.report.page import write_report
    from deeprage.training.run import Run

    run = Path(run)
    found = Run.load(run)
    if not (run / "metrics.json").exists():
        evaluate(run)
    path = write_report(found)
    note(f"open {path}")
    return path
