"""A small compendium in which promoters and regulators really decide expression."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from deeprage.data.compendium import Compendium
from deeprage.data.dna import encode
from deeprage.data.split import Regime, Role, Split, visible

SITES = ("GACGCCTA", "TTCCGGAA")


@dataclass(frozen=True)
class World:
    """A compendium, and a file of the motifs that are planted in it."""

    compendium: Compendium
    motifs: str

    def split(self, regime: str, seed: int = 0) -> Split:
        """A hold-out of a fifth of cells, genes or conditions; another fifth validates."""
        rng = np.random.default_rng(seed)
        genes, conditions = self.compendium.expression.shape
        if regime == "pairs":
            role = _deal(rng, genes * conditions).reshape(genes, conditions)
        else:
            rows = np.zeros(genes) if regime == "conditions" else _deal(rng, genes)
            columns = np.zeros(conditions) if regime == "genes" else _deal(rng, conditions)
            by_gene = np.broadcast_to(rows[:, None], (genes, conditions))
            by_condition = np.broadcast_to(columns[None, :], (genes, conditions))
            if regime == "both":
                role = np.where(by_gene == by_condition, by_gene, Role.UNUSED)
            else:
                role = np.maximum(by_gene, by_condition)
        return Split(
            Regime(regime),
            tuple(self.compendium.genes),
            tuple(self.compendium.conditions),
            role.astype(np.int8),
            "toy",
        )

    def skill(self, predictor, regime: str, seed: int = 0) -> float:
        """Correlation of predictions with the values of the test cells."""
        split = self.split(regime, seed)
        predictor.fit(visible(self.compendium, split), split)
        genes, conditions = (np.arange(size) for size in self.compendium.expression.shape)
        predicted = predictor.predict(genes, conditions)
        assert predicted.shape == self.compendium.expression.shape
        assert predicted.dtype == np.float32
        assert np.isfinite(predicted).all()
        block = predictor.predict(genes[5:9], conditions[::-1])
        np.testing.assert_allclose(block, predicted[5:9, ::-1], rtol=1e-5, atol=1e-5)
        truth = self.compendium.expression
        tested = split.cells(Role.TEST) & ~np.isnan(truth)
        tested[self.compendium.regulator_rows] = False
        return float(np.corrcoef(predicted[tested], truth[tested])[0, 1])

    def beats_condition_mean(self, predictor, regime: str) -> float:
        """Share of the test variance around the condition means that is explained."""
        split = self.split(regime)
        seen = visible(self.compendium, split)
        predictor.fit(seen, split)
        genes, conditions = (np.arange(size) for size in self.compendium.expression.shape)
        truth = self.compendium.expression
        tested = split.cells(Role.TEST) & ~np.isnan(truth)
        tested[self.compendium.regulator_rows] = False
        trained = np.where(split.cells(Role.TRAIN), truth, np.nan)
        mean = np.broadcast_to(np.nanmean(trained, axis=0), truth.shape)
        error = np.mean((predictor.predict(genes, conditions) - truth)[tested] ** 2)
        return 1 - float(error / np.mean((mean - truth)[tested] ** 2))


def _deal(rng: np.random.Generator, size: int) -> np.ndarray:
    role = np.full(size, int(Role.TRAIN))
    order = rng.permutation(size)
    role[order[: size // 5]] = Role.TEST
    role[order[size // 5 : 2 * size // 5]] = Role.VALIDATION
    return role


@pytest.fixture(scope="session")
def make_world(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., World]:
    """Worlds of two motifs and two regulators: value = sum of (has motif) x (regulator's level)."""
    path = tmp_path_factory.mktemp("motifs") / "planted.meme"
    blocks = []
    for site in (*SITES, "CATGCATG"):
        rows = "\n".join(" ".join(map(str, np.eye(4)[letter])) for letter in encode(site))
        blocks.append(f"MOTIF {site}\nletter-probability matrix: alength= 4 w= 8\n{rows}\n")
    path.write_text("MEME version 4\n\nALPHABET= ACGT\n\n" + "\n".join(blocks))

    def make(
        *,
        genes: int = 240,
        conditions: int = 40,
        missing: float = 0.05,
        shuffle: str = "",
        seed: int = 0,
    ) -> World:
        rng = np.random.default_rng(seed)
        promoters = rng.integers(0, 4, size=(genes, 120)).astype(np.int8)
        has = rng.random((genes, len(SITES))) < 0.4
        for number, site in enumerate(SITES):
            for gene in np.flatnonzero(has[:, number]):
                start = int(rng.integers(60 * number, 60 * number + 50))
                promoters[gene, start : start + 8] = encode(site)
        levels = rng.normal(size=(conditions, 4))
        values = has.astype(float) @ levels[:, : len(SITES)].T
        values += 0.3 * rng.normal(size=values.shape)
        values[-4:] = levels.T
        values[:-4][rng.random((genes - 4, conditions)) < missing] = np.nan
        if shuffle == "promoters":
            promoters = promoters[rng.permutation(genes)]
        names = [f"G{gene}" for gene in range(genes)]
        frame = pd.DataFrame(values, names, [f"C{c}" for c in range(conditions)])
        if shuffle == "regulators":
            frame.iloc[-4:] = frame.iloc[-4:].to_numpy()[:, rng.permutation(conditions)]
        compendium = Compendium.from_parts(
            expression=frame,
            promoters=dict(zip(names[:-1], promoters[:-1], strict=True)),
            regulators=names[-4:],
            name="toy",
        )
        return World(compendium, str(path))

    return make
