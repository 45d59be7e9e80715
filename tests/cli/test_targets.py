"""`deeprage targets`: files, what is printed, what the report shows, and what is refused."""

import json
from pathlib import Path

import pandas as pd
import pytest

from deeprage import api
from deeprage.cli.step_progress import steps_shown
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


def test_motifs_are_counted_before_the_work_and_a_file_for_nobody_is_refused(
    deeprage: Deeprage, toy: Path, copy: Path, tmp_path: Path
) -> None:
    text = toy.with_suffix(".motifs.meme").read_text()
    one, none = tmp_path / "one.meme", tmp_path / "none.meme"
    first = next(line for line in text.splitlines() if line.startswith("MOTIF"))
    one.write_text(text.replace(first, "MOTIF X9 Unheard"))
    found = deeprage("targets", copy, "--motifs", one, "--rounds", 0, *QUICK)
    assert found.code == 0, found.err
    lines = found.err.splitlines()
    assert lines[0].startswith("known motifs: one.meme (")
    assert "matched to" in lines[1]
    assert "1 to none: 'X9 Unheard'" in lines[1]
    matrix = "letter-probability matrix: alength= 4 w= 4\n" + "0 1 0 0\n1 0 0 0\n" * 2
    none.write_text(f"MEME version 4\n\nMOTIF M1 Unheard\n{matrix}")
    result = deeprage("targets", copy, "--motifs", none, *QUICK)
    assert result.code == 2
    error = result.err.splitlines()[-1]
    assert error.startswith("error: none of the 1 motifs is named after a regulator")
    assert "'M1 Unheard'" in error
    chosen = ("--score", "specific", "--rounds", 0)
    assert deeprage("targets", copy, "--motifs", none, *chosen, *QUICK).code == 0


def test_a_network_is_described_and_refused_before_the_work(
    deeprage: Deeprage, copy: Path, network: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "weights.tsv"
    links = pd.read_csv(network, sep="\t").drop(columns="sign")
    links["importance"] = [n + 0.5 for n in range(len(links))]
    links.to_csv(weights, sep="\t", index=False)
    asked = ("targets", copy, "--network", weights, "--rounds", 0, *QUICK)
    result = deeprage(*asked)
    assert result.code == 2
    assert "give --network-above VALUE" in result.err
    least = len(links) / 2
    kept = int((links["importance"] >= least).sum())
    found = deeprage(*asked, "--network-above", least)
    assert found.code == 0, found.err
    assert f"{kept} of {kept} links between" in found.err
    every = tmp_path / "every.tsv"
    every.write_text(f"gene\t{links['regulator'][0]}\n{links['gene'][0]}\t1\n")
    result = deeprage("targets", copy, "--network", every, *QUICK)
    assert result.code == 2
    assert "nothing to compare" in result.err
    result = deeprage("targets", copy, "--network-above", 1, *QUICK)
    assert "there is no --network, so --network-above would do nothing" in result.err


def test_progress_off_a_terminal_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with steps_shown(between=0.0) as step:
        for _ in range(3):
            step("work", 2)
    assert capsys.readouterr().err.splitlines() == ["work: 1 of 2", "work: 2 of 2", "work: 1 of 2"]
    with steps_shown(between=60.0) as step:
        for _ in range(3):
            step("work", 3)
    assert capsys.readouterr().err == ""
