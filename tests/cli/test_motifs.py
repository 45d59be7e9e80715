"""`deeprage motifs`: files, what is printed, and what is refused."""

import json
from pathlib import Path

import pandas as pd
import pytest

from deeprage import api
from deeprage.data.motifs import read_meme
from deeprage.errors import DeepRageError
from deeprage.report.page import render
from deeprage.report.run_folder import RunFolder

from .conftest import Deeprage


def planted(toy: Path) -> Path:
    return toy.with_suffix(".motifs.meme")


def test_it_writes_table_motifs_and_summary(
    deeprage: Deeprage, toy: Path, toy_run: Path, tmp_path: Path
) -> None:
    found = deeprage("motifs", toy_run, "--motifs", planted(toy), "--out", tmp_path, "--rounds", 2)
    assert found.code == 0, found.err
    assert "distinct filters match" in found.out
    assert "only 6 known motifs" in found.err
    table = pd.read_csv(tmp_path / "motifs.tsv", sep="\t")
    assert list(table["filter"]) == [f"filter_{number:03d}" for number in range(4)]
    known = {motif.symbol for motif in read_meme(planted(toy))}
    assert set(table["match_symbol"].dropna()) <= known
    summary = json.loads((tmp_path / "motifs.json").read_text())["summary"]
    assert summary["matched"] == (table["match_q"] < 0.1).sum()


def test_python_takes_the_same_names_and_the_report_shows_what_is_in_the_run(
    toy_run: Path, tmp_path: Path
) -> None:
    """A collection by name; the null is in the page."""
    copy = tmp_path / "run"
    copy.mkdir()
    for file in toy_run.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert "motifs" not in section_names(copy)
    with pytest.raises(DeepRageError, match="jaspar:fungi does not fit"):
        api.motifs(copy, best=20, rounds=2)
    path = api.motifs(copy, motifs=[Path("jaspar:fungi")], best=20, rounds=2)
    assert path == copy / "motifs.tsv"
    assert section_names(copy).count("motifs") == 1
    page = render(RunFolder.open(copy))
    assert "JASPAR fungi (193)" in page
    assert (
        page.count('class="logo"')
        == json.loads((copy / "motifs.json").read_text())["summary"]["active"]
    )


def section_names(run: Path) -> list[str]:
    from deeprage.report.sections import SECTIONS

    found = [make(RunFolder.open(run)) for make in SECTIONS]
    return [section.slug for section in found if section is not None]


def test_a_missing_motif_file_is_told_in_a_sentence(deeprage: Deeprage, toy_run: Path) -> None:
    found = deeprage("motifs", toy_run, "--motifs", "nowhere.meme")
    assert found.code == 2
    assert "nowhere.meme" in found.err
    assert "Traceback" not in found.err


def test_options_out_of_range_are_refused(deeprage: Deeprage, toy_run: Path) -> None:
    for option, value in (("--q", 0), ("--best", 0), ("--rounds", -1), ("--threads", 0)):
        assert deeprage("motifs", toy_run, option, value).code == 2
