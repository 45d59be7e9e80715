"""Does it help to keep the promoter's positions? The networks the paper could not fit, trained.

    python benchmarks/positions.py --data data/yeast-stress-full.h5ad spatial-15 spatial-global ...

The task of `paper_parity.py`: `yeast-stress-full`, `--protocol paper` (missing values are 0,
regulators are scored), random pairs 80/10/10, the same split. To be done in minutes of one shared
CPU thread all are small and short: 128 filters and dense layers of 128 units where the paper has
256 and 512, 8 epochs, one dropout for all, no setting tried twice. So only rows of this file are to
be compared with each other, those of one number of epochs: with `--epochs 24` they are called
`<name>@24-epochs.*`. `tp-global` is the control: the same low-rank tensor product with the promoter
pooled whole. Rows `<name>.*` go to results/positions.json. Scores are of validation cells; test
cells are not scored.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

#: Eq. 5 of the paper, as `deeprage-tp` was trained in `paper_parity.py`.
EQUATION_5: dict[str, Any] = {"regulator_encoder": "dense", "regulator_units": 64}


class Recipe(NamedTuple):
    """A preset and what it changes."""

    preset: str
    network: dict[str, Any]


_TP = "deeprage-tp-spatial"
RECIPES = {
    "tp-global": Recipe(_TP, {**EQUATION_5, "rank": 32, "pool": "global"}),
    "tp-100": Recipe(_TP, {**EQUATION_5, "rank": 32, "pool": 100}),
    "tp-15": Recipe(_TP, {**EQUATION_5, "rank": 32, "pool": 15}),
    "tp-1": Recipe(_TP, {**EQUATION_5, "rank": 32, "pool": 1}),
    "tp-rnn": Recipe("deeprage-tp-rnn", {**EQUATION_5, "rank": 32, "pool": 150, "cell_units": 32}),
    "attention": Recipe("deeprage-a", {"heads": 4}),
}
COMMON_NETWORK: dict[str, Any] = {"filters": 128, "hidden": (128, 128), "dropout": 0.1}
COMMON_TRAINING: dict[str, Any] = {"epochs": 8, "block_genes": 16, "threads": 1}
REFERENCES = {
    "validation_mse": "deeprage-tp, 256 filters, 24 epochs: 0.2198; deeprage-c 0.1860",
    "validation_pearson": "deeprage-tp, 256 filters, 24 epochs, test cells: 0.821",
}


def main() -> None:
    options = _options()
    from deeprage.data.compendium import Compendium
    from deeprage.data.split import ScoringProtocol
    from deeprage.data.splitting import make_split

    compendium = Compendium.load(options.data)
    split = make_split(compendium, regime="pairs", protocol=ScoringProtocol.PAPER, seed=0)
    for name in options.networks:
        _run(name, compendium, split, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("networks", nargs="+", choices=sorted(RECIPES))
    parser.add_argument("--data", type=Path, default=Path("data/yeast-stress-full.h5ad"))
    parser.add_argument("--out", type=Path, default=Path("runs/positions"))
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--resume", action="store_true")
    return parser.parse_args()


def _run(name: str, compendium: Any, split: Any, options: argparse.Namespace) -> None:
    from benchmarks.paper_parity import costs, trained_and_scored
    from benchmarks.record import Row, record, show
    from deeprage.networks.presets import preset
    from deeprage.training.config import training_config

    recipe = RECIPES[name]
    training = dict(COMMON_TRAINING)
    label = name
    if options.epochs:
        training["epochs"] = options.epochs
        label = f"{name}@{options.epochs}-epochs"
    run, validation, _ = trained_and_scored(
        compendium,
        split,
        options,
        label=label,
        network=preset(recipe.preset, **COMMON_NETWORK, **recipe.network),
        training=training_config(**training),
    )
    scores = validation["scores"]
    values = {
        "validation_mse": (scores["mse"], "log2^2"),
        "validation_pearson": (scores["pearson"], "r"),
        "validation_accuracy": (scores["accuracy"], "fraction"),
        **costs(run),
        "parameters": (run.config["parameters"], "numbers"),
    }
    rows = [
        Row(f"{label}.{key}", value, unit, reference=REFERENCES.get(key))
        for key, (value, unit) in values.items()
    ]
    show(rows)
    record("positions.json", rows)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main()
