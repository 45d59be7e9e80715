"""Skill by gene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeprage.evaluation.metrics import LEAST_CELLS
from deeprage.report.blocks import Column, Figure, Reading, Section, Table
from deeprage.report.run_folder import Predictions, RunFolder
from deeprage.report.skill import Skill, shuffled_within_genes, skill_of_genes
from deeprage.report.style import INK, MODEL, MUTED, axis, dressed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as PlotlyFigure


def genes(run: RunFolder) -> Section | None:
    """Correlation across conditions of each tested gene, as a histogram and a table."""
    found = run.predictions
    if found is None or not found.scored.any():
        return None
    by_gene = skill_of_genes(found.observed, found.predicted, found.scored)
    usable = np.isfinite(by_gene.pearson)
    blocks: list[Figure | Table] = []
    lead = f"{int((by_gene.cells > 0).sum()):,} tested genes. "
    if usable.any():
        chance = _chance(found)
        above = float((by_gene.pearson[usable] > np.percentile(chance, 95)).mean())
        lead += (
            f"{int(usable.sum()):,} have the {LEAST_CELLS} conditions that a correlation needs: "
            f"its median is {np.median(by_gene.pearson[usable]):.2f}, and {100 * above:.0f} % lie "
            "above the 95th percentile of chance, where 5 % would without any skill."
        )
        blocks.append(_figure(by_gene.pearson[usable], chance))
    else:
        lead += f"None has the {LEAST_CELLS} tested conditions that a correlation needs."
    return Section("genes", "Genes", lead, [*blocks, _table(found, by_gene)])


def _chance(found: Predictions) -> np.ndarray:
    """The same correlations with the observed values of each gene in random order."""
    shuffled = shuffled_within_genes(found.observed, found.scored, np.random.default_rng(0))
    r = skill_of_genes(shuffled, found.predicted, found.scored).pearson
    return r[np.isfinite(r)]


def _figure(r: np.ndarray, chance: np.ndarray) -> Figure:
    reading = Reading(
        "Genes by the correlation of predicted with observed values across their tested "
        "conditions. Grey outline: the same with each gene's observed values shuffled, which is "
        "what chance looks like with so few conditions.",
        "The filled bars stand well to the right of the grey outline, with a median above 0.5.",
        "Bars on the outline: the model knows levels but not responses; see whether the regulators "
        "vary at all in the tested conditions. A second hump at 0: genes that hardly respond; sort "
        "the table by spread.",
    )
    return Figure("genes", "Skill by gene", _histogram(r, chance), reading)


def _histogram(r: np.ndarray, chance: np.ndarray) -> PlotlyFigure:
    from plotly.graph_objects import Bar, Scatter
    from plotly.graph_objects import Figure as PlotlyFigure

    edges = np.linspace(-1, 1, 41)
    centres = ((edges[1:] + edges[:-1]) / 2).round(3)
    bars = Bar(
        x=centres,
        y=np.histogram(r, edges)[0],
        width=0.05,
        marker={"color": MODEL, "line": {"color": "white", "width": 0.5}},
        name="genes",
        hovertemplate="r about %{x:.2f}: %{y} genes<extra></extra>",
    )
    outline = Scatter(
        x=centres,
        y=np.histogram(chance, edges)[0],
        mode="lines",
        line={"shape": "hvh", "color": MUTED, "width": 2},
        name="shuffled",
        hovertemplate="shuffled, r about %{x:.2f}: %{y} genes<extra></extra>",
    )
    figure = PlotlyFigure([bars, outline])
    middle = float(np.median(r))
    figure.add_vline(
        x=middle,
        line={"color": INK, "dash": "dash", "width": 1.5},
        annotation={"text": f"median {middle:.2f}", "yanchor": "bottom"},
        annotation_position="top left" if middle > 0 else "top right",
    )
    return dressed(
        figure,
        height=380,
        bargap=0,
        showlegend=False,
        xaxis=axis("correlation across conditions", range=[-1, 1]),
        yaxis=axis("genes", rangemode="tozero"),
    )


def _table(found: Predictions, by_gene: Skill) -> Table:
    columns = [
        Column("gene", numeric=False),
        Column("symbol", numeric=False),
        Column("conditions", "tested conditions with a value"),
        Column("r", "correlation across conditions", 3),
        Column("MSE", "mean squared error, log2²", 3),
        Column("spread", "standard deviation of the observed values, log2", 2),
    ]
    rows = [
        [
            found.genes[g],
            found.symbols[g],
            int(by_gene.cells[g]),
            float(by_gene.pearson[g]),
            float(by_gene.mse[g]),
            float(by_gene.spread[g]),
        ]
        for g in np.flatnonzero(by_gene.cells)
    ]
    return Table("genes", "All genes", "genes", columns, rows, page=10)
