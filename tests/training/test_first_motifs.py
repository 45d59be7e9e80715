"""Filters that start as known motifs: they score as motifs do, and telling ones come first."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deeprage import api
from deeprage.data.dna import decode, encode, one_hot
from deeprage.data.motifs import Motif, letter_frequencies, log_odds, meme_text
from deeprage.data.split import Role, visible
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError
from deeprage.networks.network import Network
from deeprage.networks.presets import preset
from deeprage.training.first_motifs import (
    first_motifs,
    most_informative,
    motif_filters,
    start_from_motifs,
)
from deeprage.training.first_words import start_from_words
from deeprage.training.run import Run

EVEN = np.full(4, 0.25)


def sharp(consensus: str, *, sure: float = 0.91) -> Motif:
    """A motif that has one letter at each position with probability `sure`."""
    shares = np.full((4, len(consensus)), (1 - sure) / 3)
    shares[encode(consensus), np.arange(len(consensus))] = sure
    return Motif(consensus, consensus, shares)


def fired(weight: np.ndarray, bias: np.ndarray, texts: list[str]) -> np.ndarray:
    """What filters (F, 4, K) give at words of their own width, before the ReLU: (words, F)."""
    letters = torch.from_numpy(one_hot(np.stack([encode(text) for text in texts])))
    given_ = torch.nn.functional.conv1d(letters, torch.from_numpy(weight), torch.from_numpy(bias))
    return given_[:, :, 0].numpy()


@settings(max_examples=30, deadline=None)
@given(st.text("ACGT", min_size=6, max_size=9), st.integers(0, 2**31), st.floats(0.6, 0.97))
def test_a_filter_scores_words_as_its_motif_does(consensus: str, seed: int, sure: float) -> None:
    motif = sharp(consensus, sure=sure)
    weight, bias = motif_filters([motif], len(consensus), EVEN)
    rng = np.random.default_rng(seed)
    words = ["".join(rng.choice(list("ACGT"), len(consensus))) for _ in range(60)]
    found = fired(weight, bias, [consensus, *words])[:, 0]
    odds = log_odds(motif, EVEN)
    scores = np.array([odds[encode(x), np.arange(len(x))].sum() for x in (consensus, *words)])
    assert found[0] == pytest.approx(2.5, abs=1e-4)
    assert found.max() <= found[0] + 1e-5
    slope, shift = np.polyfit(scores, found, 1)
    assert slope > 0
    np.testing.assert_allclose(found, slope * scores + shift, atol=1e-4)


@settings(max_examples=15, deadline=None)
@given(st.integers(5, 6), st.integers(0, 2**31), st.floats(0.05, 0.3), st.floats(0.15, 0.35))
def test_of_all_words_a_filter_fires_most_at_its_consensus(
    width: int, seed: int, spread: float, share: float
) -> None:
    """Motifs of any shape, in promoters of any composition, in a filter that is wider."""
    rng = np.random.default_rng(seed)
    motif = Motif("any", "any", rng.dirichlet(np.full(4, spread), width).T)
    background = np.array([share, 0.5 - share, 0.5 - share, share])
    odds = log_odds(motif, background)
    words = np.array(list(product(range(4), repeat=width)), dtype=np.int8)
    scores = odds[words, np.arange(width)].sum(axis=1)
    try:
        weight, bias = motif_filters([motif], width + 4, background)
    except DeepRageError:  # no word of it is rare enough
        return
    padded = np.pad(words, ((0, 0), (2, 2)), constant_values=4)  # N says nothing
    found = fired(weight, bias, [decode(word) for word in padded])[:, 0]
    assert scores[found.argmax()] == pytest.approx(scores.max(), abs=1e-4)
    assert found.max() == pytest.approx(2.5, abs=1e-3)
    order = np.argsort(scores)
    assert (np.diff(found[order]) > -1e-3).all()


def test_a_filter_is_silent_at_words_that_are_common() -> None:
    weight, bias = motif_filters([sharp("TGACTCAT")], 8, EVEN)
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("ACGT"), 8)) for _ in range(20_000)]
    # Scores are rounded to hundredths of a bit where the threshold is found.
    assert 0 < (fired(weight, bias, words) > 0.01).mean() < 1e-3


def test_a_wide_motif_is_cut_to_where_its_information_is() -> None:
    blank = np.full((4, 6), 0.25)
    padded = Motif("wide", "wide", np.hstack([blank, sharp("CCGATCGG").probabilities, blank]))
    np.testing.assert_array_equal(
        most_informative(padded, 8).probabilities, sharp("CCGATCGG").probabilities
    )
    weight, bias = motif_filters([padded], 8, EVEN)
    assert fired(weight, bias, ["CCGATCGG"])[0, 0] == pytest.approx(2.5, abs=1e-4)


def test_motifs_without_a_rare_word_are_left_out_or_refused() -> None:
    weight, _ = motif_filters([sharp("ACG"), sharp("TGACTC")], 8, EVEN)
    assert len(weight) == 1
    with pytest.raises(DeepRageError, match="longer or sharper"):
        motif_filters([sharp("ACG")], 8, EVEN)


class TestStart:
    SITES = "TGACTCA"

    def network(self, length: int, regulators: int, **options: object) -> Network:
        config = preset(
            "deeprage-c", filters=3, filter_width=9, pool=8, hidden=(4, 4), regulator_units=4,
            first_filters="motifs", reverse_complement=True, **options,
        )  # fmt: skip
        return Network(config, promoter_length=length, regulators=regulators)

    def world(self, make_compendium):
        """Genes with the site follow the first regulator."""
        rng = np.random.default_rng(0)
        levels = rng.normal(size=(4, 24))
        has = rng.random(116) < 0.4
        values = 0.3 * rng.normal(size=(116, 24)) + np.outer(has, levels[0])
        compendium = make_compendium(np.concatenate([values, levels]), regulators=4)
        for gene in np.flatnonzero(has):
            compendium.promoters[gene, 40:47] = encode(self.SITES)
        return compendium

    def test_the_motif_that_tells_comes_first(self, make_compendium) -> None:
        compendium = self.world(make_compendium)
        split = make_split(compendium, regime="genes")
        seen = visible(compendium, split)
        network = self.network(seen.promoters.shape[1], 4)
        known = [sharp("CCATTAGG"), sharp(self.SITES), sharp("GATAAGGC")]
        start_from_motifs(network, seen, split, known)
        weight, bias = (
            part.detach().numpy()
            for part in (network.promoter_encoder.weight, network.promoter_encoder.bias)
        )
        expected = motif_filters([known[1]], 9, _frequencies(seen, split))
        np.testing.assert_allclose(weight[0], expected[0][0], atol=1e-5)
        assert bias[0] == pytest.approx(float(expected[1][0]), abs=1e-5)

    def test_words_fill_what_motifs_leave(self, make_compendium) -> None:
        compendium = self.world(make_compendium)
        split = make_split(compendium, regime="genes")
        seen = visible(compendium, split)
        network = self.network(seen.promoters.shape[1], 4)
        start_from_motifs(network, seen, split, [sharp(self.SITES)])
        weight = network.promoter_encoder.weight.detach().numpy()
        of_words = np.isin(weight, (-1.0, 0.0, 1.0)).all(axis=(1, 2))
        assert of_words.tolist() == [False, True, True]

    @pytest.mark.parametrize("regime", ["pairs", "conditions", "genes", "both"])
    @pytest.mark.parametrize("start", ["motifs", "words"])
    def test_cells_that_are_held_out_have_no_say(
        self, make_compendium, regime: str, start: str
    ) -> None:
        compendium = self.world(make_compendium)
        split = make_split(compendium, regime=regime)
        known = [sharp("CCATTAGG"), sharp(self.SITES), sharp("GATAAGGC")]
        weights = []
        for size in (0.0, 100.0):
            changed = visible(compendium, split)
            held_out = split.role != Role.TRAIN
            noise = np.random.default_rng(1).normal(size=int(held_out.sum()))
            # Test cells too, which are NaN behind the barrier: the start must not rely on that.
            changed.expression[held_out] = size * noise
            network = self.network(changed.promoters.shape[1], 4)
            if start == "motifs":
                start_from_motifs(network, changed, split, known)
            else:
                start_from_words(network, changed, split)
            weights.append(network.promoter_encoder.weight.detach().numpy().copy())
        np.testing.assert_array_equal(*weights)

    def test_other_encoders_are_refused(self, make_compendium) -> None:
        compendium = self.world(make_compendium)
        split = make_split(compendium, regime="genes")
        network = self.network(compendium.promoters.shape[1], 4, encoder="deepbind")
        with pytest.raises(DeepRageError, match=r"motifs in the conv encoder only.*deepbind"):
            start_from_motifs(network, compendium, split, [sharp(self.SITES)])


def _frequencies(seen, split) -> np.ndarray:
    return letter_frequencies(seen.promoters[split.cells(Role.TRAIN).any(axis=1)])


def test_a_network_of_the_command_line_starts_and_stays_with_its_motifs(
    make_compendium, tmp_path
) -> None:
    compendium = TestStart().world(make_compendium)
    compendium.save(tmp_path / "c.h5ad")
    (tmp_path / "m.meme").write_text(meme_text([sharp(TestStart.SITES)], EVEN))
    sizes = ("filters=2", "filter_width=7", "window=60", "pool=54", "rank=2")
    settings_ = [f"network.{text}" for text in (*sizes, "first_filters=motifs")]
    words = {"model": "deeprage-motif", "regime": "genes", "epochs": 1, "learning_rate": 1e-6}
    run = api.train(
        tmp_path / "c.h5ad", **words, settings=settings_, motifs=[tmp_path / "m.meme"],
        out=tmp_path / "run", threads=1,
    )  # fmt: skip
    _, about = first_motifs([tmp_path / "m.meme"], compendium)
    assert [part["name"] for part in about] == ["m.meme"]
    assert Run.load(run).config["first_motifs"] == about
    weight = Run.load(run).network().promoter_encoder.weight.detach().numpy()
    assert decode(weight[0].argmax(axis=0).astype(np.int8)) == TestStart.SITES
    (tmp_path / "m.meme").unlink()  # going on needs it no more
    again = words | {"epochs": 2}
    api.train(tmp_path / "c.h5ad", **again, settings=settings_, resume=True, out=run, threads=1)
    assert Run.load(run).config["first_motifs"] == about
    for other in ("words", "random"):
        started = [*settings_[:-1], f"network.first_filters={other}"]
        with pytest.raises(DeepRageError, match=f"first_filters is motifs there and {other} here"):
            api.train(
                tmp_path / "c.h5ad", **again, settings=started, resume=True, out=run, threads=1
            )
    with pytest.raises(DeepRageError, match=r"first_filters=motifs"):
        api.train(
            tmp_path / "c.h5ad", **words, motifs=[tmp_path / "m.meme"], out=tmp_path / "other"
        )
    with pytest.raises(DeepRageError, match=r"absent\.meme"):
        api.train(
            tmp_path / "c.h5ad", **words, settings=settings_, motifs=[tmp_path / "absent.meme"],
            out=tmp_path / "other",
        )  # fmt: skip
    assert not (tmp_path / "other").exists()


def test_a_run_remembers_what_motifs_say_and_not_how_the_file_is_laid_out(
    make_compendium, tmp_path
) -> None:
    text = meme_text([sharp("TGACTCA"), sharp("CCGATCGG")], EVEN)
    (tmp_path / "a.meme").write_text(text)
    (tmp_path / "b.meme").write_text(text.replace("\n\n", "\n\n\n"))
    (tmp_path / "c.meme").write_text(meme_text([sharp("TGACTCA"), sharp("CCGATCGC")], EVEN))
    files = [tmp_path / f"{name}.meme" for name in "abc"]
    motifs, about = first_motifs(files, make_compendium())
    assert [motif.name for motif in motifs] == ["TGACTCA", "CCGATCGG"] * 2 + ["TGACTCA", "CCGATCGC"]
    assert [part["motifs"] for part in about] == [2, 2, 2]
    assert about[0]["content"] == about[1]["content"] != about[2]["content"]


def test_jaspars_motifs_by_name_and_none_for_another_organism(make_compendium) -> None:
    motifs, about = first_motifs(["jaspar:fungi"], make_compendium())
    assert len(motifs) > 100
    assert [part["name"] for part in about] == ["JASPAR fungi"]
    with pytest.raises(
        DeepRageError, match=r"no motif for filters to start from, since .*--motifs FILE"
    ):
        first_motifs(None, make_compendium())
