"""Whether deeprage-f is as sure as it should be, by regime, and in each series by itself.

    python benchmarks/certainty.py --motifs A.meme B.meme

Trains as `deeprage train --model deeprage-f` does, and asks the kept model about its test cells.
Rows in results/certainty.json, pooled over the folds: `<regime>.coverage_90`, the share of test
values in their 90 % interval; `.class_calibration_error` and `.log_loss` of the class
probabilities; and, where series are held out, `.lowest_coverage_90` and `.highest_coverage_90` of
a series, and the mean `.series_calibration_error` of the series by themselves. Rows
`<regime>.without_noise.*` are the same model's with every condition taken for as noisy as every
other. A fold that was trained before, in --out, is not trained again.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Row, record, show
from benchmarks.threads import use_threads
from deeprage.data.compendium import Compendium
from deeprage.data.labels import classify
from deeprage.data.split import Role, Split
from deeprage.data.splitting import make_split, split_folds
from deeprage.evaluation.calibration import class_calibration, coverage
from deeprage.factorised.certainty import Certainty
from deeprage.factorised.run_folder import load_trained
from deeprage.factorised.train import train
from deeprage.factorised.trained import TrainedFactorised
from deeprage.training.run import Run

FOLDS = 5


class Tested(NamedTuple):
    """Test cells (N,): their series, truth, the ends of their interval, probabilities (N, 3)."""

    series: NDArray[np.str_]
    truth: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    chances: NDArray[np.float32]


def main() -> None:
    options = _options()
    use_threads(options.threads)
    compendium = Compendium.load(options.data)
    for regime in options.regimes:
        folds = (
            [make_split(compendium, regime=regime, seed=0)]
            if regime == "pairs"
            else list(split_folds(compendium, regime=regime, folds=FOLDS, seed=0))
        )[: options.most_folds]
        models = []
        for number, split in enumerate(folds, start=1):
            models.append((_trained(compendium, split, number, options), split))
            print(f"{regime}, fold {number} of {len(folds)}", flush=True)
        rows = []
        for name, told in ((regime, _as_kept), (f"{regime}.without_noise", _without_noise)):
            parts = [tested(compendium, told(model), split) for model, split in models]
            cells = Tested(*(np.concatenate(part) for part in zip(*parts, strict=True)))
            rows += rows_of(name, cells, len(folds), by_series=regime in ("conditions", "both"))
        show(rows)
        record("certainty.json", rows)


def tested(compendium: Compendium, model: TrainedFactorised, split: Split) -> Tested:
    """What a model says of the test cells of its split; regulators are not scored."""
    cells = split.cells(Role.TEST) & ~np.isnan(compendium.expression)
    cells[compendium.regulator_rows] = False
    value, kinds = model.learnt.predicted[cells][None], model.kinds()[cells][None]
    noise = np.broadcast_to(model.noise(), cells.shape)[cells][None]
    low, high = model.interval(value, kinds, noise, level=0.9)
    chances = model.probabilities(value, kinds, noise)[0]
    series = np.broadcast_to(np.asarray(compendium.series).astype(str), cells.shape)[cells]
    return Tested(series, compendium.expression[cells], low[0], high[0], chances)


def rows_of(name: str, cells: Tested, folds: int, *, by_series: bool) -> list[Row]:
    """Pooled rows, and those of the series by themselves."""
    truth = classify(cells.truth).astype(np.intp)
    found = class_calibration(cells.chances, truth)
    goal = None if "without" in name else "0.88 to 0.92"
    beside = f"{folds} folds, {len(truth):,} cells"
    of_shares = f"of the shares of the classes: {found['log_loss_of_shares']:.3f}"
    held = coverage(cells.truth, cells.low, cells.high)
    rows = [
        Row(f"{name}.coverage_90", held, "share", goal, beside),
        Row(f"{name}.width_90", float(np.mean(cells.high - cells.low)), "log2", None, beside),
        Row(f"{name}.class_calibration_error", found["class_calibration_error"], "share"),
        Row(f"{name}.log_loss", found["log_loss"], "nats", None, of_shares),
    ]
    if not by_series:
        return rows
    alone = [cells.series == one for one in np.unique(cells.series)]
    held_in = [coverage(cells.truth[x], cells.low[x], cells.high[x]) for x in alone]
    errors = [
        class_calibration(cells.chances[x], truth[x])["class_calibration_error"] for x in alone
    ]
    beside = f"of {len(alone)} series"
    return [
        *rows,
        Row(f"{name}.lowest_coverage_90", min(held_in), "share", None, beside),
        Row(f"{name}.highest_coverage_90", max(held_in), "share", None, beside),
        Row(f"{name}.series_calibration_error", float(np.mean(errors)), "share", None, beside),
    ]


def _as_kept(model: TrainedFactorised) -> TrainedFactorised:
    return model


def _without_noise(model: TrainedFactorised) -> TrainedFactorised:
    """The same model, whose errors are pooled over conditions as they come."""
    samples = model.learnt.certainty.samples
    plain = {kind: replace(sample, noise=None) for kind, sample in samples.items()}
    return TrainedFactorised(replace(model.learnt, certainty=Certainty(plain)))


def _trained(
    compendium: Compendium, split: Split, number: int, options: argparse.Namespace
) -> TrainedFactorised:
    folder = options.out / f"{split.regime}-{number}"
    if not (folder / "model.json").is_file():
        train(
            compendium,
            split,
            out=folder,
            motifs=options.motifs,
            threads=options.threads,
            overwrite=True,
        )
    return load_trained(Run.load(folder))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data/yeast-stress-full.h5ad"))
    parser.add_argument(
        "--motifs", type=Path, nargs="+", default=None, help="files, or jaspar:GROUP"
    )
    parser.add_argument("--regimes", nargs="+", default=["pairs", "conditions", "genes", "both"])
    parser.add_argument("--most-folds", type=int, default=FOLDS, help=f"of {FOLDS}; pairs has 1")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("runs/certainty"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
