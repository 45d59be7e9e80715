"""The report: one self-contained HTML page from a run folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from deeprage.files import write_text
from deeprage.report.run_folder import RunFolder
from deeprage.report.sections import SECTIONS
from deeprage.report.verdict import verdict
from deeprage.training.run import REPORT

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


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
    path = out if out is not None else Path(run) / REPORT
    write_text(path, render(RunFolder.open(Path(run))))
    return path


def render(run: RunFolder) -> str:
    """The whole page as HTML."""
    sections = [section for make in SECTIONS if (section := make(run)) is not None]
    environment = _environment()
    return environment.get_template("page.html").render(
        run=run,
        verdict=verdict(run),
        sections=sections,
        style=_asset("page.css"),
        script=_asset("page.js"),
        plotly=_plotly(),
    )


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("deeprage.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["in_script"] = in_script
    return environment


def in_script(json: str) -> Markup:
    """JSON that may stand in a script element: nothing in it can close the element."""
    from markupsafe import Markup

    return Markup(json.replace("<", "\\u003c").replace("\u2028", "\\u2028"))


def _asset(name: str) -> Markup:
    """One of the page's own files, which is trusted and goes in as it is."""
    from markupsafe import Markup

    text = files("deeprage.report").joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text)


def _plotly() -> Markup:
    """The plotting library, taken from the installed package so that the page needs no network."""
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs().replace("</script", "<\\/script"))
