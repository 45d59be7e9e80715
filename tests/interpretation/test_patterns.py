"""Patterns of TF-MoDISco from its result file."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from deeprage.data.motifs import jaspar_motifs
from deeprage.errors import DeepRageError
from deeprage.interpretation.motif_files import write_motifs
from deeprage.interpretation.motifs import MotifOptions
from deeprage.interpretation.patterns import match_patterns, read_patterns

EVEN = np.full(4, 0.25)
#: GCN4 and CBF1 with flanks, as letters.
WORDS = {("pos_patterns", 0): "CAATGACTCATTG", ("pos_patterns", 10): "TTGTCACGTGACA"}


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """A file as tfmodisco-lite writes it; pattern_10 sorts after pattern_2 by number."""
    path = tmp_path / "modisco.h5"
    words = {**WORDS, ("pos_patterns", 2): "ACCGTTTGCAACC", ("neg_patterns", 0): "GGTACCTTAGGCA"}
    with h5py.File(path, "w") as file:
        file.attrs["window_size"] = 400
        for (group, number), word in words.items():
            pattern = file.create_group(f"{group}/pattern_{number}")
            letters = np.array(["ACGT".index(letter) for letter in word])
            pattern["sequence"] = 0.88 * np.eye(4)[letters] + 0.03
            pattern["contrib_scores"] = np.eye(4)[letters]
            pattern["seqlets/n_seqlets"] = np.array([40 + number])
    return path


def test_patterns_come_in_order_with_their_direction(result: Path) -> None:
    found = read_patterns(result)
    assert [(pattern.name, pattern.seqlets, pattern.raises) for pattern in found] == [
        ("pos_patterns.pattern_0", 40, True),
        ("pos_patterns.pattern_2", 42, True),
        ("pos_patterns.pattern_10", 50, True),
        ("neg_patterns.pattern_0", 40, False),
    ]
    np.testing.assert_allclose(found[0].counts.sum(axis=0), 40)


def test_they_are_matched_and_written_as_motifs_of_filters_are(
    result: Path, tmp_path: Path
) -> None:
    targets = jaspar_motifs()
    options = MotifOptions(rounds=3)
    found = match_patterns(read_patterns(result), targets, EVEN, options)
    content = write_motifs(
        None, tmp_path, sources={"JASPAR": len(targets)}, options=options, patterns=found
    )
    entries = {entry["filter"]: entry for entry in content["patterns"]["entries"]}
    symbols = [match["symbol"] for match in entries["pos_patterns.pattern_0"]["matches"]]
    assert "GCN4" in symbols
    symbols = [match["symbol"] for match in entries["pos_patterns.pattern_10"]["matches"]]
    assert {"CBF1", "TYE7", "PHO4"} & set(symbols)
    assert content["patterns"]["summary"]["active"] == 4
    assert (tmp_path / "motifs.meme").read_text().count("MOTIF ") == 4
    assert len((tmp_path / "motifs.tsv").read_text().splitlines()) == 5


def test_other_files_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "a.h5"
    text.write_text("no")
    empty = tmp_path / "b.h5"
    with h5py.File(empty, "w") as file:
        file.create_group("pos_patterns")
    strange = tmp_path / "c.h5"
    with h5py.File(strange, "w") as file:
        file["pos_patterns/pattern_0/sequence"] = np.zeros((5, 3))
        file["pos_patterns/pattern_0/seqlets/n_seqlets"] = np.array([4])
    for path in (text, empty, strange, tmp_path / "none.h5"):
        with pytest.raises(DeepRageError):
            read_patterns(path)
