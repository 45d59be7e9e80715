"""`deeprage targets`: files, what is printed, what the report shows, and what is refused."""

import json
from pathlib import Path

import pandas as pd
import pytest

from deeprage import api
from deeprage.report.page import render
from deeprage.report.run_folder import RunFolder

from .conftest import Deeprage

QUICK = ("--most-conditions", 3)


@pytest.fixture
def copy(toy_run: Path, tmp_path: Path) -> Path:
    out = tmp_path / "run"
    out.mkdir()
    for file in toy_run.iterdir():
        (out / file.name).write_bytes(file.read_bytes())
    return out


@pytest.fixture
def network(toy: Path, tmp_path: Path) -> Path:
    table = pd.read_csv(toy.with_suffix(".edges.tsv"), sep="\t")
    path = tmp_path / "network.tsv"
    table[["regulator", "gene", "sign"]].to_csv(path, sep="\t", index=False)
    return path


def test_scores_are_printed_beside_simple_ones_and_the_report_shows_the_links(
    deeprage: Deeprage, toy: Path, copy: Path, network: Path
) -> None:
    motifs = toy.with_suffix(".motifs.meme")
    found = deeprage("targets", copy, "--motifs", motifs, "--network", network, *QUICK)
    assert found.code == 0, found.err
    for name in ("mixed", "specific", "correlation", "motif scan"):
        assert name in found.out
    assert "links at q < 0.05" in found.err
    table = pd.read_csv(copy / "targets.tsv", sep="\t")
    assert (table["regulator"] != table["target"]).all()
    page = render(RunFolder.open(copy))
    for name in ("table-targets", "table-target-scores", "figure-targets"):
        assert f'id="{name}"' in page
    assert json.loads((copy / "targets.json").read_text())["network"] == "network.tsv"


@pytest.mark.parametrize("method", ["mutagenesis", "deeplift"])
def test_python_without_network_and_without_motifs_of_regulators(copy: Path, method: str) -> None:
    """JASPAR's fungi know no REG001; the specific score needs no motif."""
    assert api.targets(copy, most_conditions=3, method=method, rounds=0) == (copy / "targets.tsv")
    content = json.loads((copy / "targets.json").read_text())
    assert content["score"] == "specific"
    assert content["links_at_5_percent"] is None
    assert 'id="table-targets"' in render(RunFolder.open(copy))


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--score", "magic", "mixed"),
        ("--method", "magic", "integrated"),
        ("--network", "nowhere.tsv", "nowhere.tsv"),
        ("--score", "mixed", "needs known motifs"),
        ("--most", 0, "--most"),
    ],
)
def test_bad_input_is_told_in_a_sentence(
    deeprage: Deeprage, copy: Path, option: str, value: object, says: str
) -> None:
    found = deeprage("targets", copy, option, value, *QUICK)
    assert found.code == 2
    assert says in found.err
    assert found.err.startswith("error: ")
