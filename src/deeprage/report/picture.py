"""One picture of a run, for a README or a slide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deeprage.errors import DeepRageError
from deeprage.evaluation.metrics import pearson
from deeprage.files import written_aside
from deeprage.printable import encodable
from deeprage.report.run_folder import Predictions, RunFolder
from deeprage.report.skill import density
from deeprage.report.style import INK, MODEL, MUTED, REFERENCE, SCALE
from deeprage.report.verdict import REGIMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def skill_picture(run: Path, path: Path) -> Path:
    """Draw predicted against observed values beside test Pearson of model and references.

    Args:
        run: an evaluated run folder.
        path: the picture; its suffix (`.png`, `.svg`, `.pdf`) picks the format.

    Raises:
        DeepRageError: not a run folder, not evaluated, or a format that cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    found = RunFolder.open(Path(run))
    predictions = found.predictions
    if predictions is None or not predictions.scored.any() or found.model_score() is None:
        raise DeepRageError(f"{run} has no test predictions: run `deeprage evaluate` first.")
    figure = Figure(figsize=(9.6, 4.2), layout="constrained", dpi=160)
    FigureCanvasAgg(figure)
    if path.suffix.lstrip(".") not in figure.canvas.get_supported_filetypes():
        raise DeepRageError(f"cannot draw {path.name!r}: end it with .png, .svg or .pdf.")
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.15))
    _draw_density(left, predictions, unit=str(found.part("compendium").get("unit") or "log2"))
    _draw_bars(right, found)
    asks = REGIMES.get(found.regime, "held-out cells")
    title = f"{found.model} on {found.data_name}: {asks}"
    figure.suptitle(encodable(title), color=INK, fontsize=12, parse_math=False)
    with written_aside(path) as aside:
        figure.savefig(aside)
    return path


def _draw_density(axes: Axes, predictions: Predictions, *, unit: str) -> None:
    from matplotlib.colors import LinearSegmentedColormap, LogNorm
    from matplotlib.ticker import LogLocator, NullLocator

    observed = predictions.observed[predictions.scored]
    predicted = predictions.predicted[predictions.scored]
    r = pearson(predictions.observed, predictions.predicted, predictions.scored)
    counts = density(observed, predicted)
    ends = (float(counts.edges[0]), float(counts.edges[-1]))
    shown = np.ma.masked_equal(counts.counts, 0)
    colours = LinearSegmentedColormap.from_list("cells", SCALE)
    mesh = axes.pcolormesh(
        counts.edges, counts.edges, shown, norm=LogNorm(vmin=1), cmap=colours, rasterized=True
    )
    bar = axes.figure.colorbar(
        mesh, ax=axes, label="test cells", shrink=0.85, ticks=LogLocator(), format="%d"
    )
    bar.ax.yaxis.set_minor_locator(NullLocator())
    axes.plot(ends, ends, color=INK, linewidth=1, label="prediction = observation")
    axes.plot(
        counts.centres,
        counts.mean_observed,
        color=REFERENCE,
        linewidth=2,
        linestyle=":",
        label="mean observed",
    )
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.set_xlabel(f"predicted ({unit})", parse_math=False)
    axes.set_ylabel(f"observed ({unit})", parse_math=False)
    axes.set_title(f"r = {r:.3f}", color=INK, fontsize=11)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _draw_bars(axes: Axes, run: RunFolder) -> None:
    known = [
        (value, row)
        for row in run.scores
        if row.role == "test" and (value := row["pearson"]) is not None
    ]
    known.sort(key=lambda pair: pair[0])
    values = [value for value, _ in known]
    colours = [MUTED if row.is_reference else MODEL for _, row in known]
    bars = axes.barh([row.predictor for _, row in known], values, color=colours)
    for bar, value in zip(bars, values, strict=True):
        middle = bar.get_y() + bar.get_height() / 2
        axes.text(
            max(value, 0) + 0.01, middle, f"{value:.3f}".replace("-", "−"), va="center", color=INK
        )
    for tick in axes.get_yticklabels():
        tick.set_parse_math(False)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_xlim(min(0.0, *values) * 1.15, max(*values, 0.1) * 1.18)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("test Pearson")
    axes.set_title("This model (blue) and simple references", color=INK, fontsize=11)
