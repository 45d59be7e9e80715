"""Planted regulator-motif-gene logic is found, with its signs, and chance is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deeprage.data.catalog.simulated import edges as planted_edges
from deeprage.data.motifs import Motif
from deeprage.data.names import NameResolver
from deeprage.data.regulatory_network import AlignedNetwork, align, read_network
from deeprage.data.sites import consensus_pattern
from deeprage.data.split import visible
from deeprage.errors import DeepRageError
from deeprage.interpretation.known_links import Checked, check_links
from deeprage.interpretation.model import model_of
from deeprage.interpretation.pair_effects import pair_effects
from deeprage.interpretation.regulator_motifs import (
    motifs_of_regulators,
    owned_patterns,
    site_patterns,
)
from deeprage.interpretation.simple_links import correlations, motif_occupancy, ridge_coefficients
from deeprage.interpretation.target_files import link_table, write_targets
from deeprage.interpretation.targets import Links, TargetOptions, find_links, p_by_regulator

from .conftest import Learnt

WORD = "ACGTTG"


def tokens_of(word: str) -> np.ndarray:
    return np.array(["ACGT".index(letter) for letter in word], dtype=np.int8)


class Planted:
    """f = 2 level_0 if the site is there + 3 level_0 + 5 if the site is there + level_1."""

    regulators = ("a", "b")
    reference_levels = np.zeros(2, dtype=np.float32)

    def respond(self, genes, promoters, levels):
        words = np.lib.stride_tricks.sliding_window_view(promoters, len(WORD), axis=1)
        site = (words == tokens_of(WORD)).all(axis=2).any(axis=1)[:, None].astype(np.float32)
        a, b = levels[:, 0], levels[:, 1]
        return (2 * a * site + 3 * a + 5 * site + b).astype(np.float32)


class TestPairEffects:
    def found(self, slot: int):
        rng = np.random.default_rng(0)
        promoters = np.zeros((4, 30), dtype=np.int8)
        promoters[1, 5:11] = tokens_of(WORD)
        promoters[3, 5:11] = promoters[3, 20:26] = tokens_of(WORD)
        levels = rng.normal(size=(7, 2)).astype(np.float32)
        low, high = np.array([-1, -1], np.float32), np.array([2, 3], np.float32)
        patterns = {slot: [consensus_pattern(WORD)]}
        effects = pair_effects(
            Planted(), np.arange(4), promoters, levels, patterns, low=low, high=high
        )
        return effects, levels

    def test_only_what_needs_both_is_left_of_the_interaction(self) -> None:
        effects, levels = self.found(0)
        np.testing.assert_array_equal(effects.sites[:, 0], [0, 1, 0, 2])
        np.testing.assert_allclose(effects.mixed[:, 0], [0, 6, 0, 6], atol=1e-5)
        np.testing.assert_allclose(effects.signed[:, 0], [0, 6, 0, 6], atol=1e-5)
        lost = np.abs(2 * levels[:, 0] + 5).mean()
        np.testing.assert_allclose(effects.motif[:, 0], [0, lost, 0, lost], rtol=1e-5)

    def test_a_regulator_that_does_not_act_through_the_motif_has_none(self) -> None:
        effects, _ = self.found(1)
        np.testing.assert_allclose(effects.mixed, 0, atol=1e-5)
        assert effects.motif[1, 0] > 1


REGULATORS = NameResolver.from_symbols(["YA", "YB", "YC"], ["ABC1", "BCD2", "XYZ9"])


class TestRegulatorMotifs:
    def test_motifs_find_their_regulators_by_name_and_by_symbol(self) -> None:
        p = np.full((4, 8), 0.25)
        motifs = [Motif("M1", "Abc1p", p), Motif("M2", "ABC1::XYZ9", p), Motif("YB", "q", p)]
        found = motifs_of_regulators(motifs, ["YA", "YB", "YC"], ["ABC1", "BCD2", "XYZ9"])
        assert {slot: [m.name for m in some] for slot, some in found.items()} == {
            0: ["M1", "M2"],
            1: ["YB"],
            2: ["M2"],
        }

    def test_motifs_that_cannot_have_sites_are_left_out(self) -> None:
        even = np.full(4, 0.25)
        short, blank = np.eye(4)[:, [0, 1, 2, 3, 0]], np.full((4, 8), 0.25)
        some = {0: [Motif("short", "s", short)], 1: [Motif("blank", "b", blank)]}
        found = site_patterns(some, even, longest=50)
        assert list(found) == [0]
        assert found[0][0].width == 5
        assert not site_patterns(some, even, longest=4)

    def test_a_p_value_that_is_asked_for_is_kept(self) -> None:
        even = np.full(4, 0.25)
        motifs = {0: [Motif("five", "s", np.eye(4)[:, [0, 1, 2, 3, 0]])]}  # its word: 0.00098
        assert not site_patterns(motifs, even, longest=50, p_value=1e-4)
        strict, loose = (site_patterns(motifs, even, longest=50, p_value=p) for p in (1e-3, 0.02))
        assert strict[0][0].threshold > loose[0][0].threshold
        with pytest.raises(DeepRageError, match="between 0 and 1, got 2"):
            site_patterns(motifs, even, longest=50, p_value=2)

    def test_each_motif_of_a_regulator_once_with_all_its_owners(self) -> None:
        even = np.full(4, 0.25)
        word = np.eye(4)[:, [0, 1, 2, 3, 0, 1, 2]]
        motifs = [
            Motif("M1", "Abc1p", word),
            Motif("M1", "ABC1::XYZ9", word[:, ::-1]),  # of another file
            Motif("YB", "q", word),
            Motif("M4", "other", word),
        ]
        found = owned_patterns(motifs, REGULATORS, even, longest=50)
        assert [(one.name, one.slots) for one in found] == [
            ("M1", [0]),
            ("M1 (2)", [0, 2]),
            ("YB", [1]),
        ]
        with pytest.raises(DeepRageError, match="none can have sites in promoters of 4 bp"):
            owned_patterns(motifs, REGULATORS, even, longest=4)
        with pytest.raises(DeepRageError, match="none of 1 known motifs"):
            owned_patterns(motifs[3:], REGULATORS, even, longest=50)


class TestSimpleLinks:
    def test_correlation_over_what_is_known(self, make_compendium) -> None:
        from deeprage.data.splitting import make_split

        compendium = make_compendium(genes=12, conditions=60, missing=0.2, seed=3)
        split = make_split(
            compendium, regime="conditions", seed=0, test_fraction=0.2, validation_fraction=0.2
        )
        found = correlations(visible(compendium, split), split)
        columns = split.train_columns
        values = compendium.expression[:, columns]
        levels = compendium.regulator_levels[columns]
        for gene in range(12):
            for slot in range(3):
                both = ~np.isnan(values[gene]) & ~np.isnan(levels[:, slot])
                expected = np.corrcoef(values[gene, both], levels[both, slot])[0, 1]
                assert found[gene, slot] == pytest.approx(expected, abs=1e-4)

    def test_three_common_conditions_are_enough_for_a_correlation(self, make_compendium) -> None:
        from deeprage.data.splitting import make_split

        values = np.random.default_rng(0).normal(size=(30, 12))
        compendium = make_compendium(values)
        split = make_split(compendium, regime="conditions")
        known = split.train_columns
        values[0, known[3:]] = values[1, known[2:]] = np.nan
        compendium = make_compendium(values)
        found = correlations(visible(compendium, split), split)
        for slot, row in enumerate(compendium.regulator_rows):
            expected = np.corrcoef(values[0, known[:3]], values[row, known[:3]])[0, 1]
            assert found[0, slot] == pytest.approx(expected, abs=1e-4)
            assert found[1, slot] == 0

    def test_ridge_and_occupancy_find_what_was_planted(self, learnt: Learnt) -> None:
        simulation, compendium, run = learnt
        truth = planted_network(learnt)
        seen = visible(compendium, run.split)
        coefficients = ridge_coefficients(seen, run.split)
        trained = run.split.train_rows[run.split.train_rows >= 4]
        agree = np.sign(coefficients[trained]) == truth.sign[trained]
        assert agree[truth.edge[trained]].mean() > 0.9
        known = {slot: [motif] for slot, motif in enumerate(simulation.motifs)}
        occupancy = motif_occupancy(compendium, known)
        assert occupancy[truth.edge].mean() > 1 + occupancy[truth.candidate & ~truth.edge].mean()


class TestEmpiricalP:
    def test_in_closed_form(self) -> None:
        observed = np.array([[3.0, np.nan], [0.5, 1], [0.0, 1]], dtype=np.float32)
        null = np.array([[0.0, 9], [1, 9], [2, 9]], dtype=np.float32)
        found = p_by_regulator(observed, null)
        np.testing.assert_allclose(found[:, 0], [1 / 4, 3 / 4, 1])
        assert np.isnan(found[:, 1]).all()

    def test_scores_that_were_not_looked_at_are_stood_for_by_the_others(self) -> None:
        """2 of 4 with sites were looked at: each counts twice, and one more is added."""
        nan = np.nan
        null = np.array([[0.0], [0], [5], [1], [nan], [nan]], dtype=np.float32)
        observed = np.array([[6.0], [3], [0.5], [0]], dtype=np.float32)
        found = p_by_regulator(observed, null)
        expected = [(1 + 1 * 2) / 7, (1 + 2 * 2) / 7, (1 + 3 * 2) / 7, 1]
        np.testing.assert_allclose(found[:, 0], expected)

    @pytest.mark.parametrize("share", [0.01, 0.05, 0.3])
    def test_a_sample_of_the_null_is_not_called_too_often(self, share: float) -> None:
        """Over 60 nulls of 800 scores, 7 of 10 of those with sites not looked at."""
        rng = np.random.default_rng(1)

        def scores() -> np.ndarray:
            return np.where(rng.random((800, 60)) < 0.4, rng.gamma(2.0, size=(800, 60)), 0.0)

        null, observed = scores(), scores()
        left_out = (null > 0) & (rng.random(null.shape) < 0.7)
        found = p_by_regulator(observed, np.where(left_out, np.nan, null))
        assert (found < share).mean() <= share * 1.03
        assert (found < 0.3).mean() > 0.25

    def test_it_is_uniform_under_the_null(self) -> None:
        rng = np.random.default_rng(0)
        draws = rng.gamma(2.0, size=(4000, 1)).astype(np.float32)
        found = p_by_regulator(draws[:2000], draws[2000:])
        for share in (0.05, 0.5):
            assert (found < share).mean() == pytest.approx(share, abs=0.02)


def planted_network(learnt: Learnt) -> AlignedNetwork:
    compendium = learnt.compendium
    planted = planted_edges(learnt.simulation)
    edge = np.zeros((len(compendium.genes), 4), dtype=bool)
    sign = np.zeros(edge.shape, dtype=np.int8)
    for row in planted.itertuples():
        at = compendium.genes.index(row.gene), compendium.regulators.index(row.regulator)
        edge[at], sign[at] = True, 1 if row.sign == "+" else -1
    candidate = np.ones_like(edge)
    candidate[np.arange(4), np.arange(4)] = False
    return AlignedNetwork(np.arange(4), sign, edge, candidate)


@pytest.fixture(scope="module")
def links(learnt: Learnt) -> Links:
    model = model_of(learnt.run, learnt.compendium)
    options = TargetOptions(most_conditions=12)
    return find_links(model, learnt.compendium, learnt.run.split, learnt.simulation.motifs, options)


@pytest.fixture(scope="module")
def checked(learnt: Learnt, links: Links) -> Checked:
    return check_links(links, planted_network(learnt), rng=np.random.default_rng(0), rounds=10)


class TestLearnt:
    def test_pairs_are_found_with_and_without_known_motifs(self, checked: Checked) -> None:
        by_name = {one.score: one for one in checked.table}
        assert by_name["mixed"].found.aupr > 0.9
        assert by_name["specific"].found.aupr > 0.9
        for one in ("mixed", "specific"):
            assert by_name[one].rewired is not None
            assert by_name[one].found.aupr > by_name[one].rewired.high + 0.2
            assert by_name[one].found.aupr > by_name["correlation"].found.aupr
        assert by_name["mixed"].shuffled.mean == pytest.approx(
            by_name["mixed"].found.base, abs=0.06
        )

    def test_signs_are_right(self, checked: Checked) -> None:
        mixed = next(one for one in checked.table if one.score == "mixed")
        assert mixed.sign > 0.95

    def test_links_at_a_small_q_are_planted_ones(self, links: Links, learnt: Learnt) -> None:
        truth = planted_network(learnt)
        sure = (links.q < 0.05) & truth.candidate[links.genes]
        assert sure.sum() > 0.5 * truth.edge.sum()
        assert truth.edge[links.genes][sure].mean() > 0.9

    def test_no_regulator_is_its_own_target(self, links: Links, learnt: Learnt) -> None:
        table = link_table(links, None, learnt.compendium, most=10**6)
        assert (table["regulator"] != table["target"]).all()
        assert np.isnan(links.q[links.own]).all()

    def test_promoters_of_other_genes_give_nothing(self, learnt: Learnt) -> None:
        """Permuted promoters: the model's scores lose the truth, whatever the levels say."""
        compendium = learnt.compendium
        order = np.random.default_rng(1).permutation(len(compendium.genes))
        other = compendium.with_expression(compendium.expression)
        other.adata.varm["promoter"] = compendium.promoters[order]
        model = model_of(learnt.run, other)
        options = TargetOptions(most_conditions=6, rounds=0)
        found = find_links(model, other, learnt.run.split, learnt.simulation.motifs, options)
        network = planted_network(learnt)
        again = check_links(found, network, rng=np.random.default_rng(0), rounds=0)
        for one in again.table:
            if one.score in ("mixed", "motif", "specific", "motif scan"):
                assert one.found.auroc == pytest.approx(0.5, abs=0.05), one.score

    def test_without_motifs_the_specific_score_serves(self, learnt: Learnt) -> None:
        model = model_of(learnt.run, learnt.compendium)
        options = TargetOptions(most_conditions=4, rounds=0)
        notes: list[str] = []
        found = find_links(
            model, learnt.compendium, learnt.run.split, [], options, tell=notes.append
        )
        assert found.score == "specific"
        assert notes == ["no motif of a regulator is known, so links are scored by 'specific'"]
        assert set(found.scores) == {"specific", "level", "correlation", "ridge"}
        assert np.isnan(found.q).all()
        assert (found.sites == -1).all()
        with pytest.raises(DeepRageError, match="needs motifs"):
            find_links(model, learnt.compendium, learnt.run.split, [], TargetOptions(score="mixed"))

    def test_motifs_without_sites_are_named_and_no_other_score_is_taken(
        self, learnt: Learnt
    ) -> None:
        model = model_of(learnt.run, learnt.compendium)
        first, second = learnt.compendium.regulator_symbols[:2]
        short = Motif("M1", first, np.eye(4)[:, :2])
        options = TargetOptions(most_conditions=2, rounds=0)
        arguments = (model, learnt.compendium, learnt.run.split)
        with pytest.raises(DeepRageError, match="motifs of 1 regulator are too short or too wide"):
            find_links(*arguments, [short], options)
        notes: list[str] = []
        sharp = Motif("M2", second, learnt.simulation.motifs[0].probabilities)
        found = find_links(*arguments, [short, sharp], options, tell=notes.append)
        assert found.score == "mixed"
        assert len(notes) == 1
        assert "1 regulator without sites, since the motifs are too short or too wide" in notes[0]
        assert repr(first) in notes[0]


class TestFiles:
    def test_table_arrays_and_summary_agree(
        self, links: Links, checked: Checked, learnt: Learnt, tmp_path: Path
    ) -> None:
        compendium = learnt.compendium
        content = write_targets(
            links, checked, compendium, tmp_path, network="truth.tsv", about={}, most=200
        )
        table = pd.read_csv(tmp_path / "targets.tsv", sep="\t", keep_default_na=False)
        assert len(table) == 200
        q = table["q"].to_numpy(dtype=float)
        assert (np.diff(q) >= 0).all()
        truth = planted_network(learnt)
        with np.load(tmp_path / "targets.npz", allow_pickle=False) as arrays:
            genes, regulators = list(arrays["genes"]), list(arrays["regulators"])
            for row in table.head(20).itertuples():
                at = genes.index(row.target), regulators.index(row.regulator)
                assert arrays["mixed"][at] == pytest.approx(row.score, rel=1e-3)
                assert {"+": 1, "-": -1}[row.sign] == arrays["sign"][at]
                place = compendium.genes.index(row.target), at[1]
                assert int(row.known) == truth.edge[place]
        assert len(content["links"]) == 200
        assert {entry["score"] for entry in content["checked"]} == set(links.scores)
        assert content["by_regulator"][0]["auroc"] > 0.9


def test_planted_edges_come_back_through_a_file(learnt: Learnt, tmp_path: Path) -> None:
    path = tmp_path / "edges.tsv"
    planted = planted_edges(learnt.simulation)
    planted[["regulator", "gene", "sign"]].to_csv(path, sep="\t", index=False)
    compendium = learnt.compendium
    found = align(
        read_network(path),
        names=compendium.names,
        regulator_rows=compendium.regulator_rows,
    )
    expected = planted_network(learnt)
    np.testing.assert_array_equal(found.edge, expected.edge)
    np.testing.assert_array_equal(found.sign, expected.sign)


def test_bad_options_are_refused() -> None:
    for options in ({"score": "magic"}, {"most_conditions": 0}, {"rounds": -1}):
        with pytest.raises(DeepRageError):
            TargetOptions(**options)
