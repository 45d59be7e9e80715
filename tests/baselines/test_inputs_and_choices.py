"""Inputs of the rule and tree learners, and what they choose by, in closed form."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from deeprage.baselines.bdtree import TreeLimits, TreeNode, _filled, _leaf, best_split, grow
from deeprage.baselines.bdtree_attributes import gene_attributes
from deeprage.baselines.bdtree_splits import Criterion, thresholds
from deeprage.baselines.boosted_trees import BoostedTrees
from deeprage.baselines.boosting import AlternatingTree, Rule, boosting_data, margin
from deeprage.baselines.boosting_inputs import (
    GeneAttributes,
    centred_levels,
    dimer_presence,
    join_attributes,
    kmer_presence,
    motif_hits,
    regulator_states,
    upstream,
    varying,
)
from deeprage.baselines.boosting_scale import ScoreScale, best_cut, fit_edges
from deeprage.baselines.cager import Cager, screen
from deeprage.baselines.choosing import choose_options
from deeprage.baselines.codon_trees import usage_of
from deeprage.baselines.completion import Completion, _default_penalties
from deeprage.baselines.condition_loadings import (
    ConditionLoadings,
    condition_loadings,
    linear_kernel,
)
from deeprage.baselines.factors import Factors
from deeprage.baselines.features import proximal, regulator_means, standardisation
from deeprage.baselines.masked_ridge import masked_kernel_ridge
from deeprage.baselines.neighbours import _average, _best_share, _nearest
from deeprage.baselines.promoter_factors import PromoterFactors
from deeprage.data.dna import encode
from deeprage.data.motifs import Motif
from deeprage.data.pwm_scan import scan
from deeprage.data.split import Regime, Role, Split, visible
from deeprage.errors import DeepRageError


def split_of(compendium, role: np.ndarray) -> Split:
    genes, conditions = tuple(compendium.genes), tuple(compendium.conditions)
    return Split(Regime.PAIRS, genes, conditions, role.astype(np.int8), "planted")


class TestBoostingData:
    def made(self, make_compendium, *, validated: bool):
        values = np.tile([-1.0, -0.5, -0.4, 0.4, 0.5, 1.0], (30, 2))
        values[:, 6:] += np.random.default_rng(0).normal(0, 1e-3, (30, 6))
        values[:, 6] = np.nan
        values[20:, :] = np.random.default_rng(1).normal(size=(10, 12))
        compendium = make_compendium(values)
        role = np.full((30, 12), Role.TRAIN)
        role[:, 8] = Role.VALIDATION if validated else Role.TEST
        compendium.adata.var.loc[compendium.genes[1], "has_promoter"] = False
        split = split_of(compendium, role)
        data = boosting_data(visible(compendium, split), split, np.zeros((12, 6), np.float32))
        return compendium, split, data

    def test_signs_are_of_training_cells_of_genes_with_a_promoter(self, make_compendium) -> None:
        _, _, data = self.made(make_compendium, validated=True)
        assert list(data.signs[0, :6]) == [-1, -1, 0, 0, 1, 1]
        assert data.signs[0, 6] == data.signs[0, 8] == 0
        assert not data.signs[1].any()

    def test_choices_are_made_on_observed_validation_cells(self, make_compendium) -> None:
        compendium, split, data = self.made(make_compendium, validated=True)
        cells = split.cells(Role.VALIDATION)
        np.testing.assert_array_equal(data.validation, cells & ~np.isnan(compendium.expression))
        assert data.validation[:, 8].all()
        assert not data.validation[:, :8].any()

    def test_without_any_on_the_training_cells(self, make_compendium) -> None:
        compendium, split, data = self.made(make_compendium, validated=False)
        expected = split.cells(Role.TRAIN) & ~np.isnan(compendium.expression)
        expected[1] = False
        np.testing.assert_array_equal(data.validation, expected)

    def test_both_signs_are_needed(self, make_compendium) -> None:
        compendium = make_compendium(np.abs(np.random.default_rng(0).normal(size=(30, 12))) + 0.6)
        split = split_of(compendium, np.full((30, 12), Role.TRAIN))
        with pytest.raises(DeepRageError, match=r"got 360 with x >= 0.5 and 0 with x <= -0.5"):
            boosting_data(visible(compendium, split), split, np.zeros((12, 6), np.float32))


class TestTree:
    def test_scores_add_up_where_rules_fire(self) -> None:
        def rule(score: float, genes: list[int], conditions: list[int]) -> Rule:
            on = np.isin(np.arange(4), genes), np.isin(np.arange(3), conditions)
            return Rule("r", "a", 0, 0, score, 0, *on)

        tree = AlternatingTree(["x", "y"], 4, 3, 0.5, [rule(1, [0, 1], [2]), rule(-2, [1], [1, 2])])
        found = tree.scores(np.arange(4), np.arange(3))
        expected = np.full((4, 3), 0.5)
        expected[:2, 2] += 1
        expected[1, 1:] -= 2
        np.testing.assert_array_equal(found, expected)
        assert [tree.state_name(state) for state in range(4)] == [
            "x up", "y up", "x down", "y down",
        ]  # fmt: skip
        bare = AlternatingTree(["x"], 4, 3, 0.25).scores(np.arange(2), np.arange(3))
        np.testing.assert_array_equal(bare, np.full((2, 3), 0.25))
        # What the second rule adds, on labelled cells: -2 where the sign is -1, +1, and 0.
        signs = np.zeros((4, 3), dtype=np.int8)
        signs[1, 1], signs[1, 2], signs[3, 0] = -1, 1, 1
        assert margin(tree, signs, lambda rule: rule.score > 0) == pytest.approx((2 - 2 + 0) / 3)


class TestScale:
    def test_a_line_is_that_of_least_squares(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.normal(2, 1, 60).astype(np.float32)
        y = (0.7 * x + rng.normal(size=60) - 3).astype(np.float32)
        line = LinearRegression().fit(x[:, None], y)
        found = ScoreScale.least_squares(x, y)
        assert found.slope == pytest.approx(line.coef_[0], rel=1e-5)
        assert found.intercept == pytest.approx(line.intercept_, rel=1e-5)
        assert found.error == pytest.approx(np.mean((line.predict(x[:, None]) - y) ** 2), rel=1e-5)
        np.testing.assert_allclose(found.log2(x), line.predict(x[:, None]), rtol=1e-4)

    def test_constant_scores_give_the_mean(self) -> None:
        values = np.array([1.0, 2.0, 6.0], np.float32)
        found = ScoreScale.least_squares(np.full(3, 5, np.float32), values)
        assert (found.slope, found.intercept) == (0, 3)
        assert found.error == pytest.approx(14 / 3)

    def test_classes_at_and_within_the_cut(self) -> None:
        scale = ScoreScale(1, 0, 0, cut=0.5)
        scores = np.array([-0.6, -0.5, -0.4, 0, 0.4, 0.5, 0.6], np.float32)
        assert list(scale.classes(scores)) == [0, 0, 1, 1, 1, 2, 2]

    def test_a_cut_wins_what_it_calls_right_and_loses_what_is_baseline(self) -> None:
        scores = np.array([0.9, 0.7, -0.6, 0.5, 0.0], np.float32)
        classes = np.array([2, 2, 1, 1, 1], np.int8)
        assert best_cut(scores, classes) == np.float32(0.7)
        assert best_cut(scores, np.ones(5, np.int8)) == np.inf
        assert fit_edges(scores, classes, (-1, 1)) == (-np.float32(0.7), np.float32(0.7))
        assert fit_edges(scores, np.ones(5, np.int8), (-1, 1)) == (-1, 1)
        # A score of 0 is never Up or Down, whatever its class.
        assert best_cut(np.zeros(2, np.float32), np.array([2, 0], np.int8)) == np.inf


class TestInputs:
    def test_states_at_the_threshold_and_missing_levels(self) -> None:
        levels = np.array([[0.5, 0.49], [-0.5, -0.49], [np.nan, 2]], np.float32)
        expected = [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]]
        np.testing.assert_array_equal(regulator_states(levels, threshold=0.5), expected)

    def test_log2_expression_is_centred_on_each_regulator_s_median(self, make_compendium) -> None:
        plain = make_compendium(np.random.default_rng(0).normal(5, 1, (20, 9)))
        np.testing.assert_array_equal(centred_levels(plain), plain.regulator_levels)
        about = plain.adata.uns["deeprage"].replace("log2 fold change", "log2 expression")
        plain.adata.uns["deeprage"] = about
        absolute = type(plain)(plain.adata)
        expected = absolute.regulator_levels - np.median(absolute.regulator_levels, axis=0)
        np.testing.assert_allclose(centred_levels(absolute), expected, rtol=1e-5)

    def test_windows_end_at_the_anchor_or_beyond(self, make_compendium) -> None:
        compendium = make_compendium()
        compendium.adata.uns["deeprage"] = compendium.adata.uns["deeprage"].replace(
            '"downstream": 0', '"downstream": 10'
        )
        compendium = type(compendium)(compendium.adata)
        tokens = compendium.promoters
        np.testing.assert_array_equal(upstream(compendium, 20), tokens[:, 30:50])
        np.testing.assert_array_equal(upstream(compendium, 99), tokens[:, :50])
        np.testing.assert_array_equal(proximal(compendium, 20), tokens[:, 30:])
        np.testing.assert_array_equal(proximal(compendium, 99), tokens)
        with pytest.raises(DeepRageError, match="1 bp or more, got 0"):
            proximal(compendium, 0)

    def test_an_attribute_holds_and_fails_for_so_many_genes(self) -> None:
        presence = (np.arange(10)[:, None] < [1, 2, 3, 7, 8, 9]).astype(np.uint8)
        kept = varying(GeneAttributes(tuple("abcdef"), presence), least=3)
        assert kept.names == ("c", "d")
        np.testing.assert_array_equal(kept.presence, presence[:, 2:4])
        both = join_attributes([kept, GeneAttributes(("x",), presence[:, :1])])
        assert both.names == ("c", "d", "x")
        assert both.presence.shape == (10, 3)

    def test_a_hit_is_among_the_best_share_of_the_promoters(self) -> None:
        rng = np.random.default_rng(0)
        tokens = rng.integers(0, 4, (200, 60)).astype(np.int8)
        tokens[:40] = 4
        motif = Motif("m", "M", rng.dirichlet([0.3] * 4, 8).T)
        found = motif_hits(tokens, [motif])
        assert found.names == ("M m top 0.05", "M m top 0.2")
        assert list(found.presence.sum(axis=0)) == [8, 32]  # of the 160 that are known
        assert not found.presence[:40].any()
        best = scan(tokens, [motif], window=60, bins=1).best[40:, 0, 0]
        assert set(np.flatnonzero(found.presence[40:, 0])) == set(np.argsort(-best)[:8])

    def test_dimers_and_their_names(self) -> None:
        tokens = encode("AACNGTAACGGTA")[None]
        found = dimer_presence(tokens, arm=2, gap=1)
        present = {found.names[n] for n in np.flatnonzero(found.presence[0])}
        # Windows with N among their letters are left out; TANCG is CGNTA on the other strand.
        assert present == {"ACNGT", "GTNAC", "CGNTA", "AANGG"}
        with pytest.raises(DeepRageError, match="hold no pattern of 5 bp"):
            dimer_presence(tokens[:, :4], arm=2, gap=1)
        assert dimer_presence(tokens[:, 8:], arm=2, gap=1).presence.sum() == 1
        assert kmer_presence(tokens[:, :2], 2).presence.sum() == 1

    def test_attributes_of_trees_are_counts_best_scores_and_occupancies(self) -> None:
        rng = np.random.default_rng(0)
        tokens = rng.integers(0, 4, (12, 40)).astype(np.int8)
        motifs = [Motif("m1", "FAC", rng.dirichlet([0.5] * 4, 6).T)]
        names, values = gene_attributes(tokens, kmer=2, motifs=motifs, bins=3)
        assert names[10:] == [
            "FAC m1", "FAC m1 occupancy", *(f"FAC m1 in part {n} of 3" for n in (1, 2, 3)),
        ]  # fmt: skip
        np.testing.assert_array_equal(values[:, 10], values[:, 12:].max(axis=1))
        assert values[:, :10].sum(axis=1) == pytest.approx(39)
        one, other = gene_attributes(tokens, kmer=None, motifs=motifs, bins=1)
        assert one == ["FAC m1", "FAC m1 occupancy"]
        np.testing.assert_allclose(other, values[:, 10:12], rtol=1e-5)
        default = gene_attributes(tokens, kmer=None, motifs=motifs)[0]
        assert default[-1] == "FAC m1 in part 5 of 5"

    def test_constants_are_not_scaled(self) -> None:
        mean, scale = standardisation(np.array([[1, 5], [3, 5]], np.float32))
        assert (list(mean), list(scale)) == ([2, 5], [1, 0])

    def test_a_regulator_s_mean_is_over_training_conditions(self, make_compendium) -> None:
        compendium = make_compendium(missing=0.3, regulators=4, seed=5)
        role = np.full((30, 12), Role.TEST)
        role[:, 3:7] = Role.TRAIN
        split = split_of(compendium, role)
        levels = compendium.regulator_levels[3:7]
        expected = np.nan_to_num(np.nanmean(levels, axis=0))
        np.testing.assert_allclose(regulator_means(compendium, split), expected, rtol=1e-5)

    def test_codon_usage_is_the_root_of_counts_and_of_their_sum(self) -> None:
        found = usage_of(encode("AAAAAAAAACCC")[None])
        assert found.shape == (1, 65)
        assert found[0, 0] == pytest.approx(np.sqrt(3))
        assert found[0, -1] == pytest.approx(2)
        assert (found**2).sum() == pytest.approx(8)


class TestBDTreeParts:
    def test_missing_levels_are_the_training_median_or_zero(self) -> None:
        levels = np.array(
            [[1, np.nan, np.nan], [3, np.nan, 5], [np.nan, np.nan, np.nan], [7, np.nan, 9]],
            np.float32,
        )
        found = _filled(levels, np.array([0, 1, 2]))
        # Medians of 1 and 3; never measured; measured once among the training conditions.
        np.testing.assert_array_equal(found, [[1, 0, 5], [3, 0, 5], [2, 0, 5], [7, 0, 9]])
        outside = _filled(levels, np.array([0, 2]))
        np.testing.assert_array_equal(outside[:, 2], [0, 5, 0, 9])

    def test_twice_as_many_thresholds_and_one_for_a_regulator(self) -> None:
        values = np.random.default_rng(0).normal(size=(400, 1)).astype(np.float32)
        asks = thresholds(values, most=15, among=np.arange(400))
        shares = [(values <= one).mean() for one in sorted(asks.threshold)]
        np.testing.assert_allclose(shares[1:], np.arange(1, 16) / 16, atol=0.005)
        assert shares[0] == 1 / 400  # above the smallest

    def test_only_given_rows_make_the_thresholds(self) -> None:
        values = np.array([[0], [1], [2], [9]], np.float32)
        asks = thresholds(values, most=5, among=np.array([0, 1, 2]))
        assert set(asks.threshold) == {0, 1}
        np.testing.assert_array_equal(asks.above[:, list(asks.threshold).index(1)], [0, 0, 1, 1])

    def test_a_leaf_without_a_cell_keeps_its_parent_s_mean(self) -> None:
        values = np.array([[1, np.nan], [4, np.nan]], np.float32)
        every = np.arange(2)
        assert (_leaf(values, every, every).mean, _leaf(values, every, every).cells) == (2.5, 2)
        assert _leaf(values, every, every).order == -1
        empty = _leaf(values, every, np.array([1]), 7.0)
        assert (empty.mean, empty.cells) == (7, 0)

    def test_growth_stops_at_a_share_of_the_first_gain_and_at_its_leaves(self) -> None:
        rng = np.random.default_rng(0)
        values = (np.arange(40)[:, None] // 20 * 4 + rng.normal(0, 0.3, (40, 6))).astype(np.float32)
        asks = thresholds(np.arange(40, dtype=np.float32)[:, None], most=39, among=np.arange(40))
        none = thresholds(np.zeros((6, 1), np.float32), most=1, among=np.arange(6))

        def leaves(**limits) -> int:
            root = grow(
                values, np.arange(40), np.arange(6), asks, none, np.zeros(0, np.intp),
                criterion=Criterion.SS1, limits=TreeLimits(rows=1, columns=1, **limits),
            )  # fmt: skip
            stack, found = [root], 0
            while stack:
                node = stack.pop()
                found += node.above is None
                stack += [] if node.above is None else [node.above, node.below]
            return found

        assert leaves(leaves=40, gain=0.5) == 2
        assert leaves(leaves=1) == 1
        assert leaves(leaves=5, gain=0) == 5

    def test_a_regulator_may_not_split_a_node_that_holds_it(self) -> None:
        values = np.tile(np.repeat([0.0, 1.0], 5), (8, 1)).astype(np.float32)
        node = TreeNode(np.arange(8), np.arange(10), 0.5, 80)
        genes = thresholds(np.zeros((8, 1), np.float32), most=1, among=np.arange(8))
        level = np.repeat([0.0, 1.0], 5).astype(np.float32)[:, None]
        asks = thresholds(level, most=3, among=np.arange(10))
        options = {"criterion": Criterion.SS1, "limits": TreeLimits(rows=1, columns=1)}
        outside = best_split(values, node, genes, asks, np.array([9]), **options)
        assert outside is not None
        assert (outside.by_gene, outside.gain) == (False, pytest.approx(80 * 0.25))
        assert best_split(values, node, genes, asks, np.array([3]), **options) is None


class TestChoices:
    def test_conditions_without_a_checked_cell_do_not_count(self) -> None:
        """What is checked in some cells chooses as the whole matrix with gaps does."""
        rng = np.random.default_rng(0)
        paths = rng.normal(size=(4, 30, 3)).astype(np.float32)
        conditions = ConditionLoadings(rng.normal(size=10), rng.normal(size=(10, 3)))
        checked = rng.normal(size=(30, 10)).astype(np.float32)
        checked[rng.random(checked.shape) < 0.3] = np.nan
        checked[[2, 7]] = np.nan
        checked[:, [1, 5]] = np.nan
        found = PromoterFactors._choose(paths, conditions, checked)
        plain = choose_options(paths, conditions.loadings, checked - conditions.mean)
        np.testing.assert_array_equal(found.options, plain.options)
        assert found.error == pytest.approx(plain.error)

    def test_a_factor_s_option_is_chosen_beside_the_others(self) -> None:
        """One sweep of coordinate descent, option by option, by the whole squared error."""
        rng = np.random.default_rng(1)
        paths = rng.normal(size=(3, 20, 2))
        loadings = rng.normal(size=(8, 2))
        residual = rng.normal(size=(20, 8))
        residual[rng.random(residual.shape) < 0.4] = np.nan

        def error(options: list[int]) -> float:
            scores = np.stack([paths[o, :, k] for k, o in enumerate(options)], axis=1)
            return float(np.nanmean((scores @ loadings.T - residual) ** 2))

        options = [1, 1]
        for factor in range(2):
            tried = [[*options[:factor], o, *options[factor + 1 :]] for o in range(3)]
            options = min(tried, key=error)
        found = choose_options(paths, loadings, residual, sweeps=1)
        assert list(found.options) == options
        assert found.error == pytest.approx(error(options))

    def test_the_kernel_has_a_mean_diagonal_of_one_and_a_constant(self) -> None:
        inputs = np.random.default_rng(0).normal(size=(9, 3))
        columns = np.array([0, 2, 5, 6])
        kernel = linear_kernel(inputs, columns)
        size = (inputs[columns] ** 2).sum(axis=1).mean()
        np.testing.assert_allclose(kernel, inputs @ inputs[columns].T / size + 1)
        assert np.diag(kernel[columns]).mean() == pytest.approx(2)
        np.testing.assert_array_equal(linear_kernel(np.zeros((3, 2)), np.array([0])), 1)

    def test_seen_conditions_keep_their_own_loadings(self) -> None:
        rng = np.random.default_rng(0)
        inputs, columns = rng.normal(size=(9, 3)), np.array([0, 2, 5, 6])
        factors = Factors(rng.normal(size=4), rng.normal(size=(20, 2)), rng.normal(size=(4, 2)))
        found = condition_loadings(inputs, columns, factors, 0.3)
        np.testing.assert_array_equal(found.mean[columns], factors.mean)
        np.testing.assert_array_equal(found.loadings[columns], factors.loadings)
        kernel = linear_kernel(inputs, columns)
        dual = masked_kernel_ridge(
            kernel[columns], np.column_stack([factors.mean, factors.loadings]), 0.3
        )
        np.testing.assert_allclose(found.mean[[1, 8]], (kernel @ dual)[[1, 8], 0])

    def test_penalties_of_completion_fall_from_half_the_largest_singular_value(self) -> None:
        residual = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
        residual[0, 0] = np.nan
        largest = np.linalg.svd(np.nan_to_num(residual))[1][0]
        found = _default_penalties(residual)
        assert len(found) == 40
        np.testing.assert_allclose(found, largest / 2 * 0.85 ** np.arange(40), rtol=1e-4)
        assert _default_penalties(np.zeros((3, 2), np.float32)) == []

    def test_the_path_of_completion_ends_after_two_penalties_without_improvement(
        self, make_compendium
    ) -> None:
        rng = np.random.default_rng(1)
        values = rng.normal(size=(60, 2)) @ rng.normal(size=(2, 20)) + rng.normal(size=(60, 20))
        compendium = make_compendium(values)
        role = np.where(rng.random((60, 20)) < 0.2, Role.VALIDATION, Role.TRAIN)
        split = split_of(compendium, role)
        tried: list[float] = []

        class Counting(Completion):
            def _solve(self, residual, start, penalty):
                tried.append(penalty)
                return super()._solve(residual, start, penalty)

        model = Counting().fit(visible(compendium, split), split)
        assert 3 < len(tried) < 40
        assert tried[-3] == model.penalty_


class TestNeighbourParts:
    def test_the_nearest_by_correlation_and_never_itself(self) -> None:
        rng = np.random.default_rng(0)
        profiles = rng.normal(size=(12, 30)).astype(np.float32)
        values = rng.normal(size=(12, 4)).astype(np.float32)
        values[[3, 4]] = np.nan  # no candidates
        found = _nearest(profiles, values, 3)
        r = np.corrcoef(profiles)
        np.fill_diagonal(r, -np.inf)
        r[:, [3, 4]] = -np.inf
        expected = np.argsort(-r, axis=1)[:, :3]
        np.testing.assert_array_equal(found.rows, expected)
        weights = np.maximum(np.take_along_axis(r, expected, axis=1), 0)
        np.testing.assert_allclose(found.weights, weights, atol=1e-5)
        assert _nearest(profiles, values, 99).rows.shape == (12, 10)

    def test_an_average_is_over_the_nearest_that_were_observed(self) -> None:
        rng = np.random.default_rng(0)
        near = _nearest(rng.normal(size=(8, 20)).astype(np.float32), np.ones((8, 1), np.float32), 5)
        values = rng.normal(size=(8, 3)).astype(np.float32)
        values[rng.random((8, 3)) < 0.4] = np.nan
        found = _average(values, near, 3, np.array([6, 1]))
        for row, gene in enumerate((6, 1)):
            for column in range(3):
                pairs = [
                    (near.weights[gene, n], values[near.rows[gene, n], column]) for n in range(3)
                ]
                pairs = [(w, v) for w, v in pairs if not np.isnan(v)]
                total = sum(w for w, _ in pairs)
                expected = sum(w * v for w, v in pairs) / total if total > 1e-6 else 0
                assert found[row, column] == pytest.approx(expected, abs=1e-5)

    def test_the_share_is_that_of_least_squares_between_0_and_1(self) -> None:
        checked = np.array([[1.0, 2.0, np.nan]], np.float32)
        deviation = np.array([[2.0, 4.0, 9.0]], np.float32)
        assert _best_share(deviation, checked) == pytest.approx(0.5)
        assert _best_share(-deviation, checked) == 0
        assert _best_share(deviation / 4, checked) == 1
        assert _best_share(0 * deviation, checked) == 1


def test_wrong_settings_of_boosted_trees_are_refused() -> None:
    for settings in ({"repeats": 0}, {"rounds": ()}, {"rounds": (0, 5)}, {"factors": 0},
                     {"condition_penalties": (0.0, 1.0)}, {"condition_penalties": ()}):  # fmt: skip
        with pytest.raises(DeepRageError):
            BoostedTrees(**settings)
    made = BoostedTrees(rounds=(30, 1, 7), factors=1, repeats=1, condition_penalties=(1e-6,))
    assert made.rounds == (1, 7, 30)


def test_cager_screens_and_needs_a_size_of_tree(make_compendium) -> None:
    compendium = make_compendium()
    split = split_of(compendium, np.full((30, 12), Role.TRAIN))
    with pytest.raises(DeepRageError, match="at least one size of tree"):
        Cager(leaves=(), kmer=2, motif_files=[]).fit(visible(compendium, split), split)
    attributes = np.zeros((30, 3), np.float32)
    attributes[:, 1] = np.arange(30) < 10  # a constant attribute is not divided by its spread
    classes = np.repeat([0, 1, 2], 10)[:, None].astype(np.int8)
    found = screen(attributes, classes, np.ones((30, 1), bool), most=2)
    assert found.shape == (1, 2)
    assert found[0, 0] == 1
