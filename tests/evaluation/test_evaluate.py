"""Every predictor is fitted behind the barrier and scored in the same way."""

import itertools
import json
import time
from typing import Self

import numpy as np
import pytest

from deeprage.baselines import make_baseline
from deeprage.data.split import Regime, Role, ScoringProtocol
from deeprage.data.splitting import make_split
from deeprage.errors import DeepRageError
from deeprage.evaluation.evaluate import (
    REFERENCE_ROWS,
    Prediction,
    fit_and_predict,
    fit_and_score,
    score_prediction,
)


class Memory:
    """Stores all that it sees and gives it back: it scores only what leaks."""

    def fit(self, visible, split) -> Self:
        self.seen_ = np.nan_to_num(visible.expression)
        return self

    def predict(self, genes, conditions):
        return self.seen_[np.ix_(genes, conditions)]


class TestBarrier:
    @pytest.mark.parametrize("regime", list(Regime))
    def test_memory_alone_scores_nothing_on_test_cells(self, make_compendium, regime) -> None:
        compendium = make_compendium(genes=60)
        split = make_split(compendium, regime=regime)
        validation, test = fit_and_score(compendium, split, Memory(), name="memory")
        assert test["scores"]["pearson"] == 0
        assert test["role"] == "test"
        assert validation["scores"]["pearson"] == pytest.approx(1)

    def test_the_paper_protocol_scores_missing_cells_as_zero(self, make_compendium) -> None:
        compendium = make_compendium(missing=0.3)
        split = make_split(compendium, regime="pairs", protocol=ScoringProtocol.PAPER)
        zero = make_baseline("zero")
        rows = fit_and_score(compendium, split, zero, name="zero", protocol=ScoringProtocol.PAPER)
        test = split.cells(Role.TEST)
        filled = np.nan_to_num(compendium.expression)[test]
        assert rows[1]["scores"]["n_cells"] == test.sum()
        assert rows[1]["scores"]["mse"] == pytest.approx(np.mean(filled**2), rel=1e-5)


class Opinionated(Memory):
    """Counts how often it computes, and names classes that its values would not give."""

    def __init__(self, classes: bool) -> None:
        self.classes = classes
        self.computed = 0

    def predict(self, genes, conditions):
        self.computed += 1
        return super().predict(genes, conditions)

    def predict_with_classes(self, genes, conditions):
        values = self.predict(genes, conditions)
        return values, np.full(values.shape, 2, dtype=np.int8) if self.classes else None


class TestClasses:
    def test_values_and_classes_are_computed_once(self, make_compendium) -> None:
        compendium = make_compendium()
        split = make_split(compendium, regime="both")
        predictor = Opinionated(classes=True)
        found = fit_and_predict(compendium, split, predictor)
        assert predictor.computed == 1
        scored = split.cells(Role.VALIDATION, Role.TEST)
        assert (found.classes[scored] == 2).all()
        assert (found.classes[~scored.any(axis=1)] == -1).all()
        rows = score_prediction(compendium, split, found, name="opinionated")
        assert rows[1]["cuts"] is None
        assert rows[1]["scores"]["accuracy"] == pytest.approx(
            np.mean(compendium.expression[split.cells(Role.TEST)] > 0.5)
        )

    def test_without_classes_of_its_own_they_are_cut_from_the_values(self, make_compendium) -> None:
        compendium = make_compendium()
        split = make_split(compendium, regime="both")
        predictor = Opinionated(classes=False)
        found = fit_and_predict(compendium, split, predictor)
        assert (predictor.computed, found.classes) == (1, None)
        assert score_prediction(compendium, split, found, name="p")[1]["cuts"] is not None


class Later(Memory):
    """Gives 1 before the refit, 2 after it; each call of the clock costs a second."""

    def fit(self, visible, split) -> Self:
        self.value = 1
        return self

    def refit(self, visible, split) -> Self:
        self.value = 2
        return self

    def predict_with_classes(self, genes, conditions):
        shape = len(genes), len(conditions)
        return np.full(shape, self.value, np.float32), np.full(shape, self.value, np.int8)


class TestRefit:
    def test_validation_cells_are_those_of_before_the_refit(self, make_compendium) -> None:
        compendium = make_compendium()
        split = make_split(compendium, regime="both")
        found = fit_and_predict(compendium, split, Later())
        for role, value in ((Role.VALIDATION, 1), (Role.TEST, 2)):
            assert (found.values[split.cells(role)] == value).all()
            assert (found.classes[split.cells(role)] == value).all()

    def test_seconds_are_those_of_both_fits_and_of_the_last_prediction(
        self, make_compendium, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compendium = make_compendium()
        split = make_split(compendium, regime="both")
        clock = itertools.count(100.0)
        monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
        once = fit_and_predict(compendium, split, make_baseline("zero"))
        assert (once.fit_seconds, once.predict_seconds) == (1, 1)
        twice = fit_and_predict(compendium, split, Later())
        assert (twice.fit_seconds, twice.predict_seconds) == (2, 1)


class TestScoring:
    def test_rows_are_in_order_and_json_safe(self, make_compendium) -> None:
        compendium = make_compendium(missing=0.1)
        split = make_split(compendium, regime="both")
        rows = [
            row
            for name in REFERENCE_ROWS
            for row in fit_and_score(compendium, split, make_baseline(name), name=name)
        ]
        assert [row["predictor"] for row in rows] == [n for n in REFERENCE_ROWS for _ in range(2)]
        assert [row["role"] for row in rows[:2]] == ["validation", "test"]
        json.dumps(rows, allow_nan=False)

    def test_the_majority_class_scores_its_share(self, make_compendium) -> None:
        compendium = make_compendium(np.random.default_rng(0).normal(0, 0.4, size=(200, 12)))
        split = make_split(compendium, regime="pairs")
        _, test = fit_and_score(compendium, split, make_baseline("majority"), name="majority")
        assert test["scores"]["accuracy"] == test["scores"]["majority_accuracy"]
        assert test["scores"]["kappa"] == pytest.approx(0)

    def test_cuts_come_from_validation_cells_only(self, make_compendium) -> None:
        compendium = make_compendium(genes=100)
        split = make_split(compendium, regime="pairs")
        values = (0.3 * compendium.expression).astype(np.float32)
        spoilt = np.where(split.cells(Role.TEST), np.float32(-9), compendium.expression)
        prediction = Prediction(values, None)
        one, other = (
            score_prediction(found, split, prediction, name="p")[0]["cuts"]
            for found in (compendium, compendium.with_expression(spoilt))
        )
        assert one == other
        assert abs(one[0]) < 0.3

    def test_a_planted_signal_is_scored_as_such(self, make_compendium) -> None:
        rng = np.random.default_rng(0)
        planted = 2 * rng.normal(size=(100, 1)) + rng.normal(size=(1, 12))
        compendium = make_compendium(planted)
        split = make_split(compendium, regime="pairs")
        names = ("gene-mean", "condition-mean", "additive")
        test = {
            name: fit_and_score(compendium, split, make_baseline(name), name=name)[1]["scores"]
            for name in names
        }
        assert test["additive"]["pearson"] > 0.999
        assert test["additive"]["pearson"] > test["gene-mean"]["pearson"] > 0.8
        assert test["gene-mean"]["within_gene_pearson"] == pytest.approx(0)
        assert test["condition-mean"]["within_condition_pearson"] == pytest.approx(0)

    def test_only_scored_genes_and_conditions_are_predicted(self, make_compendium) -> None:
        compendium = make_compendium()
        split = make_split(compendium, regime="both")
        found = fit_and_predict(compendium, split, make_baseline("additive"))
        scored = split.cells(Role.VALIDATION, Role.TEST)
        assert np.isfinite(found.values[scored]).all()
        assert np.isnan(found.values[~scored.any(axis=1)]).all()

    def test_a_part_without_values_is_an_error(self, make_compendium) -> None:
        compendium = make_compendium()
        split = make_split(compendium, regime="pairs")
        hidden = np.where(split.cells(Role.TEST), np.nan, compendium.expression)
        empty = compendium.with_expression(hidden.astype(np.float32))
        with pytest.raises(DeepRageError, match="none of the 32 test cells"):
            fit_and_score(empty, split, make_baseline("zero"), name="zero")
