"""`deeprage demo`: the main job on real yeast data, from nothing to a report."""

from pathlib import Path
from typing import Annotated

from typer import Option


def demo(
    *,
    out: Annotated[Path, Option(help="Run folder to write.")] = Path("runs/demo"),
) -> Path:
    """Fetch the embedded yeast data, train, evaluate and write runs/demo/report.html."""
    return out
