"""The report: one self-contained HTML page from a run folder."""

from __future__ import annotations

from pathlib import Path

from deeprage.files import write_text
from deeprage.report.rendering import render_page
from deeprage.report.run_folder import RunFolder
from deeprage.report.sections import SECTIONS
from deeprage.report.verdict import verdict
from deeprage.training.run import REPORT, Run


def write_report(run: Path, *, out: Path | None = None) -> Path:
    """Write the report of a run: one HTML file that needs no network and no other file.

    Everything in it is recomputed from the run folder. A section whose file is absent is left
    out.

    Args:
        run: a run folder (`config.json`, and as far as there `history.jsonl`, `metrics.json`,
            `predictions.npz`).
        out: the file to write; default: `report.html` in the run folder.

    Returns:
        The file that was written.

    Raises:
        DeepRageError: not a run folder, one of another version, a damaged file, or a place that
            cannot be written.
    """
    if out is not None:
        write_text(out, render(RunFolder.open(Path(run))))
        return out
    found = Run.load(run)
    with found.results([REPORT]) as aside:
        write_text(aside / REPORT, render(RunFolder.open(found.path)))
    return found.path / REPORT


def render(run: RunFolder) -> str:
    """The whole page as HTML."""
    sections = [section for make in SECTIONS if (section := make(run)) is not None]
    return render_page("page.html", run=run, verdict=verdict(run), sections=sections)
