"""What it takes to train deeprage-f once on the full matrix so that it can be kept.

    python benchmarks/flagship.py --motifs A.meme B.meme

Trains as `deeprage train --model deeprage-f` does: all parts, the refit, and the errors of each
kind of cell. Rows `<regime>.minutes` (by the clock) and `<regime>.peak_gb` go to
results/flagship.json.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.threads import use_threads


def main() -> None:
    options = _options()
    use_threads(options.threads)
    from benchmarks.record import Row, record, show
    from deeprage.data.compendium import Compendium
    from deeprage.data.splitting import make_split
    from deeprage.factorised.train import train

    compendium = Compendium.load(options.data)
    run = train(
        compendium,
        make_split(compendium, regime=options.regime, seed=0),
        out=options.out / options.regime,
        motifs=options.motifs,
        threads=options.threads,
        compendium_path=options.data,
        overwrite=True,
        on_step=lambda step: print(step, flush=True),
    )
    beside = f"{options.threads} thread(s)"
    rows = [
        Row(f"{options.regime}.minutes", run.config["seconds"] / 60, "min", "<= 20", beside),
        Row(f"{options.regime}.peak_gb", run.config["peak_gb"], "GB", "<= 4", beside),
    ]
    show(rows)
    record("flagship.json", rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data/yeast-stress-full.h5ad"))
    parser.add_argument(
        "--motifs", type=Path, nargs="+", default=None, help="files, or jaspar:GROUP"
    )
    parser.add_argument("--regime", default="both", help="one; its peak memory is its own")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("runs/flagship"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
