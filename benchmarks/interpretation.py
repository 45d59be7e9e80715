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
undone; `motif-count`; `correlation`; `regulator-ridge`; `replicate`, the other replicate;
`activity`, how each gene follows the activity of the factor's sites; `spread`, how much each gene
answers to anything; `regulator-ridge-spread`, both of the last kind.

`--headline NAME` also writes the rows `knockout.msn24_heat.*` and `knockout.ecoli.*` for that
predictor, with its paired gain over the simple ones; they were made by `--parts yeast --headline
activity` and `--parts ecoli --headline regulator-ridge-spread`.

A run given with `--run` must have been trained without those conditions, as `--networks` does;
this is checked. `--fitted` takes baselines that answer to new levels.

Parts about one run, with known motifs and targets from the folder that DEEPRAGE_DATA names:

    deeprage train data/yeast-stress-full.h5ad --model deeprage-motif --regime genes --epochs 10 \\
        --threads 1 --out runs/motif
    python benchmarks/interpretation.py --parts motifs screens links --screen-run runs/motif
    deeprage train data/yeast-stress-full.h5ad --model deeprage-motif --regime genes --epochs 10 \\
        --threads 1 --set network.first_filters=motifs --motifs JASPAR2024_CORE_fungi_nr.meme \\
        --motifs ScerTF.meme --out runs/motif-known
    python benchmarks/interpretation.py --parts screens --screen-run runs/motif-known
    python benchmarks/interpretation.py --parts screens --screen-run runs/motif --label words
    deeprage data fetch simulated
    deeprage train data/simulated.h5ad --model deeprage-motif --set network.pool=122 \\
        --regime pairs --epochs 20 --threads 1 --out runs/simulated-motif
    python benchmarks/interpretation.py --parts simulated --screen-run runs/simulated-motif

`motifs` counts filters that match a known motif (rows `motifs.*`, `seconds.motifs`); `screens`
knocks out every filter, every regulator and the sites of every known motif, and asks whether known
targets change more (`targets.*`, `targets.regulators.*`, `targets.motifs.*`,
`seconds.regulator_screen`), in the run with the best validation score (`targets.words.*`: in that
whose filters start as words); `links` finds regulator-target links with known motifs
and with the filters' own (`network.*`); `simulated` recovers planted motifs and pairs.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.knockouts import Task, ecoli_rows, ecoli_task, yeast_rows, yeast_task
from benchmarks.mig1_like import mig1_like
from benchmarks.model_rows import link_rows, motif_rows, simulated_rows
from benchmarks.record import Row, record, show
from deeprage import api
from deeprage.baselines import make_baseline
from deeprage.cli.scoring import compendium_of
from deeprage.data.split import Role, visible
from deeprage.files import read_json
from deeprage.interpretation.block_model import BlockModel, block_model
from deeprage.networks.presets import preset
from deeprage.training.config import training_config
from deeprage.training.run import Run
from deeprage.training.train import train

RESULTS = "interpretation.json"
SCREEN_GOALS = {"wilcoxon_p": "< 1e-6", "significant_fraction": ">= 0.25", "fisher_factors": ">= 5"}


def main() -> None:
    options = _options()
    for part in options.parts:
        started = time.perf_counter()
        if part in MODEL_PARTS:
            rows = MODEL_PARTS[part](options)
            show(rows)
            record(RESULTS, rows)
            continue
        path = options.yeast if part == "yeast" else options.ecoli
        task = (yeast_task if part == "yeast" else ecoli_task)(path, seed=options.seed)
        models = models_of(task, options)
        headline = options.headline
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
    found: dict[str, BlockModel] = {}
    for name in options.fitted:
        fitted = make_baseline(name).fit(seen, task.split)
        found[name] = block_model(fitted, task.compendium)
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


def screen_rows(options: argparse.Namespace) -> list[Row]:
    """Whether known targets change more than other genes: filters, regulators, known motifs."""
    if options.screen_run is None:
        raise SystemExit("the part screens needs --screen-run FOLDER.")
    shared = {
        "network": options.network,
        "conditions": options.conditions,
        "device": options.device,
        "threads": options.threads,
    }
    compendium = compendium_of(Run.load(options.screen_run), None)
    rows = []
    for kind in ("filters", "regulators", "motifs"):
        started = time.perf_counter()
        masked = {"motifs": options.link_motifs} if kind == "motifs" else {}
        folder = api.knockout(options.screen_run, screen=kind, **masked, **shared)
        seconds = time.perf_counter() - started
        found = read_json(folder / "knockout.json")
        tested = found["targets"]
        beside = f"{tested['tested']} of {found['knock_outs']} {kind}, {tested['source']}"
        mig1 = mig1_like(folder, compendium, options.network)
        passed = f"{', '.join(mig1.factors)}; of {mig1.tested} factors"
        # The paper's claim is about filters; the same of the others stands beside it.
        parts = ["targets", options.label, "" if kind == "filters" else kind]
        start = ".".join(part for part in parts if part)
        values = {
            "wilcoxon_p": (tested["pooled_p"], "p", beside),
            "significant_fraction": (
                tested["significant"] / max(tested["tested"], 1), "share", beside,
            ),
            "fisher_factors": (len(mig1.factors), "count", passed),
            "fisher_factors_by_chance": (mig1.by_chance, "count", "targets of another factor"),
        }  # fmt: skip
        for name, (value, unit, note) in values.items():
            goal = SCREEN_GOALS.get(name) if kind == "filters" else None
            note = f"{note}; {options.screen_run.name}"
            rows.append(Row(f"{start}.{name}", value, unit, goal, note))
        if kind == "regulators":
            beside = f"{found['knock_outs']} regulators x {found['conditions']} conditions"
            rows.append(Row("seconds.regulator_screen", seconds, "s", "<= 300", beside))
    return rows


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


#: Parts about one run, `--screen-run`.
MODEL_PARTS = {
    "motifs": motif_rows,
    "screens": screen_rows,
    "links": link_rows,
    "simulated": simulated_rows,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", default=["yeast", "ecoli"])
    parser.add_argument("--yeast", type=Path, default=Path("data/yeast-stress-full.h5ad"))
    parser.add_argument("--ecoli", type=Path, default=Path("data/ecoli-precise.h5ad"))
    parser.add_argument("--fitted", nargs="+", default=["regulator-ridge"], help="baselines")
    parser.add_argument("--networks", nargs="+", default=[], help="presets to train and compare")
    parser.add_argument("--run", nargs="+", default=[], help="PART:NAME=FOLDER, trained before")
    parser.add_argument("--headline", default=None, help="predictor of the rows knockout.*")
    parser.add_argument("--screen-run", type=Path, default=None, help="run of the part screens")
    known = Path(os.environ.get("DEEPRAGE_DATA", "."))
    parser.add_argument(
        "--network",
        type=Path,
        default=known / "networks/yeastract_2019.tsv.gz",
        help="known targets; default: YEASTRACT in $DEEPRAGE_DATA",
    )
    parser.add_argument(
        "--motifs",
        type=Path,
        nargs="+",
        default=[
            known / "motifs/JASPAR2024_CORE_fungi_nr.meme",
            known / "motifs/YEASTRACT_20150629_consensus.meme",
        ],
        help="known motifs of the part motifs; default: JASPAR and YEASTRACT in $DEEPRAGE_DATA",
    )
    parser.add_argument(
        "--link-motifs",
        type=Path,
        nargs="+",
        default=[known / "motifs/JASPAR2024_CORE_fungi_nr.meme", known / "motifs/ScerTF.meme"],
        help="of the parts screens and links; default: JASPAR and ScerTF in $DEEPRAGE_DATA",
    )
    parser.add_argument(
        "--label", default="", help="in the names of rows of the parts motifs and screens"
    )
    parser.add_argument("--simulated", type=Path, default=Path("data/simulated.h5ad"))
    parser.add_argument("--conditions", nargs="+", default=None, help="of the screens; all")
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/interpretation"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
