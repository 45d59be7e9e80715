"""Filters that start as known motifs: they score as motifs do, and telling ones come first."""

from __future__ import annotations

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
from deeprage.training.first_motifs import most_informative, motif_filters, start_from_motifs
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

    def test_cells_that_are_held_out_have_no_say(self, make_compendium) -> None:
        compendium = self.world(make_compendium)
        split = make_split(compendium, regime="genes")
        known = [sharp("CCATTAGG"), sharp(self.SITES), sharp("GATAAGGC")]
        weights = []
        for size in (0.0, 100.0):
            changed = visible(compendium, split)
            held_out = split.role != Role.TRAIN
            noise = np.random.default_rng(1).normal(size=int(held_out.sum()))
            changed.expression[held_out] += size * noise
            network = self.network(changed.promoters.shape[1], 4)
            start_from_motifs(network, changed, split, known)
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
    assert Run.load(run).config["first_motifs"] == ["m.meme"]
    weight = Run.load(run).network().promoter_encoder.weight.detach().numpy()
    assert decode(weight[0].argmax(axis=0).astype(np.int8)) == TestStart.SITES
    (tmp_path / "m.meme").unlink()  # going on needs it no more
    again = words | {"epochs": 2}
    api.train(tmp_path / "c.h5ad", **again, settings=settings_, resume=True, out=run, threads=1)
    assert Run.load(run).config["first_motifs"] == ["m.meme"]
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
