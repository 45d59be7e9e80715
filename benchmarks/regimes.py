"""Every simple baseline, and deeprage-f, in every regime, at full strength.

    python benchmarks/regimes.py --data data/yeast-stress-full.h5ad --motifs A.meme B.meme

`--predictors` names fewer or others. Rows in results/regimes.json:
`<regime>.<predictor>.pearson`, `.accuracy`, `.within_gene_pearson`, `.within_condition_pearson`,
pooled over the test cells of all folds. `pairs` is one hold-out of 10 % of the cells; in
`conditions` each series is tested once; `genes` has 5 folds of gene groups, `both` 5 paired folds
of groups and series. Missing cells are left out, regulators are not scored.
For deeprage-f also `.coverage_90`, the share of test cells inside their 90 % interval, and
`.gain_low`, the lower end of the 95 % interval of its gain in Pearson over the best simple method
of the same command.

    python benchmarks/regimes.py --data data/ecoli-precise.h5ad --results ecoli_regimes.json \\
        --motifs jaspar:fungi

does the same for E. coli, whose values are log2 fold changes of each gene against its own control;
no motif of a bacterium is at hand, so that motifs are those of fungi and k-mers do the work. Rows
that were recorded before `--motifs` was needed for this were made with them too.

The goals hold for yeast and for motifs of JASPAR 2024 and ScerTF together. Finished jobs are kept
in --out, and rows are recorded after each predictor and regime, cheap ones first: what was stopped
goes on with the same command.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.record import Row, record, show
from deeprage.data.compendium import Compendium
from deeprage.evaluation.benchmark import RESULT, benchmark
from deeprage.evaluation.contestants import SIMPLE
from deeprage.files import write_json
from deeprage.folders import folder_change
from deeprage.report.benchmark_page import write_benchmark_page

FOLDS = {"conditions": "series", "genes": 5, "both": 5}
YEAST = "regimes.json"
REGIMES = ("pairs", "genes", "both", "conditions")
GOALS = {
    "pairs.completion.pearson": 0.88,
    "conditions.regulator-ridge.pearson": 0.81,
    "genes.motif-ridge.pearson": 0.40,
    "genes.boosted-trees.pearson": 0.47,
    "both.boosted-trees.pearson": 0.45,
    "pairs.deeprage-f.pearson": 0.90,
    "pairs.deeprage-f.accuracy": 0.83,
    "conditions.deeprage-f.pearson": 0.83,
    "conditions.deeprage-f.accuracy": 0.783,
    "genes.deeprage-f.pearson": 0.54,
    "both.deeprage-f.pearson": 0.52,
}
SCORES = {
    "pearson": "r",
    "accuracy": "share",
    "within_gene_pearson": "r",
    "within_condition_pearson": "r",
}
#: Completion learns nothing about what it has not seen a cell of: elsewhere it is `additive`.
#: Trees read the promoter alone: in `conditions` they would grow anew for each of 25 series to say
#: what the motif ridge says in seconds.
ONLY = {
    "completion": ("pairs",),
    "boosted-trees": ("pairs", "genes", "both"),
    "codon-trees": ("genes", "both"),
}


def main() -> None:
    options = _options()
    compendium = Compendium.load(options.data)
    goals = GOALS if options.results == YEAST else {}
    shared: dict[str, Any] = {
        "folds": FOLDS | {"conditions": options.conditions_folds},
        "most_folds": options.most_folds,
        "cache": options.out / "cache",
        "jobs": options.jobs,
        "threads": options.threads,
        "epochs": options.epochs,
        "motifs": options.motifs,
        "seed": options.seed,
    }
    pairs = [
        (predictor, regime)
        for predictor in options.predictors
        for regime in options.regimes
        if regime in ONLY.get(predictor, REGIMES)
    ]
    for predictor, regime in [] if options.together_only else pairs:
        started = time.perf_counter()
        found = benchmark(
            compendium,
            predictors=[predictor],
            regimes=[regime],
            out=options.out / "parts" / f"{regime}.{predictor}",
            **shared,
        )
        for failure in found["failures"]:
            print(f"failed: {failure['job']}: {failure['error']}", flush=True)
        rows = [row for panel in found["panels"] for row in rows_of(panel, goals)]
        show(rows)
        print(f"{regime}.{predictor}: {time.perf_counter() - started:.0f} s", flush=True)
        if rows:
            record(options.results, rows)
    together(options, compendium, shared, goals)


def rows_of(panel: dict[str, Any], goals: dict[str, float]) -> list[Row]:
    """The recorded scores of one regime; a predictor with a failed fold has none."""
    found = []
    for row in panel["rows"]:
        if row["failed_folds"]:
            continue
        for score, unit in SCORES.items():
            name = f"{panel['regime']}.{row['predictor']}.{score}"
            value = row["scores"][score]
            if value is None:
                continue
            span = row["intervals"].get(score)
            beside = None if span is None else f"95 % interval {span[0]:.3f} to {span[1]:.3f}"
            if row["kind"] == "network":
                beside = f"{panel['folds']} folds; {beside}"
            goal = goals.get(name)
            found.append(Row(name, value, unit, None if goal is None else f">= {goal}", beside))
        if row["kind"] == "model":
            found += _model_rows(panel, row)
    return found


def _model_rows(panel: dict[str, Any], row: dict[str, Any]) -> list[Row]:
    """Coverage of the 90 % intervals, and the gain over the best simple method beside it."""
    name = f"{panel['regime']}.{row['predictor']}"
    found = [Row(f"{name}.coverage_90", row["coverage_90"], "share", "0.88 to 0.92", None)]
    gain = (row["difference"] or {}).get("pearson")
    if gain is not None and gain["interval"] is not None:
        beside = f"over {panel['best_simple']}: {gain['value']:+.4f}"
        found.append(Row(f"{name}.gain_low", gain["interval"][0], "r", "> 0", beside))
    return found


def together(
    options: argparse.Namespace,
    compendium: Compendium,
    shared: dict[str, Any],
    goals: dict[str, float],
) -> None:
    """All that was run side by side, out of the cache: paired differences and one page."""
    whole: dict[str, Any] = {}
    for regime in options.regimes:
        taking_part = [x for x in options.predictors if regime in ONLY.get(x, REGIMES)]
        found = benchmark(
            compendium, predictors=taking_part, regimes=[regime], out=options.out, **shared
        )
        record(options.results, [row for panel in found["panels"] for row in rows_of(panel, goals)])
        whole = whole or {**found, "panels": [], "failures": []}
        for part in ("panels", "failures"):
            whole[part] = [*whole[part], *found[part]]
        with folder_change(options.out) as aside:
            write_json(aside / RESULT, whole)
    print(write_benchmark_page(options.out))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data/yeast-stress-full.h5ad"))
    parser.add_argument(
        "--motifs", type=Path, nargs="+", default=None, help="files, or jaspar:GROUP"
    )
    parser.add_argument("--predictors", nargs="+", default=[*SIMPLE, "deeprage-f"])
    parser.add_argument("--regimes", nargs="+", default=list(REGIMES), choices=REGIMES)
    parser.add_argument("--epochs", type=int, default=None, help="of a network's training")
    parser.add_argument(
        "--together-only", action="store_true", help="go straight to the page of all of them"
    )
    parser.add_argument("--most-folds", type=int, default=None, help="stop after so many")
    parser.add_argument("--conditions-folds", default="series", help="or a number of folds")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", default=YEAST, help="file in benchmarks/results")
    parser.add_argument("--out", type=Path, default=Path("runs/regimes"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
