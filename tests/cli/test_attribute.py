"""`deeprage attribute`: the files for motif discovery."""

from pathlib import Path

import numpy as np
import pytest

from deeprage import api
from deeprage.data.compendium import Compendium

from .conftest import Deeprage


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
