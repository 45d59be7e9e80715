"""`deeprage evaluate`: score a run beside simple reference predictions."""

from pathlib import Path
from typing import Annotated

from typer import Argument


def evaluate(
    run: Annotated[Path, Argument(help="Run folder of `deeprage train`.")],
) -> Path:
    """Score a run on its validation and test cells, beside simple reference predictions."""
    return run
