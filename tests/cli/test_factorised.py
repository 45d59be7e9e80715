"""deeprage-f from the command line: trained, scored, asked, knocked out; what it refuses."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.cli.app import run as run_command
from deeprage.data.compendium import Compendium
from deeprage.data.dna import decode
from deeprage.data.split import Role
from deeprage.training.run import Run

from .conftest import Deeprage, refused

MOTIFS = "MEME version 4\n\nALPHABET= ACGT\n\n" + "".join(
    f"MOTIF {name}\nletter-probability matrix: alength= 4 w= 4\n{rows}\n"
    for name, rows in (
        ("ACGT", "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n"),
        ("TTCC", "0 0 0 1\n0 0 0 1\n0 1 0 0\n0 1 0 0\n"),
    )
)


@pytest.fixture(scope="module")
def f_run(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of deeprage-f on the toy compendium, evaluated; its motif file is gone."""
    folder = tmp_path_factory.mktemp("factorised")
    motifs = folder / "some.meme"
    motifs.write_text(MOTIFS)
    out = folder / "run"
    words = ("train", toy, "--model", "deeprage-f", "--motifs", motifs, "--threads", 1)
    assert run_command([str(word) for word in (*words, "--out", out)]) == 0
    assert run_command(["evaluate", str(out), "--reference", "additive"]) == 0
    motifs.unlink()
    return out


@pytest.fixture(scope="module")
def inputs(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with promoters and regulator levels of the toy compendium as files."""
    folder, compendium = tmp_path_factory.mktemp("inputs"), Compendium.load(toy)
    pairs = zip(compendium.genes, compendium.promoters, strict=True)
    (folder / "p.fa").write_text("".join(f">{name}\n{decode(row)}\n" for name, row in pairs))
    levels = pd.DataFrame(
        np.nan_to_num(compendium.regulator_levels),
        index=compendium.conditions,
        columns=compendium.regulators,
    )
    levels.to_csv(folder / "l.tsv", sep="\t")
    return folder


def test_a_run_holds_all_that_is_needed_and_no_pickle(f_run: Path) -> None:
    run = Run.load(f_run)
    assert (run.kind, run.model_name) == ("factorised", "deeprage-f")
    assert run.config["model"]["motifs"] == ["some.meme"]
    kept = {path.suffix for path in f_run.rglob("*") if path.is_file()}
    assert kept <= {".json", ".npz", ".safetensors", ".txt", ".html"}
    assert (f_run / "trees" / "factor_00.txt").read_text().startswith("tree\n")


def test_its_scores_and_its_certainty_are_kept(f_run: Path, toy: Path) -> None:
    found = json.loads((f_run / "metrics.json").read_text())
    assert {(row["predictor"], row["kind"]) for row in found["rows"]} == {
        ("deeprage-f", "model"),
        ("additive", "reference"),
    }
    with np.load(f_run / "predictions.npz") as kept:
        cells = (kept["role"] == Role.TEST) & ~np.isnan(kept["observed"])
        expected = np.corrcoef(kept["predicted"][cells], kept["observed"][cells])[0, 1]
    (scores,) = (
        row["scores"]
        for row in found["rows"]
        if (row["predictor"], row["role"]) == ("deeprage-f", "test")
    )
    assert scores["pearson"] == pytest.approx(expected, abs=1e-5)
    sure = found["certainty"]["validation"]
    assert 0.85 < sure["coverage"]["0.9"] <= 1  # they are what the intervals were measured on
    assert 0 <= sure["class_calibration_error"] < 0.3


def test_predictions_of_new_files_are_those_of_the_run_within_their_intervals(
    deeprage: Deeprage, f_run: Path, inputs: Path, toy: Path, tmp_path: Path
) -> None:
    found = deeprage(
        "predict", f_run, "--promoters", inputs / "p.fa", "--regulators", inputs / "l.tsv",
        "--out", tmp_path / "o.tsv", "--classes-out", tmp_path / "c.tsv",
        "--intervals-out", tmp_path / "i.tsv", "--level", "0.8",
    )  # fmt: skip
    assert found.code == 0, found.err
    table = pd.read_csv(tmp_path / "o.tsv", sep="\t", index_col="gene")
    with np.load(f_run / "predictions.npz") as kept:
        scored = np.isfinite(kept["predicted"])
        np.testing.assert_allclose(table.to_numpy()[scored], kept["predicted"][scored], atol=2e-3)
    limits = pd.read_csv(tmp_path / "i.tsv", sep="\t")
    assert list(limits.columns) == ["gene", "condition", "value", "lower", "upper", "known"]
    assert (limits["lower"] <= limits["value"]).all()
    assert (limits["value"] <= limits["upper"]).all()
    assert set(limits["known"]) >= {"seen gene, seen condition", "seen gene, new condition"}
    chances = pd.read_csv(tmp_path / "c.tsv", sep="\t")[["Down", "Baseline", "Up"]]
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-3)


def test_a_condition_unlike_any_is_told_and_has_wider_intervals(
    deeprage: Deeprage, f_run: Path, inputs: Path, tmp_path: Path
) -> None:
    levels = pd.read_csv(inputs / "l.tsv", sep="\t", index_col=0)
    rng = np.random.default_rng(0)
    calm = levels.iloc[:1] * 1.01 + 0.01
    wild = pd.DataFrame(rng.normal(scale=9, size=calm.shape), columns=calm.columns)
    wild.index, calm.index = ["wild"], ["calm"]
    pd.concat([calm, wild]).to_csv(tmp_path / "l.tsv", sep="\t")
    found = deeprage(
        "predict", f_run, "--promoters", inputs / "p.fa", "--regulators", tmp_path / "l.tsv",
        "--out", tmp_path / "o.tsv", "--intervals-out", tmp_path / "i.tsv",
    )  # fmt: skip
    assert found.code == 0, found.err
    assert "in 1 of 2 conditions ('wild'); in training they lie at" in found.err
    limits = pd.read_csv(tmp_path / "i.tsv", sep="\t")
    width = (limits["upper"] - limits["lower"]).groupby(limits["condition"]).mean()
    assert width["wild"] > 1.5 * width["calm"]


def test_it_can_be_knocked_out_and_shown(
    deeprage: Deeprage, f_run: Path, toy: Path, tmp_path: Path
) -> None:
    regulator = Compendium.load(toy).regulators[0]
    words = ("--regulator", f"{regulator}=-3", "--nulls", 0, "--threads", 1)
    found = deeprage("knockout", f_run, *words, "--out", tmp_path / "ko", "--tables", "tsv")
    assert found.code == 0, found.err
    assert any((tmp_path / "ko").iterdir())
    shown = deeprage("report", f_run, "--out", tmp_path / "page.html")
    assert shown.code == 0, shown.err
    page = (tmp_path / "page.html").read_text()
    assert '<section id="certainty">' in page
    assert "deeprage-f" in page


@pytest.mark.parametrize(
    "options", [("--epochs", 3), ("--block", "4x4"), ("--set", "network.filters=4"), ("--resume",)]
)
def test_options_of_networks_are_refused(
    deeprage: Deeprage, toy: Path, tmp_path: Path, options: tuple[object, ...]
) -> None:
    words = ("train", toy, "--model", "deeprage-f", "--out", tmp_path / "a", *options)
    refused(deeprage(*words), str(options[0]), "means nothing for deeprage-f")
    assert not (tmp_path / "a").exists()


def test_what_it_does_not_have_is_refused(
    deeprage: Deeprage, f_run: Path, toy_run: Path, toy: Path, inputs: Path, tmp_path: Path
) -> None:
    refused(deeprage("motifs", f_run), "no filters")
    files = ("--promoters", inputs / "p.fa", "--regulators", inputs / "l.tsv")
    asked = ("predict", toy_run, *files, "--out", tmp_path / "o.tsv")
    refused(deeprage(*asked, "--intervals-out", tmp_path / "i.tsv"), "deeprage-f")
    mine = ("predict", f_run, *files, "--out", tmp_path / "o.tsv")
    refused(deeprage(*mine, "--coding", inputs / "p.fa"), "--coding means nothing")
    wrong = ("--intervals-out", tmp_path / "i.tsv", "--level", "90")
    refused(deeprage(*mine, *wrong), "between 0 and 1", "90")
    refused(deeprage("train", toy, "--model", "deeprage-x", "--out", tmp_path / "a"), "deeprage-f")
    motifs = ("--model", "deeprage-c", "--motifs", inputs / "p.fa")
    refused(deeprage("train", toy, *motifs, "--out", tmp_path / "a"), "--motifs", "deeprage-c")
