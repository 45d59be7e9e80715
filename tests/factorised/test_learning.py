"""What is left out to measure errors, and what a run of deeprage-f holds."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deeprage.data.coding import codon_counts
from deeprage.data.split import Regime, Role, visible
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError
from deeprage.evaluation.opening import open_model
from deeprage.factorised.certainty import CellKind
from deeprage.factorised.kept_stack import KeptStack
from deeprage.factorised.learning import (
    _held_out_genes,
    _kinds,
    _scored,
    _without_gene_groups,
)
from deeprage.factorised.model import Factorised
from deeprage.factorised.promoter_stack import PromoterStack
from deeprage.factorised.train import train


class TestLeftOut:
    @pytest.mark.parametrize(("groups", "left"), [(40, 6), (3, 1), (50, 8)])
    def test_a_share_of_the_groups_that_train_is_left_out_whole(
        self, make_compendium, groups: int, left: int
    ) -> None:
        names = [f"group {row % groups}" for row in range(100)]
        compendium = make_compendium(genes=100, groups=names)
        split = make_split(compendium, regime="conditions")
        inner = _without_gene_groups(compendium, split, np.random.default_rng(0))
        trained, before = inner.cells(Role.TRAIN), split.cells(Role.TRAIN)
        validated = inner.cells(Role.VALIDATION)
        np.testing.assert_array_equal(trained | validated, before)
        assert not (trained.any(axis=1) & validated.any(axis=1)).any()
        assert (inner.role[~before] == Role.UNUSED).all()
        assert inner.regime is Regime.GENES
        taken = {names[row] for row in np.flatnonzero(validated.any(axis=1))}
        kept = {names[row] for row in np.flatnonzero(trained.any(axis=1))}
        assert not taken & kept
        # 15 % of the groups, and one at least.
        assert len(taken) == left

    def test_only_genes_that_a_score_counts_are_measured(self, make_compendium) -> None:
        compendium = make_compendium(genes=60, regulators=20)
        split = make_split(compendium, regime="genes", validation_fraction=0.3)
        role = split.role.copy()
        role[50] = Role.VALIDATION  # a regulator
        split = split.__class__(split.regime, split.genes, split.conditions, role, "planted")
        compendium.adata.var.loc[compendium.genes[0], "has_promoter"] = False
        role[0] = Role.VALIDATION
        found = _held_out_genes(compendium, split)
        validated = split.cells(Role.VALIDATION).any(axis=1)
        assert set(found) == set(np.flatnonzero(validated)) - {0, *range(40, 60)}
        scored = _scored(compendium, split, Role.VALIDATION)
        assert np.isnan(scored[40:]).all()
        cells = split.cells(Role.VALIDATION)[:40]
        np.testing.assert_array_equal(~np.isnan(scored[:40]), cells)

    def test_validation_cells_keep_the_kind_of_their_regime(self, make_compendium) -> None:
        compendium = make_compendium()
        for regime, kind in (
            ("pairs", CellKind.SEEN),
            ("conditions", CellKind.NEW_CONDITION),
            ("genes", CellKind.NEW_GENE),
            ("both", CellKind.NEW_BOTH),
        ):
            split = make_split(compendium, regime=regime)
            rows, columns = np.arange(0, 30, 2), np.arange(6)
            found = _kinds((30, 12), rows, columns, split)
            validated = split.cells(Role.VALIDATION)
            assert (found[validated] == kind).all()
            new = np.arange(30) % 2 == 1, np.arange(12) >= 6
            expected = 2 * new[0][:, None] + new[1]
            np.testing.assert_array_equal(found[~validated], expected[~validated])


def with_coding(compendium):
    """Random starts of coding sequences; the last fifty genes have none."""
    coding = np.random.default_rng(1).integers(0, 4, (len(compendium.genes), 90)).astype(np.int8)
    coding[-50:] = 4
    compendium.adata.varm["coding"] = coding
    return compendium


def test_a_stack_that_reads_coding_starts_scores_new_genes_the_same(make_world: Callable) -> None:
    world = make_world(genes=160)
    split = world.split("genes")
    seen = visible(with_coding(world.compendium), split)
    plain = PromoterStack(motifs=[world.motifs], rounds=(20, 40)).fit(seen, split)
    kept = KeptStack(motifs=[world.motifs], rounds=(20, 40)).fit(seen, split)
    np.testing.assert_array_equal(kept.scores_, plain.scores_)
    rows = np.flatnonzero(seen.has_promoter)
    scorer = kept.scorer(seen)
    told = scorer.scores(seen.promoters[rows], seen.coding[rows])
    np.testing.assert_allclose(told, plain.scores_[rows], atol=1e-4)
    # Without them the mean usage of the genes that taught stands in: of the same for all.
    alone = scorer.scores(seen.promoters[rows])
    usage = np.sqrt(codon_counts(seen.coding[kept.taught_])).mean(axis=0)
    np.testing.assert_allclose(scorer._mean_codons, usage, rtol=1e-5)
    assert np.abs(alone - told).mean() > 1e-3
    np.testing.assert_allclose(scorer.scores(seen.promoters[rows[:3]]), alone[:3], atol=1e-5)


class TestFactorised:
    def test_the_share_of_similar_genes_is_the_best_on_validation_cells(
        self, make_world: Callable
    ) -> None:
        from deeprage.factorised.model import RESIDUAL_SHARES
        from deeprage.factorised.similar_genes import residual_of_similar_genes

        world = make_world(genes=120)
        split = world.split("pairs")
        seen = visible(world.compendium, split)
        model = Factorised(motifs=[world.motifs], seed=2).fit(seen, split)
        assert RESIDUAL_SHARES == (0.0, 0.5, 0.75, 1.0, 1.25)
        trained = np.where(split.cells(Role.TRAIN), seen.expression, np.nan)
        rows = np.flatnonzero((~np.isnan(trained)).any(axis=1))
        completed = model._completed
        residual = residual_of_similar_genes(
            completed, ~np.isnan(trained[rows]), generator=np.random.default_rng(2)
        )
        truth = np.where(split.cells(Role.VALIDATION), seen.expression, np.nan)[rows]
        errors = [
            np.nanmean((completed.blind + share * residual - truth) ** 2)
            for share in RESIDUAL_SHARES
        ]
        assert model.residual_share_ == RESIDUAL_SHARES[int(np.argmin(errors))]
        np.testing.assert_allclose(
            model.predicted_[rows], completed.blind + model.residual_share_ * residual, atol=1e-5
        )

    @pytest.mark.parametrize(
        ("genes", "conditions", "enough"), [(3, 2, True), (2, 9, False), (9, 1, False)]
    )
    def test_three_genes_and_two_conditions_are_enough(
        self, make_compendium, genes: int, conditions: int, enough: bool
    ) -> None:
        compendium = make_compendium()
        role = np.full((30, 12), Role.TEST, dtype=np.int8)
        role[:genes, :conditions] = Role.TRAIN
        split = make_split(compendium, regime="pairs")
        split = split.__class__(split.regime, split.genes, split.conditions, role, "planted")
        model = Factorised()
        if enough:
            # Genes without a training cell would need a promoter stack: ask for none.
            compendium.adata.var["has_promoter"] = False
            predicted = model.fit(visible(compendium, split), split).predicted_
            assert np.isfinite(predicted).all()
            np.testing.assert_allclose(predicted[20], predicted[:3].mean(axis=0), rtol=1e-4)
        else:
            with pytest.raises(DeepRageError, match="needs 3 genes and 2 conditions"):
                model.fit(visible(compendium, split), split)


class TestRun:
    @pytest.fixture(scope="class")
    def trained(self, make_world: Callable, tmp_path_factory: pytest.TempPathFactory):
        world = make_world(genes=60)
        out = tmp_path_factory.mktemp("runs") / "f"
        split = world.split("conditions")
        steps: list[str] = []
        run = train(
            world.compendium, split, out=out, motifs=[Path(world.motifs)], seed=3,
            edges=(-1, 1), on_step=steps.append,
        )  # fmt: skip
        return world, split, run, steps

    def test_its_folder_says_how_it_was_made(self, trained) -> None:
        world, split, run, steps = trained
        config = json.loads((run.path / "config.json").read_text())
        about = config["model"]
        assert (about["name"], about["motifs"], about["seed"]) == (
            "deeprage-f",
            ["planted.meme"],
            3,
        )
        assert (config["kind"], config["threads"], config["edges"]) == ("factorised", 1, [-1, 1])
        assert 0 < config["seconds"] < 600
        assert len(steps) == 4
        model = open_model(run)
        assert model.learnt.edges == (-1, 1)
        rows, columns = (np.arange(size) for size in world.compendium.expression.shape)
        predicted = model.predict(rows, columns)
        truth = world.compendium.expression
        tested = split.cells(Role.TEST) & ~np.isnan(truth)
        tested[world.compendium.regulator_rows] = False
        assert np.corrcoef(predicted[tested], truth[tested])[0, 1] > 0.6

    def test_a_run_is_not_replaced_unless_asked(self, trained) -> None:
        world, split, run, _ = trained
        with pytest.raises(DeepRageError, match="overwrite"):
            train(world.compendium, split, out=run.path, motifs=[Path(world.motifs)])
        assert (run.path / "model.json").exists()

    def test_a_split_without_validation_cells_is_refused(self, trained, tmp_path: Path) -> None:
        world, split, _, _ = trained
        role = np.where(split.role == Role.VALIDATION, Role.TEST, split.role)
        bare = split.__class__(split.regime, split.genes, split.conditions, role, "planted")
        with pytest.raises(DeepRageError, match="no validation cell"):
            train(world.compendium, bare, out=tmp_path / "run", motifs=[Path(world.motifs)])
        assert not (tmp_path / "run").exists()
