"""BDTree: gains against plain loops, planted blocks, the ban on self-prediction, pruning."""

import numpy as np
import pandas as pd
import pytest

from deeprage.baselines.bdtree import BDTree, TreeLimits, count_splits, grow
from deeprage.baselines.bdtree_splits import Block, Criterion, split_gains, thresholds
from deeprage.data.compendium import Compendium
from deeprage.data.predictor import Predictor
from deeprage.data.split import Regime, Role, Split, visible
from deeprage.errors import DeepRageError


def squares(values, criterion):
    """Sum of squares of a block whose first axis is split, by loops over its known cells."""
    total = 0.0
    overall = values[~np.isnan(values)]
    for line in range(values.shape[1]):
        known = values[~np.isnan(values[:, line]), line]
        if len(known):
            centre = overall.mean() if criterion is Criterion.SS1 else known.mean()
            total += float(((known - centre) ** 2).sum())
    return total


class TestGains:
    @pytest.mark.parametrize("criterion", list(Criterion))
    @pytest.mark.parametrize("missing", [0.0, 0.2])
    def test_are_parent_minus_children(self, criterion, missing):
        rng = np.random.default_rng(1)
        values = rng.normal(2, 1, size=(20, 7)).astype(np.float32)
        values[rng.random(values.shape) < missing] = np.nan
        above = (rng.random((20, 9)) < 0.4).astype(np.uint8)
        found = split_gains(Block.of(values), above, criterion, least=1)
        for column, gain in enumerate(found):
            side = above[:, column] > 0
            expected = squares(values, criterion) - sum(
                squares(values[part], criterion) for part in (side, ~side)
            )
            expected /= values.shape[1] if criterion is Criterion.SS3 else 1
            assert gain == pytest.approx(expected, rel=1e-4, abs=1e-4)

    def test_small_sides_are_not_split_off(self):
        values = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
        above = np.zeros((10, 2), np.uint8)
        above[:2, 0] = above[:5, 1] = 1
        gains = split_gains(Block.of(values), above, Criterion.SS3, least=3)
        assert gains[0] == -np.inf
        assert gains[1] > 0

    def test_questions_part_rare_counts_and_spread_scores(self):
        values = np.zeros((100, 3), np.float32)
        values[:4, 0] = 1
        values[:, 1] = np.arange(100)
        asks = thresholds(values, most=3, among=np.arange(100))
        assert asks.threshold[asks.attribute == 0].tolist() == [0]
        assert len(asks.threshold[asks.attribute == 1]) == 4
        assert not (asks.attribute == 2).any()
        np.testing.assert_array_equal(asks.above[:, 0], values[:, 0] > 0)


def planted(*, genes=120, conditions=24, seed=0):
    """Genes with ACGTAC respond to regulator 0; regulator 1 is noise. No other structure."""
    rng = np.random.default_rng(seed)
    tokens = rng.integers(0, 4, size=(genes, 60)).astype(np.int8)
    has = np.arange(genes) < genes // 2
    tokens[has, 20:26] = [0, 1, 2, 3, 0, 1]
    names = [f"g{i}" for i in range(genes)]
    regulators = ["r0", "r1"]
    levels = rng.normal(size=(2, conditions))
    values = rng.normal(scale=0.1, size=(genes, conditions))
    values += np.outer(has, 2 * (levels[0] > 0) - 1)
    frame = pd.DataFrame(
        np.concatenate([values, levels]),
        index=[*names, *regulators],
        columns=[f"c{j}" for j in range(conditions)],
    )
    promoters = dict(zip(names, tokens, strict=True))
    return Compendium.from_parts(expression=frame, promoters=promoters, regulators=regulators)


def split_of(compendium, *, genes=5, conditions=4):
    """Every `genes`-th gene and `conditions`-th condition tested; their neighbours validate."""
    shape = compendium.expression.shape
    role = np.full(shape, Role.TRAIN, np.int8)
    role[1::genes] = Role.VALIDATION
    role[0::genes] = Role.TEST
    role[:, 0::conditions] = Role.TEST
    role[~compendium.has_promoter] = Role.UNUSED
    return Split(
        Regime.BOTH, tuple(compendium.genes), tuple(compendium.conditions), role, "by hand"
    )


class TestBDTree:
    def fitted(self, compendium, **settings):
        split = split_of(compendium)
        model = BDTree(kmer=6, motif_files=[], **settings)
        return model.fit(visible(compendium, split), split), split

    @pytest.mark.parametrize("criterion", list(Criterion))
    def test_finds_the_planted_motif_and_regulator(self, criterion):
        compendium = planted()
        model, split = self.fitted(compendium, criteria=[criterion])
        assert isinstance(model, Predictor)
        asked = {(model.root_.by_gene, model.root_.attribute)}
        for child in (model.root_.above, model.root_.below):
            if child.above is not None:
                asked.add((child.by_gene, child.attribute))
        assert (True, model.names_.index("ACGTAC")) in asked
        assert (False, 0) in asked
        test = split.cells(Role.TEST)
        everything = model.predict(np.arange(122), np.arange(24))
        assert everything.dtype == np.float32
        assert np.corrcoef(everything[test], compendium.expression[test])[0, 1] > 0.9
        _, classes = model.predict_with_classes(np.arange(122), np.arange(24))
        assert (classes[test] == np.digitize(compendium.expression[test], [-0.5, 0.5])).mean() > 0.9

    def test_hidden_values_do_not_matter(self):
        compendium = planted()
        model, split = self.fitted(compendium)
        spoilt = compendium.expression.copy()
        spoilt[split.cells(Role.TEST)] = 99
        other = BDTree(kmer=6, motif_files=[]).fit(
            visible(compendium.with_expression(spoilt), split), split
        )
        everything = np.arange(122), np.arange(24)
        np.testing.assert_array_equal(model.predict(*everything), other.predict(*everything))

    def test_validation_cuts_the_tree_back(self):
        compendium = planted()
        model, _ = self.fitted(compendium, limits=[TreeLimits(leaves=30, gain=0)])
        assert count_splits(model.root_) > 10
        assert model.splits_ < count_splits(model.root_)

    def test_the_limits_are_those_of_least_error_on_validation_cells(self):
        options = [TreeLimits(rows=rows, columns=2) for rows in (70, 5, 40)]
        errors = [self.fitted(planted(), limits=[one])[0].error_ for one in options]
        model, _ = self.fitted(planted(), limits=options)
        assert len(set(errors)) > 1
        assert model.error_ == min(errors)
        assert model.limits_ == options[int(np.argmin(errors))]

    def test_a_refit_is_the_chosen_tree_grown_on_both(self):
        compendium = planted()
        model, split = self.fitted(compendium)
        kept, cuts = (model.criterion_, model.splits_), model.cuts_
        seen = visible(compendium, split)
        again = model.refit(seen, split)
        chosen = BDTree(
            kmer=6,
            motif_files=[],
            criteria=[kept[0]],
            limits=[TreeLimits(**{**vars(model.limits_), "leaves": kept[1] + 1})],
        ).fit(seen, split.validation_in_training())
        everything = np.arange(122), np.arange(24)
        np.testing.assert_array_equal(again.predict(*everything), chosen.predict(*everything))
        assert again.cuts_ == cuts
        assert again.root_.cells > int(np.isfinite(seen.expression[split.cells(Role.TRAIN)]).sum())

    def test_nothing_to_try_is_an_error(self):
        with pytest.raises(DeepRageError, match="0 limits"):
            self.fitted(planted(genes=20), limits=[])

    def test_an_unknown_criterion_is_refused(self):
        compendium = planted(genes=20)
        with pytest.raises(DeepRageError, match="Did you mean 'ss3'"):
            self.fitted(compendium, criteria=["ss4"])


class TestSelfPrediction:
    values = np.random.default_rng(0).normal(size=(6, 12)).astype(np.float32)

    def grown(self, regulator_rows):
        levels = thresholds(self.values[[2]].T.copy(), most=15, among=np.arange(12))
        nothing = thresholds(np.zeros((6, 1), np.float32), most=3, among=np.arange(6))
        return grow(
            self.values,
            np.arange(6),
            np.arange(12),
            nothing,
            levels,
            np.array(regulator_rows),
            criterion=Criterion.SS3,
            limits=TreeLimits(rows=1, columns=1, gain=0),
        )

    def test_a_regulator_may_not_split_its_own_node(self):
        assert count_splits(self.grown([2])) == 0
        assert count_splits(self.grown([-1])) > 0

    def test_a_regulators_own_level_does_not_reach_its_prediction(self):
        compendium = planted()
        split = split_of(compendium)
        model = BDTree(kmer=6, motif_files=[]).fit(visible(compendium, split), split)
        # r0 splits conditions; for the gene r0 itself both branches are averaged.
        row = compendium.genes.index("r0")
        predicted = model.predict(np.array([row]), np.arange(24))
        assert np.ptp(predicted) < 1e-6
