"""Each verb does its work on a tiny simulated compendium and leaves the files it promises."""

import io
import json
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage import api
from deeprage.data.compendium import Compendium
from deeprage.data.dna import decode
from deeprage.data.split import Regime, Role, Split
from deeprage.training.run import Run

from .conftest import TINY, Deeprage


class TestDescribe:
    def test_it_shows_the_shape_and_audits_a_split(self, deeprage: Deeprage, toy: Path) -> None:
        shown = deeprage("data", "describe", toy, "--regime", "conditions", "--fold", "2/6").out
        assert "46 genes x 18 conditions" in shown
        assert "fold 2 of 6" in shown
        assert "Leakage audit" in shown

    def test_without_a_regime_there_is_no_split(self, deeprage: Deeprage, toy: Path) -> None:
        assert "Leakage audit" not in deeprage("data", "describe", toy).out


class TestImport:
    def test_promoters_and_matrix_become_a_compendium(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path
    ) -> None:
        source = Compendium.load(toy)
        files = write_parts(source, tmp_path)
        found = deeprage("data", "import", *files, "--out", tmp_path / "mine.h5ad")
        assert found.code == 0, found.err
        mine = Compendium.load(tmp_path / "mine.h5ad")
        np.testing.assert_allclose(mine.expression, source.expression, rtol=1e-6)
        np.testing.assert_array_equal(mine.promoters, source.promoters)
        assert (mine.regulators, mine.series) == (source.regulators, source.series)


class TestTrain:
    def test_a_run_keeps_settings_split_and_command(self, toy_run: Path) -> None:
        run = Run.load(toy_run)
        assert run.config["network"]["filters"] == 4
        assert run.config["training"]["epochs"] == 1
        assert run.split.regime is Regime.CONDITIONS
        assert shlex.split(run.config["command"])[:2] == ["deeprage", "train"]

    def test_the_recipe_of_the_paper_is_optimiser_dropout_and_batch(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "paper"
        assert deeprage("train", toy, "--out", out, *TINY, "--recipe", "paper").code == 0
        config = Run.load(out).config
        training, network = config["training"], config["network"]
        assert (training["optimiser"], training["learning_rate"]) == ("sgd", 0.01)
        assert training["block_genes"] * training["block_conditions"] == 100
        assert (network["dropout"], network["centre"]) == (0.5, False)
        assert training["epochs"] == 1, "options given beside it win"
        again = (*TINY, "--recipe", "paper", "--set", "network.dropout=0.1", "--overwrite")
        assert deeprage("train", toy, "--out", out, *again).code == 0
        assert Run.load(out).config["network"]["dropout"] == 0.1

    def test_a_call_from_python_is_no_command_line(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.argv", ["/usr/bin/other", "program"])
        settings = ["network.filters=4", "network.filter_width=7", "network.hidden=[8, 8]"]
        api.train(toy, out=tmp_path / "a", settings=settings, epochs=1, threads=1, device="cpu")
        assert Run.load(tmp_path / "a").config["command"] is None
        words = ("train", toy, "--out", tmp_path / "with space", *TINY, "--command", "something")
        assert deeprage(*words).code == 0
        kept = Run.load(tmp_path / "with space").config["command"]
        assert shlex.split(kept) == ["deeprage", *map(str, words)]

    def test_fold_files_become_the_split(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path
    ) -> None:
        compendium = Compendium.load(toy)
        roles = {f"series0{n + 1}": ("train", "validation", "test")[n % 3] for n in range(6)}
        lines = [
            f"{name}\t{roles[series]}"
            for name, series in zip(compendium.conditions, compendium.series, strict=True)
        ]
        fold = tmp_path / "fold.tsv"
        fold.write_text("\n".join(lines))
        out = tmp_path / "run"
        found = deeprage("train", toy, "--conditions-fold", fold, "--out", out, *TINY)
        assert found.code == 0, found.err
        tested = Split.load(out / "split.npz").cells(Role.TEST).any(axis=0)
        assert [compendium.series[n] for n in np.flatnonzero(tested)] == [
            series for series in compendium.series if roles[series] == "test"
        ]

    def test_training_again_drops_the_scores_of_the_network_before(
        self, deeprage: Deeprage, toy: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "run"
        assert deeprage("train", toy, "--out", out, *TINY).code == 0
        assert deeprage("evaluate", out, "--reference", "zero").code == 0
        assert deeprage("train", toy, "--out", out, "--overwrite", *TINY).code == 0
        assert not (out / "metrics.json").exists()


class TestEvaluate:
    def test_network_and_references_are_scored_on_both_parts(self, toy_run: Path) -> None:
        rows = json.loads((toy_run / "metrics.json").read_text())["rows"]
        found = {(row["predictor"], row["role"]) for row in rows}
        for name in ("deeprage-c", "majority", "gene-mean", "condition-mean", "additive"):
            assert {(name, "validation"), (name, "test")} <= found
        assert {row["kind"] for row in rows if row["predictor"] == "deeprage-c"} == {"model"}

    def test_the_scores_are_those_of_the_predictions_that_are_kept(
        self, toy: Path, toy_run: Path
    ) -> None:
        with np.load(toy_run / "predictions.npz") as kept:
            predicted, observed, role = kept["predicted"], kept["observed"], kept["role"]
            assert list(kept["groups"]) == Compendium.load(toy).groups
        np.testing.assert_array_equal(observed, Compendium.load(toy).expression)
        cells = (role == Role.TEST) & ~np.isnan(observed)
        expected = np.corrcoef(predicted[cells], observed[cells])[0, 1]
        rows = json.loads((toy_run / "metrics.json").read_text())["rows"]
        (scores,) = (
            row["scores"]
            for row in rows
            if row["predictor"] == "deeprage-c" and row["role"] == "test"
        )
        assert scores["pearson"] == pytest.approx(expected, abs=1e-5)
        assert scores["mse"] == pytest.approx(
            np.mean((predicted[cells] - observed[cells]) ** 2), rel=1e-5
        )

    def test_the_table_names_every_predictor_and_scoring_again_gives_the_same(
        self, deeprage: Deeprage, toy_run: Path
    ) -> None:
        before = (toy_run / "predictions.npz").read_bytes()
        found = deeprage("evaluate", toy_run)
        assert "deeprage-c" in found.out
        assert "additive" in found.out
        with np.load(toy_run / "predictions.npz") as now, np.load(io.BytesIO(before)) as then:
            np.testing.assert_array_equal(now["predicted"], then["predicted"])


class TestPredict:
    def test_the_training_inputs_give_the_predictions_of_the_evaluation(
        self, deeprage: Deeprage, toy: Path, toy_run: Path, tmp_path: Path
    ) -> None:
        compendium = Compendium.load(toy)
        tested = Run.load(toy_run).split.cells(Role.TEST)
        rows = np.flatnonzero(tested.any(axis=1))[::-1]
        columns = np.flatnonzero(tested.any(axis=0))
        fasta = write_fasta(compendium, tmp_path, rows)
        levels = pd.DataFrame(
            np.nan_to_num(compendium.regulator_levels[columns]),
            index=[compendium.conditions[column] for column in columns],
            columns=compendium.regulators,
        )
        levels.T.assign(more=0.0).to_csv(tmp_path / "levels.tsv", sep="\t")
        out, classes = tmp_path / "out.tsv", tmp_path / "classes.tsv"
        found = deeprage(
            "predict", toy_run, "--promoters", fasta, "--regulators", tmp_path / "levels.tsv",
            "--out", out, "--classes-out", classes,
        )  # fmt: skip
        assert found.code == 0, found.err
        table = pd.read_csv(out, sep="\t", index_col="gene")
        assert list(table.index) == [compendium.genes[row] for row in rows]
        with np.load(toy_run / "predictions.npz") as kept:
            expected = kept["predicted"][np.ix_(rows, columns)]
        np.testing.assert_allclose(table[levels.index].to_numpy(), expected, atol=1e-4)
        chances = pd.read_csv(classes, sep="\t")[["Down", "Baseline", "Up"]]
        np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-3)

    def test_the_python_function_takes_the_same_names(
        self, toy: Path, toy_run: Path, tmp_path: Path
    ) -> None:
        compendium = Compendium.load(toy)
        fasta = write_fasta(compendium, tmp_path, np.arange(3))
        levels = pd.DataFrame({name: [0.0] for name in compendium.regulators[1:]}, index=["new"])
        levels.to_csv(tmp_path / "levels.tsv", sep="\t")
        path = api.predict(
            toy_run,
            promoters=fasta,
            regulators=tmp_path / "levels.tsv",
            out=tmp_path / "out.tsv",
            fill_missing=0,
        )
        assert pd.read_csv(path, sep="\t", index_col=0).shape == (3, 1)


def test_the_report_is_written_into_the_run_folder(deeprage: Deeprage, toy_run: Path) -> None:
    found = deeprage("report", toy_run)
    assert found.code == 0, found.err
    assert (toy_run / "report.html").read_text().lstrip().lower().startswith("<!doctype html")


def write_fasta(compendium: Compendium, folder: Path, rows: np.ndarray) -> Path:
    path = folder / "promoters.fa"
    path.write_text(
        "".join(f">{compendium.genes[row]}\n{decode(compendium.promoters[row])}\n" for row in rows)
    )
    return path


def write_parts(compendium: Compendium, folder: Path) -> list[object]:
    """The files of a compendium, as options of `deeprage data import`."""
    promoters = write_fasta(compendium, folder, np.arange(len(compendium.genes)))
    names = {"index": compendium.genes, "columns": compendium.conditions}
    pd.DataFrame(compendium.expression, **names).to_csv(folder / "matrix.tsv", sep="\t")
    (folder / "regulators.txt").write_text("\n".join(compendium.regulators))
    series = {"condition": compendium.conditions, "series": compendium.series}
    pd.DataFrame(series).to_csv(folder / "conditions.tsv", sep="\t", index=False)
    return [
        "--promoters", promoters, "--expression", folder / "matrix.tsv",
        "--regulators", folder / "regulators.txt", "--conditions", folder / "conditions.tsv",
    ]  # fmt: skip
