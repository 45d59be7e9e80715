"""The audit finds what was planted, and only that."""

import numpy as np
import pytest

from deeprage.data.dna import reverse_complement
from deeprage.data.split import Regime, Role, ScoringProtocol, Split
from deeprage.data.splitting import make_split
from deeprage.evaluation.leakage import audit
from deeprage.evaluation.likeness import column_correlations, identity, shared_with


def promoters(count: int, length: int = 200, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (count, length)).astype(np.int8)


def rows_of(found) -> dict:
    return {row.name: row for row in found}


PROMOTERS = "test genes whose promoter is shared with training"
IDENTITY = "highest promoter identity across the split"
CONDITIONS = "test conditions with a training condition of r > 0.9"
TARGETS = "targets that are inputs"
CELLS = "test cells seen through an input"


class TestLikeness:
    def test_a_shifted_copy_is_found_on_either_strand(self) -> None:
        tokens = promoters(6)
        tokens[1, 50:] = tokens[0, :-50]
        tokens[3] = reverse_complement(tokens[2])
        near, most = shared_with(tokens, np.array([0, 2, 4]), np.array([1, 3, 5]))
        assert near.tolist() == [True, True, False]
        assert most == 1.0
        assert identity(tokens[0], tokens[1]) == pytest.approx(0.75, abs=0.01)

    def test_unrelated_promoters_share_nothing(self) -> None:
        near, most = shared_with(promoters(30), np.arange(10), np.arange(10, 30))
        assert not near.any()
        assert most < 0.5

    def test_correlations_use_common_rows_only(self) -> None:
        rng = np.random.default_rng(0)
        values = rng.normal(size=(50, 6)).astype(np.float32)
        values[rng.random(values.shape) < 0.2] = np.nan
        found = column_correlations(values, np.array([0, 1]), np.array([2, 3, 5]))
        for i, one in enumerate((0, 1)):
            for j, other in enumerate((2, 3, 5)):
                both = ~np.isnan(values[:, one]) & ~np.isnan(values[:, other])
                expected = np.corrcoef(values[both, one], values[both, other])[0, 1]
                assert found[i, j] == pytest.approx(expected, abs=1e-5)


class TestAudit:
    def test_a_clean_split_is_clean(self, make_compendium) -> None:
        compendium = make_compendium(promoters=promoters(30), genes=30)
        found = audit(compendium, make_split(compendium, regime="both"))
        assert {row.severity for row in found} == {"ok"}

    def test_planted_promoter_copies_are_a_leak(self, make_compendium) -> None:
        tokens = promoters(30)
        tokens[1] = tokens[0]
        compendium = make_compendium(promoters=tokens)
        split = hold_out(compendium, Regime.GENES, genes=[0])
        found = rows_of(audit(compendium, split))
        assert found[PROMOTERS].severity == "leak"
        assert found[PROMOTERS].number == 1.0
        assert found[IDENTITY].number == 1.0
        harmless = hold_out(compendium, Regime.GENES, genes=[0, 1])
        assert rows_of(audit(compendium, harmless))[PROMOTERS].severity == "ok"

    def test_a_repeated_condition_is_a_leak(self, make_compendium) -> None:
        values = np.random.default_rng(1).normal(size=(30, 12))
        values[:, 1] = values[:, 0] + 0.1 * values[:, 2]
        compendium = make_compendium(values)
        found = rows_of(audit(compendium, hold_out(compendium, Regime.CONDITIONS, conditions=[0])))
        assert found[CONDITIONS].severity == "leak"
        fair = hold_out(compendium, Regime.CONDITIONS, conditions=[0, 1])
        assert rows_of(audit(compendium, fair))[CONDITIONS].severity == "ok"

    def test_parted_groups_and_series_are_a_leak(self, make_compendium) -> None:
        compendium = make_compendium(
            groups=["g"] * 2 + list(range(28)), series=["s"] * 2 + list(range(10))
        )
        split = hold_out(compendium, Regime.BOTH, genes=[0], conditions=[0])
        found = rows_of(audit(compendium, split))
        for name in ("gene groups parted", "condition series parted"):
            assert found[name].severity == "leak"
            assert "(1 of" in found[name].value

    def test_scored_regulators_are_a_leak(self, make_compendium) -> None:
        compendium = make_compendium(genes=20, regulators=5)
        paper = ScoringProtocol.PAPER
        split = make_split(compendium, regime="pairs", protocol=paper)
        found = rows_of(audit(compendium, split, paper))
        assert found[TARGETS].number == pytest.approx(0.25)
        seen = split.cells(Role.TEST)[15:].sum() / split.cells(Role.TEST).sum()
        assert found[CELLS].number == pytest.approx(seen)
        assert found[TARGETS].severity == found[CELLS].severity == "leak"

    def test_a_target_that_copies_a_regulator_is_seen(self, make_compendium) -> None:
        values = np.random.default_rng(2).normal(size=(30, 12))
        values[0] = values[29]
        compendium = make_compendium(values)
        found = rows_of(audit(compendium, hold_out(compendium, Regime.GENES, genes=[0, 5])))
        assert found[CELLS].number == pytest.approx(0.5)
        assert found[TARGETS].severity == "ok"

    def test_pairs_share_by_design(self, make_compendium) -> None:
        compendium = make_compendium()
        found = rows_of(audit(compendium, make_split(compendium, regime="pairs")))
        for name in (PROMOTERS, CONDITIONS):
            assert found[name].severity == "note"
            assert found[name].verdict.startswith("By design")


def hold_out(compendium, regime: Regime, *, genes=(), conditions=()) -> Split:
    """A split with chosen test genes and conditions; the rest trains."""
    rows = np.isin(np.arange(len(compendium.genes)), genes)
    columns = np.isin(np.arange(len(compendium.conditions)), conditions)
    rows_test = rows if len(genes) else np.ones_like(rows)
    columns_test = columns if len(conditions) else np.ones_like(columns)
    role = np.full((len(rows), len(columns)), Role.UNUSED, dtype=np.int8)
    role[np.ix_(~rows, ~columns)] = Role.TRAIN
    role[np.ix_(rows_test, columns_test)] = Role.TEST
    role[compendium.regulator_rows] = Role.UNUSED
    return Split(regime, tuple(compendium.genes), tuple(compendium.conditions), role, "planted")
