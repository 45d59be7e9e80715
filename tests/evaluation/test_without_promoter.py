"""Genes without a promoter: scored in pairs and conditions, by what does not need one."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.baselines import BASELINES, make_baseline
from deeprage.cli.app import run as run_command
from deeprage.data.compendium import Compendium
from deeprage.data.split import Regime, Role, ScoringProtocol, visible
from deeprage.data.splitting import make_split, split_folds
from deeprage.evaluation.benchmark import benchmark
from deeprage.evaluation.contestants import NETWORKS, contestant
from deeprage.evaluation.evaluate import fit_and_predict, fit_and_score
from deeprage.factorised.learning import learn
from deeprage.training.run import Run

GENES, CONDITIONS, BARE = 48, 20, 4
TINY = (
    "--epochs", "1", "--threads", "1", "--set",
    "network.filters=4,network.filter_width=7,network.hidden=[8,8],network.regulator_units=8",
)  # fmt: skip


def build(*, with_bare: bool = True) -> Compendium:
    """48 genes that follow three factors; the first four lack a promoter, or are left out."""
    rng = np.random.default_rng(2)
    matrix = rng.normal(size=(GENES, 3)) @ rng.normal(size=(3, CONDITIONS))
    matrix += 0.2 * rng.normal(size=matrix.shape)
    genes = np.array([f"G{number:02d}" for number in range(GENES)])
    promoters = rng.integers(0, 4, (GENES, 60)).astype(np.int8)
    kept = slice(0 if with_bare else BARE, None)
    return Compendium.from_parts(
        expression=pd.DataFrame(matrix, genes, [f"c{n}" for n in range(CONDITIONS)])[kept],
        promoters={str(gene): promoters[row] for row, gene in enumerate(genes) if row >= BARE},
        regulators=list(genes[-6:]),
        series=[f"s{number // 2}" for number in range(CONDITIONS)],
    )


@pytest.fixture(scope="module")
def data() -> Compendium:
    return build()


class TestSplit:
    @pytest.mark.parametrize("regime", list(Regime))
    def test_where_genes_are_held_out_they_are_left_out(self, data, regime: Regime) -> None:
        role = make_split(data, regime=regime).role[:BARE]
        if regime in (Regime.GENES, Regime.BOTH):
            assert (role == Role.UNUSED).all()
        else:
            assert {Role.TRAIN, Role.TEST} <= set(role.ravel())
            assert Role.UNUSED not in role

    @pytest.mark.parametrize("regime", list(Regime))
    def test_the_papers_protocol_leaves_them_out(self, data, regime: Regime) -> None:
        split = make_split(data, regime=regime, protocol=ScoringProtocol.PAPER)
        assert (split.role[:BARE] == Role.UNUSED).all()

    @pytest.mark.parametrize("regime", list(Regime))
    @pytest.mark.parametrize("folds", [None, 4])
    def test_all_other_cells_are_dealt_as_without_them(self, data, regime, folds) -> None:
        without = build(with_bare=False)
        one, other = (
            [make_split(each, regime=regime, seed=5)]
            if folds is None
            else split_folds(each, regime=regime, folds=folds, seed=5)
            for each in (data, without)
        )
        for left, right in zip(one, other, strict=True):
            np.testing.assert_array_equal(left.role[BARE:], right.role)

    def test_each_of_their_cells_is_tested_in_one_fold(self, data) -> None:
        splits = split_folds(data, regime="pairs", folds=5)
        tested = sum(split.cells(Role.TEST)[:BARE].astype(int) for split in splits)
        assert (tested == 1).all()


class TestPredictors:
    @pytest.mark.parametrize("regime", ["pairs", "conditions"])
    @pytest.mark.parametrize(
        "name", ["gene-mean", "additive", "completion", "regulator-ridge", "neighbours"]
    )
    def test_what_needs_none_predicts_them(self, data, regime: str, name: str) -> None:
        split = make_split(data, regime=regime)
        found = fit_and_predict(data, split, make_baseline(name))
        tested = split.cells(Role.TEST)[:BARE]
        assert np.isfinite(found.values[:BARE][tested]).all()
        rows = fit_and_score(data, split, make_baseline(name), name=name)
        assert rows[1]["scores"]["n_cells"] == split.cells(Role.TEST).sum()

    @pytest.mark.parametrize(
        ("name", "settings"),
        [("kmer-ridge", {}), ("geneclass", {"motif_files": (), "kmer": 3, "rounds": 4})],
    )
    def test_what_needs_one_is_scored_on_the_others(self, data, name: str, settings) -> None:
        split = make_split(data, regime="conditions")
        found = fit_and_predict(data, split, make_baseline(name, **settings))
        assert np.isnan(found.values[:BARE]).all()
        rows = fit_and_score(data, split, make_baseline(name, **settings), name=name)
        assert rows[1]["scores"]["n_cells"] == split.cells(Role.TEST)[BARE:].sum()

    def test_each_predictor_says_whether_it_needs_one(self) -> None:
        """Those that read promoters, and no other; deeprage-f has the gene's own cells."""
        need = {name for name in BASELINES if contestant(name).needs_promoter}
        assert need == {
            *("kmer-ridge", "motif-ridge", "bilinear-ridge", "boosted-trees", "codon-trees"),
            *("geneclass", "bdtree", "medusa", "cager", "relational"),
        }
        assert all(contestant(name).needs_promoter for name in NETWORKS)
        assert not contestant("deeprage-f").needs_promoter

    @pytest.mark.parametrize("regime", ["pairs", "conditions"])
    def test_deeprage_f_predicts_them_well(self, data, regime: str, tmp_path: Path) -> None:
        (tmp_path / "m.meme").write_text(
            "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF ACGT\n"
            "letter-probability matrix: alength= 4 w= 4\n1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n"
        )
        split = make_split(data, regime=regime)
        trained = learn(visible(data, split), split, motifs=[tmp_path / "m.meme"])
        tested = split.cells(Role.TEST)
        tested[BARE:] = False
        r = np.corrcoef(trained.learnt.predicted[tested], data.expression[tested])[0, 1]
        assert r > 0.8


class TestVerbs:
    def test_a_benchmark_compares_on_the_cells_of_both(self, data, tmp_path: Path) -> None:
        found = benchmark(
            data,
            predictors=["additive", "completion", "kmer-ridge"],
            regimes=["conditions", "genes"],
            folds=2,
            out=tmp_path,
        )
        conditions, genes = (
            {row["predictor"]: row for row in panel["rows"]} for panel in found["panels"]
        )
        scored = (GENES - 6) * CONDITIONS
        assert conditions["completion"]["scores"]["n_cells"] == scored
        assert conditions["kmer-ridge"]["scores"]["n_cells"] == scored - BARE * CONDITIONS
        best = found["panels"][0]["best_simple"]
        other = conditions["additive" if best == "kmer-ridge" else "kmer-ridge"]
        assert other["difference"]["pearson"]["interval"] is not None
        cells = {row["scores"]["n_cells"] for row in genes.values()}
        assert cells == {scored - BARE * CONDITIONS}

    @pytest.mark.parametrize("kind", ["net", "f"])
    def test_evaluate_scores_all_rows_on_the_same_cells(
        self, data, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data.save(tmp_path / "c.h5ad")
        more = TINY if kind == "net" else ("--model", "deeprage-f", "--threads", "1")
        train = ("train", str(tmp_path / "c.h5ad"), "--out", str(tmp_path / "r"), *more)
        assert run_command(list(train)) == 0
        assert run_command(["evaluate", str(tmp_path / "r")]) == 0
        told = "4 genes without a promoter not scored" in capsys.readouterr().err
        assert told == (kind == "net")
        split = Run.load(tmp_path / "r").split
        rows = json.loads((tmp_path / "r" / "metrics.json").read_text())["rows"]
        cells = {row["scores"]["n_cells"] for row in rows if row["role"] == "test"}
        tested = split.cells(Role.TEST)
        assert cells == {int((tested[BARE:] if kind == "net" else tested).sum())}
