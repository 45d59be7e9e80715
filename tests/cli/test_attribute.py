"""`deeprage attribute`: the files for motif discovery."""

from pathlib import Path

import numpy as np
import pytest

from deeprage import api
from deeprage.data.compendium import Compendium
from deeprage.evaluation.controls import shuffle_dinucleotides
from deeprage.interpretation.model import filled, model_of
from deeprage.training.run import Run

from .conftest import TINY, Deeprage, refused


def test_files_hold_the_promoters_that_were_asked_for(
    deeprage: Deeprage, toy: Path, toy_run: Path, tmp_path: Path
) -> None:
    found = deeprage(
        "attribute", toy_run, "--out", tmp_path, "--genes", "gene00003", "--genes", "GENE00001",
        "--conditions", "series02", "--steps", 2, "--references", 1,
    )  # fmt: skip
    assert found.code == 0, found.err
    assert "modisco motifs -s" in found.err
    compendium = Compendium.load(toy)
    letters = np.load(tmp_path / "ohe.npz")["arr_0"]
    rows = [compendium.genes.index(name) for name in ("GENE00001", "GENE00003")]
    np.testing.assert_array_equal(letters.argmax(axis=1), compendium.promoters[rows])
    assert np.load(tmp_path / "attr.npz")["arr_0"].shape == letters.shape
    names = (tmp_path / "attribution_genes.tsv").read_text().split()
    assert names == ["row", "gene", "0", "GENE00001", "1", "GENE00003"]


def test_deeplift_adds_up_to_the_difference_from_shuffled_promoters(
    deeprage: Deeprage, toy: Path, toy_run: Path, tmp_path: Path
) -> None:
    found = deeprage(
        "attribute", toy_run, "--out", tmp_path, "--method", "deeplift", "--conditions",
        "series02", "--references", 2, "--seed", 3, "--most", 20,
    )  # fmt: skip
    assert found.code == 0, found.err
    compendium = Compendium.load(toy)
    names = (tmp_path / "attribution_genes.tsv").read_text().split()[3::2]
    rows = np.array([compendium.genes.index(name) for name in names])
    columns = np.array([series == "series02" for series in compendium.series])
    model = model_of(Run.load(toy_run), compendium)
    levels = filled(model, compendium.regulator_levels[columns])

    def mean_prediction(promoters: np.ndarray) -> np.ndarray:
        return model.respond(rows, promoters, levels).mean(axis=1)

    promoters, rng = compendium.promoters[rows], np.random.default_rng(3)
    before = [mean_prediction(shuffle_dinucleotides(promoters, rng)) for _ in range(2)]
    change = mean_prediction(promoters) - np.mean(before, axis=0)
    letters, scores = (np.load(tmp_path / name)["arr_0"] for name in ("ohe.npz", "attr.npz"))
    assert len(rows) == 20
    assert np.abs(change).max() > 1e-3
    np.testing.assert_allclose((letters * scores).sum(axis=(1, 2)), change, atol=1e-5)


def test_deeplift_names_the_layer_that_it_has_no_rule_for(
    deeprage: Deeprage, toy: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    assert deeprage("train", toy, "--out", run, "--model", "deeprage-a", *TINY).code == 0
    for verb in ("attribute", "targets"):
        found = deeprage(verb, run, "--out", tmp_path / verb, "--method", "deeplift")
        refused(found, "interaction attention", "integrated, gradient or mutagenesis")


@pytest.mark.parametrize("method", ["gradient", "mutagenesis"])
def test_without_genes_those_that_respond_most(toy_run: Path, tmp_path: Path, method: str) -> None:
    api.attribute(toy_run, out=tmp_path, method=method, most=3)
    assert np.load(tmp_path / "attr.npz")["arr_0"].shape[0] == 3


@pytest.mark.parametrize(
    ("option", "value"),
    [("--method", "magic"), ("--genes", "NOGENE"), ("--conditions", "nowhere"), ("--most", 0)],
)
def test_bad_input_is_told_in_a_sentence(
    deeprage: Deeprage, toy_run: Path, tmp_path: Path, option: str, value: object
) -> None:
    found = deeprage("attribute", toy_run, "--out", tmp_path, option, value)
    assert found.code == 2
    assert found.err.startswith("error: ")
