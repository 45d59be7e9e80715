"""k-mer ridge, motif ridge, bilinear ridge and boosted trees learn planted promoter logic."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deeprage.baselines.bilinear_ridge import BilinearRidge
from deeprage.baselines.boosted_trees import BoostedTrees
from deeprage.baselines.features import kmer_counts, standardised
from deeprage.baselines.kmer_ridge import KmerRidge
from deeprage.baselines.motif_ridge import MotifRidge
from deeprage.data.dna import encode, reverse_complement
from deeprage.data.split import visible
from deeprage.errors import DeepRageError

REGIMES = ("pairs", "conditions", "genes", "both")


def motif_ridge(motifs: str) -> MotifRidge:
    return MotifRidge(motifs=[motifs], window=120, bins=2, factors=3)


def boosted_trees(motifs: str) -> BoostedTrees:
    return BoostedTrees(
        motifs=[motifs],
        window=120,
        bins=2,
        factors=3,
        composition=2,
        rounds=(3, 20, 60),
        learning_rate=0.1,
        leaves=4,
        least_leaf=5,
        share_features=1.0,
    )


def bilinear_ridge(motifs: str) -> BilinearRidge:
    return BilinearRidge(motifs=[motifs], window=120, bins=2, penalties=(1e-3, 1e-2, 0.1, 1.0))


def kmer_ridge(motifs: str) -> KmerRidge:
    return KmerRidge(k=5, window=120, bins=1, factors=3)


BUILDERS = {
    "motif-ridge": (motif_ridge, 0.6),
    "boosted-trees": (boosted_trees, 0.7),
    "bilinear-ridge": (bilinear_ridge, 0.6),
    "kmer-ridge": (kmer_ridge, 0.25),
}


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("regime", REGIMES)
def test_planted_motifs_predict_held_out_cells(
    make_world: Callable, name: str, regime: str
) -> None:
    build, least = BUILDERS[name]
    world = make_world()
    assert world.skill(build(world.motifs), regime) > least


@pytest.mark.parametrize("name", BUILDERS)
def test_shuffled_promoters_give_about_the_condition_mean(make_world: Callable, name: str) -> None:
    build, least = BUILDERS[name]
    world, shuffled = make_world(), make_world(shuffle="promoters")
    assert world.beats_condition_mean(build(world.motifs), "genes") > least**2 / 2
    assert abs(shuffled.beats_condition_mean(build(world.motifs), "genes")) < 0.08


@pytest.mark.parametrize("name", ["motif-ridge", "boosted-trees", "bilinear-ridge"])
def test_permuted_regulators_say_nothing_of_unseen_conditions(
    make_world: Callable, name: str
) -> None:
    build, _ = BUILDERS[name]
    worlds = [make_world(genes=120, shuffle="regulators", seed=seed) for seed in range(9)]
    skills = [world.skill(build(world.motifs), "both") for world in worlds]
    assert abs(np.mean(skills)) < 0.25


@pytest.mark.parametrize("name", ["motif-ridge", "bilinear-ridge"])
def test_a_gene_without_promoter_and_an_all_missing_training_row_do_no_harm(
    make_world: Callable, name: str
) -> None:
    build, least = BUILDERS[name]
    world = make_world(missing=0.4)
    assert not world.compendium.has_promoter[-1]
    assert world.skill(build(world.motifs), "genes") > least - 0.1


def test_bilinear_ridge_with_missing_cells_is_the_ridge_on_observed_cells(
    make_world: Callable,
) -> None:
    from sklearn.linear_model import Ridge

    world = make_world(genes=40, conditions=12, missing=0.3)
    split = world.split("genes")
    model = BilinearRidge(
        motifs=[world.motifs], window=120, bins=2, penalties=(0.1,), steps=5000, tolerance=1e-9
    ).fit(visible(world.compendium, split), split)
    # In the rotated coordinates the penalty is the same; the features are the coordinates.
    values = np.where(split.role == 0, world.compendium.expression, np.nan)
    values[~world.compendium.has_promoter] = np.nan
    features = np.kron(model.genes_, model.conditions_)
    seen = ~np.isnan(values.ravel())
    known = ~np.isnan(values)
    rows, columns = known.any(axis=1), known.any(axis=0)
    unit = np.mean(np.sum(model.genes_[rows] ** 2, axis=1)) * np.mean(
        np.sum(model.conditions_[columns] ** 2, axis=1)
    )
    plain = Ridge(alpha=0.1 * unit, fit_intercept=False, solver="cholesky")
    plain.fit(features[seen], values.ravel()[seen])
    expected = plain.predict(features).reshape(values.shape)
    genes, conditions = (np.arange(size) for size in values.shape)
    found = model.predict(genes, conditions)
    np.testing.assert_allclose(found, expected, rtol=1e-2, atol=1e-2)


def test_boosted_trees_repeat_to_the_bit(make_world: Callable) -> None:
    world = make_world(genes=80, conditions=12)
    split = world.split("genes")
    seen = visible(world.compendium, split)
    first = boosted_trees(world.motifs).fit(seen, split)
    second = boosted_trees(world.motifs).fit(seen, split)
    np.testing.assert_array_equal(first.scores_, second.scores_)


def test_averaged_ensembles_are_the_average_of_single_ones(make_world: Callable) -> None:
    world = make_world(genes=80, conditions=12)
    split = world.split("genes")
    seen = visible(world.compendium, split)
    models = [boosted_trees(world.motifs) for _ in range(3)]
    for model, seed, repeats in zip(models, (0, 1, 0), (1, 1, 2), strict=True):
        model.seed, model.repeats, model.rounds = seed, repeats, (40,)
        model.fit(seen, split)
    one, two, both = (model.scores_ for model in models)
    assert not np.allclose(one, two)
    np.testing.assert_allclose(both, (one + two) / 2, rtol=1e-4, atol=1e-5)


def test_the_cache_holds_the_motif_scores(make_world: Callable, tmp_path: Path) -> None:
    world = make_world(genes=80, conditions=12)
    split = world.split("genes")
    seen = visible(world.compendium, split)
    model = MotifRidge(motifs=[world.motifs], window=120, bins=2, cache=tmp_path).fit(seen, split)
    assert len(list(tmp_path.glob("motif-scores-*.npz"))) == 1
    again = MotifRidge(motifs=[world.motifs], window=120, bins=2, cache=tmp_path).fit(seen, split)
    np.testing.assert_array_equal(model.scores_, again.scores_)


class TestKmers:
    def test_both_strands_are_one_and_bins_are_apart(self) -> None:
        tokens = encode("GACGCCTTAN")[None]
        found = kmer_counts(tokens, k=4, bins=1)
        assert found.shape == (1, 136)
        assert found.sum() == 6
        np.testing.assert_array_equal(found, kmer_counts(reverse_complement(tokens), k=4, bins=1))
        two = kmer_counts(tokens, k=4, bins=2)
        np.testing.assert_array_equal(two[:, :136] + two[:, 136:], found)

    def test_there_are_2080_kinds_of_6_mers(self) -> None:
        assert kmer_counts(np.zeros((1, 20), np.int8), k=6, bins=2).shape == (1, 4160)

    def test_lengths_that_do_not_fit_are_refused(self) -> None:
        with pytest.raises(DeepRageError, match="between 1 and 8, got 9"):
            kmer_counts(np.zeros((1, 20), np.int8), k=9)
        with pytest.raises(DeepRageError, match="do not fit"):
            kmer_counts(np.zeros((1, 6), np.int8), k=6, bins=2)

    def test_constant_features_become_zero(self) -> None:
        found = standardised(np.array([[1, 2], [1, 4], [9, 6]], np.float32), np.array([0, 1]))
        np.testing.assert_allclose(found, [[0, -1], [0, 1], [0, 3]])
