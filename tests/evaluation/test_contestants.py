"""A contestant is made with its own settings, and its key holds them."""

from pathlib import Path

import pytest

from deeprage.baselines import BASELINES
from deeprage.errors import DeepRageError
from deeprage.evaluation.contestants import CONTESTANTS, NETWORKS, SIMPLE, Contestant, contestant


def test_kinds() -> None:
    kinds = {name: contestant(name).kind for name in CONTESTANTS}
    assert {name for name, kind in kinds.items() if kind == "network"} == set(NETWORKS)
    assert {name for name, kind in kinds.items() if kind == "model"} == {"deeprage-f"}
    assert {name for name, kind in kinds.items() if kind == "simple"} == set(SIMPLE)
    comparators = {name for name, kind in kinds.items() if kind == "comparator"}
    assert comparators == set(BASELINES) - set(SIMPLE) >= {"geneclass", "bdtree", "medusa", "cager"}


def test_who_reads_coding_sequences() -> None:
    reading = {name for name in CONTESTANTS if contestant(name).reads_coding}
    assert reading >= {"codon-trees", "deeprage-f"}
    assert not reading & {*NETWORKS, "additive", "kmer-ridge", "regulator-ridge"}


def test_a_baseline_gets_its_settings_and_the_threads(tmp_path: Path) -> None:
    made = contestant("codon-trees", settings={"repeats": 3}).make(threads=2, cache=tmp_path)
    assert (made.repeats, made.num_threads) == (3, 2)
    assert contestant("codon-trees").make().num_threads == 1
    motif = contestant("motif-ridge").make(cache=tmp_path)
    assert motif.motif_features.cache == tmp_path
    contestant("zero").make(threads=2, cache=tmp_path)  # takes neither


def test_a_network_gets_its_settings_and_the_threads() -> None:
    own = {"network": {"filters": 3}, "training": {"epochs": 5}}
    made = contestant("danq-encoder", epochs=2, seed=7, settings=own).make(threads=2)
    assert (made.network.encoder, made.network.filters) == ("danq", 3)
    assert (made.training.epochs, made.training.seed, made.training.threads) == (5, 7, 2)
    assert contestant("danq-encoder", epochs=2).make().training.epochs == 2
    assert contestant("danq-encoder").make().training.threads == 1
    assert contestant("sequence-only").make().blind_to == "regulators"
    assert contestant("regulator-only").make().blind_to == "promoters"


def test_motif_files_go_to_who_reads_motifs(tmp_path: Path) -> None:
    file = tmp_path / "m.meme"
    file.write_text("MEME version 4\n")
    for name, key in (("motif-ridge", "motifs"), ("geneclass", "motif_files"), ("zero", None)):
        settings = contestant(name, motifs=[file]).settings
        assert settings == ({key: [str(file)]} if key else {})
    one, absent = contestant("motif-ridge", motifs=[file]), Contestant("motif-ridge")
    before = one.fingerprint()
    assert before["settings"] == absent.fingerprint()["settings"] == {}
    assert absent.fingerprint()["motifs"] == []
    file.write_text("MEME version 5\n")
    assert len(one.fingerprint()["motifs"]) == 1
    assert one.fingerprint()["motifs"] != before["motifs"]


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("additve", {}, "'additive'"),
        ("codon-trees", {"settings": {"repeat": 1}}, "'repeats'"),
        ("motif-ridge", {"motifs": [Path("none.meme")]}, r"none\.meme"),
    ],
)
def test_a_wrong_name_is_refused(name: str, options: dict, told: str) -> None:
    with pytest.raises(DeepRageError, match=told):
        contestant(name, **options)
