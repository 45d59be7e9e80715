"""Boosting: the search against exhaustive enumeration, the loss in closed form, scales, inputs."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from deeprage.baselines import boosting_search
from deeprage.baselines.boosting import BoostingData, Proposal, boost
from deeprage.baselines.boosting_inputs import (
    dimer_presence,
    kmer_names,
    kmer_presence,
    regulator_states,
)
from deeprage.baselines.boosting_scale import ScoreScale, best_cut
from deeprage.baselines.boosting_search import RuleSearch
from deeprage.baselines.features import kmer_counts
from deeprage.data.dna import decode, encode, reverse_complement


def random_problem(seed, *, genes=14, conditions=9, attributes=5, regulators=3):
    rng = np.random.default_rng(seed)
    presence = (rng.random((genes, attributes)) < 0.5).astype(np.uint8)
    states = regulator_states(
        rng.normal(size=(conditions, regulators)).astype(np.float32), threshold=0.5
    )
    signs = rng.choice([-1, 0, 1], size=(genes, conditions)).astype(np.int8)
    rows = rng.choice(genes, size=regulators, replace=False)
    return presence, states, signs, rows


def exhaustive(presence, states, up, down, masks, own):
    """(gain, node, attribute, state) of every rule, by plain loops."""
    found = []
    for (node, (genes, conditions)), m, s in product(
        enumerate(masks), range(presence.shape[1]), range(states.shape[1])
    ):
        sums = {1: 0.0, -1: 0.0}
        for i, j in product(range(up.shape[0]), range(up.shape[1])):
            fires = genes[i] and conditions[j] and presence[i, m] and states[j, s] and own[s] != i
            sums[1] += up[i, j] if fires else 0
            sums[-1] += down[i, j] if fires else 0
        found.append((abs(np.sqrt(sums[1]) - np.sqrt(sums[-1])), node, m, s))
    return found


class TestRuleSearch:
    @pytest.mark.parametrize("threads", [1, 2])
    @pytest.mark.parametrize(
        ("seed", "kept_bytes", "remembered"),
        [(0, 10**6, 40), (1, 10**6, 40), (2, 10**6, 2), (3, 10**6, 1), (4, 0, 40), (5, 300, 3)],
    )
    def test_finds_what_exhaustive_search_finds_while_the_tree_grows(
        self, seed, kept_bytes, remembered, threads, monkeypatch
    ):
        monkeypatch.setattr(boosting_search, "_BLOCK", 2)  # several blocks of attributes
        # Products that are kept, not kept, and too old to be brought up to date.
        monkeypatch.setattr(boosting_search, "_CACHE_BYTES", kept_bytes)
        monkeypatch.setattr(boosting_search, "_REFRESH", remembered)
        presence, states, signs, rows = random_problem(seed)
        own = np.concatenate([rows, rows])
        up, down = ((signs == sign).astype(np.float32) for sign in (1, -1))
        with threadpool_limits(threads, user_api="blas"):
            search = RuleSearch(presence, states, up.copy(), down.copy(), own)
        masks = [(np.ones(len(presence), bool), np.ones(len(states), bool))]
        search.add_node(*masks[0])
        rng = np.random.default_rng(seed)
        for _ in range(8):
            found = search.best()
            reference = max(exhaustive(presence, states, search.up, search.down, masks, own))
            assert found.gain == pytest.approx(reference[0], rel=1e-4)
            genes = masks[found.node][0] & (presence[:, found.attribute] > 0)
            genes[own[found.state]] = False
            conditions = masks[found.node][1] & (states[:, found.state] > 0)
            score = float(rng.normal())
            search.scale(genes, conditions, score)
            up[np.ix_(genes, conditions)] *= np.exp(-score)
            down[np.ix_(genes, conditions)] *= np.exp(score)
            np.testing.assert_allclose(search.up, up, rtol=1e-5)
            np.testing.assert_allclose(search.down, down, rtol=1e-5)
            masks.append((genes, conditions))
            search.add_node(genes, conditions)

    @given(st.integers(0, 10_000))
    @settings(deadline=None, max_examples=50)
    def test_no_gain_exceeds_its_raised_bound_and_some_come_near(self, seed):
        rng = np.random.default_rng(seed)
        most = rng.gamma(0.5, size=2)
        factor = 1 + rng.gamma(1.0)
        others = rng.gamma(0.5, size=(4000, 2)) * rng.integers(0, 2, size=(4000, 2))
        shared = most * rng.choice([0, 0.5, 1], size=(4000, 2))
        before = np.sqrt(shared + others)
        after = np.sqrt(shared * [factor, 1 / factor] + others)
        gain, new = (x[:, 0] - x[:, 1] for x in (before, after))
        winning, losing = (np.full(4000, x, np.float32) for x in most)
        bound = boosting_search._raised(gain.astype(np.float32), winning, losing, factor)
        assert (new <= bound + 1e-4).all()
        assert np.max(new - bound) > -0.2 * np.sqrt(most).max()

    def test_bounds_spare_most_of_the_work(self):
        presence, states, signs, rows = random_problem(0, genes=80, conditions=30, regulators=20)
        data = make_data(signs, states, rows)
        searches = []
        boost(data, presence, list("r" * 20), keep_search(presence, searches), rounds=30)
        everything = sum(range(1, 31)) * states.shape[1]
        assert searches[-1].evaluations < 0.5 * everything

    def test_a_rule_never_rests_on_the_genes_own_level(self):
        # Only gene 0 has the attribute and only its own level separates the conditions.
        states = np.array([[1, 0], [0, 1]], dtype=np.float32)
        up, down = np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32)
        up[0, 0] = down[0, 1] = 1
        presence = np.array([[1], [0], [0]], dtype=np.uint8)
        banned = RuleSearch(presence, states, up.copy(), down.copy(), np.array([0, 0]))
        free = RuleSearch(presence, states, up.copy(), down.copy(), np.array([2, 2]))
        for search in (banned, free):
            search.add_node(np.ones(3, bool), np.ones(2, bool))
        assert banned.best() is None
        assert free.best().gain == pytest.approx(1)


def make_data(signs, states, rows, values=None):
    values = signs.astype(np.float32) if values is None else values
    return BoostingData(signs, values, np.ones(signs.shape, bool), states, rows)


def keep_search(presence, searches):
    def propose(search, found):
        searches.append(search)
        return [Proposal(str(found.attribute), presence[:, found.attribute] > 0, found.state)]

    return propose


class TestBoost:
    def test_the_loss_falls_and_is_the_mean_of_exp_minus_margin(self):
        presence, states, signs, rows = random_problem(3, genes=40)
        data = make_data(signs, states, rows)
        searches = []
        tree, losses, _ = boost(
            data, presence, list("abc"), keep_search(presence, searches), rounds=15
        )
        assert all(later < earlier for earlier, later in pairwise(losses))
        scores = tree.scores(np.arange(40), np.arange(len(states)))
        labelled = signs != 0
        closed = np.exp(-signs[labelled] * scores[labelled]).mean()
        assert losses[len(tree.rules) - 1] == pytest.approx(closed, rel=1e-4)

    def test_the_prior_is_half_the_log_of_one_more_of_each_sign(self):
        presence, states, signs, rows = random_problem(0)
        signs[:] = 0
        signs[0, :3], signs[1, 0] = 1, -1
        data = make_data(signs, states, rows)
        tree, *_ = boost(data, presence, list("abc"), keep_search(presence, []), rounds=1)
        assert tree.prior == pytest.approx(0.5 * np.log(4 / 2))

    def test_one_round_lowers_the_loss_by_the_squared_gain(self):
        # With eps -> 0 the loss falls from total to total - gain^2 (Schapire and Singer 1999).
        presence, states, signs, rows = random_problem(5, genes=4000, conditions=12)
        data = make_data(signs, states, rows)
        gains = []

        def propose(search, found):
            total = search.up.sum() + search.down.sum()
            gains.append(1 - found.gain**2 / total)
            return [Proposal("m", presence[:, found.attribute] > 0, found.state)]

        _, losses, _ = boost(data, presence, list("abc"), propose, rounds=2)
        assert losses[1] / losses[0] == pytest.approx(gains[1], abs=1e-6)

    def test_a_planted_rule_is_found_first_and_alone(self):
        rng = np.random.default_rng(0)
        presence, states, _, rows = random_problem(0, genes=300, conditions=40, attributes=20)
        planted = np.outer(presence[:, 7], states[:, 1])
        signs = np.where(rng.random(planted.shape) < np.where(planted, 0.95, 0.5), 1, -1)
        data = make_data(signs.astype(np.int8), states, rows)
        tree, *_ = boost(data, presence, list("abc"), keep_search(presence, []), rounds=1)
        assert (tree.rules[0].attribute, tree.rules[0].state) == ("7", 1)
        assert tree.rules[0].name == "7 & b up"
        assert tree.rules[0].score > 0

    def test_the_tree_is_cut_where_validation_error_is_least(self):
        presence, states, signs, rows = random_problem(2, genes=60)
        # Validation values have nothing to do with the labels: rules can only harm.
        values = np.random.default_rng(1).normal(size=signs.shape).astype(np.float32)
        data = make_data(signs, states, rows, values)
        tree, _, errors = boost(data, presence, list("abc"), keep_search(presence, []), rounds=12)
        assert len(errors) == 12
        assert len(tree.rules) == int(np.flatnonzero(errors == np.min(errors))[-1]) + 1


class TestScale:
    def test_a_line_is_recovered(self):
        scores = np.linspace(-2, 3, 50).astype(np.float32)
        scale = ScoreScale.least_squares(scores, 0.5 * scores - 0.25)
        assert (scale.slope, scale.intercept) == pytest.approx((0.5, -0.25), abs=1e-6)
        assert scale.error == pytest.approx(0, abs=1e-10)

    def test_a_falling_line_is_refused(self):
        scores = np.linspace(-1, 1, 9).astype(np.float32)
        assert ScoreScale.least_squares(scores, -scores).slope == 0

    @given(st.integers(0, 10_000))
    @settings(deadline=None, max_examples=25)
    def test_the_cut_is_the_best_of_all(self, seed):
        rng = np.random.default_rng(seed)
        scores = rng.choice(np.linspace(-1, 1, 9), size=30).astype(np.float32)
        classes = rng.integers(0, 3, size=30).astype(np.int8)

        def accuracy(cut):
            return (ScoreScale(1, 0, 0, cut).classes(scores) == classes).mean()

        tried = [*np.unique(np.abs(scores[scores != 0])), np.inf]
        assert accuracy(best_cut(scores, classes)) == max(accuracy(cut) for cut in tried)


class TestInputs:
    @given(st.text("ACGTN", min_size=8, max_size=30), st.integers(1, 4))
    @settings(deadline=None, max_examples=25)
    def test_kmers_are_counted_on_both_strands_as_by_hand(self, text, k):
        tokens = encode(text)[None]
        names, counts = kmer_names(k), kmer_counts(tokens, k=k, bins=1)
        words = [text[i : i + k] for i in range(len(text) - k + 1)]
        for name, count in zip(names, counts[0], strict=True):
            other = decode(reverse_complement(encode(name)))
            assert count == sum(word in (name, other) for word in words)
        np.testing.assert_array_equal(kmer_presence(tokens, k).presence[0], counts[0] > 0)

    def test_reverse_complement_promoters_have_the_same_attributes(self):
        tokens = np.random.default_rng(0).integers(0, 5, size=(6, 40)).astype(np.int8)
        for find in (lambda x: kmer_presence(x, 3), lambda x: dimer_presence(x, arm=2, gap=3)):
            np.testing.assert_array_equal(
                find(tokens).presence, find(reverse_complement(tokens)).presence
            )

    def test_a_gapped_dimer_is_found_whatever_lies_between(self):
        found = dimer_presence(encode("TTACGTTCCATT")[None], arm=3, gap=2)
        assert found.presence[0, found.names.index("ACGNNCCA")] == 1
        assert found.presence[0, found.names.index("AAANNAAA")] == 0

    def test_missing_levels_are_in_no_state(self):
        states = regulator_states(np.array([[0.5, -0.6, np.nan]], np.float32), threshold=0.5)
        np.testing.assert_array_equal(states, [[1, 0, 0, 0, 1, 0]])
