"""Effects of deeprage-f's motifs and levels, as the general way of any model measures them."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.baselines.conftest import World

from deeprage.data.motifs import read_meme
from deeprage.data.sites import consensus_pattern
from deeprage.data.split import visible
from deeprage.evaluation.controls import shuffle_dinucleotides
from deeprage.factorised.learning import learn
from deeprage.factorised.trained import TrainedFactorised
from deeprage.interpretation.block_model import Factored
from deeprage.interpretation.factored_effects import (
    factored_level_effects,
    factored_pair_effects,
    loadings_of,
    steps_of,
)
from deeprage.interpretation.level_attribution import level_effects
from deeprage.interpretation.pair_effects import pair_effects
from deeprage.interpretation.targets import TargetOptions, find_links


class Planted:
    """A trained deeprage-f, and what is asked of it."""

    def __init__(self, world: World, model: TrainedFactorised, split) -> None:
        self.world, self.model, self.split = world, model, split
        compendium = world.compendium
        self.genes = np.flatnonzero(compendium.has_promoter)[:60]
        self.promoters = compendium.promoters[self.genes]
        levels = np.nan_to_num(compendium.regulator_levels)
        self.levels = levels[:: max(1, len(levels) // 5)][:5].astype(np.float32)
        self.low, self.high = np.percentile(levels, [5, 95], axis=0).astype(np.float32)
        self.patterns = {
            0: [consensus_pattern("TGACTC"), consensus_pattern("GACTCA")],
            2: [consensus_pattern("CANNTG")],
        }


@pytest.fixture(scope="module")
def planted(make_world: Callable[..., World]) -> Planted:
    world = make_world(genes=160)
    split = world.split("genes")
    model = learn(visible(world.compendium, split), split, motifs=[world.motifs])
    return Planted(world, model, split)


def test_it_is_a_factored_model(planted: Planted) -> None:
    assert isinstance(planted.model, Factored)


def test_values_near_a_condition_are_its_responses(planted: Planted) -> None:
    """Exact for the condition as it is; with a regulator changed but for whom it is then like."""
    model, level = planted.model, planted.levels[1]
    slots, values = np.array([0, 2]), np.array([1.5, -2.0], dtype=np.float32)
    found, loadings = model.around(planted.genes, level, slots, values)
    levels = np.repeat(level[None], 3, axis=0)
    levels[1, 0], levels[2, 2] = values
    expected = model.respond(planted.genes, planted.promoters, levels)
    np.testing.assert_allclose(found[:, 0], expected[:, 0], atol=1e-4)
    assert loadings.shape[0] == 3
    for column in (1, 2):
        effect, exact = (block[:, column] - block[:, 0] for block in (found, expected))
        assert np.linalg.norm(effect - exact) < 0.25 * np.linalg.norm(exact)


@pytest.mark.parametrize("shuffled", [False, True])
def test_score_changes_are_differences_of_scores(planted: Planted, shuffled: bool) -> None:
    promoters = planted.promoters
    if shuffled:
        promoters = shuffle_dinucleotides(promoters, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    rows = rng.integers(0, len(promoters), 50)
    changed = promoters[rows].copy()
    for one in changed[5:]:
        start = rng.integers(0, promoters.shape[1] - 8)
        one[start : start + 8] = 4
    model = planted.model
    found = model.score_changes(planted.genes, promoters, rows, changed)
    coding = model.learnt.coding
    own = None if coding is None else coding[planted.genes]
    scores = model.learnt.scorer.scores
    before = scores(promoters, own)[rows]
    after = scores(changed, None if own is None else own[rows])
    assert not found[:5].any()
    # A tree may take another way where a score differs in its last bits.
    off = np.abs(found - (after - before))
    assert np.median(off) < 1e-4
    assert np.corrcoef(found.ravel(), (after - before).ravel())[0, 1] > 0.98
    shift = model.score_shifts(planted.genes, promoters)
    assert shift.any() == shuffled
    np.testing.assert_allclose(
        shift if shuffled else 0,
        before_of(model, planted, promoters) if shuffled else 0,
        atol=1e-9,
    )


def before_of(model: TrainedFactorised, planted: Planted, promoters: np.ndarray) -> np.ndarray:
    coding = model.learnt.coding
    own = None if coding is None else coding[planted.genes]
    return model.learnt.scorer.scores(promoters, own) - model.learnt.promoter_scores[planted.genes]


class TestPairs:
    def both(self, planted: Planted, **options):
        arguments = (planted.model, planted.genes, planted.promoters)
        slots = np.array(list(planted.patterns))
        loadings = loadings_of(
            planted.model, planted.levels, slots, low=planted.low, high=planted.high
        )
        calls: list[int] = []
        fast = factored_pair_effects(
            *arguments, planted.patterns, loadings, on_genes=lambda: calls.append(1), **options
        )
        assert len(calls) == steps_of(len(planted.genes))
        exact = pair_effects(
            *arguments, planted.levels, planted.patterns, low=planted.low, high=planted.high
        )
        return fast, exact

    def test_as_the_general_way(self, planted: Planted) -> None:
        fast, exact = self.both(planted)
        np.testing.assert_array_equal(fast.sites, exact.sites)
        assert (fast.sites > 0).any(axis=0).all()
        assert not fast.mixed[fast.sites == 0].any()
        for name in ("motif", "mixed", "signed"):
            one, other = getattr(fast, name), getattr(exact, name)
            assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.97, name
            assert np.abs(one - other).mean() < 0.15 * np.abs(other).mean(), name

    def test_some_at_random(self, planted: Planted) -> None:
        whole, _ = self.both(planted)
        part, _ = self.both(planted, most=4, rng=np.random.default_rng(0))
        np.testing.assert_array_equal(part.sites, whole.sites)
        seen = ~np.isnan(part.mixed)
        for column in range(seen.shape[1]):
            having = whole.sites[:, column] > 0
            assert (seen[:, column] & having).sum() == min(4, having.sum())
            assert seen[~having, column].all()
        np.testing.assert_allclose(part.mixed[seen], whole.mixed[seen], atol=1e-4)


def test_levels_as_by_mutagenesis(planted: Planted) -> None:
    arguments = (planted.model, planted.genes, planted.promoters, planted.levels)
    exact = level_effects(*arguments, method="mutagenesis")
    fast = factored_level_effects(*arguments)
    for one, other in zip(fast, exact, strict=True):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99
        assert np.abs(one - other).mean() < 0.15 * np.abs(other).mean()


def test_links_of_a_run_without_any_motif(planted: Planted) -> None:
    options = TargetOptions(most_conditions=3, rounds=1)
    found = find_links(planted.model, planted.world.compendium, planted.split, [], options)
    assert found.score == "specific"
    assert np.isfinite(found.q[~found.own]).all()


def test_links_with_motifs_count_steps(planted: Planted) -> None:
    calls: dict[str, list[int]] = {}
    motifs = read_meme(planted.world.motifs)
    regulators = planted.world.compendium.regulator_symbols
    named = [type(m)(m.name, s, m.probabilities) for m, s in zip(motifs, regulators, strict=False)]
    find_links(
        planted.model,
        planted.world.compendium,
        planted.split,
        named,
        TargetOptions(most_conditions=3),
        on_step=lambda what, of: calls.setdefault(what, []).append(of),
    )
    assert set(calls) == {
        "conditions", "motifs with their regulators", "responses to regulators",
    }  # fmt: skip
    for steps in calls.values():
        assert len(set(steps)) == 1
        assert len(steps) % steps[0] == 0
