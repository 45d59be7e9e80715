"""Skill by condition, grouped by experiment series."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from deeprage.evaluation.metrics import LEAST_CELLS
from deeprage.report.blocks import Column, Figure, Reading, Section, Table
from deeprage.report.run_folder import Predictions, RunFolder
from deeprage.report.skill import Skill, skill_of_conditions
from deeprage.report.style import INK, MODEL, MUTED, axis, dressed, label

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as PlotlyFigure


def conditions(run: RunFolder) -> Section | None:
    """Correlation across genes of each tested condition, as a figure and a table."""
    found = run.predictions
    if found is None or not found.scored.any():
        return None
    by_condition = skill_of_conditions(found.observed, found.predicted, found.scored)
    usable = np.flatnonzero(np.isfinite(by_condition.pearson))
    tested = int((by_condition.cells > 0).sum())
    blocks: list[Figure | Table] = []
    if len(usable):
        blocks.append(_figure(found, by_condition, usable))
    blocks.append(_table(found, by_condition))
    series = {found.series[c] for c in np.flatnonzero(by_condition.cells)}
    return Section(
        "conditions",
        "Conditions",
        f"{tested:,} tested conditions of {len(series):,} series. "
        + (
            f"Median correlation across genes {np.median(by_condition.pearson[usable]):.2f}."
            if len(usable)
            else f"None has the {LEAST_CELLS} tested genes that a correlation needs."
        ),
        blocks,
    )


def _figure(found: Predictions, by_condition: Skill, usable: np.ndarray) -> Figure:
    reading = Reading(
        "A dot is a condition: the correlation, across its tested genes, of predicted with "
        "observed values. Bars are the medians of a series; series are in order of them.",
        "All series clearly right of 0, and no series far behind the others.",
        "A series far behind: look at whether anything like it was in training, whether its "
        "arrays are noisy (small spread in the table), and whether its regulators respond at all.",
    )
    return Figure("conditions", "Skill by condition", _dots(found, by_condition, usable), reading)


def _dots(found: Predictions, by_condition: Skill, usable: np.ndarray) -> PlotlyFigure:
    from plotly.graph_objects import Figure as PlotlyFigure
    from plotly.graph_objects import Scatter

    r = by_condition.pearson
    members: dict[str, list[int]] = {}
    for condition in usable:
        members.setdefault(found.series[condition], []).append(int(condition))
    medians = {name: float(np.median(r[columns])) for name, columns in members.items()}
    order = sorted(members, key=lambda name: medians[name])
    labels = _short(order)
    dots = Scatter(
        x=[round(float(r[c]), 4) for name in order for c in members[name]],
        y=[labels[name] for name in order for _ in members[name]],
        text=[
            f"{label(found.conditions[c])}<br>{label(name)}<br>{by_condition.cells[c]:,} genes"
            for name in order
            for c in members[name]
        ],
        mode="markers",
        marker={"color": MODEL, "size": 8, "opacity": 0.65, "line": {"color": "white", "width": 1}},
        hovertemplate="%{text}<br>r = %{x:.3f}<extra></extra>",
    )
    bars = Scatter(
        x=[round(medians[name], 4) for name in order],
        y=[labels[name] for name in order],
        mode="markers",
        marker={"symbol": "line-ns", "size": 15, "line": {"color": INK, "width": 2.5}},
        hovertemplate="median %{x:.3f}<extra></extra>",
    )
    figure = PlotlyFigure([dots, bars])
    figure.add_vline(x=0, line={"color": MUTED, "width": 1})
    low = min(-0.05, float(r[usable].min()) - 0.05)
    return dressed(
        figure,
        height=110 + 24 * max(3, len(order)),
        showlegend=False,
        xaxis=axis("r across genes", range=[low, 1.02]),
        yaxis=axis("", type="category", range=[-0.8, len(order) - 0.2], dtick=1),
    )


def _short(names: list[str], *, longest: int = 20) -> dict[str, str]:
    """Labels that fit beside a narrow plot; names that would become one stay whole."""
    cut = {name: name if len(name) <= longest else name[: longest - 1] + "…" for name in names}
    counts = Counter(cut.values())
    repeated = {short for short, count in counts.items() if count > 1}
    return {name: label(name if short in repeated else short) for name, short in cut.items()}


def _table(found: Predictions, by_condition: Skill) -> Table:
    columns = [
        Column("condition", numeric=False),
        Column("series", numeric=False),
        Column("genes", "tested genes with a value"),
        Column("r", "correlation across genes", 3),
        Column("MSE", "mean squared error, log2²", 3),
        Column("spread", "standard deviation of the observed values, log2", 2),
    ]
    tested = np.flatnonzero(by_condition.cells)
    rows = [
        [
            found.conditions[c],
            found.series[c],
            int(by_condition.cells[c]),
            float(by_condition.pearson[c]),
            float(by_condition.mse[c]),
            float(by_condition.spread[c]),
        ]
        for c in tested
    ]
    return Table("conditions", "All conditions", "conditions", columns, rows, page=10)
