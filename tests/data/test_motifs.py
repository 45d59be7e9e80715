"""Motif files and PWM scores, against scores computed letter by letter."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeprage.data.dna import encode, reverse_complement
from deeprage.data.motifs import (
    Motif,
    jaspar_motifs,
    letter_frequencies,
    log_odds,
    read_meme,
)
from deeprage.data.pwm_scan import scan
from deeprage.errors import DeepRageError

MEME = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.31 C 0.19 G 0.19 T 0.31

MOTIF MA1 MIG1
letter-probability matrix: alength= 4 w= 3 nsites= 20 E= 0
0.1 0.2 0.3 0.4
 1.000 0.000 0.000 0.000

0.25 0.25 0.25 0.25
URL http://example.org

MOTIF plain
letter-probability matrix: alength= 4
0 0 1 0
0 1 0 0
"""


def spelt(word: str, name: str = "planted") -> Motif:
    """A motif that is exactly one word."""
    return Motif(name, name, np.eye(4)[encode(word)].T.copy())


def random_motif(rng: np.random.Generator, width: int) -> Motif:
    return Motif(f"m{width}", "", rng.dirichlet(np.full(4, 0.4), size=width).T)


def scores_one_by_one(tokens: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Score of every window of one sequence, by a loop."""
    width = odds.shape[1]
    return np.array(
        [
            sum(odds[letter, j] for j, letter in enumerate(tokens[i : i + width]) if letter < 4)
            for i in range(len(tokens) - width + 1)
        ]
    )


class TestMemeFiles:
    def test_names_symbols_and_matrices(self, tmp_path: Path) -> None:
        path = tmp_path / "motifs.meme"
        path.write_text(MEME)
        first, second = read_meme(path)
        assert (first.name, first.symbol, first.width) == ("MA1", "MIG1", 3)
        np.testing.assert_allclose(first.probabilities[:, 0], [0.1, 0.2, 0.3, 0.4])
        np.testing.assert_allclose(first.probabilities[:, 1], [1, 0, 0, 0])
        assert (second.name, second.symbol, second.width) == ("plain", "plain", 2)

    def test_a_binary_file_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "motifs.meme"
        path.write_text("\0" + MEME)
        with pytest.raises(DeepRageError, match="NUL bytes"):
            read_meme(path)

    def test_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(DeepRageError, match=r"the motif file .* does not exist"):
            read_meme(tmp_path / "absent.meme")


class TestJaspar:
    def test_fungi_hold_a_known_yeast_motif(self) -> None:
        motifs = {motif.symbol: motif for motif in jaspar_motifs()}
        assert len(motifs) > 150
        best = motifs["ARG80"].probabilities[:, 1:4].argmax(axis=0)
        np.testing.assert_array_equal(best, encode("GAC"))
        for motif in motifs.values():
            np.testing.assert_allclose(motif.probabilities.sum(axis=0), 1)

    def test_unknown_group(self) -> None:
        with pytest.raises(DeepRageError, match="'fungi'"):
            jaspar_motifs("fungus")


class TestScores:
    def test_log_odds_of_background_is_zero(self) -> None:
        background = np.array([0.3, 0.2, 0.2, 0.3])
        motif = Motif("b", "b", np.repeat(background[:, None], 5, axis=1))
        np.testing.assert_allclose(log_odds(motif, background), 0, atol=1e-12)

    def test_letter_frequencies_count_both_strands(self) -> None:
        found = letter_frequencies(encode("AAAGNN"))
        np.testing.assert_allclose(found, [3 / 8, 1 / 8, 1 / 8, 3 / 8])
        np.testing.assert_allclose(letter_frequencies(encode("NN")), 0.25)

    def test_best_and_occupancy_equal_a_letter_by_letter_count(self) -> None:
        rng = np.random.default_rng(0)
        tokens = rng.choice(5, p=[0.3, 0.19, 0.19, 0.3, 0.02], size=(4, 57)).astype(np.int8)
        motifs = [random_motif(rng, width) for width in (5, 8, 5)]
        found = scan(tokens, motifs, window=50, bins=3)
        kept = tokens[:, -50:]
        background = letter_frequencies(kept)
        for m, motif in enumerate(motifs):
            odds = log_odds(motif, background)
            for gene in range(4):
                forward = scores_one_by_one(kept[gene], odds)
                backward = scores_one_by_one(kept[gene], odds[::-1, ::-1])
                either = np.maximum(forward, backward)
                bin_of_centre = ((np.arange(len(either)) + (motif.width - 1) / 2) * 3 // 50).astype(
                    int
                )
                best = [either[bin_of_centre == b].max() for b in range(3)]
                np.testing.assert_allclose(found.best[gene, m], best, rtol=1e-4, atol=1e-4)
                total = np.log2((2**forward + 2**backward).sum())
                np.testing.assert_allclose(found.occupancy[gene, m], total, rtol=1e-4, atol=1e-4)

    @given(seed=st.integers(0, 10_000), bins=st.integers(1, 4))
    @settings(deadline=None, max_examples=15)
    def test_the_other_strand_has_the_same_scores_in_mirrored_bins(
        self, seed: int, bins: int
    ) -> None:
        rng = np.random.default_rng(seed)
        # An odd width, and a length that the bins divide: no centre lies on an edge.
        tokens = rng.integers(0, 4, size=(3, 60)).astype(np.int8)
        motifs = [random_motif(rng, 7)]
        plain = scan(tokens, motifs, bins=bins)
        turned = scan(reverse_complement(tokens), motifs, bins=bins)
        np.testing.assert_allclose(plain.best, turned.best[:, :, ::-1], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(plain.occupancy, turned.occupancy, rtol=1e-4, atol=1e-4)

    def test_a_planted_site_is_found_in_its_bin_on_either_strand(self) -> None:
        tokens = np.zeros((2, 100), dtype=np.int8)
        tokens[0, 30:36] = encode("GACGCC")
        tokens[1, 90:96] = reverse_complement(encode("GACGCC"))
        found = scan(tokens, [spelt("GACGCC")], bins=5)
        assert found.best[0, 0].argmax() == 1
        assert found.best[1, 0].argmax() == 4
        assert found.best[0, 0, 1] == pytest.approx(found.best[1, 0, 4])

    def test_a_cache_is_used_and_depends_on_what_is_scanned(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(1)
        tokens = rng.integers(0, 4, size=(5, 40)).astype(np.int8)
        motif = [random_motif(rng, 6)]
        plain = scan(tokens, motif, bins=2)
        scan(tokens, motif, bins=2, cache=tmp_path)
        (path,) = tmp_path.iterdir()
        np.savez(path.open("wb"), best=plain.best + 1, occupancy=plain.occupancy)
        np.testing.assert_allclose(scan(tokens, motif, bins=2, cache=tmp_path).best, plain.best + 1)
        changed = tokens.copy()
        changed[0, 0] = 3 - changed[0, 0]
        scan(changed, motif, bins=2, cache=tmp_path)
        scan(tokens, motif, bins=4, cache=tmp_path)
        assert len(list(tmp_path.iterdir())) == 3
        path.write_bytes(b"damaged")
        np.testing.assert_allclose(scan(tokens, motif, bins=2, cache=tmp_path).best, plain.best)

    def test_what_does_not_fit_is_refused(self) -> None:
        tokens = np.zeros((1, 10), dtype=np.int8)
        with pytest.raises(DeepRageError, match="no motif"):
            scan(tokens, [])
        with pytest.raises(DeepRageError, match="12 bp wide"):
            scan(tokens, [spelt("A" * 12)])
        with pytest.raises(DeepRageError, match="bins must be between 1 and 7"):
            scan(tokens, [spelt("AAAA")], bins=8)
