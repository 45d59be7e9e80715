"""A model beside the best simple method: paired differences whose truth is known."""

import json

import numpy as np
import pytest

from deeprage.data.split import Regime
from deeprage.evaluation.comparison import Comparison, compare
from deeprage.evaluation.evaluate import TREES, reference_rows

GENES, CONDITIONS = 80, 40


def predictions(own: float, other: float, seed: int = 0, shared: float = 0.0):
    """Truth, and two predictions with noise of their own and, if wanted, the same noise in both."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(GENES, CONDITIONS))
    both = shared * rng.normal(size=truth.shape)
    noisy = [truth + both + noise * rng.normal(size=truth.shape) for noise in (own, other)]
    return [x.astype(np.float32) for x in (truth, *noisy)]


def compared(own: float, other: float, *, series: int = 20, held_out=(1,), **options):
    truth, one, two = predictions(own, other, **options)
    labels = [f"s{number % series}" for number in range(CONDITIONS)]
    return compare(
        truth,
        one,
        two,
        np.ones(truth.shape, dtype=bool),
        name="simple",
        groups=[f"g{number}" for number in range(GENES)],
        series=labels,
        held_out=held_out,
        resamples=300,
    )


def test_a_clearly_better_model_beats_and_the_other_way_round() -> None:
    found = compared(0.5, 0.8)
    assert found.outcome == "beats"
    assert found.interval[0] > 0
    assert f"beats the best simple reference, simple ({found.reference_pearson:.3f})" in found.words
    turned = compared(0.8, 0.5)
    assert turned.outcome == "loses"
    assert "does not beat" in turned.words


@pytest.mark.parametrize("held_out", [(), (0,), (1,), (0, 1)])
def test_equally_good_models_are_equal(held_out) -> None:
    outcomes = [compared(0.6, 0.6, seed=seed, held_out=held_out).outcome for seed in range(30)]
    assert outcomes.count("equals") >= 27


def test_noise_that_both_have_does_not_hide_the_difference() -> None:
    """The draws are paired, so that what both share goes from the interval of the difference."""
    alone, paired = compared(3.0, 3.0), compared(0.3, 0.3, shared=3.0)
    wide, narrow = (found.interval[1] - found.interval[0] for found in (alone, paired))
    assert paired.pearson == pytest.approx(alone.pearson, abs=0.03)
    assert narrow < wide / 3


def test_few_units_widen_the_interval_and_two_give_none() -> None:
    many, few = compared(0.5, 0.52, series=40), compared(0.5, 0.52, series=3)
    assert few.interval[1] - few.interval[0] > many.interval[1] - many.interval[0]
    none = compared(0.5, 0.9, series=2)
    assert none.interval is None
    assert none.outcome == "unknown"
    assert "2 condition series are too few" in none.words


def test_only_cells_that_both_predict_count() -> None:
    truth, one, two = predictions(0.3, 0.6)
    two[40:] = np.nan
    found = compare(
        truth, one, two, np.ones(truth.shape, dtype=bool), name="simple",
        groups=[str(number) for number in range(GENES)],
        series=[str(number) for number in range(CONDITIONS)],
    )  # fmt: skip
    assert found.cells == 40 * CONDITIONS
    assert found.pearson == pytest.approx(np.corrcoef(truth[:40].ravel(), one[:40].ravel())[0, 1])


def test_nothing_in_common_is_no_comparison() -> None:
    truth, one, two = predictions(0.3, 0.6)
    cells = np.zeros(truth.shape, dtype=bool)
    names = [str(number) for number in range(GENES)]
    assert compare(truth, one, two, cells, name="s", groups=names, series=names[:40]) is None


def test_the_shown_numbers_never_contradict_the_words() -> None:
    for own in map(float, np.linspace(0.7895, 0.7925, 31)):
        for low in (-0.002, 0.0001, 0.0007):
            found = Comparison("s", own, 0.7904, (low, low + 0.004), (), 9)
            shown = round(round(own, 3) - round(0.7904, 3), 3)
            assert (found.outcome == "beats") <= (shown > 0)
            assert f"{abs(shown):.3f}" in found.words or shown == 0


def test_it_is_kept_as_json() -> None:
    found = compared(0.5, 0.8)
    assert Comparison.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_the_strongest_method_for_unseen_genes_reads_what_there_is() -> None:
    assert TREES[True] in reference_rows(Regime.GENES, coding=True)
    assert TREES[False] in reference_rows(Regime.BOTH, coding=False)
    assert not {*TREES.values()} & {*reference_rows(Regime.CONDITIONS, coding=True)}
