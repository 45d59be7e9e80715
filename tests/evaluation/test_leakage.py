"""The audit finds what was planted, and only that."""

import numpy as np
import pytest

from deeprage.data.dna import reverse_complement
from deeprage.data.split import Regime, Role, ScoringProtocol, Split
from deeprage.data.splitting import make_split
from deeprage.evaluation.leakage import RELATED_NAME, audit
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

    def test_few_common_rows_and_constant_columns_have_no_correlation(self) -> None:
        values = np.full((6, 4), np.nan, dtype=np.float32)
        values[:3, 0] = values[:3, 1] = [1, 2, 4]
        values[1:3, 2] = [5, 7]
        values[:, 3] = 2
        (row,) = column_correlations(values, np.array([0]), np.array([1, 2, 3]))
        assert row == pytest.approx([1, 0, 0])

    def test_identity_is_the_best_of_all_shifts_on_either_strand(self) -> None:
        one, other = promoters(2, 40, seed=3)
        flipped = reverse_complement(other[None])[0]
        best = max(
            sum(
                one[place] == strand[place - shift]
                for place in range(max(0, shift), min(40, 40 + shift))
            )
            for strand in (other, flipped)
            for shift in range(-39, 40)
        )
        assert identity(one, other) == best / 40

    def test_an_unknown_base_is_like_none(self) -> None:
        unknown = np.full(40, 4, dtype=np.int8)
        assert identity(unknown, unknown) == 0
        half = promoters(1, 40)[0]
        half[:20] = 4
        assert identity(half, half) == 0.5

    @pytest.mark.parametrize(("length", "words"), [(1000, 200), (67, 11)])
    def test_the_share_of_words_that_makes_a_copy_is_that_of_the_gene_groups(
        self, length: int, words: int
    ) -> None:
        """200 of 985, rounded: so many words of 16 letters lie in 15 more letters."""
        tokens = promoters(4, length)
        common = words + 15
        start = length - common - 10
        tokens[1, :common] = tokens[0, start : start + common]
        tokens[3, : common - 1] = tokens[2, start : start + common - 1]
        # The next letter differs on either side.
        for copy, original, end in ((1, 0, common), (3, 2, common - 1)):
            tokens[copy, end] = (tokens[original, start + end] + 1) % 4
        near, _ = shared_with(tokens, np.array([0, 2]), np.array([1, 3]))
        assert near.tolist() == [True, False]

    def test_promoters_without_a_word_are_not_compared(self) -> None:
        short = promoters(2, 16)
        assert shared_with(short, np.array([0]), np.array([1]))[1] == 0
        near, most = shared_with(promoters(2), np.array([0, 1]), np.array([], dtype=int))
        assert (near.tolist(), most) == ([False, False], 0)


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

    def test_related_series_are_named(self, make_compendium) -> None:
        values = np.random.default_rng(1).normal(size=(300, 12))
        # About .85 between the first two series, .71 between the first and the third.
        values[:, 2] = values[:, 0] + 0.6 * values[:, 2]
        values[:, 4] = values[:, 1] + values[:, 4]
        compendium = make_compendium(values, series=[f"s{column // 2}" for column in range(12)])
        split = hold_out(compendium, Regime.CONDITIONS, conditions=[0, 1])
        found = rows_of(audit(compendium, split))
        assert found[CONDITIONS].severity == "ok"
        assert found[RELATED_NAME].severity == "note"
        assert found[RELATED_NAME].value == "50.0 % (1 of 2)"
        assert "test and training: 's0' and 's1' (r 0.8" in found[RELATED_NAME].verdict
        assert "s2" not in found[RELATED_NAME].verdict
        apart = hold_out(compendium, Regime.CONDITIONS, conditions=[0, 1, 2, 3])
        assert rows_of(audit(compendium, apart))[RELATED_NAME].severity == "ok"

    @pytest.mark.parametrize("unit", ["log2 expression", "log2 fold change"])
    def test_levels_are_compared_less_each_genes_mean(self, make_compendium, unit: str) -> None:
        """Also where they are declared as changes: raw, any two conditions have r near 1."""
        rng = np.random.default_rng(2)
        values = 9 + 2 * rng.normal(size=(200, 1)) + 0.5 * rng.normal(size=(200, 12))
        values[:, 1] = values[:, 0] + 0.05 * rng.normal(size=200)
        compendium = make_compendium(values, unit=unit)
        name = f"{CONDITIONS} after each gene's mean is taken off"
        one = hold_out(compendium, Regime.CONDITIONS, conditions=[2, 3])
        assert rows_of(audit(compendium, one))[name].severity == "ok"
        repeated = hold_out(compendium, Regime.CONDITIONS, conditions=[0, 2])
        assert rows_of(audit(compendium, repeated))[name].value == "50.0 % (1 of 2)"

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

    def test_a_tenth_is_a_note_and_more_is_a_leak(self, make_compendium) -> None:
        """Ten test conditions, of which one or two repeat a training condition."""
        values = np.random.default_rng(3).normal(size=(30, 20))
        values[:, 10] = values[:, 0]
        held = {"conditions": range(10)}
        compendium = make_compendium(values)
        row = rows_of(audit(compendium, hold_out(compendium, Regime.CONDITIONS, **held)))
        assert row[CONDITIONS].severity == "note"
        assert row[CONDITIONS].value == "10.0 % (1 of 10)"
        values[:, 11] = values[:, 1]
        compendium = make_compendium(values)
        row = rows_of(audit(compendium, hold_out(compendium, Regime.CONDITIONS, **held)))
        assert row[CONDITIONS].severity == "leak"

    @pytest.mark.parametrize(("r", "severity"), [(0.89, "ok"), (0.91, "leak")])
    def test_conditions_are_alike_above_a_correlation_of_nine_tenths(
        self, make_compendium, r: float, severity: str
    ) -> None:
        values = np.random.default_rng(3).normal(size=(30, 12))
        one, rest = values[:, 0] - values[:, 0].mean(), values[:, 1] - values[:, 1].mean()
        rest -= one * (one @ rest) / (one @ one)
        values[:, 1] = r * one / np.linalg.norm(one)
        values[:, 1] += np.sqrt(1 - r**2) * rest / np.linalg.norm(rest)
        compendium = make_compendium(values)
        found = rows_of(audit(compendium, hold_out(compendium, Regime.CONDITIONS, conditions=[0])))
        assert found[CONDITIONS].severity == severity

    @pytest.mark.parametrize(("copied", "severity"), [(110, "ok"), (130, "note")])
    def test_promoters_base_by_base_are_copies_from_three_fifths(
        self, make_compendium, copied: int, severity: str
    ) -> None:
        tokens = promoters(30)
        # Every letter of the rest differs, and one of nine of the copied.
        tokens[1] = (tokens[0] + 1) % 4
        for start in range(0, copied, 10):
            tokens[1, start : start + 10] = tokens[0, start : start + 10]
        compendium = make_compendium(promoters=tokens)
        found = rows_of(audit(compendium, hold_out(compendium, Regime.GENES, genes=[0])))
        assert found[IDENTITY].number == pytest.approx(copied / 200, abs=0.02)
        assert found[IDENTITY].severity == severity
        assert found[IDENTITY].value == f"{100 * found[IDENTITY].number:.0f} %"

    def test_a_group_may_be_parted_where_its_axis_is_not_held_out(self, make_compendium) -> None:
        compendium = make_compendium(groups=["g"] * 2 + list(range(28)))
        for regime, severity in ((Regime.CONDITIONS, "note"), (Regime.GENES, "leak")):
            found = rows_of(audit(compendium, hold_out(compendium, regime, genes=[0])))
            assert found["gene groups parted"].severity == severity

    def test_pairs_share_by_design(self, make_compendium) -> None:
        compendium = make_compendium()
        found = rows_of(audit(compendium, make_split(compendium, regime="pairs")))
        for name in (PROMOTERS, CONDITIONS):
            assert found[name].severity == "note"
            assert found[name].verdict.startswith("By design")
            assert found[name].number == 1


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
