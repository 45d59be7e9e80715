"""In-silico knock-outs: before against after, the genes that change most, screens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from deeprage.errors import DeepRageError
from deeprage.manifest import own_bytes, own_json
from deeprage.own_tables import Kind, read_table_text
from deeprage.report.blocks import (
    Block,
    Check,
    Checks,
    Column,
    Facts,
    Figure,
    Reading,
    Section,
    Table,
)
from deeprage.report.result_file import Plain, check_version
from deeprage.report.run_folder import RunFolder
from deeprage.report.schemas.knockouts import KnockoutFile
from deeprage.report.style import MODEL, MUTED, REFERENCE, axis, dressed, label
from deeprage.schema import check_type
from deeprage.training.run import KNOCKOUTS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as PlotlyFigure

#: Rows of a knock-out's table on the page, and dots in its figure.
MOST_GENES = 200
MOST_DOTS = 2000
_FORMAT = 1
_AGAIN = "make the knock-out again, or delete its folder"
#: Columns of `ranking.tsv` and `screen.tsv`, and those that only some of them have.
_RANKING: dict[str, Kind] = {
    **dict.fromkeys(("gene", "symbol", "condition"), "name"),
    **dict.fromkeys(("change", "size", "largest", "before", "after"), "number"),
    **dict.fromkeys(("p", "q", "epistasis"), "number"),
    "sites": "count",
    "target": "flag",
}
_SCREENED: dict[str, Kind] = {
    **dict.fromkeys(("name", "factor"), "name"),
    **dict.fromkeys(("size", "change", "targets", "auroc", "p", "q", "hits", "top_p"), "number"),
}
_SOMETIMES = ("p", "q", "epistasis", "target", "targets", "auroc", "hits", "top_p")


def knockouts(run: RunFolder) -> Section | None:
    """Every knock-out that `deeprage knockout` left in the run folder."""
    paths = sorted((run.folder / KNOCKOUTS).glob("*/knockout.json"))
    if not paths:
        return None
    blocks: list[Block] = []
    labels = []
    for number, path in enumerate(paths):
        about = _summary(run, path)
        labels.append(str(about["label"]))
        make = _screen if about["kind"] == "screen" else _knockout
        blocks += make(run, path.parent, about, f"knockout-{number}")
    lead = (
        f"What the model predicts when something is taken away or added: {'; '.join(labels)}. "
        "These are predictions: hold them against real knock-outs before believing them."
    )
    return Section("knockouts", "Knock-outs", lead, blocks)


def _summary(run: RunFolder, path: Path) -> Mapping[str, Any]:
    name = path.relative_to(run.folder).as_posix()
    content: dict[str, Any] = own_json(run.folder, name, Plain, advice=_AGAIN)
    check_version(content, path, version=_FORMAT, advice=_AGAIN)
    check_type(content, KnockoutFile, path=path, advice=_AGAIN)
    return content


def _table(run: RunFolder, path: Path, columns: Mapping[str, Kind]) -> pd.DataFrame:
    """The table of a knock-out or screen, with at least the columns that all of them have."""
    content = own_bytes(run.folder, path.relative_to(run.folder).as_posix(), advice=_AGAIN)
    try:
        table = read_table_text(content, columns)
        missing = [name for name in columns if name not in _SOMETIMES and name not in table]
        if missing:
            raise ValueError(f"it has no column {missing[0]!r}")
    except ValueError as error:
        raise DeepRageError(f"{path} cannot be read ({error}): {_AGAIN}.") from error
    return table


def _knockout(run: RunFolder, folder: Path, about: Mapping[str, Any], name: str) -> list[Block]:
    table = _table(run, folder / "ranking.tsv", _RANKING)
    blocks: list[Block] = [_facts(about)]
    if about["out_of_range"] or about["given_up"]:
        blocks.append(_checks(about))
    blocks += [_figure(table, about, name), _ranked(table, about, name)]
    if about["parts"]:
        blocks.append(_parts(about, name))
    return blocks


def _parts(about: Mapping[str, Any], name: str) -> Table:
    columns = [
        Column("knocked out", numeric=False),
        Column("|change|", "mean over genes and conditions, log2", 3),
        Column("change", "mean over genes and conditions, log2", 3),
        Column("|epistasis|", "of the joint change less the sum of single ones, mean, log2", 3),
    ]
    rows = [
        [part[key] for key in ("label", "size", "change", "epistasis")] for part in about["parts"]
    ]
    title = f"Alone and together: {about['label']}"
    return Table(f"{name}-parts", title, "knock-outs", columns, rows)


def _facts(about: Mapping[str, Any]) -> Facts:
    facts = {
        "predicted": f"{about['genes']:,} genes x {about['conditions']:,} conditions",
        "changed": f"{about['changed']:,} genes by {about['changed_from']:g} or more, mean |log2|",
        "mean |change|": f"{about['mean_size']:.3f}",
    }
    if about["sites"]:
        where = f"{about['genes_with_sites']:,} promoters"
        facts["masked"] = f"{about['sites']:,} sites in {where}"
    if about.get("feedback_rounds"):
        facts["feedback"] = f"{about['feedback_rounds']} rounds"
    if about.get("nulls"):
        facts["compared with"] = f"{about['nulls']} random knock-outs of the same kind"
    found = about.get("targets")
    if found and found["auroc"] is not None:
        facts["known targets"] = (
            f"{found['targets']:,} of {', '.join(found['regulators'])} in {found['source']}"
        )
        facts["AUROC of targets"] = f"{found['auroc']:.3f}, Wilcoxon p {found['p']:.1e}"
        if found["empirical_p"] is not None:
            facts["AUROC of random knock-outs"] = (
                f"{found['null_auroc']:.3f} on average; as good or better with p "
                f"{found['empirical_p']:.3f}"
            )
        facts[f"targets in the top {found['top']}"] = (
            f"{found['hits']}, Fisher p {found['top_p']:.1e}"
        )
    return Facts(str(about["label"]), facts)


def _checks(about: Mapping[str, Any]) -> Checks:
    checks = [
        Check(
            "warning",
            f"{flag['regulator']} beyond the training range",
            f"{flag['lowest']:.2f} to {flag['highest']:.2f} in {flag['conditions']:,} conditions; "
            f"training saw {flag['low']:.2f} to {flag['high']:.2f}",
            "The model extrapolates. Compare with a step that stays inside the range.",
        )
        for flag in about["out_of_range"]
    ]
    if about["given_up"]:
        checks.append(
            Check(
                "note",
                "sites that cannot be shuffled away",
                f"{about['given_up']:,} stretches of letters",
                "They hold the motif in any order, such as AAAAA, and were masked with N.",
            )
        )
    return Checks("Checks", checks)


def _figure(table: pd.DataFrame, about: Mapping[str, Any], name: str) -> Figure:
    marked = " Orange: known targets." if "target" in table else ""
    reading = Reading(
        f"A dot is a gene: predicted expression in {about['shown_condition']!r}, the condition "
        f"that changes most, before and after.{marked} Of genes off the top {MOST_DOTS // 2:,}, "
        "some are drawn.",
        "A few genes far from the diagonal, known targets among them, all others on it.",
        "A cloud that is shifted or tilted as a whole: the model has learnt a state of the cell "
        "and not the targets of this regulator. Mask the motif instead of lowering the level, and "
        "compare with random knock-outs.",
    )
    title = f"Before against after: {about['label']}"
    return Figure(name, title, _dots(_thinned(table)), reading, square=True)


def _thinned(table: pd.DataFrame) -> pd.DataFrame:
    """The genes that change most, all targets, and some of the others."""
    if len(table) <= MOST_DOTS:
        return table
    kept = np.zeros(len(table), dtype=bool)
    kept[: MOST_DOTS // 2] = True
    kept[:: max(1, 2 * len(table) // MOST_DOTS)] = True
    if "target" in table:
        targets = np.flatnonzero(table["target"].to_numpy(dtype=bool))
        kept[targets[: MOST_DOTS // 2]] = True
    return table[kept]


def _dots(table: pd.DataFrame) -> PlotlyFigure:
    from plotly.graph_objects import Figure as PlotlyFigure
    from plotly.graph_objects import Scatter

    target = (
        table["target"].to_numpy(dtype=bool)
        if "target" in table
        else np.zeros(len(table), dtype=bool)
    )
    both = table[["before", "after"]].to_numpy(dtype=np.float64)
    ends = [float(both.min()), float(both.max())] if len(both) else [-1.0, 1.0]
    figure = PlotlyFigure()
    for group, rows, colour, size in (
        ("genes", ~target, MODEL, 5),
        ("known targets", target, REFERENCE, 7),
    ):
        part = table[rows]
        if len(part):
            figure.add_trace(
                Scatter(
                    x=part["before"].round(3),
                    y=part["after"].round(3),
                    text=[label(str(symbol)) for symbol in part["symbol"]],
                    mode="markers",
                    name=group,
                    marker={"color": colour, "size": size, "opacity": 0.6},
                    hovertemplate="%{text}<br>before %{x:.2f}, after %{y:.2f}<extra></extra>",
                )
            )
    figure.add_trace(
        Scatter(
            x=ends,
            y=ends,
            mode="lines",
            line={"color": MUTED, "width": 1},
            showlegend=False,
            hoverinfo="skip",
        )
    )
    pad = 0.04 * (ends[1] - ends[0] or 1.0)
    span = [ends[0] - pad, ends[1] + pad]
    return dressed(
        figure,
        height=520,
        showlegend=bool(target.any()),
        xaxis=axis("predicted before (log2)", range=span),
        yaxis=axis("predicted after (log2)", range=span),
    )


_COLUMNS = {
    "gene": Column("gene", numeric=False),
    "symbol": Column("symbol", numeric=False),
    "size": Column("|change|", "mean over conditions, log2", 3),
    "change": Column("change", "mean over conditions, log2", 3),
    "largest": Column("largest", "largest change in any condition, log2", 2),
    "condition": Column("in", "the condition of the largest change", numeric=False),
    "sites": Column("sites", "motif sites masked in the promoter"),
    "epistasis": Column("epistasis", "joint change less the sum of single ones, mean, log2", 3),
    "p": Column("p", "against random knock-outs of the same kind"),
    "q": Column("q", "Benjamini-Hochberg over genes"),
    "target": Column("known target", numeric=False),
}


def _ranked(table: pd.DataFrame, about: Mapping[str, Any], name: str) -> Table:
    shown = [key for key in _COLUMNS if key in table and (key != "sites" or about["sites"])]
    rows = [
        [_cell(key, value) for key, value in zip(shown, row, strict=True)]
        for row in table[shown].head(MOST_GENES).itertuples(index=False, name=None)
    ]
    title = f"Genes that change most: {about['label']}"
    note = f"The first {len(rows):,} of {len(table):,}; all are in ranking.tsv."
    columns = [_COLUMNS[key] for key in shown]
    return Table(name, title, "genes", columns, rows, page=10, note=note)


def _cell(key: str, value: Any) -> object:
    if key in ("p", "q"):
        return f"{float(value):.1e}"
    if key == "target":
        return "yes" if value else ""
    if key == "sites":
        return int(value)
    return float(value) if isinstance(value, float) else str(value)


_SCREEN = {
    "name": Column("knocked out", numeric=False),
    "factor": Column("factor", "whose known targets are tested", numeric=False),
    "size": Column("|change|", "mean over genes and conditions, log2", 4),
    "change": Column("change", "mean over genes and conditions, log2", 4),
    "targets": Column("targets", "known targets among the genes", 0),
    "auroc": Column("AUROC", "known targets against other genes by |change|", 3),
    "p": Column("p", "one-sided Wilcoxon"),
    "q": Column("q", "Benjamini-Hochberg"),
    "hits": Column("in top", "known targets among the most changed genes", 0),
    "top_p": Column("Fisher p", "of the top"),
}


def _screen(run: RunFolder, folder: Path, about: Mapping[str, Any], name: str) -> list[Block]:
    table = _table(run, folder / "screen.tsv", _SCREENED)
    facts = {
        "knocked out": f"{about['knock_outs']:,} {about['screened']}, one at a time",
        "conditions": f"{about['conditions']:,}",
    }
    found = about["targets"]
    if found is not None:
        facts |= {
            "with known targets": f"{found['tested']:,} ({found['source']})",
            f"targets change more, q < {found['level']:g}": f"{found['significant']:,}",
            "pooled Wilcoxon p": f"{found['pooled_p']:.1e}",
            f"top {found['top']}, Fisher p < {found['level']:g}": f"{found['top_significant']:,}",
        }
    shown = [key for key in _SCREEN if key in table]
    rows = [
        [_screen_cell(key, value) for key, value in zip(shown, row, strict=True)]
        for row in table[shown].itertuples(index=False, name=None)
    ]
    columns = [_SCREEN[key] for key in shown]
    title = f"Screen: {about['label']}"
    return [
        Facts(title, facts),
        Table(name, title, str(about["screened"]), columns, rows, page=10),
    ]


def _screen_cell(key: str, value: Any) -> object:
    if isinstance(value, float) and value != value:
        return None
    if key in ("p", "q", "top_p"):
        return f"{float(value):.1e}"
    return float(value) if not isinstance(value, str) else value
