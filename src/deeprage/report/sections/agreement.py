"""Predicted against observed values (Fig. 3b of the paper)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeprage.evaluation.metrics import pearson
from deeprage.report.blocks import Figure, Reading, Section
from deeprage.report.run_folder import RunFolder
from deeprage.report.skill import Density, density
from deeprage.report.style import INK, REFERENCE, SCALE, axis, dressed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as PlotlyFigure


def agreement(run: RunFolder) -> Section | None:
    """Density of test cells by predicted and observed value."""
    found = run.predictions
    if found is None or not found.scored.any():
        return None
    observed, predicted = found.observed[found.scored], found.predicted[found.scored]
    r = pearson(found.observed, found.predicted, found.scored)
    counts = density(observed, predicted)
    unit = str(run.part("compendium").get("unit") or "log2")
    outside = f"; {counts.outside:,} beyond the frame are drawn at its rim" * (counts.outside > 0)
    reading = Reading(
        f"{len(observed):,} test cells{outside}. Colour counts cells, on a logarithmic scale. "
        "Solid line: prediction equals observation. Dotted line: mean observed value at each "
        "predicted value.",
        "A narrow cloud along the solid line, with the dotted line on it: predictions then mean "
        "what they say.",
        "Dotted line steeper than the solid one: predictions are too timid (stopped early, too "
        "much dropout). Flatter: overfitted. A cloud that is vertical: the model predicts the mean "
        "and has learnt nothing that holds here.",
    )
    figure = Figure(
        "agreement", "Predicted against observed", _heat(counts, r, unit), reading, square=True
    )
    return Section(
        "agreement",
        "Agreement",
        f"Recomputed from the stored predictions: r = {r:.3f} over {len(observed):,} test cells"
        + _mismatch(run, r),
        [figure],
    )


def _mismatch(run: RunFolder, r: float) -> str:
    """A warning where the stored predictions are not those that were scored."""
    score = run.model_score()
    stored = score["pearson"] if score else None
    if stored is None or abs(stored - r) < 0.002:
        return "."
    return (
        f". Attention: metrics.json says {stored:.3f}, so that these predictions are not those "
        "that were scored; run `deeprage evaluate` again."
    )


def _heat(counts: Density, r: float, unit: str) -> PlotlyFigure:
    from plotly.graph_objects import Figure as PlotlyFigure
    from plotly.graph_objects import Heatmap, Scatter

    shown = np.where(counts.counts > 0, np.log10(np.maximum(counts.counts, 1)), np.nan)
    powers = np.arange(0, max(1, int(np.nanmax(shown))) + 1)
    heat = Heatmap(
        x=counts.centres.round(3),
        y=counts.centres.round(3),
        z=shown.round(2),
        customdata=counts.counts,
        colorscale=[[n / (len(SCALE) - 1), colour] for n, colour in enumerate(SCALE)],
        zmin=0,
        hoverongaps=False,
        hovertemplate="predicted %{x:.2f}<br>observed %{y:.2f}<br>%{customdata} cells"
        "<extra></extra>",
        colorbar={
            "title": {"text": "cells", "side": "top"},
            "tickvals": powers,
            "ticktext": [f"{10**power:,}" for power in powers],
            "thickness": 10,
            "outlinewidth": 0,
            "len": 0.8,
            "x": 1.0,
            "xpad": 4,
        },
    )
    ends = [counts.edges[0], counts.edges[-1]]
    identity = Scatter(
        x=ends, y=ends, mode="lines", line={"color": INK, "width": 1.2}, hoverinfo="skip"
    )
    calibration = Scatter(
        x=counts.centres,
        y=np.clip(counts.mean_observed, *ends),
        mode="lines",
        line={"color": REFERENCE, "width": 2.2, "dash": "dot"},
        hovertemplate="predicted %{x:.2f}<br>mean observed %{y:.2f}<extra></extra>",
    )
    figure = PlotlyFigure([heat, identity, calibration])
    figure.add_annotation(
        x=0.03,
        y=0.97,
        xref="x domain",
        yref="y domain",
        text=f"<b>r = {r:.3f}</b>",
        showarrow=False,
        font={"size": 16},
        bgcolor="rgba(255,255,255,0.8)",
    )
    step = _tick_step(ends[1] - ends[0])
    x = axis(f"predicted ({unit})", range=ends, constrain="domain", dtick=step)
    y = axis(f"observed ({unit})", range=ends, constrain="domain", dtick=step, scaleanchor="x")
    return dressed(figure, height=540, showlegend=False, xaxis=x, yaxis=y)


def _tick_step(reach: float) -> float:
    """A round distance of ticks that gives at most nine of them, for both axes."""
    return next((step for step in (0.5, 1, 2, 5, 10) if reach / step <= 9), reach / 5)
