"""Pooled folds are the folds' own numbers, and intervals cover what validation cells promise."""

import math

import numpy as np
import pytest

from deeprage.data.labels import classify
from deeprage.data.split import Regime, Role, Split
from deeprage.evaluation.contestants import contestant
from deeprage.evaluation.evaluate import Prediction
from deeprage.evaluation.jobs import Job, Outcome
from deeprage.evaluation.pooling import pool


class Ended(Outcome):
    """A job that ended with a prediction of a test."""

    def prediction(self) -> Prediction:
        return self.about["prediction"]


def outcome(split: Split, values, classes=None, *, fold: int = 1, error: str | None = None):
    job = Job(contestant("zero"), split, fold)
    about = {
        "prediction": Prediction(values, classes),
        "fit_seconds": 1.5 * fold,
        "predict_seconds": 0.25,
        "peak_gb": 0.1 * fold,
    }
    return Ended(job, split.label, about, error)


def split_of(compendium, role: np.ndarray) -> Split:
    genes, conditions = tuple(compendium.genes), tuple(compendium.conditions)
    return Split(Regime.CONDITIONS, genes, conditions, role, "planted")


@pytest.fixture(scope="module")
def folds(make_compendium):
    """Two folds test the halves of the conditions; a quarter of the rest validates."""
    rng = np.random.default_rng(0)
    compendium = make_compendium(rng.normal(size=(60, 16)), missing=0.1)
    found = []
    for fold, tested in enumerate((slice(0, 8), slice(8, 16)), start=1):
        role = np.full(compendium.expression.shape, Role.TRAIN, dtype=np.int8)
        role[:, tested] = Role.TEST
        role[:, slice(8, 12) if fold == 1 else slice(0, 4)] = Role.VALIDATION
        split = Split(
            Regime.CONDITIONS,
            tuple(compendium.genes),
            tuple(compendium.conditions),
            role,
            "planted",
        )
        error = rng.normal(size=role.shape) * (0.3 if fold == 1 else 0.6)
        values = np.nan_to_num(compendium.expression) * 0.5 + error
        found.append(outcome(split, values.astype(np.float32), fold=fold))
    return compendium, found


def test_every_fold_gives_its_own_test_cells(folds) -> None:
    compendium, outcomes = folds
    pooled = pool(compendium, outcomes)
    known = ~np.isnan(compendium.expression)
    np.testing.assert_array_equal(pooled.cells, known)
    for part, half in zip(outcomes, (slice(0, 8), slice(8, 16)), strict=True):
        expected = np.where(known, part.prediction().values, np.nan)[:, half]
        np.testing.assert_array_equal(pooled.values[:, half], expected)
    assert (pooled.classes[~known] == -1).all()
    assert set(np.unique(pooled.classes[known])) == {0, 1, 2}
    assert (pooled.name, pooled.kind, pooled.failed) == ("zero", "simple", 0)


def test_what_is_said_of_a_fold_is_that_of_its_cells(folds) -> None:
    compendium, outcomes = folds
    pooled = pool(compendium, outcomes)
    for number, (row, half) in enumerate(
        zip(pooled.by_fold, (slice(0, 8), slice(8, 16)), strict=True), start=1
    ):
        truth, guess = compendium.expression[:, half], pooled.values[:, half]
        known = ~np.isnan(truth)
        assert row["cells"] == known.sum()
        assert row["pearson"] == pytest.approx(np.corrcoef(truth[known], guess[known])[0, 1])
        right = classify(truth) == pooled.classes[:, half]
        assert row["accuracy"] == pytest.approx(right[known].mean())
        assert (row["fold"], row["fit_seconds"], row["predict_seconds"]) == (
            number,
            1.5 * number,
            0.25,
        )
        assert row["peak_gb"] == pytest.approx(0.1 * number)


def test_coverage_counts_cells_within_the_interval_of_their_own_fold(folds) -> None:
    compendium, outcomes = folds
    inside = 0
    for part in outcomes:
        values, split = part.prediction().values, part.job.split
        error, size = np.abs(values - compendium.expression), np.abs(values)
        checked = split.cells(Role.VALIDATION) & ~np.isnan(error)
        # The intervals of eight bins of size, the plain way.
        edges = np.quantile(size[checked], np.arange(1, 8) / 8)
        for low, high in zip([-1, *edges], [*edges, np.inf], strict=True):
            among = (size > low) & (size <= high)
            ranked = sorted(error[checked & among])
            half = ranked[math.ceil(0.9 * (len(ranked) + 1)) - 1]
            inside += (error[split.cells(Role.TEST) & among & ~np.isnan(error)] <= half).sum()
    found = pool(compendium, outcomes).coverage_90
    assert found == pytest.approx(inside / (~np.isnan(compendium.expression)).sum(), abs=1e-9)
    assert 0.85 < found < 0.95


def test_named_classes_are_kept_and_a_failed_fold_is_counted(folds) -> None:
    compendium, (first, second) = folds
    twos = np.full(compendium.expression.shape, 2, dtype=np.int8)
    named = outcome(first.job.split, first.prediction().values, twos)
    failed = outcome(second.job.split, second.prediction().values, error="no memory", fold=2)
    pooled = pool(compendium, [named, failed])
    assert (pooled.failed, len(pooled.by_fold)) == (1, 1)
    assert (pooled.classes[pooled.cells] == 2).all()
    assert not pooled.cells[:, 8:].any()
    nothing = pool(compendium, [failed])
    assert (nothing.failed, nothing.coverage_90, nothing.by_fold) == (1, None, [])


def test_a_constant_truth_has_no_correlation(make_compendium) -> None:
    values = np.tile(np.arange(30.0)[:, None], (1, 12))
    values[:, 6:] += np.random.default_rng(0).normal(size=(30, 6))
    compendium = make_compendium(values)
    role = np.full(values.shape, Role.TRAIN, dtype=np.int8)
    role[0, :6], role[:, 6:9] = Role.TEST, Role.VALIDATION
    split = split_of(compendium, role)
    (row,) = pool(compendium, [outcome(split, values.astype(np.float32))]).by_fold
    assert row["pearson"] is None
    # All of them are Baseline: there is nothing to name right.
    assert row["accuracy"] is None
    assert row["cells"] == 6
