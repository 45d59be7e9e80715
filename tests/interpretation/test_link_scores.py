"""AUPR, AUROC and early precision against an independent implementation; nulls keep degrees."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from deeprage.interpretation.link_scores import (
    Ranking,
    rewired,
    score_links,
    score_regulators,
    shuffled,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def some_pairs(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with ties, edges that follow them, candidates."""
    scores = rng.normal(size=(80, 6)).round(1)
    edge = rng.random(scores.shape) < 1 / (1 + np.exp(2 - 2 * scores))
    candidate = rng.random(scores.shape) < 0.9
    return scores, edge & candidate, candidate


class TestScores:
    def test_an_independent_implementation_agrees(self, rng) -> None:
        scores, edge, candidate = some_pairs(rng)
        found = score_links(scores, edge, candidate)
        truth, values = edge[candidate], scores[candidate]
        assert found.aupr == pytest.approx(average_precision_score(truth, values))
        assert found.auroc == pytest.approx(roc_auc_score(truth, values))
        assert (found.pairs, found.edges) == (candidate.sum(), edge.sum())

    def test_early_precision_in_closed_form(self) -> None:
        scores = np.array([[5.0], [4], [3], [3], [3], [0]])
        edge = np.array([[1], [0], [1], [0], [0], [1]], dtype=bool)
        # Three edges: the two best, and one of three that tie with one edge among them.
        expected = (1 + 1 / 3) / 3
        found = score_links(scores, edge, np.ones_like(edge))
        assert found.early_precision == pytest.approx(expected)

    def test_a_perfect_and_a_useless_score(self, rng) -> None:
        _, edge, candidate = some_pairs(rng)
        perfect = score_links(edge.astype(float), edge, candidate)
        assert perfect[3:] == (1, 1, 1)
        flat = score_links(np.zeros(edge.shape), edge, candidate)
        assert flat.aupr == pytest.approx(flat.base)
        assert flat.early_precision == pytest.approx(flat.base)
        assert flat.auroc == 0.5

    def test_without_edges_nothing_is_defined(self, rng) -> None:
        scores, edge, candidate = some_pairs(rng)
        assert np.isnan(score_links(scores, np.zeros_like(edge), candidate).aupr)

    def test_regulators_one_by_one(self, rng) -> None:
        scores, edge, candidate = some_pairs(rng)
        edge[:, 2] = False
        found = score_regulators(scores, edge, candidate)
        assert found[2] is None
        here = candidate[:, 4]
        assert found[4] == score_links(scores[:, 4], edge[:, 4], here)

    def test_five_known_targets_are_enough_for_a_score_of_its_own(self, rng) -> None:
        edge = np.zeros((20, 2), dtype=bool)
        edge[:5, 0] = edge[:4, 1] = True
        four_of_five = np.ones_like(edge)
        four, five = (
            score_regulators(rng.random(edge.shape), edge, candidate)
            for candidate in (four_of_five & ~np.eye(20, 2, dtype=bool), four_of_five)
        )
        assert [one is None for one in five] == [False, True]
        assert four == [None, None]

    def test_without_candidates_there_is_no_base(self, rng) -> None:
        scores, edge, candidate = some_pairs(rng)
        nothing = score_links(scores, edge, np.zeros_like(candidate))
        assert (nothing.pairs, nothing.edges) == (0, 0)
        assert np.isnan(nothing.base)
        every = score_links(scores, np.ones_like(edge), candidate)
        assert (every.base, every.edges) == (1, every.pairs)
        assert np.isnan(every.auroc)


class TestNulls:
    def test_a_random_network_keeps_every_number_of_links(self, rng) -> None:
        _, edge, candidate = some_pairs(rng)
        found = rewired(edge, candidate, rng)
        np.testing.assert_array_equal(found.sum(axis=0), edge.sum(axis=0))
        np.testing.assert_array_equal(found.sum(axis=1), edge.sum(axis=1))
        assert not (found & ~candidate).any()
        assert (found & edge).sum() < 0.8 * edge.sum()

    def test_two_regulators_trade_their_targets(self, rng) -> None:
        edge = np.zeros((40, 2), dtype=bool)
        edge[:15, 0] = edge[15:25, 1] = True
        found = rewired(edge, np.ones_like(edge), rng)
        assert list(found.sum(axis=0)) == [15, 10]
        np.testing.assert_array_equal(found.sum(axis=1), edge.sum(axis=1))
        assert (found != edge).any()

    def test_so_many_trades_are_made(self, rng) -> None:
        _, edge, candidate = some_pairs(rng)
        np.testing.assert_array_equal(rewired(edge, candidate, rng, trades=0), edge)
        one = rewired(edge, candidate, np.random.default_rng(5), trades=1)
        assert ((one != edge).any(axis=0)).sum() == 2
        default = rewired(edge, candidate, np.random.default_rng(5))
        ten_each = rewired(edge, candidate, np.random.default_rng(5), trades=60)
        np.testing.assert_array_equal(default, ten_each)
        alone = edge[:, :1]
        np.testing.assert_array_equal(rewired(alone, candidate[:, :1], rng), alone)

    def test_a_score_that_knows_popular_genes_only_is_not_above_it(self, rng) -> None:
        popular = rng.random(300)
        edge = rng.random((300, 20)) < 0.5 * popular[:, None] ** 3
        candidate = np.ones_like(edge)
        ranking = Ranking(np.repeat(popular[:, None], 20, axis=1), candidate)
        found = ranking.score(edge)
        null = [ranking.score(rewired(edge, candidate, rng)).aupr for _ in range(10)]
        assert found.aupr > 1.5 * found.base
        assert found.aupr == pytest.approx(np.mean(null), rel=0.03)

    def test_a_score_that_knows_the_pairs_is_above_it(self, rng) -> None:
        scores, edge, candidate = some_pairs(rng)
        ranking = Ranking(scores, candidate)
        null = [ranking.score(rewired(edge, candidate, rng)).aupr for _ in range(10)]
        assert ranking.score(edge).aupr > max(null) + 0.1

    def test_shuffled_scores_are_at_the_base_rate(self, rng) -> None:
        scores, edge, candidate = some_pairs(rng)
        found = [score_links(shuffled(scores, candidate, rng), edge, candidate) for _ in range(30)]
        assert np.mean([one.aupr for one in found]) == pytest.approx(found[0].base, rel=0.1)
