"""Rows about the motifs, links and planted truth of trained networks."""

from __future__ import annotations

import argparse
import time

from benchmarks.record import Row
from deeprage import api
from deeprage.files import read_json


def motif_rows(options: argparse.Namespace) -> list[Row]:
    """Distinct filters that match a known motif, beside what shuffled ones do; rows `motifs.*`."""
    started = time.perf_counter()
    used = time.process_time()
    api.motifs(options.screen_run, motifs=options.motifs, threads=options.threads)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    summary = read_json(options.screen_run / "motifs.json")["summary"]
    filters, matched = summary["filters"], summary["distinct_matched"]
    nulls = [summary[key] for key in ("column_null", "filter_null") if summary.get(key)]
    chance = max(one["distinct_matched"] for one in nulls)
    beside = f"{matched} of {filters} filters, {summary['distinct']} of them distinct"
    of_null = f"{chance:.1f} of {filters}, the larger of two nulls; {matched / chance:.1f} times"
    sure = f"{summary['distinct_beyond_chance']} better than shuffled motifs at that rate"
    name = options.screen_run.name
    return [
        Row("motifs.matched_fraction", matched / filters, "share", ">= 0.30", f"{name}: {beside}"),
        Row("motifs.null_fraction", chance / filters, "share", "<= 1/3 of matched", of_null),
        Row("motifs.beyond_chance", summary["distinct_beyond_chance"], "count", None, sure),
        Row("motifs.factors", len(summary["factors"]), "count", ">= 25", "of matched filters"),
        Row("seconds.motifs", seconds, "s", "<= 120", f"{cpu:.0f} s of CPU, {filters} filters"),
    ]
