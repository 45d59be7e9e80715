"""Agreement of changes, against independent implementations and planted gains."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from deeprage.errors import DeepRageError
from deeprage.interpretation.agreement import (
    agreement,
    auroc,
    largest,
    median_gain,
    paired_interval,
    spearman,
)


def changes(*, noise: float = 1.0, genes: int = 600) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    measured = np.round(rng.normal(size=genes), 1)
    return np.round(measured + noise * rng.normal(size=genes), 1), measured


@pytest.mark.parametrize("direction", [-1, 1])
def test_scores_agree_with_scipy_and_sklearn(direction: int) -> None:
    predicted, measured = changes()
    predicted[:5], measured[5:9] = np.nan, np.nan
    found = agreement(predicted, measured, direction=direction, most=50)
    known = np.isfinite(predicted) & np.isfinite(measured)
    guess, truth = predicted[known], measured[known]
    assert found.genes == 591
    assert found.spearman == pytest.approx(spearmanr(guess, truth).statistic)
    lowered = np.zeros(591, dtype=bool)
    lowered[np.argsort(-direction * truth, kind="stable")[:50]] = True
    assert found.auroc_expected == pytest.approx(roc_auc_score(lowered, direction * guess))
    changed = np.zeros(591, dtype=bool)
    changed[np.argsort(-abs(truth), kind="stable")[:50]] = True
    assert found.auroc_changed == pytest.approx(roc_auc_score(changed, abs(guess)))
    right = np.sign(guess[changed]) == np.sign(truth[changed])
    assert found.sign == pytest.approx(right.mean() + 0.5 * (guess[changed] == 0).mean())


def test_a_perfect_a_constant_and_a_reversed_prediction() -> None:
    _, measured = changes()
    assert agreement(measured, measured)[1:] == pytest.approx((1, 1, 1, 1), abs=0.01)
    assert agreement(0 * measured, measured)[1:] == (0, 0.5, 0.5, 0.5)
    found = agreement(-measured, measured)
    assert (found.spearman, found.sign) == (pytest.approx(-1), 0)
    with pytest.raises(DeepRageError, match="3 genes have both"):
        agreement(measured[:3], measured[:3])


def test_an_interval_tells_a_better_prediction_from_an_equal_one() -> None:
    good, measured = changes(noise=0.5)
    poor, _ = changes(noise=3)
    rng = np.random.default_rng(1)
    equal = measured + 0.5 * rng.normal(size=len(measured))
    groups = [f"group{gene // 2}" for gene in range(len(measured))]
    options = {"groups": groups, "resamples": 200, "rng": rng}
    low, high = paired_interval(spearman, good, poor, measured, **options)
    assert 0 < low < spearman(good, measured) - spearman(poor, measured) < high
    low, high = paired_interval(spearman, good, equal, measured, **options)
    assert low < 0 < high


def test_groups_of_copies_widen_the_interval() -> None:
    """Ten copies of each gene are no more evidence than one."""
    predicted, measured = changes(genes=60)
    other, _ = changes(noise=3, genes=60)
    once = {"groups": [str(n) for n in range(60)], "resamples": 300}
    copies = {"groups": [str(n // 10) for n in range(600)], "resamples": 300}
    width = []
    for options, times in ((once, 1), (copies, 10), ({**copies, "groups": list(range(600))}, 10)):
        repeated = [np.repeat(x, times) for x in (predicted, other, measured)]
        low, high = paired_interval(spearman, *repeated, **options, rng=np.random.default_rng(0))
        width.append(high - low)
    assert width[1] == pytest.approx(width[0], rel=0.25)
    assert width[2] < 0.5 * width[0]


def test_gain_of_medians() -> None:
    rng = np.random.default_rng(0)
    ours = rng.normal(0.8, 0.05, 25)
    theirs = ours - rng.normal(0.1, 0.02, 25)
    gain, (low, high) = median_gain(ours, theirs, rng=rng)
    assert gain == pytest.approx(np.median(ours) - np.median(theirs))
    assert 0 < low <= gain <= high < 0.2
    ours[:3] = np.nan
    assert median_gain(ours, ours, rng=rng)[0] == 0


def test_of_equals_the_first_rows_are_the_largest() -> None:
    chosen = largest(np.array([1.0, 3, 2, 3, 2]), 3)
    np.testing.assert_array_equal(chosen, [False, True, True, True, False])


def test_an_auroc_needs_a_positive_and_another() -> None:
    scores = np.arange(4.0)
    assert auroc(scores, scores > 1) == 1
    assert auroc(-scores, scores > 1) == 0
    for positive in (scores > 9, scores > -1):
        assert np.isnan(auroc(scores, positive))


def test_as_many_are_compared_as_there_are_others() -> None:
    rng = np.random.default_rng(0)
    predicted, measured = rng.normal(size=(2, 101))
    assert agreement(predicted, measured).genes == 101
    assert agreement(predicted, measured, most=1).genes == 101
    for genes, most in ((100, 100), (101, 0)):
        with pytest.raises(DeepRageError, match="too few to compare"):
            agreement(predicted[:genes], measured[:genes], most=most)


def test_without_a_common_gene_there_is_no_interval() -> None:
    nothing, values = np.full(4, np.nan), np.arange(4.0)
    options = {"groups": list("abcd"), "rng": np.random.default_rng(0)}
    with pytest.raises(DeepRageError, match="no gene has both"):
        paired_interval(spearman, values, nothing, values, **options)
    undefined = paired_interval(lambda a, b: float("nan"), values, values, values, **options)
    assert np.isnan(undefined).all()
    gain, span = median_gain(nothing, values, rng=np.random.default_rng(0))
    assert np.isnan([gain, *span]).all()


def test_the_interval_of_a_gain_is_that_of_paired_draws() -> None:
    ours, theirs = np.random.default_rng(0).normal(size=(2, 30))
    ours += 0.3
    gain, (low, high) = median_gain(ours, theirs, resamples=400, rng=np.random.default_rng(1))
    picked = np.random.default_rng(1).integers(0, 30, (400, 30))
    draws = [np.median(ours[row]) - np.median(theirs[row]) for row in picked]
    assert gain == pytest.approx(np.median(ours) - np.median(theirs))
    assert (low, high) == pytest.approx(np.percentile(draws, [2.5, 97.5]))
