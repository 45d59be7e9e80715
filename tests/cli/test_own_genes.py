"""`predict --genes`: the compendium's own genes in new conditions, of both kinds of model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.cli.app import run as run_command
from deeprage.data.compendium import Compendium
from deeprage.data.dna import decode
from deeprage.training.run import Run

from .conftest import TINY, Deeprage, Result, refused
from .test_factorised import MOTIFS

GENES, CONDITIONS, REGULATORS = 36, 18, 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compendium in which every sixth gene lacks a promoter, a run of each kind, new levels."""
    folder = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(8)
    genes = [f"G{number:02d}" for number in range(GENES)]
    genes[7], genes[8] = "G07, the odd", "all of it"
    matrix = rng.normal(size=(GENES, 4)) @ rng.normal(size=(4, CONDITIONS))
    Compendium.from_parts(
        expression=pd.DataFrame(matrix, genes, [f"c{number}" for number in range(CONDITIONS)]),
        promoters={
            gene: rng.integers(0, 4, 60).astype(np.int8)
            for number, gene in enumerate(genes)
            if number % 6 != 5
        },
        regulators=genes[:REGULATORS],
        series=[f"s{number // 2}" for number in range(CONDITIONS)],
        symbols={gene: f"sym{number}" for number, gene in enumerate(genes)},
    ).save(folder / "c.h5ad")
    levels = rng.normal(size=(3, REGULATORS))
    pd.DataFrame(levels, ["x", "y", "z"], genes[:REGULATORS]).to_csv(folder / "l.tsv", sep="\t")
    (folder / "some.meme").write_text(MOTIFS)
    words = ("train", folder / "c.h5ad", "--regime", "genes", "--out")
    assert run_command([str(word) for word in (*words, folder / "net", *TINY)]) == 0
    more = ("--model", "deeprage-f", "--motifs", folder / "some.meme", "--threads", 1)
    assert run_command([str(word) for word in (*words, folder / "f", *more)]) == 0
    return folder


def ask(deeprage: Deeprage, folder: Path, kind: str, out: Path, *options: object) -> Result:
    levels = folder / "l.tsv"
    return deeprage("predict", folder / kind, "--regulators", levels, "--out", out, *options)


@pytest.mark.parametrize("kind", ["net", "f"])
class TestBothKinds:
    def test_all_are_those_that_the_model_can_predict(
        self, deeprage: Deeprage, folder: Path, kind: str, tmp_path: Path
    ) -> None:
        found = ask(deeprage, folder, kind, tmp_path / "p.tsv", "--genes", "all")
        assert found.code == 0, found.err
        compendium = Compendium.load(folder / "c.h5ad")
        having = [compendium.genes[row] for row in np.flatnonzero(compendium.has_promoter)]
        table = pd.read_csv(tmp_path / "p.tsv", sep="\t", index_col=0)
        assert list(table.index) == having
        assert list(table.columns) == ["x", "y", "z"]
        assert "6 genes without a promoter left out" in found.err

    def test_names_symbols_files_and_names_with_commas(
        self, deeprage: Deeprage, folder: Path, kind: str, tmp_path: Path
    ) -> None:
        (tmp_path / "list.txt").write_text("G10\n# a comment\nsym12\n")
        out = tmp_path / "p.tsv"
        given = ("--genes", "G09,G07, the odd,sym14", "--genes", tmp_path / "list.txt")
        found = ask(deeprage, folder, kind, out, *given)
        assert found.code == 0, found.err
        table = pd.read_csv(out, sep="\t", index_col=0)
        assert list(table.index) == ["G09", "G07, the odd", "G14", "G10", "G12"]
        assert "genes matched: 3 by name, 2 by symbol" in found.err

    def test_they_are_predicted_as_their_promoters_are(
        self, deeprage: Deeprage, folder: Path, kind: str, tmp_path: Path
    ) -> None:
        compendium = Compendium.load(folder / "c.h5ad")
        chosen = [compendium.genes[row] for row in (9, 10, 12, 20)]
        promoters = "".join(
            f">{gene}\n{decode(compendium.promoters[compendium.genes.index(gene)])}\n"
            for gene in chosen
        )
        (tmp_path / "p.fa").write_text(promoters)
        one, other = tmp_path / "one.tsv", tmp_path / "other.tsv"
        assert ask(deeprage, folder, kind, one, "--genes", ",".join(chosen)).code == 0
        assert ask(deeprage, folder, kind, other, "--promoters", tmp_path / "p.fa").code == 0
        tables = [pd.read_csv(path, sep="\t", index_col=0) for path in (one, other)]
        pd.testing.assert_frame_equal(*tables, atol=2e-4)

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (("--genes", "G09,nothing"), ("unknown gene 'nothing'",)),
            (("--genes", "no1,no2,G09"), ("2 names of 3 with no gene", "'no1', 'no2'")),
            (("--genes", "G11"), ("1 gene without a promoter, such as 'G11'",)),
            (("--genes", ","), ("--genes names nothing",)),
            ((), ("give --promoters FILE", "or --genes all")),
            (("--genes", "G09", "--promoters", "p.fa"), ("not both",)),
            (("--genes", "G09", "--pad"), ("so --pad would do nothing",)),
            (("--promoters", "p.fa", "--data", "c.h5ad"), ("so --data would do nothing",)),
        ],
    )
    def test_what_cannot_be_is_one_sentence(
        self, deeprage: Deeprage, folder: Path, kind: str, tmp_path: Path, options, words
    ) -> None:
        refused(ask(deeprage, folder, kind, tmp_path / "p.tsv", *options), *words)


def test_a_regulator_does_not_see_its_own_level(
    deeprage: Deeprage, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "p.tsv"
    assert ask(deeprage, folder, "net", out, "--genes", "G02").code == 0
    before = out.read_text()
    levels = pd.read_csv(folder / "l.tsv", sep="\t", index_col=0)
    levels["G02"] += 1
    levels.to_csv(tmp_path / "l.tsv", sep="\t")
    again = ("--regulators", tmp_path / "l.tsv", "--out", out, "--genes", "G02")
    assert deeprage("predict", folder / "net", *again).code == 0
    assert out.read_text() == before


def test_what_is_known_of_each_gene_is_said(
    deeprage: Deeprage, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "i.tsv"
    found = ask(deeprage, folder, "f", tmp_path / "p.tsv", "--genes", "all", "--intervals-out", out)
    assert found.code == 0, found.err
    known = pd.read_csv(out, sep="\t").groupby("gene")["known"].first()
    compendium = Compendium.load(folder / "c.h5ad")
    trained = set(Run.load(folder / "f").split.validation_in_training().train_rows)
    for gene, what in known.items():
        seen = compendium.genes.index(gene) in trained
        assert what == ("seen gene, new condition" if seen else "new gene, new condition")
    assert "--coding" not in found.err
