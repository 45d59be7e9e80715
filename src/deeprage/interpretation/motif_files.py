"""What is found about motifs as files: a table, MEME, and JSON for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deeprage.data.motifs import Motif, meme_text
from deeprage.files import write_json, write_text
from deeprage.interpretation.motifs import Counted, Matched, MotifOptions, MotifResult
from deeprage.interpretation.patterns import MatchedPatterns
from deeprage.interpretation.pwm import consensus, reverse_complement
from deeprage.own_tables import table_text
from deeprage.training.run import MOTIFS

MOTIF_TABLE = "motifs.tsv"
MOTIF_MEME = "motifs.meme"
FORMAT_VERSION = 1
#: Parts of the promoter in the firing profile, and known motifs listed for a filter.
BINS = 20
MOST_MATCHES = 5


def write_motifs(
    result: MotifResult | None,
    out: Path,
    *,
    sources: Mapping[str, int],
    options: MotifOptions,
    patterns: MatchedPatterns | None = None,
) -> dict[str, Any]:
    """Write `motifs.tsv`, `motifs.meme` and `motifs.json` into a folder.

    Args:
        result: of the filters; None for a model that has none.
        sources: number of known motifs of each file or database.
        patterns: of motif discovery, if there are any.

    Returns:
        the content of `motifs.json`.
    """
    content = motif_content(result, sources=sources, options=options, patterns=patterns)
    motifs: list[Motif] = []
    sites: list[int] = []
    for part in (result, patterns.matched if patterns else None):
        if part is not None:
            motifs += part.found.motifs
            background = part.background
    if result is not None:
        sites += [int(result.scan.windows[number]) for number in result.found.filters]
    if patterns is not None:
        sites += [pattern.seqlets for pattern in patterns.patterns]
    write_text(out / MOTIF_MEME, meme_text(motifs, background, sites=sites))
    table = table_text(motif_table(content), digits="%.6g", blanks=True)
    write_text(out / MOTIF_TABLE, table)
    write_json(out / MOTIFS, content)
    return content


def motif_content(
    result: MotifResult | None,
    *,
    sources: Mapping[str, int],
    options: MotifOptions,
    patterns: MatchedPatterns | None = None,
) -> dict[str, Any]:
    """Everything that the table and the report need, as plain data.

    `summary` counts; `filters` has one entry a filter, in order, with its PWM (rows A C G T), its
    firing profile from the promoter's 5' to its 3' end, and its best matches; `patterns` has a
    summary and entries of its own.
    """
    content: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "options": asdict(options),
        "sources": dict(sources),
        "summary": None,
        "filters": [],
        "patterns": None,
    }
    if result is not None:
        content |= _filter_content(result)
    if patterns is not None:
        content["background"] = _rounded(patterns.matched.background)
        content["patterns"] = _pattern_content(patterns, q=options.q)
    return content


def _filter_content(result: MotifResult) -> dict[str, Any]:
    found = result.found
    at = {int(number): row for row, number in enumerate(found.filters)}
    return {
        "promoters": result.promoters,
        "background": _rounded(result.background),
        "summary": _summary(result, q=result.options.q)
        | {"filters": len(result.names), "filter_null": _null(result.filter_null)},
        "filters": [
            _about_filter(result, number)
            | (_about_motif(result, at[number]) if number in at else {})
            for number in range(len(result.names))
        ],
    }


def _pattern_content(patterns: MatchedPatterns, *, q: float) -> dict[str, Any]:
    entries = [
        {
            "filter": pattern.name,
            "windows": pattern.seqlets,
            "raises": pattern.raises,
            **_about_motif(patterns.matched, row),
        }
        for row, pattern in enumerate(patterns.patterns)
    ]
    return {"summary": _summary(patterns.matched, q=q), "entries": entries}


def motif_table(content: Mapping[str, Any]) -> pd.DataFrame:
    """One row a filter, then one a pattern; blank where a filter is never active.

    `distance` is the median distance, in bp, of firing windows from the promoter's 3' end.
    """
    rows = []
    patterns = content["patterns"]["entries"] if content["patterns"] else []
    for entry in [*content["filters"], *patterns]:
        match = (entry.get("matches") or [{}])[0]
        row = {key: entry.get(key) for key in _TABLE}
        row |= {f"match_{key}": match.get(key) for key in ("name", "symbol", "p", "q", "reverse")}
        rows.append(row | {"q_chance": entry.get("q_chance")})
    return pd.DataFrame(rows)


_TABLE = (
    "filter",
    "group",
    "representative",
    "windows",
    "largest",
    "bits",
    "consensus",
    "start",
    "end",
    "fires",
    "distance",
)


def _summary(result: Matched, *, q: float) -> dict[str, Any]:
    counted = result.counted
    beyond = result.q_chance < q
    distinct_beyond = int((beyond & result.found.representative).sum())
    return {
        "active": len(result.found.motifs),
        "matched": counted.matched,
        "distinct": counted.distinct,
        "distinct_matched": counted.distinct_matched,
        "factors": list(counted.factors),
        "beyond_chance": int(beyond.sum()),
        "distinct_beyond_chance": distinct_beyond,
        "column_null": _null(result.column_null),
    }


def _null(rounds: Sequence[Counted]) -> dict[str, Any] | None:
    if not rounds:
        return None
    matched = np.array([one.matched for one in rounds], dtype=np.float64)
    return {
        "rounds": len(rounds),
        "matched": float(matched.mean()),
        "matched_sd": float(matched.std()),
        "distinct_matched": float(np.mean([one.distinct_matched for one in rounds])),
        "factors": float(np.mean([len(one.factors) for one in rounds])),
        "best_p": _quantiles(np.concatenate([one.best_p for one in rounds])),
    }


def _quantiles(values: NDArray[np.float64], *, most: int = 200) -> list[float]:
    """Values in order, thinned to `most` evenly spaced quantiles."""
    if not len(values):
        return []
    shares = (np.arange(min(most, len(values))) + 0.5) / min(most, len(values))
    return [float(f"{value:.3g}") for value in np.quantile(values, shares)]


def _about_filter(result: MotifResult, number: int) -> dict[str, Any]:
    scan = result.scan
    where = scan.positions[number]
    profile = [int(part.sum()) for part in np.array_split(where, min(BINS, len(where)))]
    return {
        "filter": result.names[number],
        "windows": int(scan.windows[number]),
        "largest": round(float(scan.largest[number]), 4),
        "fires": round(float(scan.fires[number]), 4),
        "distance": _median_distance(where, result.scan.counts.shape[2]),
        "profile": profile,
    }


def _about_motif(result: Matched, row: int) -> dict[str, Any]:
    found, motif = result.found, result.found.motifs[row]
    start, end = found.spans[row]
    order = np.argsort(result.matches.p[row], kind="stable")[:MOST_MATCHES]
    chance = float(result.q_chance[row])
    return {
        "group": int(found.group[row]),
        "representative": bool(found.representative[row]),
        "bits": round(float(found.bits[row]), 3),
        "consensus": consensus(motif),
        "start": start,
        "end": end,
        "pwm": [_rounded(line) for line in motif.probabilities],
        "q_chance": None if np.isnan(chance) else chance,
        "matches": [_about_match(result, row, int(target)) for target in order],
    }


def _about_match(result: Matched, row: int, target: int) -> dict[str, Any]:
    """A known motif as the filter sees it; `offset` is its first position in the filter's PWM."""
    matches, known = result.matches, result.targets[target]
    reverse = bool(matches.reverse[row, target])
    turned: Motif = reverse_complement(known) if reverse else known
    return {
        "name": known.name,
        "symbol": known.symbol,
        "p": float(matches.p[row, target]),
        "q": float(matches.q[row, target]),
        "reverse": reverse,
        "offset": -int(matches.offset[row, target]),
        "pwm": [_rounded(line) for line in turned.probabilities],
    }


def _median_distance(positions: NDArray[np.intp], width: int) -> float | None:
    """Median distance (bp) from a window's centre to the promoter's 3' end."""
    total = int(positions.sum())
    if total == 0:
        return None
    middle = int(np.searchsorted(np.cumsum(positions), (total + 1) // 2))
    return len(positions) + width - 1 - (middle + width / 2)


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 4) for value in values]
