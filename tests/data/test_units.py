"""Levels and changes: which a compendium holds, and what its classes are counted from."""

import numpy as np
import pytest

from deeprage.baselines import make_baseline
from deeprage.data.describe import describe
from deeprage.data.labels import classify
from deeprage.data.split import Role
from deeprage.data.splitting import make_split
from deeprage.data.units import (
    by_level,
    class_origin,
    gene_means,
    looks_like_levels,
    unit_warning,
    usual_levels,
)
from deeprage.evaluation.evaluate import fit_and_score

LEVELS, CHANGES = "log2 expression", "log2 fold change"


def levels(genes: int = 60, conditions: int = 12, seed: int = 0) -> np.ndarray:
    """Log2 expression: genes differ in level by more than they change."""
    rng = np.random.default_rng(seed)
    return 9 + 2 * rng.normal(size=(genes, 1)) + rng.normal(size=(genes, conditions))


class TestLooks:
    @pytest.mark.parametrize(
        ("values", "unit", "words"),
        [
            (levels(), CHANGES, "declared as log2 fold change, but they look like levels"),
            # Log2 TPM: some of it is below 0.
            (levels() - 5, CHANGES, "look like levels"),
            (levels(), LEVELS, None),
            (levels() - 9, LEVELS, None),
            (np.random.default_rng(1).normal(size=(60, 12)), CHANGES, None),
            (np.random.default_rng(1).normal(size=(60, 12)), LEVELS, "both ways around 0"),
            (np.random.default_rng(1).normal(0.7, 1, (60, 12)), CHANGES, None),
        ],
    )
    def test_the_other_unit_is_noticed(self, make_compendium, values, unit, words) -> None:
        found = unit_warning(make_compendium(values, unit=unit))
        assert (found is None) if words is None else (words in found)

    def test_a_few_values_say_nothing(self) -> None:
        assert not looks_like_levels(np.ones((5, 9), np.float32))
        assert looks_like_levels(np.ones((5, 10), np.float32))

    def test_genes_are_compared_by_level_in_either_case(self, make_compendium) -> None:
        assert by_level(make_compendium(levels(), unit=LEVELS))
        assert by_level(make_compendium(levels(), unit=CHANGES))
        assert not by_level(make_compendium())


class TestOrigin:
    def test_changes_are_counted_from_0(self, make_compendium) -> None:
        compendium = make_compendium()
        assert not class_origin(compendium, make_split(compendium, regime="pairs")).any()

    def test_levels_are_counted_from_the_genes_training_mean(self, make_compendium) -> None:
        compendium = make_compendium(levels(), unit=LEVELS, missing=0.1)
        split = make_split(compendium, regime="conditions")
        trained = split.cells(Role.TRAIN)[0]
        known = trained & ~np.isnan(compendium.expression[0])
        found = class_origin(compendium, split)
        assert found[0, 0] == pytest.approx(compendium.expression[0, known].mean(), rel=1e-5)

    def test_a_gene_that_is_held_out_has_no_class(self, make_compendium) -> None:
        compendium = make_compendium(levels(), unit=LEVELS)
        split = make_split(compendium, regime="genes")
        held_out = split.cells(Role.TEST).any(axis=1)
        found = class_origin(compendium, split)
        assert np.isnan(found[held_out]).all()
        assert (classify(compendium.expression - found)[held_out] == -1).all()
        assert np.isfinite(usual_levels(compendium, split)).all()

    def test_means_are_those_of_known_cells(self) -> None:
        values = np.array([[1, np.nan, 3], [np.nan] * 3], dtype=np.float32)
        np.testing.assert_array_equal(gene_means(values), [[2], [np.nan]])


class TestScores:
    def test_classes_of_levels_are_those_of_the_changes(self, make_compendium) -> None:
        """Adding a level to each gene changes no score of classes."""
        rng = np.random.default_rng(3)
        factors = rng.normal(size=(60, 2)) @ rng.normal(size=(2, 24))
        changes = factors + 0.3 * rng.normal(size=(60, 24))
        level = 9 + 2 * rng.normal(size=(60, 1))
        found = {}
        for unit, values in ((CHANGES, changes), (LEVELS, changes + level)):
            compendium = make_compendium(values, unit=unit)
            split = make_split(compendium, regime="pairs")
            if unit == CHANGES:  # from the same origin
                trained = np.where(split.cells(Role.TRAIN), changes, np.nan).astype(np.float32)
                compendium = make_compendium(changes - np.nan_to_num(gene_means(trained)))
            rows = fit_and_score(compendium, split, make_baseline("completion"), name="c")
            found[unit] = rows[1]["scores"]
        assert found[LEVELS]["accuracy"] == pytest.approx(found[CHANGES]["accuracy"], abs=0.02)
        assert found[LEVELS]["accuracy"] < 1
        assert found[LEVELS]["kappa"] > 0.4

    @pytest.mark.parametrize("baseline", ["majority", "gene-mean", "regulator-ridge"])
    def test_where_no_gene_has_a_mean_classes_are_not_scored(
        self, make_compendium, baseline: str
    ) -> None:
        compendium = make_compendium(levels(), unit=LEVELS)
        split = make_split(compendium, regime="genes")
        for row in fit_and_score(compendium, split, make_baseline(baseline), name="b"):
            assert row["scores"]["accuracy"] is None
            assert row["scores"]["mse"] is not None

    def test_levels_that_are_declared_as_changes_have_no_accuracy(self, make_compendium) -> None:
        compendium = make_compendium(levels())
        split = make_split(compendium, regime="conditions")
        for row in fit_and_score(compendium, split, make_baseline("additive"), name="a"):
            assert row["scores"]["accuracy"] is None

    def test_a_description_gives_classes_of_changes(self, make_compendium) -> None:
        found = describe(make_compendium(levels(), unit=LEVELS))
        assert 0.2 < found.classes["Down"] < 0.4
        assert "relative to each gene's mean" in found.text()
