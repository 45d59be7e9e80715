"""BDTree's protocol on toy data: its folds, its blocks, and a planted truth in the right block."""

import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks import record
from benchmarks.bdtree_protocol import BLOCKS, FOLDS, chosen_genes, deal, entry, main, with_genes

from deeprage.data.compendium import Compendium
from deeprage.data.split import Role

GENES = 60


@pytest.fixture(scope="module")
def planted(make_compendium) -> Compendium:
    """Genes that vary follow three regulators; 20 others hardly vary."""
    rng = np.random.default_rng(0)
    levels = rng.normal(size=(3, 40))
    driven = rng.normal(size=(GENES, 3)) @ levels + 0.3 * rng.normal(size=(GENES, 40))
    still = 0.01 * rng.normal(size=(20, 40))
    return make_compendium(np.concatenate([still, driven, 0.5 * levels]), regulators=3)


class TestFolds:
    def test_the_variable_genes_are_taken_and_regulators_stay_inputs(self, planted) -> None:
        found = chosen_genes(planted, GENES, "variance")
        np.testing.assert_array_equal(found, 20 + np.arange(GENES))
        kept, rows = with_genes(planted, GENES)
        np.testing.assert_array_equal(rows, np.arange(GENES))
        assert len(kept.genes) == GENES + 3
        assert kept.regulators == planted.regulators
        np.testing.assert_array_equal(kept.regulator_levels, planted.regulator_levels)

    def test_coexpressed_genes_are_those_that_go_together_however_little_they_vary(
        self, make_compendium
    ) -> None:
        rng = np.random.default_rng(3)
        alone = 3 * rng.normal(size=(40, 30))
        together = rng.normal(size=30) + 0.2 * rng.normal(size=(25, 30))
        compendium = make_compendium(np.concatenate([alone, together, rng.normal(size=(2, 30))]))
        np.testing.assert_array_equal(
            chosen_genes(compendium, 25, "coexpressed"), 40 + np.arange(25)
        )

    def test_the_first_ten_test_each_gene_and_condition_once_and_all_test_each_cell(
        self, planted
    ) -> None:
        kept, rows = with_genes(planted, GENES)
        folds = list(deal(kept, rows, seed=0, number=FOLDS**2))
        counts = {
            (number, block): sum(
                fold.blocks[rows] == BLOCKS.index(block) for fold in folds[:number]
            )
            for number in (FOLDS, FOLDS**2)
            for block in BLOCKS
        }
        both = counts[FOLDS, "both"]
        assert set(np.unique(both)) == {0, 1}
        assert (counts[FOLDS, "genes"] + both == 1).all()
        assert (counts[FOLDS, "conditions"] + both == 1).all()
        assert (counts[FOLDS**2, "both"] == 1).all()
        assert len({fold.split.label for fold in folds}) == FOLDS**2

    def test_a_tested_gene_or_condition_has_no_cell_to_learn_from(self, planted) -> None:
        kept, rows = with_genes(planted, GENES)
        for fold in deal(kept, rows, seed=1, number=12):
            learnt = fold.split.cells(Role.TRAIN, Role.VALIDATION)
            genes_only = (fold.blocks == BLOCKS.index("genes")).any(axis=1)
            conditions_only = (fold.blocks == BLOCKS.index("conditions")).any(axis=0)
            assert not learnt[genes_only].any()
            assert not learnt[:, conditions_only].any()
            assert not (learnt & (fold.blocks >= 0)).any()
            train = fold.split.cells(Role.TRAIN)
            validation = fold.split.cells(Role.VALIDATION)
            assert 0.7 < train.sum() / learnt.sum() < 0.9
            assert (validation & train.any(axis=1)[:, None] & train.any(axis=0)).sum() == 0


class TestEntries:
    def test_a_network_has_the_settings_found_for_it_and_the_epochs_asked_for(self) -> None:
        found = entry("deeprage-tp", epochs=2, seed=3).settings
        assert found["network"]["regulator_units"] == 64
        assert found["training"]["epochs"] == 2
        assert found["training"]["seed"] == 3
        assert entry("bdtree", epochs=2).settings == {}


class TestRows:
    @pytest.fixture
    def run(self, planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        planted.save(tmp_path / "toy.h5ad")
        monkeypatch.setattr(record, "RESULTS", tmp_path)

        def give(*options: str) -> dict[str, float]:
            shared = ["--data", str(tmp_path / "toy.h5ad"), "--out", str(tmp_path / "out")]
            main([*shared, "--genes", str(GENES), *options])
            path = tmp_path / "bdtree_protocol.json"
            rows = json.loads(path.read_text())["rows"] if path.exists() else []
            return {row["name"]: row["value"] for row in rows}

        return give

    def test_regulators_tell_unseen_conditions_and_promoters_of_noise_nothing(
        self, run, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        rows = run("--predictors", "regulator-ridge")
        assert rows["conditions.regulator-ridge.pearson"] > 0.9
        assert rows["genes.regulator-ridge.pearson"] < 0.5
        assert 0 < rows["overall.majority.accuracy"] < rows["overall.regulator-ridge.accuracy"] < 1
        assert rows["overall.regulator-ridge.folds"] == 10

        capsys.readouterr()
        assert run("--predictors", "regulator-ridge") == rows
        assert capsys.readouterr().out.count("done before") == 10

    def test_a_few_folds_are_shown_and_not_recorded(self, run, capsys) -> None:
        assert run("--predictors", "additive", "--folds", "2") == {}
        said = capsys.readouterr().out
        assert "overall.additive.accuracy" in said
        assert "not recorded: 2 of at least 10" in said
