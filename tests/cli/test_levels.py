"""`predict` with regulator levels in a wrong unit or under wrong names, of both kinds of model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.cli.app import run as run_command
from deeprage.data.compendium import Compendium
from deeprage.data.dna import decode

from .conftest import TINY, Deeprage, Result, refused
from .test_factorised import MOTIFS

REGULATORS, SERIES, EACH = 20, 12, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compendium whose regulators follow three factors, new levels of it, and both runs."""
    folder = tmp_path_factory.mktemp("levels")
    rng = np.random.default_rng(5)
    loadings = rng.normal(size=(3, REGULATORS + 20))

    def conditions(number: int) -> np.ndarray:
        factors = rng.normal(1.5, 1, 3) + 0.5 * rng.normal(size=(number, 3))
        return factors @ loadings + 0.2 * rng.normal(size=(number, REGULATORS + 20))

    genes = [f"G{number:02d}" for number in range(REGULATORS + 20)]
    matrix = np.concatenate([conditions(EACH) for _ in range(SERIES)]).T
    names = [f"c{number}" for number in range(matrix.shape[1])]
    promoters = {gene: rng.integers(0, 4, 60).astype(np.int8) for gene in genes}
    Compendium.from_parts(
        expression=pd.DataFrame(matrix, index=genes, columns=names),
        promoters=promoters,
        regulators=genes[:REGULATORS],
        series=[f"s{number // EACH}" for number in range(len(names))],
    ).save(folder / "c.h5ad")
    levels = np.concatenate([conditions(1) for _ in range(6)])[:, :REGULATORS]
    index = [f"new{number}" for number in range(6)]
    pd.DataFrame(levels, index=index, columns=genes[:REGULATORS]).to_csv(
        folder / "levels.tsv", sep="\t"
    )
    (folder / "p.fa").write_text(
        "".join(f">{gene}\n{decode(promoters[gene])}\n" for gene in genes[-5:])
    )
    (folder / "some.meme").write_text(MOTIFS)
    assert run_command(["train", str(folder / "c.h5ad"), "--out", str(folder / "net"), *TINY]) == 0
    words = ("train", folder / "c.h5ad", "--model", "deeprage-f", "--out", folder / "f")
    more = ("--motifs", folder / "some.meme", "--threads", 1)
    assert run_command([str(word) for word in (*words, *more)]) == 0
    return folder


def ask(deeprage: Deeprage, folder: Path, kind: str, table: pd.DataFrame, out: Path) -> Result:
    table.to_csv(out / "levels.tsv", sep="\t")
    more = ("--intervals-out", out / "i.tsv") if kind == "f" else ()
    return deeprage(
        "predict", folder / kind, "--promoters", folder / "p.fa",
        "--regulators", out / "levels.tsv", "--out", out / "p.tsv", *more,
    )  # fmt: skip


def width(path: Path) -> float:
    limits = pd.read_csv(path, sep="\t")
    return float((limits["upper"] - limits["lower"]).mean())


@pytest.mark.parametrize("kind", ["net", "f"])
class TestBothKinds:
    def test_levels_like_those_of_training_pass(
        self, deeprage: Deeprage, folder: Path, kind: str, tmp_path: Path
    ) -> None:
        table = pd.read_csv(folder / "levels.tsv", sep="\t", index_col=0)
        found = ask(deeprage, folder, kind, table, tmp_path)
        assert found.code == 0, found.err
        for word in ("look like", "fit together", "opposite", "unlike"):
            assert word not in found.err

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ("x + 6", "look like values with a constant of about +"),
            ("2 ** (x / 2)", "look like ratios without a logarithm"),
            ("-x", "the opposite way to the training conditions"),
            ("x[x.columns[order]].set_axis(x.columns, axis=1)", "each level stands beside its"),
        ],
    )
    def test_wrong_levels_are_named_and_intervals_widen(
        self, deeprage: Deeprage, folder: Path, kind: str, tmp_path: Path, change: str, words: str
    ) -> None:
        table = pd.read_csv(folder / "levels.tsv", sep="\t", index_col=0)
        assert ask(deeprage, folder, kind, table, tmp_path).code == 0
        before = width(tmp_path / "i.tsv") if kind == "f" else 0
        order = np.random.default_rng(0).permutation(REGULATORS)
        changed = eval(change, {"x": table, "order": order})
        found = ask(deeprage, folder, kind, changed, tmp_path)
        assert found.code == 0, found.err
        assert words in found.err
        if kind == "f":
            assert width(tmp_path / "i.tsv") > 1.2 * before

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ("(2 ** (x + 8)).round()", "they look like counts"),
            ("2 ** (x + 8)", "TPM or intensities"),
            ("x * 0 + 3e38", "3e+38 of 'G00' in 'new0'"),
        ],
    )
    def test_what_no_log2_value_is_ends_in_one_sentence(
        self, deeprage: Deeprage, folder: Path, kind: str, tmp_path: Path, change: str, words: str
    ) -> None:
        table = pd.read_csv(folder / "levels.tsv", sep="\t", index_col=0)
        found = ask(deeprage, folder, kind, eval(change, {"x": table}), tmp_path)
        refused(found, words, "give log2 fold changes")
        assert not (tmp_path / "p.tsv").exists()
