"""Planted motifs come out of filters, and shuffled ones do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deeprage.data.dna import reverse_complement as turned
from deeprage.data.motif_names import factors
from deeprage.data.motifs import Motif, jaspar_motifs, read_meme
from deeprage.errors import DeepRageError
from deeprage.interpretation.model import Filters, filters_of, model_of
from deeprage.interpretation.motif_files import motif_content, motif_table, write_motifs
from deeprage.interpretation.motifs import MotifOptions, chance_q, find_motifs, shuffled_filters
from deeprage.interpretation.pwm import (
    consensus,
    information,
    informative_span,
    motif_from_counts,
    reverse_complement,
)
from deeprage.interpretation.redundancy import groups, representatives, similarity
from deeprage.interpretation.tomtom import compare

from .conftest import Learnt

EVEN = np.full(4, 0.25)
TARGETS = jaspar_motifs()


def word_motif(word: str, *, sharp: float = 1.0, name: str = "") -> Motif:
    letters = np.array(["ACGT".index(letter) for letter in word])
    rest = (1 - sharp) / 3
    return Motif(
        name or word, name or word, np.where(np.arange(4)[:, None] == letters, sharp, rest)
    )


def of_bits(bits: float) -> np.ndarray:
    """Letters (4,) of so many bits against even ones: A more than the others."""
    from scipy.optimize import brentq

    def letters(p: float) -> np.ndarray:
        return np.array([p, *[(1 - p) / 3] * 3])

    def missing(p: float) -> float:
        x = letters(p)
        return float((x[x > 0] * np.log2(x[x > 0] / 0.25)).sum()) - bits

    return letters(0.25 if bits == 0 else 1 if bits == 2 else brentq(missing, 0.25, 1))


class TestPwm:
    def test_information_in_closed_form(self) -> None:
        motif = Motif(
            "m", "m", np.array([[1, 0.5, 0.25], [0, 0.5, 0.25], [0, 0, 0.25], [0, 0, 0.25]])
        )
        np.testing.assert_allclose(information(motif, EVEN), [2, 1, 0], atol=1e-12)
        at_rich = np.array([0.4, 0.1, 0.1, 0.4])
        np.testing.assert_allclose(information(motif, at_rich)[0], np.log2(1 / 0.4))

    def test_counts_become_probabilities_with_one_window_of_background(self) -> None:
        counts = np.array([[99.0], [0], [0], [0]])
        motif = motif_from_counts(counts, np.array([0.4, 0.1, 0.1, 0.4]), name="m")
        np.testing.assert_allclose(motif.probabilities[:, 0], [0.994, 0.001, 0.001, 0.004])

    def test_uninformative_ends_are_cut_and_gaps_kept(self) -> None:
        core = word_motif("CGGAACCG").probabilities
        core[:, 3:5] = 0.25
        flank = np.full((4, 4), 0.25)
        motif = Motif("m", "m", np.concatenate([flank, core, flank[:, :2]], axis=1))
        assert informative_span(motif, EVEN) == (4, 12)

    def test_at_least_five_positions_stay(self) -> None:
        flat = np.full((4, 9), 0.25)
        flat[:, 4] = [1, 0, 0, 0]
        start, end = informative_span(Motif("m", "m", flat), EVEN)
        assert end - start == 5
        assert start <= 4 < end

    @pytest.mark.parametrize(
        ("strong", "span"),
        [
            ({0: 2.0}, (0, 5)),  # at the left end it can grow to the right alone
            ({8: 2.0}, (4, 9)),
            ({4: 2.0, 3: 0.2, 5: 0.1}, (3, 8)),  # first to the stronger side, equals to the right
            ({4: 2.0, 3: 0.1, 5: 0.2, 6: 0.15, 2: 0.12}, (2, 7)),
            ({1: 0.25, 7: 0.25}, (1, 8)),  # just enough
            ({1: 0.24, 2: 1.0, 6: 0.5, 7: 0.24}, (2, 7)),
        ],
    )
    def test_what_is_cut_and_where_it_grows(self, strong: dict, span: tuple[int, int]) -> None:
        motif = Motif("m", "m", np.stack([of_bits(strong.get(n, 0.0)) for n in range(9)], axis=1))
        bits = information(motif, EVEN)
        np.testing.assert_allclose(bits, [strong.get(n, 0.0) for n in range(9)], atol=1e-6)
        assert informative_span(motif, EVEN, least=0.2499) == span

    def test_a_motif_without_information_stays_whole(self) -> None:
        flat = Motif("m", "m", np.full((4, 7), 0.25))
        assert informative_span(flat, EVEN) == (0, 7)
        short = Motif("m", "m", np.eye(4)[:, :3])
        assert informative_span(short, EVEN) == (0, 3)

    def test_cavener_s_limits(self) -> None:
        """More than half and twice the next; else more than three quarters together."""
        columns = {
            "A": [0.51, 0.25, 0.24, 0],
            "N": [0.5, 0.25, 0.25, 0],  # not more than half, nor more than three quarters
            "M": [0.52, 0.27, 0.21, 0],  # not twice the next
            "K": [0.1, 0.14, 0.4, 0.36],
            "S": [0.0, 0.5, 0.5, 0.0],
            "W": [0.4, 0.1, 0.1, 0.4],
            "Y": [0.1, 0.4, 0.1, 0.4],
            "R": [0.4, 0.1, 0.4, 0.1],
        }
        motif = Motif("m", "m", np.array(list(columns.values())).T)
        assert consensus(motif) == "".join(columns)

    def test_consensus(self) -> None:
        columns = [
            [1, 0, 0, 0],
            [0.5, 0, 0.5, 0],
            [0.25] * 4,
            [0.4, 0.4, 0.1, 0.1],
            [0, 0, 0.1, 0.9],
        ]
        assert consensus(Motif("m", "m", np.array(columns).T)) == "ARNMT"


class TestRedundancy:
    def test_shifted_and_turned_copies_are_one_group(self) -> None:
        rng = np.random.default_rng(0)
        flank = np.full((4, 3), 0.25)
        base = word_motif("TGACTCAT", sharp=0.95).probabilities
        copies = [
            Motif("a", "a", base),
            Motif("b", "b", np.concatenate([flank, base], axis=1)),
            Motif("c", "c", base[::-1, ::-1]),
            Motif("d", "d", base[:, 1:]),
        ]
        others = [Motif(f"o{n}", "o", rng.dirichlet([0.3] * 4, 9).T) for n in range(12)]
        found = groups([*copies, *others])
        assert set(found[:4]) == {0}
        assert 0 not in found[4:]
        assert len(set(found)) >= 11

    def test_similarity_is_1_for_itself_and_symmetric(self) -> None:
        rng = np.random.default_rng(0)
        motifs = [Motif(str(n), str(n), rng.dirichlet([0.5] * 4, 5 + n).T) for n in range(5)]
        found = similarity(motifs)
        np.testing.assert_allclose(np.diag(found), 1)
        np.testing.assert_allclose(found, found.T)

    def test_it_is_the_best_of_all_shifts_on_either_strand(self) -> None:
        rng = np.random.default_rng(1)
        motifs = [
            Motif(str(n), str(n), rng.dirichlet([0.4] * 4, w).T) for n, w in enumerate((4, 7))
        ]
        one, other = (motif.probabilities - 0.25 for motif in motifs)
        best = -1.0
        for strand in (other, other[::-1, ::-1]):
            for shift in range(-6, 4):
                total = sum(
                    one[:, n] @ strand[:, n - shift] for n in range(4) if 0 <= n - shift < 7
                )
                best = max(best, total / np.linalg.norm(one) / np.linalg.norm(other))
        assert similarity(motifs)[0, 1] == pytest.approx(best)

    def test_groups_are_cut_at_a_mean_similarity(self) -> None:
        motifs = [word_motif(word, sharp=0.94) for word in ("TGACTCAT", "TGACTCAG", "GGCCTTAA")]
        alike = similarity(motifs)[0, 1]
        assert list(groups(motifs, same=alike - 0.01)) == [0, 0, 1]
        assert list(groups(motifs, same=alike + 0.01)) == [0, 1, 2]
        assert 0.75 < alike < 0.95  # one letter of eight differs: the same motif by default
        assert list(groups(motifs)) == [0, 0, 1]
        assert list(groups(motifs[:1])) == [0]

    def test_the_most_informative_speaks_for_its_group(self) -> None:
        chosen = representatives(np.array([0, 1, 0, 1, 2]), np.array([1.0, 5.0, 3.0, 5.0, 0.0]))
        np.testing.assert_array_equal(chosen, [False, True, True, False, True])


class TestTomtom:
    def test_offset_and_strand_lay_the_target_on_the_query(self) -> None:
        """Every way to shift and turn a known motif is undone by the reported alignment."""
        known = next(motif for motif in TARGETS if motif.symbol == "GCN4")
        flank = np.full((4, 3), 0.25)
        p = known.probabilities
        queries = [
            Motif("same", "", p),
            Motif("later", "", np.concatenate([flank, p], axis=1)),
            Motif("shorter", "", p[:, 2:]),
            Motif("turned", "", np.concatenate([flank, p[::-1, ::-1]], axis=1)),
        ]
        found = compare(queries, TARGETS)
        at = TARGETS.index(known)
        for row, query in enumerate(queries):
            assert found.best[row] == at
            shown = reverse_complement(known) if found.reverse[row, at] else known
            start = -found.offset[row, at]
            for position in range(max(0, start), min(query.width, start + shown.width)):
                np.testing.assert_allclose(
                    query.probabilities[:, position], shown.probabilities[:, position - start]
                )

    def test_q_values_are_over_the_targets_of_one_query(self) -> None:
        rng = np.random.default_rng(0)
        queries = [Motif(str(n), "", rng.dirichlet([0.3] * 4, 10).T) for n in range(3)]
        alone, together = compare(queries[:1], TARGETS), compare(queries, TARGETS)
        np.testing.assert_allclose(alone.q[0], together.q[0])
        order = np.argsort(together.p[1])
        by_hand = together.p[1][order] * len(TARGETS) / np.arange(1, len(TARGETS) + 1)
        by_hand = np.minimum(np.minimum.accumulate(by_hand[::-1])[::-1], 1)
        np.testing.assert_allclose(together.q[1][order], by_hand)

    @pytest.mark.parametrize(
        ("symbol", "names"),
        [
            ("Abf1p", ("ABF1",)),
            ("MBP1::SWI6", ("MBP1", "SWI6")),
            ("Nhp6ap", ("NHP6A",)),
            ("Matalpha2p", ("MATALPHA2",)),
            ("HAP1", ("HAP1",)),
            ("cre-1", ("CRE-1",)),
            ("YPR013C", ("YPR013C",)),
        ],
    )
    def test_names_of_factors(self, symbol: str, names: tuple[str, ...]) -> None:
        assert factors(symbol) == names


class TestChance:
    def test_in_closed_form(self) -> None:
        real = np.array([1e-6, 1e-3, 0.5])
        shuffled = [np.array([1e-4, 0.2, 0.6]), np.array([0.1, 0.3, 0.7])]
        # At 1e-6: none of 2 rounds; at 1e-3: 0.5 a round of 2; at 0.5: 2 a round of 3.
        np.testing.assert_allclose(chance_q(real, shuffled), [0, 0.25, 2 / 3])

    def test_as_good_as_a_real_one_counts_and_without_rounds_nothing_is_said(self) -> None:
        real = np.array([0.1, 0.2, 0.2])
        found = chance_q(real, [np.array([0.1, 0.3, 0.3])])
        np.testing.assert_allclose(found, [1 / 3, 1 / 3, 1 / 3])
        assert np.isnan(chance_q(real, [])).all()

    def test_shuffled_against_shuffled_is_all_chance(self) -> None:
        rng = np.random.default_rng(0)
        found = chance_q(rng.random(500), [rng.random(500) for _ in range(20)])
        assert (found < 0.1).mean() < 0.01

    def test_shuffled_filters_keep_their_columns(self) -> None:
        rng = np.random.default_rng(0)
        before = Filters(rng.normal(size=(5, 4, 7)).astype(np.float32), np.zeros(5, np.float32))
        after = shuffled_filters(before, rng)
        for one, other in zip(before.weight, after.weight, strict=True):
            assert sorted(map(tuple, one.T)) == sorted(map(tuple, other.T))
        assert not np.array_equal(before.weight, after.weight)


def tokens_of(word: str) -> np.ndarray:
    return np.array(["ACGT".index(letter) for letter in word], dtype=np.int8)


def planted(words: list[str], *, copies: int = 150) -> tuple[Filters, np.ndarray]:
    """Filters that read words, and promoters with the words at random places and strands."""
    rng = np.random.default_rng(3)
    promoters = rng.integers(0, 4, (400, 80)).astype(np.int8)
    weights = np.stack(
        [np.where(word_motif(word).probabilities > 0.5, 1.0, -1.0) for word in words]
    )
    for word in words:
        tokens = np.array(["ACGT".index(letter) for letter in word], dtype=np.int8)
        for row in rng.choice(len(promoters), copies, replace=False):
            at = rng.integers(0, 80 - len(word))
            site = tokens if rng.random() < 0.5 else turned(tokens)
            promoters[row, at : at + len(word)] = site
    bias = np.full(len(words), -3.0, dtype=np.float32)
    return Filters(weights.astype(np.float32), bias, both_strands=True), promoters


WORDS = ["ATGACTCATA", "TTACCCGGAT", "CCACGTGGTA", "GCGATGAGCA"]


class TestFind:
    def test_planted_words_are_matched_and_shuffled_ones_hardly(self) -> None:
        filters, promoters = planted(WORDS)
        known = [word_motif(word, sharp=0.9, name=f"W{n}") for n, word in enumerate(WORDS)]
        found = find_motifs(filters, promoters, [*known, *TARGETS], MotifOptions(q=0.01))
        assert found.counted.matched == 4
        assert [found.targets[at].name for at in found.matches.best] == ["W0", "W1", "W2", "W3"]
        assert found.counted.factors == ("W0", "W1", "W2", "W3")
        assert np.mean([one.matched for one in found.column_null]) < 1
        assert (found.q_chance < 0.05).all()

    def test_copies_of_a_filter_count_once(self) -> None:
        filters, promoters = planted(WORDS)
        weight = np.concatenate([filters.weight, filters.weight[:, ::-1, ::-1]])
        twice = Filters(weight, np.tile(filters.bias, 2), both_strands=True)
        known = [word_motif(word, sharp=0.9) for word in WORDS]
        found = find_motifs(twice, promoters, [*known, *TARGETS], MotifOptions(rounds=1))
        assert found.counted.matched == 8
        assert (found.counted.distinct, found.counted.distinct_matched) == (4, 4)

    def test_the_same_seed_gives_the_same(self) -> None:
        filters, promoters = planted(WORDS, copies=10)
        first, second = (
            motif_content(
                find_motifs(filters, promoters, TARGETS, MotifOptions(seed=5)),
                sources={},
                options=MotifOptions(seed=5),
            )
            for _ in range(2)
        )
        assert first == second

    def test_shuffled_filters_that_never_fire_match_nothing(self) -> None:
        """A word of one letter order, that is in every promoter, and no other order of it."""
        promoters = np.zeros((5, 30), dtype=np.int8)
        for row, promoter in enumerate(promoters):
            promoter[row : row + 10] = tokens_of("AACCCGGGTT")
        weight = np.where(word_motif("AACCCGGGTT").probabilities > 0.5, 1.0, -9.0)[None]
        only = Filters(weight.astype(np.float32), np.full(1, -9.5, np.float32))
        found = find_motifs(only, promoters, TARGETS, MotifOptions(rounds=1, filter_rounds=2))
        for one in found.filter_null:
            assert (one.matched, one.distinct, len(one.best_p)) == (0, 0, 0)

    def test_filters_that_never_fire_are_refused(self) -> None:
        silent = Filters(np.zeros((2, 4, 5), np.float32), np.full(2, -1, np.float32))
        with pytest.raises(DeepRageError, match="none of the 2 filters"):
            find_motifs(silent, np.zeros((3, 20), np.int8), TARGETS)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"q": 0}, "q must be above 0"),
        ({"q": 1.01}, "q must be above 0"),
        ({"rounds": -1}, "0 or more, got -1"),
        ({"filter_rounds": -2}, "0 or more, got -2"),
    ],
)
def test_options_out_of_range(options: dict, told: str) -> None:
    with pytest.raises(DeepRageError, match=told):
        MotifOptions(**options)


def test_options_at_the_ends_of_their_range() -> None:
    MotifOptions(q=1, rounds=0, filter_rounds=0)


class TestFiles:
    def test_table_and_meme_say_the_same(self, tmp_path: Path) -> None:
        filters, promoters = planted(WORDS)
        silent = np.concatenate([filters.weight, np.zeros((1, 4, 10), np.float32)])
        with_silent = Filters(silent, np.full(5, -3.0, np.float32), both_strands=True)
        result = find_motifs(with_silent, promoters, TARGETS, MotifOptions(rounds=2))
        content = write_motifs(
            result, tmp_path, sources={"JASPAR": len(TARGETS)}, options=result.options
        )
        motifs = read_meme(tmp_path / "motifs.meme")
        table = motif_table(content)
        assert [motif.name for motif in motifs] == list(table["filter"][:4])
        assert [consensus(motif) for motif in motifs] == list(table["consensus"][:4])
        assert table["consensus"].isna().iloc[4]
        for motif, entry in zip(motifs, content["filters"], strict=False):
            np.testing.assert_allclose(motif.probabilities, entry["pwm"], atol=1e-4)
        assert content["summary"]["active"] == 4
        assert content["summary"]["column_null"]["rounds"] == 2


def test_a_trained_network_gives_back_every_planted_motif(learnt: Learnt) -> None:
    simulation, compendium, run = learnt
    filters = filters_of(model_of(run, compendium))
    promoters = compendium.promoters[run.split.train_rows]
    targets = [*simulation.motifs, *TARGETS]
    found = find_motifs(filters, promoters, targets, MotifOptions(q=0.01))
    assert {motif.symbol for motif in simulation.motifs} <= set(found.counted.factors)
    assert found.counted.matched > 2 * np.mean([one.matched for one in found.column_null])
    for row in np.flatnonzero(found.q_chance < 0.01):
        assert targets[found.matches.best[row]].symbol.startswith("REG")
