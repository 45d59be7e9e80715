"""Sites of consensus words and PWMs, against plain searches."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from deeprage.data.dna import decode, encode, reverse_complement
from deeprage.data.motifs import Motif, log_odds
from deeprage.data.sites import (
    IUPAC,
    consensus_pattern,
    covered,
    pwm_pattern,
    read_pattern,
    site_starts,
)
from deeprage.errors import DeepRageError

BACKGROUND = np.array([0.3, 0.2, 0.2, 0.3])


def random_promoters(*, genes: int = 60, length: int = 200, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.choice(5, (genes, length), p=[0.28, 0.22, 0.22, 0.27, 0.01]).astype(np.int8)


def motif(seed: int = 1, *, width: int = 6) -> Motif:
    rng = np.random.default_rng(seed)
    return Motif("M1", "abc1", rng.dirichlet([0.3] * 4, width).T)


class TestConsensus:
    @pytest.mark.parametrize("word", ["AGGGG", "TTASTAA", "TNNGA", "CACGTG", "RYKMW"])
    def test_finds_what_a_regular_expression_finds_on_both_strands(self, word: str) -> None:
        promoters = random_promoters()
        expression = re.compile("(?=" + "".join(f"[{IUPAC[letter]}]" for letter in word) + ")")
        expected = np.zeros((len(promoters), promoters.shape[1] - len(word) + 1), dtype=bool)
        for row, tokens in enumerate(promoters):
            forward, backward = decode(tokens), decode(reverse_complement(tokens))
            expected[row, [found.start() for found in expression.finditer(forward)]] = True
            last = promoters.shape[1] - len(word)
            expected[row, [last - found.start() for found in expression.finditer(backward)]] = True
        assert expected.any()
        np.testing.assert_array_equal(site_starts(promoters, consensus_pattern(word)), expected)

    def test_a_site_holds_no_unknown_letter(self) -> None:
        assert not site_starts(encode("AANGA")[None], consensus_pattern("ANG")).any()
        assert site_starts(encode("AACGA")[None], consensus_pattern("ANG")).any()

    @pytest.mark.parametrize("word", ["", "AXG", "NNN", "AG GG"])
    def test_no_consensus(self, word: str) -> None:
        with pytest.raises(DeepRageError, match="IUPAC"):
            consensus_pattern(word)


class TestPwm:
    @pytest.mark.parametrize("p_value", [0.05, 0.002])
    def test_the_threshold_is_the_least_score_that_is_as_rare(self, p_value: float) -> None:
        """All words of 6 bp, enumerated."""
        found = pwm_pattern(motif(), BACKGROUND, p_value=p_value)
        words = np.array(list(product(range(4), repeat=6)))
        scores = found.scores[words, np.arange(6)].sum(axis=1)
        chances = BACKGROUND[words].prod(axis=1)
        sites = scores >= found.threshold - 1e-3
        assert chances[sites].sum() <= p_value
        next_best = scores[~sites].max()
        assert chances[scores >= next_best - 1e-3].sum() > p_value

    def test_scores_are_the_log_odds_of_either_strand(self) -> None:
        promoters = random_promoters()
        pattern = pwm_pattern(motif(), BACKGROUND, p_value=0.01)
        odds = log_odds(motif(), BACKGROUND)
        starts = site_starts(promoters, pattern)
        assert starts.any()
        for row, at in np.argwhere(starts):
            word = promoters[row, at : at + 6]
            both = [odds[one, np.arange(6)].sum() for one in (word, reverse_complement(word))]
            assert max(both) >= pattern.threshold - 0.05

    def test_a_motif_that_is_too_common(self) -> None:
        with pytest.raises(DeepRageError, match=r"even the best word .*raise the p-value"):
            pwm_pattern(motif(width=3), BACKGROUND, p_value=1e-6)
        for p_value in (0, 1, 2, float("nan")):
            with pytest.raises(DeepRageError, match=f"between 0 and 1, got {p_value}"):
                pwm_pattern(motif(), BACKGROUND, p_value=p_value)


class TestReading:
    def test_letters_are_a_consensus_and_other_words_are_names(self) -> None:
        def never() -> list[Motif]:
            raise AssertionError

        options = {"background": BACKGROUND, "p_value": 0.01}
        assert read_pattern("aggRg", motifs=never, **options).name == "AGGRG"
        for text in ("M1", "ABC1", "pwm:abc1"):
            found = read_pattern(text, motifs=lambda: [motif()], **options)
            assert found.same_sites(pwm_pattern(motif(), BACKGROUND, p_value=0.01))

    @pytest.mark.parametrize("called", ["ABC1_HUMAN.H11MO.0.B", "MA0001.1.Abc1", "Abc1(bZIP)/own"])
    def test_a_factor_in_the_spelling_of_a_database(self, called: str) -> None:
        options = {"background": BACKGROUND, "p_value": 0.01}
        known = [replace(motif(), name=called, symbol=called), replace(motif(), symbol="ABC1::X")]
        assert read_pattern("abc1", motifs=lambda: known, **options).name == called

    def test_an_unknown_name(self) -> None:
        with pytest.raises(DeepRageError, match=r"unknown motif .abc2.. Did you mean .abc1."):
            read_pattern("abc2", motifs=lambda: [motif()], background=BACKGROUND)

    def test_a_symbol_of_two_motifs_is_refused_with_both(self) -> None:
        first = motif()
        twins = [first, replace(first, name="other")]
        with pytest.raises(DeepRageError, match=r"2 known motifs are called .*'other': give one"):
            read_pattern(f"pwm:{first.symbol}", motifs=lambda: twins, background=BACKGROUND)
        options = {"background": BACKGROUND, "p_value": 0.01}
        found = read_pattern("pwm:OTHER", motifs=lambda: twins, **options)
        assert found.name == first.symbol
        with pytest.raises(DeepRageError, match=r"2 known motifs are called .*several files"):
            read_pattern(first.name, motifs=lambda: [first, first], background=BACKGROUND)


def test_same_sites_on_the_other_strand() -> None:
    assert consensus_pattern("AGGGG").same_sites(consensus_pattern("CCCCT"))
    assert not consensus_pattern("AGGGG").same_sites(consensus_pattern("AGGCG"))


def test_covered_letters() -> None:
    starts = np.array([[True, False, False, True, False, False]])
    np.testing.assert_array_equal(covered(starts, 2)[0], [1, 1, 0, 1, 1, 0, 0])


def test_a_pattern_longer_than_the_promoters() -> None:
    with pytest.raises(DeepRageError, match="5 bp wide, the promoters only 4 bp"):
        site_starts(np.zeros((1, 4), np.int8), consensus_pattern("AGGGG"))
