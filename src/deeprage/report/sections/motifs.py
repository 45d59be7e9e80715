"""What the filters look for: logos beside their best matches, and how many match by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deeprage.interpretation.motif_files import FORMAT_VERSION
from deeprage.report.blocks import Column, Facts, Figure, Gallery, Reading, Section
from deeprage.report.logos import glyphs, logo_pair, profile
from deeprage.report.result_file import read_result
from deeprage.report.run_folder import RunFolder
from deeprage.report.schemas.motifs import MotifsFile
from deeprage.report.style import MODEL, MUTED, axis, dressed
from deeprage.training.run import MOTIFS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as PlotlyFigure

Filter = Mapping[str, Any]


def motifs(run: RunFolder) -> Section | None:
    """The motif of each filter, as `deeprage motifs` found it."""
    found = read_result(run, MOTIFS, MotifsFile, version=FORMAT_VERSION, verb="deeprage motifs")
    if found is None:
        return None
    lead = ""
    blocks: list[Facts | Figure | Gallery] = []
    if found["summary"] is not None:
        lead += _lead(found["summary"], found, "filters")
        blocks += _of_filters(found)
    if found["patterns"] is not None:
        lead += _lead(found["patterns"]["summary"], found, "patterns in contributions")
        blocks.append(_patterns(found))
    return Section("motifs", "Motifs", lead.strip(), blocks)


def _lead(summary: Mapping[str, Any], found: Mapping[str, Any], what: str) -> str:
    q, null = found["options"]["q"], summary["column_null"]
    of = f" of {summary['filters']:,}" if "filters" in summary else ""
    text = (
        f"{summary['active']:,}{of} {what} make {summary['distinct']:,} distinct motifs. "
        f"{summary['distinct_matched']:,} of these match one of "
        f"{sum(found['sources'].values()):,} known motifs at q < {q:g}"
    )
    if null is not None:
        text += (
            f"; with the columns of each motif shuffled {null['distinct_matched']:.0f} do. "
            f"{summary['distinct_beyond_chance']:,} match so well that fewer than {q:.0%} of "
            "matches that good are chance"
        )
    return text + ". "


def _of_filters(found: Mapping[str, Any]) -> list[Facts | Figure | Gallery]:
    null = found["summary"]["column_null"]
    filters: Sequence[Filter] = [entry for entry in found["filters"] if entry.get("matches")]
    blocks: list[Facts | Figure | Gallery] = [_facts(found)]
    if null is not None and null["best_p"]:
        blocks.append(_figure(filters, null["best_p"]))
    blocks.append(_gallery(filters, np.array(found["background"]), found["options"]["q"]))
    return blocks


def _facts(found: Mapping[str, Any]) -> Facts:
    summary, options = found["summary"], found["options"]
    made = (
        f"the {options['best']} best windows"
        if options["threshold"] is None
        else f"windows above {options['threshold']:g} of a filter's largest activation"
    )
    facts = {
        "known motifs": ", ".join(f"{name} ({n:,})" for name, n in found["sources"].items()),
        "made from": f"{made} of {found['promoters']:,} training promoters",
        "matched": _counted(summary, summary["filters"]),
        "factors matched": f"{len(summary['factors']):,}: {', '.join(summary['factors']) or '–'}",
    }
    for key, name in (("column_null", "shuffled motifs"), ("filter_null", "shuffled filters")):
        null = summary[key]
        if null is not None:
            facts[name] = f"{null['matched']:.0f} matched, {null['factors']:.0f} factors"
    return Facts("Counts", facts)


def _counted(summary: Mapping[str, Any], filters: int) -> str:
    return (
        f"{summary['matched']:,} of {filters:,} filters ({summary['matched'] / filters:.0%}), "
        f"{summary['beyond_chance']:,} better than chance"
    )


def _figure(filters: Sequence[Filter], chance: Sequence[float]) -> Figure:
    reading = Reading(
        "The share of filters whose best match has at least this -log10 p, beside the same motifs "
        "with their positions in random order. Letters and information are the same in both.",
        "The blue line well to the right of the grey one: the filters are known motifs.",
        "Blue on grey: the matches in the table are what chance gives among so many known motifs. "
        "The network may tell genes apart by whole promoters: see whether it predicts held-out "
        "genes at all.",
    )
    return Figure("motifs", "Best matches against chance", _lines(filters, chance), reading)


def _lines(filters: Sequence[Filter], chance: Sequence[float]) -> PlotlyFigure:
    from plotly.graph_objects import Figure as PlotlyFigure
    from plotly.graph_objects import Scatter

    figure = PlotlyFigure()
    ours = [entry["matches"][0]["p"] for entry in filters]
    for name, values, colour in (("shuffled", chance, MUTED), ("filters", ours, MODEL)):
        steps = np.sort(-np.log10(values))
        share = 100 * np.arange(len(steps), 0, -1) / len(steps)
        figure.add_trace(
            Scatter(
                x=steps.round(2),
                y=share.round(1),
                name=name,
                mode="lines",
                line={"color": colour, "width": 2.5, "shape": "hv"},
                hovertemplate="%{y:.0f} % above %{x:.1f}",
            )
        )
    return dressed(
        figure,
        height=320,
        xaxis=axis("−log10 p of the best match", rangemode="tozero"),
        yaxis=axis("% of filters", range=[0, 103]),
    )


_COLUMNS = (
    Column("motif above its best match", "aligned on one strand; search by letters", numeric=False),
    Column("best match", "the known motif with the smallest p-value", numeric=False),
    Column("p", "Tomtom's p-value"),
    Column("q", "Benjamini-Hochberg over the known motifs"),
    Column("q by chance", "of matches this good, the share that shuffled motifs have", 3),
    Column("bits", "information of the motif", 1),
)
_GROUP = Column("group", "those with one number have the same motif")


def _gallery(filters: Sequence[Filter], background: np.ndarray, q: float) -> Gallery:
    columns = [
        Column("filter", numeric=False),
        *_COLUMNS,
        Column("fires in", "% of training promoters with an activation above half the largest", 0),
        Column("where", "firing along the promoter, 5' left, gene right; bp from the 3' end"),
        _GROUP,
    ]
    shown = sorted(filters, key=lambda entry: float(entry["matches"][0]["p"]))
    rows = [
        [*_row(entry, background), 100 * float(entry["fires"]), _where(entry), int(entry["group"])]
        for entry in shown
    ]
    return Gallery(
        "motifs",
        "All active filters",
        "filters",
        columns,
        rows,
        strong=_beyond_chance(shown, q),
        page=12,
        drawings=glyphs(),
        note="Bold: matched better than chance allows.",
    )


def _patterns(found: Mapping[str, Any]) -> Gallery:
    entries: Sequence[Filter] = found["patterns"]["entries"]
    background = np.array(found["background"])
    columns = [
        Column("pattern", numeric=False),
        *_COLUMNS,
        Column("seqlets", "stretches of promoters that it was made from"),
        Column("effect", "of the pattern on what was explained", numeric=False),
        _GROUP,
    ]
    rows = [
        [
            *_row(entry, background),
            int(entry["windows"]),
            "raises" if entry["raises"] else "lowers",
            int(entry["group"]),
        ]
        for entry in entries
    ]
    return Gallery(
        "patterns",
        "Patterns that TF-MoDISco found in contributions",
        "patterns",
        columns,
        rows,
        strong=_beyond_chance(entries, found["options"]["q"]),
        page=12,
        drawings="" if found["summary"] is not None else glyphs(),
    )


def _beyond_chance(entries: Sequence[Filter], q: float) -> frozenset[int]:
    return frozenset(
        number
        for number, entry in enumerate(entries)
        if entry["q_chance"] is not None and entry["q_chance"] < q
    )


def _row(entry: Filter, background: np.ndarray) -> list[object]:
    """What filters and patterns have in common."""
    match = entry["matches"][0]
    logo = logo_pair(
        np.array(entry["pwm"]),
        np.array(match["pwm"]),
        offset=match["offset"],
        background=background,
        title=entry["consensus"],
    )
    chance = entry["q_chance"]
    name, symbol = match["name"], match["symbol"]
    return [
        entry["filter"],
        logo,
        symbol if symbol == name else f"{symbol} ({name})",
        f"{match['p']:.1e}",
        f"{match['q']:.1e}",
        None if chance is None else float(chance),
        float(entry["bits"]),
    ]


def _where(entry: Filter) -> object:
    distance = entry["distance"]
    return profile(entry["profile"], title="–" if distance is None else f"{distance:.0f}")
