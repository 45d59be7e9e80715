"""Metrics equal independent implementations."""

import math

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn import metrics as reference

from deeprage.evaluation import metrics


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    observed = rng.normal(size=(40, 15)).astype(np.float32)
    predicted = (observed + rng.normal(size=observed.shape)).astype(np.float32)
    observed[rng.random(observed.shape) < 0.1] = np.nan
    cells = rng.random(observed.shape) < 0.5
    return observed, predicted, cells


class TestValues:
    def test_over_all_cells(self, case) -> None:
        observed, predicted, cells = case
        scored = cells & ~np.isnan(observed)
        truth, guess = observed[scored], predicted[scored]
        assert metrics.mse(*case) == pytest.approx(reference.mean_squared_error(truth, guess))
        assert metrics.r2(*case) == pytest.approx(reference.r2_score(truth, guess), abs=1e-6)
        assert metrics.pearson(*case) == pytest.approx(pearsonr(truth, guess)[0], abs=1e-6)

    @pytest.mark.parametrize("axis", [0, 1])
    def test_within_genes_and_conditions(self, case, axis: int) -> None:
        function = (metrics.within_gene_pearson, metrics.within_condition_pearson)[axis]
        lines = [array if axis == 0 else array.T for array in case]
        expected = []
        for truth, guess, chosen in zip(*lines, strict=True):
            scored = chosen & ~np.isnan(truth)
            enough = scored.sum() >= 3
            expected.append(pearsonr(truth[scored], guess[scored])[0] if enough else np.nan)
        np.testing.assert_allclose(function(*case), expected, atol=1e-5)

    def test_a_constant_prediction_has_found_nothing(self, case) -> None:
        observed, predicted, cells = case
        constant = np.full_like(predicted, 0.3)
        assert metrics.pearson(observed, constant, cells) == 0
        found = metrics.within_gene_pearson(observed, constant, cells)
        assert (found[~np.isnan(found)] == 0).all()
        per_gene = np.repeat(predicted[:, :1], predicted.shape[1], axis=1)
        assert metrics.mean_defined(metrics.within_gene_pearson(observed, per_gene, cells)) == 0

    def test_constant_truth_and_few_cells_are_left_out(self) -> None:
        observed = np.array([[1, 1, 1, 1], [1, 2, np.nan, np.nan], [1, 2, 3, 5]], np.float32)
        predicted = np.arange(12, dtype=np.float32).reshape(3, 4)
        found = metrics.within_gene_pearson(observed, predicted, np.ones((3, 4), bool))
        assert np.isnan(found[:2]).all()
        assert metrics.mean_defined(found) == pytest.approx(pearsonr([1, 2, 3, 5], range(4))[0])

    def test_hidden_cells_do_not_matter(self, case) -> None:
        observed, predicted, cells = case
        changed = np.where(cells, predicted, 1e6).astype(np.float32)
        for function in (metrics.mse, metrics.r2, metrics.pearson):
            assert function(observed, changed, cells) == function(observed, predicted, cells)

    def test_no_cells_is_undefined(self, case) -> None:
        observed, predicted, cells = case
        for function in (metrics.mse, metrics.r2, metrics.pearson):
            assert math.isnan(function(observed, predicted, np.zeros_like(cells)))


class TestClasses:
    @pytest.fixture
    def classes(self):
        rng = np.random.default_rng(1)
        truth = rng.choice([-1, 0, 1, 2], p=[0.05, 0.15, 0.6, 0.2], size=(30, 10)).astype(np.int8)
        guess = np.where(rng.random(truth.shape) < 0.6, np.maximum(truth, 0), 1).astype(np.int8)
        cells = rng.random(truth.shape) < 0.7
        counts = metrics.confusion(truth, guess, cells, n_classes=3)
        scored = cells & (truth >= 0)
        return truth[scored], guess[scored], counts

    def test_equal_scikit_learn(self, classes) -> None:
        truth, guess, counts = classes
        np.testing.assert_array_equal(counts, reference.confusion_matrix(truth, guess))
        for ours, theirs in (
            (metrics.accuracy, reference.accuracy_score(truth, guess)),
            (metrics.balanced_accuracy, reference.balanced_accuracy_score(truth, guess)),
            (metrics.macro_f1, reference.f1_score(truth, guess, average="macro")),
            (metrics.cohen_kappa, reference.cohen_kappa_score(truth, guess)),
        ):
            assert ours(counts) == pytest.approx(theirs)
        assert metrics.majority_accuracy(counts) == pytest.approx(np.mean(truth == 1))

    def test_percent_of_all_cells_with_rows_as_truth(self, classes) -> None:
        percent = metrics.confusion_percent(classes[2])
        assert percent.sum() == pytest.approx(100)
        assert percent[0].sum() == pytest.approx(100 * np.mean(classes[0] == 0))

    def test_table_2_of_the_paper(self) -> None:
        """79.5 % accuracy, 68.9 % balanced accuracy, 66.1 % majority: the published matrix."""
        table = np.array([[1014, 747, 13], [329, 5977, 302], [18, 642, 959]])
        assert metrics.accuracy(table) == pytest.approx(0.795, abs=5e-4)
        assert metrics.balanced_accuracy(table) == pytest.approx(0.689, abs=5e-4)
        assert metrics.majority_accuracy(table) == pytest.approx(0.661, abs=5e-4)

    def test_an_absent_class_is_left_out(self) -> None:
        counts = np.array([[4, 1, 0], [2, 3, 0], [0, 0, 0]])
        truth, guess = [0] * 5 + [1] * 5, [0, 0, 0, 0, 1, 0, 0, 1, 1, 1]
        assert metrics.macro_f1(counts) == pytest.approx(
            reference.f1_score(truth, guess, average="macro")
        )
        assert metrics.balanced_accuracy(counts) == pytest.approx(0.7)

    def test_no_cells_is_undefined(self) -> None:
        empty = np.zeros((3, 3), dtype=np.int64)
        for function in (
            metrics.accuracy,
            metrics.balanced_accuracy,
            metrics.macro_f1,
            metrics.cohen_kappa,
            metrics.majority_accuracy,
        ):
            assert math.isnan(function(empty))
