"""Regulators and their targets: how well scores find known links, and the links themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deeprage.interpretation.target_files import FORMAT_VERSION
from deeprage.report.blocks import Column, Figure, Meanings, Reading, Section, Table
from deeprage.report.result_file import read_result
from deeprage.report.run_folder import RunFolder
from deeprage.report.schemas.targets import TargetsFile
from deeprage.report.style import INK, MODEL, MUTED, REFERENCE, axis, dressed, label
from deeprage.training.run import TARGETS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as PlotlyFigure

#: Scores that need no network that was trained.
_SIMPLE = ("correlation", "ridge", "motif scan")


def targets(run: RunFolder) -> Section | None:
    """Links as `deeprage targets` found them."""
    found = read_result(run, TARGETS, TargetsFile, version=FORMAT_VERSION, verb="deeprage targets")
    if found is None:
        return None
    lead = (
        f"Pairs of {found['scored_regulators']:,} regulators and {found['genes']:,} genes, scored "
        f"by: {found['meaning'][found['score']]}."
    )
    if found["links_at_5_percent"] is not None:
        lead += f" {found['links_at_5_percent']:,} links at q < 0.05 against shuffled promoters."
    checked: Sequence[Mapping[str, Any]] = [
        row for row in found["checked"] if row["aupr"] is not None
    ]
    blocks: list[Figure | Table | Meanings] = []
    if checked:
        blocks += [_figure(found, checked), _scores(found, checked)]
    if found["by_regulator"]:
        blocks.append(_regulators(found))
    blocks.append(_links(found))
    blocks.append(_meanings(found))
    return Section("targets", "Regulators and targets", lead, blocks)


def _figure(found: Mapping[str, Any], checked: Sequence[Mapping[str, Any]]) -> Figure:
    reading = Reading(
        f"AUPR of each score against {found['network']}, on the regulators "
        f"{'with a known motif' if checked[0]['with_motif'] else 'of the network'}. Blue: from the "
        "model; orange: without it. Black line: the base rate. Grey: the middle 95 % against "
        "random networks in which every gene and regulator keeps its number of links.",
        "Blue bars above the orange ones and well above their grey band.",
        "At the grey band: the score only knows which genes and regulators have many links. Below "
        "orange: the simple score says more. Databases are incomplete, so that even a perfect "
        "score would stay far below 1.",
    )
    part = [row for row in checked if row["with_motif"] == checked[0]["with_motif"]]
    return Figure("targets", "Known links found", _bars(part), reading)


def _bars(rows: Sequence[Mapping[str, Any]]) -> PlotlyFigure:
    from plotly.graph_objects import Bar
    from plotly.graph_objects import Figure as PlotlyFigure

    ordered = sorted(rows, key=lambda row: float(row["aupr"]))
    names = [label(row["score"]) for row in ordered]
    figure = PlotlyFigure(
        Bar(
            x=[round(row["aupr"], 5) for row in ordered],
            y=names,
            orientation="h",
            marker={"color": [REFERENCE if name in _SIMPLE else MODEL for name in names]},
            hovertemplate="%{y}: AUPR %{x:.4f}<extra></extra>",
        )
    )
    figure.add_vline(x=rows[0]["base"], line={"color": INK, "width": 1.5})
    for at, row in enumerate(ordered):
        if row["rewired"] is not None:
            figure.add_shape(
                type="rect",
                x0=row["rewired"]["low"],
                x1=row["rewired"]["high"],
                y0=at - 0.4,
                y1=at + 0.4,
                line={"width": 1, "color": MUTED},
                fillcolor=MUTED,
                opacity=0.55,
            )
    return dressed(
        figure,
        height=120 + 34 * len(rows),
        showlegend=False,
        xaxis=axis("AUPR", rangemode="tozero"),
        yaxis=axis("", type="category"),
    )


def _scores(found: Mapping[str, Any], checked: Sequence[Mapping[str, Any]]) -> Table:
    columns = [
        Column("score", numeric=False),
        Column("on", "which regulators of the network", numeric=False),
        Column("regulators"),
        Column("AUPR", "area under precision-recall over all pairs", 4),
        Column("random network", "AUPR when links are drawn again, numbers of links kept", 4),
        Column("base", "share of pairs that are known links", 4),
        Column("AUROC", "chance that a known link scores above another pair", 3),
        Column("early precision", "known links among as many best pairs as there are links", 3),
        Column("mean AUPR", "mean over regulators with 5 targets or more", 4),
        Column("mean AUROC", "mean over regulators with 5 targets or more", 3),
        Column("right sign", "of known links with a known sign", 2),
    ]
    rows = [
        [
            row["score"],
            "with a motif" if row["with_motif"] else "all",
            row["regulators"],
            row["aupr"],
            None if row["rewired"] is None else row["rewired"]["mean"],
            row["base"],
            row["auroc"],
            row["early_precision"],
            row["mean_aupr"],
            row["mean_auroc"],
            row["sign"],
        ]
        for row in checked
    ]
    strong = frozenset(n for n, row in enumerate(checked) if row["score"] == found["score"])
    title = f"Scores against {found['network']}"
    return Table("target-scores", title, "scores", columns, rows, strong=strong)


def _regulators(found: Mapping[str, Any]) -> Table:
    entries: Sequence[Mapping[str, Any]] = found["by_regulator"]
    simple = [name for name in _SIMPLE if f"auroc_{name.replace(' ', '_')}" in entries[0]]
    columns = [
        Column("regulator", numeric=False),
        Column("symbol", numeric=False),
        Column("known targets"),
        Column("AUPR", "of this regulator's pairs", 3),
        Column("base", "share of genes that are known targets", 3),
        Column("AUROC", "chance that a known target scores above another gene", 3),
        *(Column(f"AUROC, {name}", "the same by this score alone", 3) for name in simple),
    ]
    rows = [
        [
            entry["regulator"],
            entry["symbol"],
            entry["targets"],
            entry["aupr"],
            entry["base"],
            entry["auroc"],
            *(entry[f"auroc_{name.replace(' ', '_')}"] for name in simple),
        ]
        for entry in entries
    ]
    return Table("target-regulators", "By regulator", "regulators", columns, rows, page=10)


def _links(found: Mapping[str, Any]) -> Table:
    titles = {
        "regulator_symbol": Column("regulator", "symbol", numeric=False),
        "target_symbol": Column("target", "symbol", numeric=False),
        "regulator": Column("regulator's gene", numeric=False),
        "target": Column("target's gene", numeric=False),
        "score": Column("score", found["meaning"][found["score"]] + ", log2", 3),
        "sign": Column("sign", "+ activation, − repression", numeric=False),
        "q": Column("q", "against shuffled promoters, over this regulator's genes"),
        "sites": Column("sites", "of the regulator's motif in the promoter"),
        "known": Column("known", f"1: a link of {found['network']}"),
    }
    at = [found["columns"].index(name) for name in titles if name in found["columns"]]
    chosen = [titles[found["columns"][number]] for number in at]
    rows = [
        [_cell(found["columns"][number], row[number]) for number in at] for row in found["links"]
    ]
    return Table(
        "targets",
        "Links",
        "links",
        chosen,
        rows,
        page=15,
        note=f"The {len(rows):,} surest; more in targets.tsv, every pair in targets.npz.",
    )


def _cell(column: str, value: Any) -> Any:
    if column == "q" and isinstance(value, float):
        return f"{value:.2g}"
    if column == "score" and isinstance(value, int):
        return float(value)
    return "−" if column == "sign" and value == "-" else value


def _meanings(found: Mapping[str, Any]) -> Meanings:
    good = {
        "correlation": "simple; what the model must beat",
        "ridge": "simple; what the model must beat",
        "motif scan": "simple; what the model must beat",
    }
    used = {row["score"] for row in found["checked"]} or {found["score"]}
    return Meanings(
        "What the scores mean",
        [
            (name, meaning[:1].upper() + meaning[1:] + ".", good.get(name, "above the simple ones"))
            for name, meaning in found["meaning"].items()
            if name in used
        ],
    )
