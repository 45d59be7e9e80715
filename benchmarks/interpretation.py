"""What models say, against the truth: real knock-outs in yeast and E. coli.

    deeprage data fetch ecoli-precise
    python benchmarks/interpretation.py                          # simple predictors, a minute
    python benchmarks/interpretation.py --networks deeprage-c    # trains, then compares as well
    python benchmarks/interpretation.py --run yeast:mine=runs/a --headline mine

Every predictor is fitted without the conditions of the knock-outs (`benchmarks/knockouts.py`).
Rows in results/interpretation.json: `yeast.<knock-out>.<predictor>.<score>` and
`ecoli.<predictor>.<score>` (medians over regulators). Scores over genes: `spearman` of predicted
with measured change; `auroc100` of the 100 genes that changed most in the expected direction;
`auroc100_changed` of the 100 that changed most; `sign`, the share of these with the right sign;
`target_auroc` of known targets by |change|. Beside the models: `stress`, the stress response
undone; `motif-count`; `correlation`; `regulator-ridge`; `replicate`, the other replicate.

`--headline NAME` also writes the rows `knockout.msn24_heat.*` and `knockout.ecoli.*` for that
predictor, with its paired gain over the simple ones.

A run given with `--run` must have been trained on the split that `--save-splits` writes, such as
by `--networks`; this is checked.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.knockouts import Task, ecoli_rows, ecoli_task, yeast_rows, yeast_task
from benchmarks.record import Row, record, show
from deeprage.baselines.regulator_ridge import RegulatorRidge
from deeprage.data.split import Role, visible
from deeprage.interpretation.block_model import BlockModel, block_model
from deeprage.networks.presets import preset
from deeprage.training.config import training_config
from deeprage.training.run import Run
from deeprage.training.train import train

RESULTS = "interpretation.json"


def main() -> None:
    options = _options()
    for part in options.parts:
        started = time.perf_counter()
        path = options.yeast if part == "yeast" else options.ecoli
        task = (yeast_task if part == "yeast" else ecoli_task)(path, seed=options.seed)
        models = models_of(task, options)
        headline = options.headline
        rows: list[Row]
        if part == "yeast":
            rows = yeast_rows(task, models, headline=headline)
        else:
            edges = path.with_suffix(".network.tsv")
            rows = ecoli_rows(task, models, network=edges, headline=headline, out=options.out)
        show(rows)
        record(RESULTS, rows)
        print(f"{part}: {time.perf_counter() - started:.0f} s", flush=True)


def models_of(task: Task, options: argparse.Namespace) -> dict[str, BlockModel]:
    """The ridge, networks trained here, and runs given, by name."""
    seen = visible(task.compendium, task.split)
    ridge = RegulatorRidge().fit(seen, task.split)
    found: dict[str, BlockModel] = {"regulator-ridge": block_model(ridge, task.compendium)}
    for name in options.networks:
        folder = options.out / f"{task.name}.{name}"
        if not (folder / "model.json").is_file():
            _train(task, name, folder, options)
        found[name] = _model_of(task, folder, options.device)
    for text in options.run:
        where, equals, folder = text.partition("=")
        part, colon, name = where.partition(":")
        if not (equals and colon):
            raise SystemExit(f"cannot read --run {text!r}: write yeast:NAME=FOLDER.")
        if part == task.name:
            found[name] = _model_of(task, Path(folder), options.device)
    return found


def _train(task: Task, name: str, folder: Path, options: argparse.Namespace) -> None:
    chosen = {"seed": options.seed, "device": options.device, "threads": options.threads}
    if options.epochs is not None:
        chosen["epochs"] = options.epochs
    path = options.yeast if task.name == "yeast" else options.ecoli
    train(
        task.compendium,
        task.split,
        out=folder,
        network=preset(name),
        training=training_config(**chosen),
        compendium_path=path.resolve(),
        overwrite=True,
        progress=sys.stderr.isatty(),
    )


def _model_of(task: Task, folder: Path, device: str) -> BlockModel:
    run = Run.load(folder)
    run.split.check_against(task.compendium)
    hidden = task.split.cells(Role.TEST)
    if run.split.cells(Role.TRAIN, Role.VALIDATION)[hidden].any():
        raise SystemExit(f"{folder} was trained on the conditions of the knock-outs: train again.")
    predictor = run.predictor()
    if device not in ("cpu", "auto"):
        predictor.network.to(device)
    return block_model(predictor.fit(task.compendium, task.split), task.compendium)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", default=["yeast", "ecoli"])
    parser.add_argument("--yeast", type=Path, default=Path("data/yeast-stress-full.h5ad"))
    parser.add_argument("--ecoli", type=Path, default=Path("data/ecoli-precise.h5ad"))
    parser.add_argument("--networks", nargs="+", default=[], help="presets to train and compare")
    parser.add_argument("--run", nargs="+", default=[], help="PART:NAME=FOLDER, trained before")
    parser.add_argument("--headline", default=None, help="predictor of the rows knockout.*")
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/interpretation"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
