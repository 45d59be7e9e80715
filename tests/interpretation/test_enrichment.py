"""Tests on known targets, against independent implementations and planted truth."""

import numpy as np
import pytest
from scipy.stats import fisher_exact, kstest
from sklearn.metrics import roc_auc_score
from tests.interpretation.planted import make_world

from deeprage.errors import DeepRageError
from deeprage.interpretation.enrichment import enrichment, enrichment_table, pooled_wilcoxon
from deeprage.interpretation.knockout import knock_out
from deeprage.interpretation.perturbation import LevelChange
from deeprage.interpretation.screen import screen_regulators


def test_auroc_and_fisher_agree_with_sklearn_and_scipy() -> None:
    rng = np.random.default_rng(0)
    targets = rng.random(300) < 0.1
    scores = np.round(rng.normal(size=300) + targets, 1) + 10  # with ties
    candidates = rng.random(300) < 0.8
    found = enrichment(scores, targets, candidates=candidates, top=20)
    known, wanted = scores[candidates], targets[candidates]
    assert found.auroc == pytest.approx(roc_auc_score(wanted, known))
    in_top = np.zeros(len(known), dtype=bool)
    in_top[np.argsort(-known, kind="stable")[:20]] = True
    table = [[(wanted & in_top).sum(), (~wanted & in_top).sum()],
             [(wanted & ~in_top).sum(), (~wanted & ~in_top).sum()]]  # fmt: skip
    assert found.hits == table[0][0]
    assert found.top_p == pytest.approx(fisher_exact(table, alternative="greater").pvalue)
    assert (found.targets, found.others) == (wanted.sum(), (~wanted).sum())


def test_the_paper_s_example() -> None:
    """Three of the top five among 6,099 genes: rare unless the targets are many."""
    scores = np.zeros(6099)
    scores[:5] = [5, 4, 3, 2, 1]
    targets = np.zeros(6099, dtype=bool)
    targets[[0, 2, 4, *range(1000, 1040)]] = True
    found = enrichment(scores, targets, top=5)
    assert found.hits == 3
    assert 0 < found.top_p < 1e-4


def test_p_values_of_random_scores_are_uniform() -> None:
    rng = np.random.default_rng(3)
    found = [enrichment(rng.normal(size=200), rng.random(200) < 0.15).p for _ in range(400)]
    assert kstest(found, "uniform").pvalue > 0.01
    pooled = [
        pooled_wilcoxon(
            rng.normal(size=(3, 80)), rng.random((80, 3)) < 0.2, candidates=np.ones((80, 3), bool)
        )
        for _ in range(300)
    ]
    assert kstest(pooled, "uniform").pvalue > 0.01


def test_genes_that_do_not_change_are_never_in_the_top() -> None:
    found = enrichment(np.array([0.0, 0, 0, 1]), np.array([True, True, False, False]), top=3)
    assert (found.top, found.hits, found.top_p) == (1, 0, 1.0)


def test_without_targets_nothing_is_claimed() -> None:
    found = enrichment(np.arange(4.0), np.zeros(4, dtype=bool))
    assert np.isnan([found.auroc, found.p, found.top_p]).all()
    with pytest.raises(DeepRageError, match="1 gene or more, got 0"):
        enrichment(np.arange(4.0), np.ones(4, dtype=bool), top=0)


class TestScreenOfPlantedRegulators:
    @pytest.fixture(scope="class")
    def world(self):
        return make_world(genes=200, and_pairs=0)

    @pytest.fixture(scope="class")
    def scores(self, world):
        return screen_regulators(world.wild, step=-5)

    def test_a_screen_is_many_knock_outs(self, world, scores) -> None:
        for slot in range(8):
            step = [LevelChange(slot, "", -5.0, moved=True)]
            change = knock_out(world.wild, step, rng=np.random.default_rng(0)).change
            np.testing.assert_allclose(scores.size[slot], abs(change).mean(axis=1), atol=1e-4)
            np.testing.assert_allclose(scores.mean[slot], change.mean(axis=1), atol=1e-4)

    def test_screening_some(self, world, scores) -> None:
        some = screen_regulators(world.wild, np.array([5, 2]), step=-5)
        np.testing.assert_allclose(some.size, scores.size[[5, 2]], atol=1e-5)

    def test_small_passes_give_the_same(self, world, scores, monkeypatch) -> None:
        monkeypatch.setattr("deeprage.interpretation.screen._CELLS_AT_ONCE", 400)
        small = screen_regulators(world.wild, step=-5)
        np.testing.assert_allclose(small.size, scores.size, atol=1e-5)

    def test_every_regulator_s_targets_are_found(self, world, scores) -> None:
        candidates = np.ones_like(world.present)
        table = enrichment_table(
            world.model.regulators, scores.size, world.present, candidates=candidates, top=10
        )
        assert len(table) == 8
        assert (table["auroc"] == 1).all()
        assert table["q"].max() < 1e-4
        assert (table["hits"] == 10).all()
        assert table["top_q"].max() < 0.05
        assert pooled_wilcoxon(scores.size, world.present, candidates=candidates) < 1e-20

    def test_permuted_targets_are_not(self, world, scores) -> None:
        rng, candidates = np.random.default_rng(0), np.ones_like(world.present)
        least = []
        for _ in range(20):
            permuted = rng.permutation(world.present)
            table = enrichment_table(
                world.model.regulators, scores.size, permuted, candidates=candidates
            )
            least.append(table["q"].min())
        assert np.mean(np.array(least) < 0.05) <= 0.15

    def test_regulators_with_few_known_targets_are_left_out(self, world, scores) -> None:
        targets = world.present.copy()
        targets[:, 0] = False
        targets[:3, 0] = True
        table = enrichment_table(
            world.model.regulators, scores.size, targets, candidates=np.ones_like(targets)
        )
        assert "REG001" not in set(table["name"])
        assert len(table) == 7
