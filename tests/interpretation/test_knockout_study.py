"""A whole knock-out experiment and a screen, on planted regulators and in their files."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control
from tests.interpretation.planted import World, make_world

from deeprage.data.sites import consensus_pattern
from deeprage.interpretation.enrichment import Enrichment, enrichment, enrichment_summary
from deeprage.interpretation.epistasis import dissect, mean_size
from deeprage.interpretation.knockout import KnockOut, OutOfRange, knock_out
from deeprage.interpretation.knockout_files import (
    folder_name,
    knockout_summary,
    write_knockout,
    write_screen,
)
from deeprage.interpretation.knockout_study import study, study_screen
from deeprage.interpretation.nulls import empirical_p, null_scores
from deeprage.interpretation.perturbation import LevelChange, MotifMask
from deeprage.interpretation.ranking import ranking, shown_condition
from deeprage.interpretation.screen import Scores, screen_regulators

CONDITIONS = [f"c{column}" for column in range(15)]


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(and_pairs=0)


class Planted:
    """The planted network: whose motif is in a promoter is a target; REG008 is not in it."""

    source = "planted.tsv"

    def __init__(self, world: World) -> None:
        self.present = world.present

    def of(self, slots, rows):
        targets = self.present[np.ix_(rows, list(slots))].any(axis=1)
        return targets, rows >= 8

    def table(self, slots, rows):
        both = [self.of(some, rows) if len(some) else (rows < 0, rows < 0) for some in slots]
        return tuple(np.stack(parts, axis=1) for parts in zip(*both, strict=True))


def lowered(slot: int) -> LevelChange:
    return LevelChange(slot, f"REG{slot + 1:03d}", -3.0, moved=True)


class TestStudy:
    def test_it_is_the_knock_out_with_its_nulls_and_targets(self, world: World) -> None:
        known = Planted(world)
        found = study(
            world.wild, [lowered(2)], world.compendium, conditions=CONDITIONS, nulls=6,
            known=known, regulators=[2], top=4, seed=5,
        )  # fmt: skip
        plain = knock_out(world.wild, [lowered(2)], rng=np.random.default_rng(0))
        np.testing.assert_array_equal(found.found.change, plain.change)
        assert found.dissection is None
        # The nulls are drawn from the seed, and are those of the table and of the summary.
        null = null_scores(
            world.wild, [lowered(2)], draws=6, rng=np.random.default_rng([5, 1]),
            before=plain.before,
        )  # fmt: skip
        size = mean_size(plain.change)
        by_gene = found.table.set_index("gene")
        assert list(by_gene["size"]) == sorted(size, reverse=True)
        genes = [world.compendium.genes[row] for row in world.wild.genes]
        np.testing.assert_allclose(by_gene.loc[genes, "p"], empirical_p(size, null))
        targets, candidates = known.of([2], world.wild.genes)
        np.testing.assert_array_equal(by_gene.loc[genes, "target"], targets)
        about = found.about
        assert (about["feedback_rounds"], about["nulls"], about["seed"]) == (0, 6, 5)
        own = enrichment(size, targets, candidates=candidates, top=4)
        assert about["targets"]["auroc"] == own.auroc == 1
        assert (about["targets"]["top"], about["targets"]["hits"]) == (4, 4)
        others = [enrichment(x, targets, candidates=candidates, top=4).auroc for x in null]
        assert about["targets"]["null_auroc"] == pytest.approx(np.mean(others))
        assert about["targets"]["empirical_p"] == pytest.approx(1 / 7)
        assert about["targets"]["regulators"] == ["REG003"]

    def test_parts_are_asked_for(self, world: World) -> None:
        steps = [lowered(1), lowered(4)]
        found = study(
            world.wild, steps, world.compendium, conditions=CONDITIONS, singles=True, rounds=1
        )
        assert found.dissection is not None
        assert found.found is found.dissection.whole
        assert found.about == {"feedback_rounds": 1, "nulls": 0, "seed": 0}
        assert "epistasis" in found.table
        assert not {"p", "q", "target"} & set(found.table)

    def test_a_network_says_nothing_of_a_knock_out_without_regulators(self, world: World) -> None:
        found = study(
            world.wild, [lowered(1)], world.compendium, conditions=CONDITIONS, known=Planted(world)
        )
        assert "targets" not in found.about


class TestSummary:
    FOUND = Enrichment(5, 20, 0.8, 0.01, 2, 5, 0.03)

    def test_the_share_of_random_knock_outs_that_do_as_well(self) -> None:
        null = np.array([0.5, 0.8, 0.9, np.nan])
        found = enrichment_summary(self.FOUND, source="s", regulators=["A"], null=null)
        # Two of three are as good, and one is added to both.
        assert found["empirical_p"] == pytest.approx(3 / 4)
        assert found["null_auroc"] == pytest.approx(2.2 / 3)
        assert (found["source"], found["regulators"], found["hits"]) == ("s", ["A"], 2)

    def test_what_is_not_defined_is_none(self) -> None:
        undefined = Enrichment(0, 20, np.nan, np.nan, 0, 0, np.nan)
        found = enrichment_summary(undefined, source="s", regulators=[], null=np.array([np.nan]))
        for key in ("auroc", "p", "top_p", "null_auroc", "empirical_p"):
            assert found[key] is None
        assert found["others"] == 20


def planted_knockout() -> KnockOut:
    """Three genes, four conditions; the third condition changes most."""
    before = np.arange(12, dtype=np.float32).reshape(3, 4)
    change = np.array([[0.1, -0.1, 0.3, 0.1], [-1, 0, -3, 0], [0.5, 0.5, -0.5, 0.5]], np.float32)
    flag = OutOfRange("A", -5.0, -3.0, -2.0, 2.0, 4)
    return KnockOut((lowered(0),), before, before + change, np.array([0, 2, 1]), 3, (flag,))


class TestRanking:
    def test_columns_in_closed_form(self) -> None:
        table = ranking(
            planted_knockout(), genes=list("abc"), symbols=list("ABC"), conditions=list("wxyz"),
            targets=np.array([True, False, False]),
        )  # fmt: skip
        assert list(table["gene"]) == ["b", "c", "a"]
        assert list(table["symbol"]) == ["B", "C", "A"]
        np.testing.assert_allclose(table["size"], [1, 0.5, 0.15], rtol=1e-5)
        np.testing.assert_allclose(table["change"], [-1, 0.25, 0.1], rtol=1e-5)
        np.testing.assert_allclose(table["largest"], [-3, 0.5, 0.3], rtol=1e-5)
        assert list(table["condition"]) == ["y", "w", "y"]
        np.testing.assert_allclose(table["before"], [6, 10, 2])
        np.testing.assert_allclose(table["after"], [3, 9.5, 2.3])
        assert list(table["sites"]) == [2, 1, 0]
        assert list(table["target"]) == [False, False, True]
        assert not {"p", "q", "epistasis"} & set(table)

    def test_the_condition_that_changes_most_is_shown(self) -> None:
        assert shown_condition(planted_knockout()) == 2

    def test_p_values_are_those_of_the_null_with_q_over_genes(self, world: World) -> None:
        found = knock_out(world.wild, [lowered(3)], rng=np.random.default_rng(0))
        null = np.abs(np.random.default_rng(1).normal(size=(4, len(found.change)))).astype("f4")
        names = [str(row) for row in range(len(found.change))]
        table = ranking(found, genes=names, symbols=names, conditions=CONDITIONS, null=null)
        p = empirical_p(mean_size(found.change), null)[table["gene"].astype(int)]
        np.testing.assert_allclose(table["p"], p)
        np.testing.assert_allclose(table["q"], false_discovery_control(p))
        none = ranking(found, genes=names, symbols=names, conditions=CONDITIONS, null=null[:0])
        assert "p" not in none


class TestFiles:
    @pytest.mark.parametrize(
        ("label", "name"),
        [
            ("MSN2 -= 5", "MSN2-down-5"),
            ("MSN2 += 0.5, without AGGGG", "MSN2-up-0.5-without-AGGGG"),
            ("MSN2 = -3", "MSN2-at-minus-3"),
            ("MSN2 = 3", "MSN2-at-3"),
            ("without filter 17, HSF1 -= 5", "without-filter-17-HSF1-down-5"),
            ("", "knockout"),
        ],
    )
    def test_a_folder_is_named_after_the_label(self, label: str, name: str) -> None:
        assert folder_name(label) == name

    def test_different_labels_have_different_folders(self) -> None:
        labels = ["a/b = 1", "a|b = 1", "a\\b = 1", "a b = 1", "a-b = 1", "---", "..",
                  "*", "α = 1", "β = 1", "../a b/", "x" * 70,
                  "x" * 71, "x" * 60 + "-y"]  # fmt: skip
        names = [folder_name(label) for label in labels]
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,59}", name) for name in names)

    def test_the_summary_counts_genes_that_change_by_half_a_log(self) -> None:
        found = knockout_summary(planted_knockout(), conditions=list("wxyz"))
        assert (found["genes"], found["conditions"], found["shown_condition"]) == (3, 4, "y")
        assert found["mean_size"] == pytest.approx((0.15 + 1 + 0.5) / 3)
        assert (found["changed"], found["changed_from"]) == (2, 0.5)
        assert (found["sites"], found["genes_with_sites"], found["given_up"]) == (3, 2, 3)
        assert found["out_of_range"][0]["lowest"] == -5
        assert (found["label"], found["parts"]) == ("REG001 -= 3", [])

    def test_everything_is_written_and_read_again(self, world: World, tmp_path: Path) -> None:
        parts = dissect(world.wild, [lowered(1), lowered(2), lowered(4)],
                        rng=np.random.default_rng(0))  # fmt: skip
        genes = [world.compendium.genes[row] for row in world.wild.genes]
        table = ranking(parts.whole, genes=genes, symbols=genes, conditions=CONDITIONS,
                        dissection=parts)  # fmt: skip
        content = write_knockout(
            tmp_path, parts.whole, table, genes=genes, conditions=CONDITIONS, suffix="tsv",
            dissection=parts, about={"seed": 7},
        )  # fmt: skip
        for name, values in (
            ("change", parts.whole.change),
            ("before", parts.whole.before),
            ("epistasis", parts.epistasis()),
        ):
            read = pd.read_csv(tmp_path / f"{name}.tsv", sep="\t", index_col="gene")
            assert (list(read.index), list(read.columns)) == (genes, CONDITIONS)
            np.testing.assert_allclose(read, values, atol=1e-5)
        assert json.loads((tmp_path / "knockout.json").read_text()) == content
        assert content["seed"] == 7
        assert list(pd.read_csv(tmp_path / "ranking.tsv", sep="\t")["gene"]) == list(table["gene"])
        labels = [part["label"] for part in content["parts"]]
        assert labels[:3] == ["REG002 -= 3", "REG003 -= 3", "REG005 -= 3"]
        assert labels[3:6] == [
            "REG002 -= 3, REG003 -= 3",
            "REG002 -= 3, REG005 -= 3",
            "REG003 -= 3, REG005 -= 3",
        ]
        assert len(labels) == 7
        for part, numbers in zip(content["parts"], [0, 1, 2], strict=False):
            one = parts.singles[numbers].change
            assert part["epistasis"] is None
            assert part["size"] == pytest.approx(np.abs(one).mean(), rel=1e-5)
            assert part["change"] == pytest.approx(one.mean(), rel=1e-4)
        # Independent causes: nothing beyond the sum.
        assert all(part["epistasis"] < 1e-4 for part in content["parts"][3:])

    def test_two_parts_are_the_whole(self, world: World) -> None:
        mask = MotifMask(consensus_pattern(world.model.consensus(1)))
        parts = dissect(world.wild, [lowered(1), mask], rng=np.random.default_rng(0))
        found = knockout_summary(parts.whole, conditions=CONDITIONS, dissection=parts)
        assert [part["epistasis"] is None for part in found["parts"]] == [True, True, False]
        beyond = np.abs(parts.epistasis()).mean()
        assert found["parts"][2]["epistasis"] == pytest.approx(beyond, rel=1e-5)
        assert beyond > 0.1


class TestScreen:
    @pytest.fixture(scope="class")
    def scores(self, world: World) -> Scores:
        return screen_regulators(world.wild, np.array([0, 1, 2, 3, 4]), step=-3)

    def test_rows_are_the_means_and_tests_of_each(self, world: World, scores: Scores) -> None:
        names = [f"k{number}" for number in range(5)]
        slots = [[0], [1], [2], [5], []]  # k3 is said to be another factor, k4 none
        found = study_screen(
            names, scores, world.wild, factors=["A", "B", "C", "X", ""], slots=slots,
            known=Planted(world), top=3,
        )  # fmt: skip
        rows = found.table.set_index("name")
        assert list(found.table["size"]) == sorted(found.table["size"], reverse=True)
        np.testing.assert_allclose(rows.loc[names, "size"], scores.size.mean(axis=1), rtol=1e-5)
        np.testing.assert_allclose(rows.loc[names, "change"], scores.mean.mean(axis=1), rtol=1e-5)
        assert list(rows.loc[names, "factor"]) == ["A", "B", "C", "X", ""]
        assert (rows.loc[names[:3], "auroc"] == 1).all()
        assert rows.loc["k3", "auroc"] < 0.7
        assert np.isnan(rows.loc["k4", "auroc"])
        about = found.about
        assert (about["knock_outs"], found.names) == (5, tuple(names))
        counts = about["targets"]
        assert (counts["tested"], counts["significant"], counts["median_auroc"]) == (4, 3, 1)
        tested = rows.dropna(subset="q")
        assert counts["top_significant"] == (tested["top_p"] < 0.05).sum() >= 3
        assert counts["pooled_p"] < 1e-6
        assert (counts["top"], counts["level"], counts["source"]) == (3, 0.05, "planted.tsv")

    def test_a_level_that_is_met_is_not_below(self, world: World, scores: Scores) -> None:
        names = ["k0", "k1"]
        options = {"factors": ["A", "B"], "slots": [[0], [1]], "known": Planted(world)}
        some = Scores(scores.size[:2], scores.mean[:2])
        table = study_screen(names, some, world.wild, **options).table
        for p, count in (("top_p", "top_significant"), ("q", "significant")):
            least = table[p].min()
            for level, expected in ((least, 0), (1.001 * least, (table[p] < 1.001 * least).sum())):
                found = study_screen(names, some, world.wild, **options, level=level)
                assert found.about["targets"][count] == expected

    def test_without_a_network_nothing_is_tested(self, world: World, scores: Scores) -> None:
        found = study_screen(
            list("abcde"), scores, world.wild, factors=[""] * 5, slots=[[]] * 5, known=None
        )
        assert found.about == {"knock_outs": 5, "targets": None}
        assert set(found.table) == {"name", "factor", "size", "change"}

    def test_files(self, world: World, scores: Scores, tmp_path: Path) -> None:
        result = study_screen(
            list("abcde"), scores, world.wild, factors=[""] * 5, slots=[[]] * 5, known=None
        )
        genes = [world.compendium.genes[row] for row in world.wild.genes]
        content = write_screen(tmp_path, scores, result, {"step": -3}, genes=genes)
        assert json.loads((tmp_path / "knockout.json").read_text()) == content
        assert (content["kind"], content["step"], content["knock_outs"]) == ("screen", -3, 5)
        for name, values in (("size", scores.size), ("change", scores.mean)):
            read = pd.read_parquet(tmp_path / f"{name}.parquet")
            assert list(read.columns) == genes
            assert (list(read.index), read.index.name) == (list("abcde"), "knock_out")
            np.testing.assert_allclose(read, values)
        table = pd.read_csv(tmp_path / "screen.tsv", sep="\t")
        assert list(table["name"]) == list(result.table["name"])
