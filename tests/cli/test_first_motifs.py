"""`deeprage train --set network.first_filters=motifs`: filters are the motifs of the file."""

from pathlib import Path

import numpy as np
import pytest

from deeprage.data.compendium import Compendium
from deeprage.data.dna import encode
from deeprage.data.motifs import Motif, letter_frequencies, meme_text
from deeprage.training.first_motifs import first_motifs, motif_filters
from deeprage.training.run import Run

from .conftest import TINY, Deeprage, Result, refused

START = ("--set", "network.first_filters=motifs")


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """A file of four motifs that have little in common."""
    motifs = []
    for word in ("TGACTCA", "GATAAGG", "CCGATTC", "ACACCCA"):
        shares = np.full((4, len(word)), 0.03)
        shares[encode(word), np.arange(len(word))] = 0.91
        motifs.append(Motif(word, word, shares))
    path = tmp_path / "known.meme"
    path.write_text(meme_text(motifs, np.full(4, 0.25)))
    return path


def test_filters_are_the_motifs_of_the_file(
    deeprage: Deeprage, toy: Path, tmp_path: Path, known: Path
) -> None:
    """A learning rate of next to nothing leaves them where they started."""
    found = deeprage(
        "train", toy, "--out", tmp_path / "run", *TINY, *START, "--motifs", known, "--regime",
        "genes", "--learning-rate", "1e-9",
    )  # fmt: skip
    assert found.code == 0, found.err
    run = Run.load(tmp_path / "run")
    compendium = Compendium.load(toy)
    motifs, about = first_motifs([known], compendium)
    assert run.config["first_motifs"] == about
    near = compendium.promoters[run.split.train_rows]
    expected, _ = motif_filters(motifs, 7, letter_frequencies(near))
    weight = run.network().promoter_encoder.weight.detach().numpy()
    # Those that tell anything of their own, in the order of how much; words fill the rest.
    same = np.abs(weight[:, None] - expected[None]).max(axis=(2, 3)) < 1e-5
    assert same.sum(axis=1).max() == 1
    of_words = np.isin(np.round(weight, 5), (-1, 0, 1)).all(axis=(1, 2))
    assert (same.any(axis=1) | of_words).all()
    assert same.any(axis=1)[:2].all()


def test_jaspar_is_taken_where_it_is_asked_for(
    deeprage: Deeprage, toy: Path, tmp_path: Path
) -> None:
    train = ("train", toy, "--out", tmp_path / "run", *TINY, *START, "--regime", "genes")
    refused(deeprage(*train), "needs known motifs", "jaspar:fungi does not fit", "--motifs FILE")
    refused(deeprage(*train, "--motifs", "none"), "needs known motifs", "none was given")
    found = deeprage(*train, "--motifs", "jaspar:fungi")
    assert found.code == 0, found.err
    assert "known motifs: JASPAR fungi (193 motifs)" in found.err
    (about,) = Run.load(tmp_path / "run").config["first_motifs"]
    assert about["name"] == "JASPAR fungi"
    assert about["motifs"] > 100


def test_what_cannot_start_from_motifs_is_refused(
    deeprage: Deeprage, toy: Path, tmp_path: Path, known: Path
) -> None:
    out = tmp_path / "run"
    text = tmp_path / "text.meme"
    text.write_text("no motif here\n")

    def train(*more: object) -> Result:
        return deeprage("train", toy, "--out", out, *TINY, *more)

    refused(train("--motifs", known), "--motifs", "--set network.first_filters=motifs")
    refused(train(*START, "--motifs", tmp_path / "absent.meme"), "no motif file", "absent.meme")
    refused(train(*START, "--motifs", text), "text.meme", "give motifs as MEME")
    other = ("--set", "network.encoder=deepbind")
    refused(train(*START, *other, "--motifs", known), "conv encoder only", "deepbind", "'random'")
    refused(train(*START, "--resume", "--motifs", known), "nothing to resume")
    assert not out.exists()


def test_a_run_goes_on_from_its_own_motifs(
    deeprage: Deeprage, toy: Path, tmp_path: Path, known: Path
) -> None:
    train = ("train", toy, "--out", tmp_path / "run", *TINY, *START, "--regime", "genes")
    assert deeprage(*train, "--motifs", known).code == 0
    about = Run.load(tmp_path / "run").config["first_motifs"]
    more = ("--epochs", 2, "--resume")
    other = tmp_path / "other.meme"
    other.write_text(known.read_text())
    refused(deeprage(*train, *more, "--motifs", other), "known.meme there", "other.meme here")
    text = known.read_text()
    known.write_text(text.replace("0.91", "0.90", 1).replace("0.03", "0.04", 1))
    refused(deeprage(*train, *more, "--motifs", known), "the content of the motifs")
    known.unlink()
    assert deeprage(*train, *more).code == 0  # the weights are as far as they were
    run = Run.load(tmp_path / "run")
    assert run.config["first_motifs"] == about
    assert run.config["training"]["epochs"] == 2
