"""Scores fit into JSON, and the fitted cuts are the best there are."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeprage.data.labels import FIVE_CLASS_EDGES, classify
from deeprage.errors import DeepRageError
from deeprage.evaluation.scores import GOOD_VALUES, apply_cuts, fit_cuts, score


def noisy(seed: int = 0, shrink: float = 0.4):
    rng = np.random.default_rng(seed)
    observed = rng.normal(size=(60, 20)).astype(np.float32)
    predicted = (shrink * (observed + 0.5 * rng.normal(size=observed.shape))).astype(np.float32)
    return observed, predicted, np.ones(observed.shape, dtype=bool)


def accuracy_of(observed, predicted, cuts, edges=(-0.5, 0.5)) -> float:
    return float(np.mean(apply_cuts(predicted, cuts) == classify(observed, edges)))


class TestFitCuts:
    @given(
        cells=st.lists(
            st.tuples(st.floats(-1, 1, width=16), st.integers(-2, 2)), min_size=1, max_size=8
        )
    )
    @settings(deadline=None, max_examples=40)
    def test_no_other_cuts_name_more_cells_right(self, cells) -> None:
        observed = np.array([[x for x, _ in cells]], dtype=np.float32)
        predicted = np.array([[x for _, x in cells]], dtype=np.float32)
        cuts = fit_cuts(observed, predicted, np.ones(observed.shape, bool))
        places = np.arange(-2.5, 3.5)
        best = max(
            accuracy_of(observed, predicted, pair)
            for pair in itertools.combinations_with_replacement(places, 2)
        )
        assert accuracy_of(observed, predicted, cuts) == pytest.approx(best)
        assert cuts[0] <= cuts[1]

    def test_undoes_shrinkage(self) -> None:
        observed, predicted, cells = noisy(shrink=0.2)
        cuts = fit_cuts(observed, predicted, cells)
        plain = accuracy_of(observed, predicted, (-0.5, 0.5))
        assert accuracy_of(observed, predicted, cuts) > plain + 0.1
        assert -0.3 < cuts[0] < 0 < cuts[1] < 0.3

    @pytest.mark.parametrize("constant", [0.0, 0.1, -7.3, 5.0])
    def test_a_constant_prediction_names_the_majority(self, constant: float) -> None:
        observed, predicted, cells = noisy()
        observed[:40] = 0
        flat = np.full_like(predicted, constant)
        cuts = fit_cuts(observed, flat, cells)
        assert np.isfinite(cuts).all()
        assert (apply_cuts(flat, cuts) == 1).all()

    def test_five_classes(self) -> None:
        observed, predicted, cells = noisy(shrink=0.5)
        cuts = fit_cuts(3 * observed, predicted, cells, edges=FIVE_CLASS_EDGES)
        assert len(cuts) == 4
        assert list(cuts) == sorted(cuts)

    def test_only_the_given_cells_count(self) -> None:
        observed, predicted, _ = noisy()
        cells = np.zeros(observed.shape, bool)
        cells[:30] = True
        changed = observed.copy()
        changed[30:] = 9
        assert fit_cuts(observed, predicted, cells) == fit_cuts(changed, predicted, cells)

    def test_without_cells_the_edges_stay(self) -> None:
        observed, predicted, cells = noisy()
        assert fit_cuts(observed, predicted, ~cells) == (-0.5, 0.5)

    def test_cuts_lie_midway_between_the_cells_that_they_part(self) -> None:
        observed = np.array([[-1, -1, 0, 0, 1, 1]], dtype=np.float32)
        predicted = np.array([[-0.4, -0.3, -0.1, 0.1, 0.2, 0.6]], dtype=np.float32)
        cuts = fit_cuts(observed, predicted, np.ones((1, 6), bool))
        assert cuts == pytest.approx((-0.2, 0.15))

    def test_a_class_that_is_never_named_has_its_cut_beyond_the_cells(self) -> None:
        predicted = np.array([[-0.1, 0.2]], dtype=np.float32)
        cells = np.ones((1, 2), bool)
        assert fit_cuts(np.zeros((1, 2), np.float32), predicted, cells) == (-0.5, 0.5)
        wide = 10 * predicted
        low, high = fit_cuts(np.zeros((1, 2), np.float32), wide, cells)
        assert low == -1
        assert 2 < high < 2.001


class TestScore:
    def test_a_perfect_prediction(self) -> None:
        observed, _, cells = noisy()
        found = score(observed, observed, cells)
        assert found.mse == 0
        for name in ("r2", "pearson", "within_gene_pearson", "accuracy", "kappa", "macro_f1"):
            assert getattr(found, name) == pytest.approx(1)

    def test_is_json_safe_even_where_undefined(self) -> None:
        observed, predicted, cells = noisy()
        for chosen in (cells, ~cells):
            found = score(observed, predicted, chosen).as_dict()
            assert json.loads(json.dumps(found, allow_nan=False))["n_cells"] == chosen.sum()
        assert found["pearson"] is None
        assert set(GOOD_VALUES) < set(found)

    def test_named_classes_are_scored_as_they_are(self) -> None:
        observed, predicted, cells = noisy()
        found = score(observed, predicted, cells, predicted_classes=classify(observed))
        assert found.accuracy == 1
        assert found.pearson == score(observed, predicted, cells).pearson

    def test_without_cuts_the_edges_apply_as_to_the_truth(self) -> None:
        observed = np.array([[-0.5, 0.5, 0.0]], dtype=np.float32)
        assert score(observed, observed, np.ones((1, 3), bool)).accuracy == 1

    def test_where_all_cells_are_of_one_class_no_score_of_classes_is_defined(self) -> None:
        observed, predicted, cells = noisy()
        found = score(observed + 20, predicted + 20, cells)
        for name in ("accuracy", "balanced_accuracy", "macro_f1", "kappa", "majority_accuracy"):
            assert getattr(found, name) is None
        assert found.pearson == pytest.approx(score(observed, predicted, cells).pearson)

    def test_cells_without_a_class_do_not_count_for_scores_of_classes(self) -> None:
        observed, predicted, cells = noisy()
        classes = classify(observed)
        expected = score(observed[1:], predicted[1:], cells[1:]).accuracy
        classes[0] = -1
        assert score(observed, predicted, cells, observed_classes=classes).accuracy == expected

    def test_missing_cells_do_not_count(self) -> None:
        observed, predicted, cells = noisy()
        observed[0] = np.nan
        predicted[0] = np.nan
        assert score(observed, predicted, cells).n_cells == observed.size - 20

    def test_a_prediction_that_is_not_finite_is_an_error(self) -> None:
        observed, predicted, cells = noisy()
        predicted[0, 0] = np.inf
        with pytest.raises(DeepRageError, match="not a finite number in 1 of 1200"):
            score(observed, predicted, cells)
