"""Train on simulated data, then ask what a planted motif does in a promoter of one's own.

Every cause is known in `simulated`, so the answer can be checked: a motif's effect, when its
regulator rises by one log2 unit, is the strength that was simulated. Takes a few minutes on two
cores:

    python examples/new_promoter.py
"""

import json
from pathlib import Path

import numpy as np

from deeprage import api
from deeprage.data.compendium import Compendium
from deeprage.data.motifs import read_meme
from deeprage.training.run import Run

FOLDER = Path("runs/example")
SITE = 250  # where the motif goes, bp from the far end of the promoter


def main() -> None:
    """Train, put each motif into a random promoter, and print its effect beside the truth."""
    data = api.fetch("simulated", out=FOLDER / "toy.h5ad", settings=["and_pairs=0"])
    run = api.train(
        data,
        out=FOLDER / "run",
        regime="genes",
        settings=["network.filters=64", "network.dropout=0.1"],
        overwrite=True,
    )
    api.evaluate(run)

    compendium = Compendium.load(data)
    strength = json.loads((FOLDER / "toy.truth.json").read_text())["strength"]
    predictor = Run.load(run).predictor()
    length = compendium.promoters.shape[1]
    background = np.random.default_rng(1).integers(0, 4, length).astype(np.int8)

    print("regulator  true effect  predicted effect of its motif")
    for motif in read_meme(FOLDER / "toy.motifs.meme")[:8]:
        promoters = np.stack([background, background])
        promoters[1, SITE : SITE + motif.width] = motif.probabilities.argmax(axis=0)
        levels = np.zeros((2, len(compendium.regulators)), dtype=np.float32)
        levels[1, compendium.regulators.index(motif.symbol)] = 1
        (low, high), (low_with, high_with) = predictor.predict_new(promoters, levels).value
        effect = (high_with - low_with) - (high - low)
        print(f"{motif.symbol}     {strength[motif.symbol]:+11.2f}  {effect:+.2f}")


if __name__ == "__main__":
    main()
