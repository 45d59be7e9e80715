"""Panels of a benchmark: who predicts how well, by how much, and from which inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deeprage.report.benchmark_file import BENCHMARK, has_benchmark, read_benchmark
from deeprage.report.blocks import Block, Check, Checks, Column, Figure, Reading, Section, Table
from deeprage.report.metrics import METRICS
from deeprage.report.run_folder import RunFolder
from deeprage.report.sections.audit import level
from deeprage.report.style import BEST, MODEL, MUTED, REFERENCE, axis, dressed, label
from deeprage.report.verdict import CAVEATS, REGIMES

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as PlotlyFigure
    from plotly.graph_objects import Scatter

_COLOURS = {"simple": REFERENCE, "comparator": MUTED, "network": MODEL, "model": MODEL}
_KINDS = {
    "simple": "simple baseline",
    "comparator": "comparator",
    "network": "network",
    "model": "model of this project",
}
_SYMBOLS = {"simple": "square", "comparator": "diamond", "network": "circle", "model": "star"}
_USED = {True: "uses it", False: "no sign of use", None: "unclear"}

Row = dict[str, Any]


def benchmark(run: RunFolder) -> Section | None:
    """The benchmark that was run beside a run: one table of all regimes, then each regime."""
    folder = run.folder / BENCHMARK
    if not has_benchmark(folder):
        return None
    found = read_benchmark(folder)
    panels = [panel for panel in found["panels"] if panel["rows"]]
    if not panels:
        return None
    blocks: list[Block] = [_overview(panels)]
    if any(row["scores"]["pearson"] is not None for panel in panels for row in panel["rows"]):
        blocks.append(_all_regimes(panels))
    for panel in panels:
        table = _table(panel, _ranked(panel))
        title = f"{panel['regime'].capitalize()}: all scores"
        blocks.append(replace(table, title=title, folded=True))
    few = "one fold each, " if all(panel["folds"] == 1 for panel in panels) else ""
    return Section(
        "benchmark",
        "Benchmark",
        f"What predictors reach on this data in the four regimes, {few}on splits of their own. The "
        "best simple method of a regime is what a model has to beat there; a score means nothing "
        "without its regime. benchmark/benchmark.html in the run folder has the leakage audit of "
        "each. The command deeprage benchmark compares any predictors, over all folds.",
        blocks,
    )


def _overview(panels: Sequence[Row]) -> Table:
    """Pearson r of every predictor in every regime, the best of a regime marked."""
    names = _names(panels)
    scores = [_pearson(panel) for panel in panels]
    best = [max(known, key=lambda name: _or_least(known[name])) for known in scores]
    simple = {
        row["predictor"] for panel in panels for row in panel["rows"] if row["kind"] == "simple"
    }
    columns = [Column("predictor", numeric=False)]
    columns += [Column(p["regime"], f"held out: {REGIMES[p['regime']]}", 3) for p in panels]
    return Table(
        "benchmark",
        "Test Pearson in each regime",
        "predictors",
        columns,
        [[name, *(known.get(name) for known in scores)] for name in names],
        marked=frozenset((names.index(name), n) for n, name in enumerate(best, start=1)),
        strong=frozenset(n for n, name in enumerate(names) if name not in simple),
        note="★ marks the best of a regime; all but simple methods are in bold. What is known of "
        "a held-out cell differs between regimes, and with it the method that does well.",
    )


def _pearson(panel: Row) -> dict[str, float | None]:
    return {row["predictor"]: row["scores"]["pearson"] for row in panel["rows"]}


def _names(panels: Sequence[Row]) -> list[str]:
    """The predictors of all regimes, the best over all of them first."""
    scores = [_pearson(panel) for panel in panels]
    names = dict.fromkeys(name for known in scores for name in known)
    return sorted(
        names, key=lambda name: -sum(max(_or_least(known.get(name)), 0) for known in scores)
    )


def _all_regimes(panels: Sequence[Row]) -> Figure:
    reading = Reading(
        "A panel a regime, a mark a predictor: its Pearson correlation over all test cells, with "
        "its 95 % interval: squares simple baselines, circles networks, stars this project's own "
        "model. The dashed line is the best simple baseline of the regime.",
        "A network right of the line of its own regime, on the same split.",
        "A network left of the line has shown nothing in that regime: use the baseline.",
    )
    return Figure("benchmark", "Test Pearson in each regime", _small_dots(panels), reading)


def _small_dots(panels: Sequence[Row]) -> PlotlyFigure:
    """One narrow panel of marks a regime, side by side, in the same order of predictors."""
    from plotly.subplots import make_subplots

    names = [label(name) for name in _names(panels)[::-1]]
    figure = make_subplots(
        rows=1,
        cols=len(panels),
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=[panel["regime"] for panel in panels],
    )
    for number, panel in enumerate(panels, start=1):
        for mark in _marks([row for row in panel["rows"] if row["scores"]["pearson"] is not None]):
            figure.add_trace(mark.update(showlegend=False), row=1, col=number)
        best = _pearson(panel).get(panel["best_simple"])
        if best is not None:
            figure.add_vline(
                x=best, line={"color": BEST, "width": 1.5, "dash": "dash"}, row=1, col=number
            )
    figure.update_xaxes(**axis("", nticks=4, matches="x"))
    figure.update_xaxes(**axis("Pearson r"), col=1)
    figure.update_yaxes(**axis("", type="category", categoryorder="array", categoryarray=names))
    return dressed(figure, height=150 + 26 * max(3, len(names)))


def _or_least(value: float | None) -> float:
    return -2.0 if value is None else value


def _ranked(panel: Row) -> list[Row]:
    return sorted(panel["rows"], key=lambda row: -_or_least(row["scores"]["pearson"]))


def regime_section(panel: Row) -> Section:
    """A panel of `benchmark.json` as a section of the page."""
    regime = panel["regime"]
    rows = _ranked(panel)
    blocks: list[Block] = []
    if any(row["scores"]["pearson"] is not None for row in rows):
        blocks.append(_figure(panel, rows))
    blocks.append(_table(panel, rows))
    if panel["controls"]:
        blocks += [_control_figure(panel), _control_table(panel)]
    blocks.append(_audit(panel))
    folds = f"{panel['folds']} fold{'s' if panel['folds'] != 1 else ''}"
    lead = f"Held out: {REGIMES[regime]}; {folds}. {CAVEATS[regime]}"
    return Section(regime, regime.capitalize(), lead, blocks)


def _figure(panel: Row, rows: Sequence[Row]) -> Figure:
    best = panel["best_simple"]
    reading = Reading(
        "A mark is a predictor's Pearson correlation over all test cells, with its 95 % interval. "
        "Squares are simple baselines, diamonds the paper's comparators, circles networks; the "
        "vertical line is the best simple baseline" + (f", {best}." if best else "."),
        "A network clearly right of the line, its paired difference in the table above 0.",
        "A network left of the line has shown nothing in this regime: use the baseline.",
    )
    return Figure(f"scores-{panel['regime']}", "Test Pearson", _dots(panel, rows), reading)


def _dots(panel: Row, rows: Sequence[Row]) -> PlotlyFigure:
    from plotly.graph_objects import Figure as PlotlyFigure

    known = [row for row in reversed(rows) if row["scores"]["pearson"] is not None]
    figure = PlotlyFigure(_marks(known))
    for row in known:
        if row["predictor"] == panel["best_simple"]:
            figure.add_vline(
                x=row["scores"]["pearson"], line={"color": BEST, "width": 1.5, "dash": "dash"}
            )
    return dressed(
        figure,
        height=130 + 26 * max(3, len(known)),
        xaxis=axis("Pearson r over test cells"),
        yaxis=axis(
            "",
            type="category",
            categoryorder="array",
            categoryarray=[label(row["predictor"]) for row in known],
        ),
    )


def _marks(known: Sequence[Row]) -> list[Scatter]:
    """A mark with its interval for each row, all of them with a score; one trace a kind."""
    from plotly.graph_objects import Scatter

    marks = []
    for kind, colour in _COLOURS.items():
        members = [row for row in known if row["kind"] == kind]
        r = [float(row["scores"]["pearson"]) for row in members]
        spans = [row["intervals"]["pearson"] or [x, x] for row, x in zip(members, r, strict=True)]
        marks.append(
            Scatter(
                x=[round(x, 4) for x in r],
                y=[label(row["predictor"]) for row in members],
                name=_KINDS[kind],
                mode="markers",
                marker={"color": colour, "size": 10, "symbol": _SYMBOLS[kind]},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [max(high - x, 0) for (_, high), x in zip(spans, r, strict=True)],
                    "arrayminus": [max(x - low, 0) for (low, _), x in zip(spans, r, strict=True)],
                    "thickness": 1.5,
                    "width": 4,
                },
                hovertemplate="%{y}<br>r = %{x:.3f}<extra></extra>",
            )
        )
    return [mark for mark in marks if mark.x]


def _table(panel: Row, rows: Sequence[Row]) -> Table:
    columns = [
        Column("predictor", numeric=False),
        Column("kind", numeric=False),
        *(Column(metric.label, metric.meaning, metric.digits) for metric in METRICS[:1]),
        Column("95 % interval", "of Pearson r", numeric=False),
        Column("r less best simple", "paired difference in Pearson r", 3),
        Column("95 % interval", "of the difference", numeric=False),
        *(Column(metric.label, metric.meaning, metric.digits) for metric in METRICS[1:]),
        Column("fit (s)", "wall time, all folds together", 1),
        Column("predict (s)", "wall time, all folds together", 1),
        Column("memory (GB)", "largest peak of a fold's process", 2),
        Column("failed folds", "folds without a result"),
    ]
    values = [
        [
            row["predictor"],
            _KINDS[row["kind"]],
            row["scores"]["pearson"],
            _span(row["intervals"]["pearson"]),
            *_difference(row["difference"]),
            *(row["scores"][metric.key] for metric in METRICS[1:]),
            row["fit_seconds"],
            row["predict_seconds"],
            row["peak_gb"],
            row["failed_folds"],
        ]
        for row in rows
    ]
    best = panel["best_simple"]
    cells = max((row["scores"]["n_cells"] for row in rows), default=0)
    drawn = " and ".join(panel["resampled"])
    return Table(
        f"scores-{panel['regime']}",
        "Scores",
        "predictors",
        columns,
        values,
        marked=frozenset((n, 2) for n, row in enumerate(rows) if row["predictor"] == best),
        strong=frozenset(n for n, row in enumerate(rows) if row["kind"] == "network"),
        note=f"★ marks the best simple baseline; networks are in bold. {cells:,} cells were "
        f"scored." + (f" Intervals come from drawing {drawn} again." if drawn else ""),
    )


def _control_figure(panel: Row) -> Figure:
    reading = Reading(
        "What each predictor (rows) loses in Pearson r when an input, or the training values, "
        "are destroyed (columns).",
        "A loss for every input that the predictor is meant to use, and nearly all of r where "
        "labels are permuted.",
        "A pale cell: the predictor does not use that input here, so that whatever it gains does "
        "not come from it. Little lost under permuted labels: something leaks.",
    )
    return Figure(
        f"controls-{panel['regime']}", "Which inputs are used", _heat(panel["controls"]), reading
    )


def _heat(rows: Sequence[Row]) -> PlotlyFigure:
    from plotly.graph_objects import Figure as PlotlyFigure
    from plotly.graph_objects import Heatmap

    from deeprage.report.style import SCALE

    names = list(dict.fromkeys(row["predictor"] for row in rows))[::-1]
    controls = list(dict.fromkeys(row["control"] for row in rows))
    lost = {(row["predictor"], row["control"]): _lost(row) for row in rows}
    table = [[lost.get((name, control)) for control in controls] for name in names]
    figure = PlotlyFigure(
        Heatmap(
            x=[label(control) for control in controls],
            y=[label(name) for name in names],
            z=table,
            zmin=0,
            zmax=max((x for row in table for x in row if x is not None), default=0.1) or 0.1,
            colorscale=[[n / (len(SCALE) - 1), colour] for n, colour in enumerate(SCALE)],
            text=[["" if x is None else f"{x:+.3f}" for x in row] for row in table],
            texttemplate="%{text}",
            hovertemplate="%{y}, %{x}<br>r lost: %{z:.3f}<extra></extra>",
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    return dressed(
        figure,
        height=130 + 30 * max(2, len(names)),
        xaxis=axis("", type="category"),
        yaxis=axis("", type="category"),
    )


def _lost(row: Row) -> float | None:
    found = (row["loss"] or {}).get("pearson")
    return None if found is None else float(found["value"])


def _control_table(panel: Row) -> Table:
    columns = [
        Column("predictor", numeric=False),
        Column("control", numeric=False),
        Column("folds", "of the regime's that were run so", 0),
        Column("r under control", "Pearson r with the input destroyed", 3),
        Column("r lost", "paired difference", 3),
        Column("95 % interval", "of the loss", numeric=False),
        Column("input", numeric=False),
        Column("what it means", numeric=False),
    ]
    values = [
        [
            row["predictor"],
            row["control"],
            row.get("folds"),
            row["pearson"],
            *_difference(row["loss"]),
            _USED[row["used"]],
            row["verdict"],
        ]
        for row in panel["controls"]
    ]
    name = f"controls-{panel['regime']}"
    return Table(name, "Controls", "controls", columns, values, folded=True)


def _audit(panel: Row) -> Checks:
    checks = [
        Check(level(row["severity"]), row["name"], row["value"], row["verdict"])
        for row in panel["audit"]
    ]
    return Checks("Leakage audit: the worst of all folds", checks)


def _difference(difference: Row | None) -> tuple[float | None, str]:
    found = (difference or {}).get("pearson")
    return (None, "–") if found is None else (float(found["value"]), _span(found["interval"]))


def _span(interval: Sequence[float] | None) -> str:
    if interval is None:
        return "–"
    return " to ".join(f"{x:.3f}" for x in interval).replace("-", "−")
