"""deeprage-f on data that a user may bring: it works, or ends in one sentence; nothing else."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.data.compendium import Compendium
from deeprage.data.motifs import letter_frequencies
from deeprage.data.split import Role, visible
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError
from deeprage.factorised.kernels import GaussianKernel, median_distance, ridge_dual
from deeprage.factorised.learning import learn

GENES, CONDITIONS = 40, 20
MOTIFS = "MEME version 4\n\nALPHABET= ACGT\n\n" + "".join(
    f"MOTIF {name}\nletter-probability matrix: alength= 4 w= 4\n{rows}\n"
    for name, rows in (
        ("ACGT", "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n"),
        ("TTCC", "0 0 0 1\n0 0 0 1\n0 1 0 0\n0 1 0 0\n"),
    )
)


def compendium(
    *,
    values: Callable[[np.ndarray], np.ndarray] = lambda x: x,
    promoter: Callable[[int, np.random.Generator], np.ndarray] | None = None,
    coding: int | None = None,
    group: Callable[[int], str] = str,
    regulators: int = 5,
    having: slice = slice(None),
    unit: str = "log2 fold change",
) -> Compendium:
    rng = np.random.default_rng(3)
    genes = [f"G{number}" for number in range(GENES)]
    make = promoter or (lambda number, rng: rng.integers(0, 4, 60))
    promoters = {gene: make(number, rng).astype(np.int8) for number, gene in enumerate(genes)}
    matrix = values(rng.normal(size=(GENES, CONDITIONS)))
    return Compendium.from_parts(
        expression=pd.DataFrame(matrix, genes, [f"c{n}" for n in range(CONDITIONS)]),
        promoters={gene: promoters[gene] for gene in genes[having]},
        regulators=genes[:regulators],
        series=[f"s{number // 3}" for number in range(CONDITIONS)],
        groups={gene: group(number) for number, gene in enumerate(genes)},
        coding=None if coding is None else dict.fromkeys(genes, np.full(60, coding, np.int8)),
        unit=unit,
    )


def sparse(x: np.ndarray) -> np.ndarray:
    """One cell in ten is known, two of each gene at least."""
    found = np.where(np.random.default_rng(5).random(x.shape) < 0.1, x, np.nan)
    for row, numbers in zip(found, x, strict=True):
        if (~np.isnan(row)).sum() < 2:
            row[:2] = numbers[:2]
    found[0] = x[0]
    return found


CASES = {
    "equal promoters": {"promoter": lambda number, rng: np.zeros(60)},
    "two promoters": {"promoter": lambda number, rng: np.full(60, number % 2)},
    "one base apart": {"promoter": lambda number, rng: np.r_[np.zeros(59), number % 4]},
    "one letter, coding N": {"promoter": lambda number, rng: np.zeros(60), "coding": 4},
    "equal coding": {"coding": 0},
    "short promoters": {"promoter": lambda number, rng: rng.integers(0, 4, 20)},
    "few promoters": {"having": slice(None, None, 3)},
    "constant regulators": {"values": lambda x: np.r_[x[:5] * 1e-8 + 1, x[5:]]},
    "one regulator": {"regulators": 1},
    "equal rows": {"values": lambda x: np.repeat(x[:1], len(x), axis=0)},
    "nothing but noise of 1e-30": {"values": lambda x: x * 1e-30},
    "a value of 999": {"values": lambda x: np.where(np.arange(x.size).reshape(x.shape), x, 999)},
    "sparse": {"values": sparse},
    "two groups": {"group": lambda number: f"g{number % 2}"},
    "one large group": {"group": lambda number: f"g{max(0, number - 36)}"},
    "expression": {"values": lambda x: x + 9, "unit": "log2 expression"},
}


@pytest.fixture(scope="module")
def motifs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    path = tmp_path_factory.mktemp("motifs") / "some.meme"
    path.write_text(MOTIFS)
    return [path]


@pytest.mark.parametrize("regime", ["conditions", "pairs"])
@pytest.mark.parametrize("name", CASES)
def test_predictions_are_finite(name: str, regime: str, motifs: list[Path]) -> None:
    data = compendium(**CASES[name])
    split = make_split(data, regime=regime)
    trained = learn(visible(data, split), split, motifs=motifs)
    levels = data.regulator_levels + np.float32(0.01)
    asked = trained.predict_new(data.promoters[:8], levels)
    for found in (trained.learnt.predicted, asked.value, asked.probabilities):
        assert np.isfinite(found).all()
    everything = np.arange(GENES), np.arange(CONDITIONS)
    np.testing.assert_array_equal(trained.predict(*everything), trained.learnt.predicted)
    # What the scorer reads again from a run folder is what it was taught with.
    taught = trained.learnt.seen_genes[trained.learnt.taught]
    assert len(trained.learnt.scorer.dual) == len(taught)
    np.testing.assert_array_equal(trained.learnt.scorer.taught, data.promoters[taught])


def test_one_gene_group_ends_in_one_sentence(motifs: list[Path]) -> None:
    data = compendium(group=lambda number: "g")
    split = make_split(data, regime="conditions")
    with pytest.raises(DeepRageError, match="in 1 gene group; deeprage-f leaves whole groups out"):
        learn(visible(data, split), split, motifs=motifs)


@pytest.mark.parametrize("scale", [1e4, 1e19, 1e30, 1e38])
@pytest.mark.parametrize("cell", [True, False])
def test_values_that_no_log2_value_is_are_refused_by_name(scale: float, cell: bool) -> None:
    def values(x: np.ndarray) -> np.ndarray:
        x = np.clip(x, -3, 3)
        if not cell:
            return x * scale
        x[10, 10] = scale
        return x

    data = compendium(values=values)
    split = make_split(data, regime="pairs")
    with pytest.raises(DeepRageError, match=r"beyond 1,000, such as .* of 'G1?0' in 'c1?0'"):
        visible(data, split)


def test_a_file_with_such_values_is_refused(tmp_path: Path) -> None:
    data = compendium(values=lambda x: np.where(np.arange(x.size).reshape(x.shape), x, 1e30))
    data.save(tmp_path / "c.h5ad")
    with pytest.raises(DeepRageError, match=r"1 value beyond 1,000, such as 1e\+30 of"):
        Compendium.load(tmp_path / "c.h5ad")


def test_validation_cells_of_a_gene_without_training_cells_are_learnt_from(
    motifs: list[Path],
) -> None:
    """After the refit the promoter model is taught by all genes that it says it was taught by."""

    def values(x: np.ndarray) -> np.ndarray:
        x = x.copy()
        x[20, :] = np.nan
        x[20, [0, 19]] = [1.0, 2.0]
        return x

    data = compendium(values=values)
    split = make_split(data, regime="conditions")
    role = split.role.copy()
    role[20, [0, 19]] = Role.VALIDATION
    role[20, 1:19] = Role.TRAIN  # missing, every one
    object.__setattr__(split, "role", role)
    trained = learn(visible(data, split), split, motifs=motifs)
    assert 20 in trained.learnt.seen_genes
    assert len(trained.learnt.scorer.dual) == trained.learnt.taught.sum()


class TestParts:
    def test_letters_that_do_not_occur_are_not_impossible(self) -> None:
        assert (letter_frequencies(np.zeros((3, 10), np.int8)) > 0).all()
        ordinary = np.array([[0, 1, 2, 3, 0, 0]], np.int8)
        np.testing.assert_allclose(letter_frequencies(ordinary), np.array([4, 2, 2, 4]) / 12)

    def test_the_width_of_a_kernel_is_the_median_unless_most_points_are_equal(self) -> None:
        rng = np.random.default_rng(0)
        distances = rng.random((50, 50)).astype(np.float32)
        assert median_distance(distances) == pytest.approx(float(np.median(distances)))
        equal = np.zeros((50, 50), np.float32)
        equal[:3] = 4
        assert median_distance(equal) == pytest.approx(equal.mean())
        assert median_distance(np.zeros((5, 5), np.float32)) == pytest.approx(1e-6)

    def test_a_kernel_of_two_points_repeated_is_positive_definite(self) -> None:
        rng = np.random.default_rng(0)
        points = rng.normal(size=(2, 300)).astype(np.float32)[np.arange(41) % 2]
        gram = GaussianKernel.of(points)(points).astype(np.float64)
        assert np.isfinite(ridge_dual(gram, rng.normal(size=(41, 3)), 0.5)).all()
