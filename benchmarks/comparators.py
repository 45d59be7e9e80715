"""How long the comparators that the paper names take on the full matrix.

    python benchmarks/comparators.py --data data/yeast-stress-full.h5ad --motifs A.meme B.meme

Each is fitted once with a tenth of the gene groups held out, the scan of the motifs included.
Rows in results/comparators.json: `<name>.minutes` by the clock, `<name>.cpu_minutes` of processor
time. With one thread on a machine with nothing else to do the two are the same; where other
programs run beside, the clock counts their work too and the processor time does not.

GeneClass boosts 400 rounds, MEDUSA 300; BDTree grows a tree of 50 leaves for each of its three
criteria. The relational learner has the motifs alone, hence GeneClass's inputs.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.threads import use_threads

GOALS = {"geneclass": "< 5", "bdtree": "< 5", "medusa": "< 20"}
SETTINGS: dict[str, dict[str, Any]] = {
    "geneclass": {"rounds": 400},
    "bdtree": {},
    "medusa": {"rounds": 300},
    "cager": {},
    "relational": {"rounds": 400},
}


def main() -> None:
    options = _options()
    use_threads(options.threads)
    from benchmarks.record import Row, record, show
    from deeprage.data.compendium import Compendium
    from deeprage.data.split import visible
    from deeprage.data.splitting import make_split
    from deeprage.evaluation.contestants import contestant

    compendium = Compendium.load(options.data)
    split = make_split(compendium, regime="genes", seed=0)
    seen = visible(compendium, split)
    for name in options.predictors:
        settings = dict(SETTINGS[name])
        if options.rounds and "rounds" in settings:
            settings["rounds"] = options.rounds
        predictor = contestant(name, motifs=options.motifs, settings=settings).make()
        clock, processor = time.perf_counter(), time.process_time()
        predictor.fit(seen, split)
        wall = (time.perf_counter() - clock) / 60
        worked = (time.process_time() - processor) / 60
        threads = f"{options.threads} thread(s)"
        rows = [
            Row(f"{name}.minutes", wall, "min", GOALS.get(name), threads),
            Row(f"{name}.cpu_minutes", worked, "min", None, threads),
        ]
        show(rows)
        if options.rounds:
            print("not recorded: --rounds asked for other work than the rows are about")
        else:
            record("comparators.json", rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add: Any = parser.add_argument
    add("--data", type=Path, required=True, help="the compendium (.h5ad)")
    add("--motifs", type=Path, nargs="+", default=None, help="files, or jaspar:GROUP")
    add("--predictors", nargs="+", choices=list(SETTINGS), default=list(SETTINGS))
    add("--threads", type=int, default=1)
    add("--rounds", type=int, default=None, help="fewer boosting rounds, for a look; not recorded")
    return parser.parse_args()


if __name__ == "__main__":
    main()
